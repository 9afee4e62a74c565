"""What user code may see and use, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field

from repair.sandbox.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one run (bytes, counts). Zero is no bound."""

    address_space: int = 4 * 1024**3
    file_size: int = 256 * 1024**2
    processes: int = 256
    #: Size of the scratch file system that takes what a run writes.
    tmp_bytes: int = 512 * 1024**2
    #: Resident bytes of a sandbox and its children together, watched from outside.
    resident: int = 6 * 1024**3
    #: By how much its runs yield the processors to others (nice(2)).
    nice: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """One sandbox: whose code runs there, in which Python, and what it may reach.

    ``workspace`` is an absolute, resolved folder. ``readable`` are further files and folders to
    show read-only, ``network`` shares the machine's network. ``confined`` false runs without
    bubblewrap, on a copy of the workspace: only when the user said ``--no-sandbox``.
    """

    workspace: str
    interpreter: Interpreter
    network: bool = False
    readable: tuple[str, ...] = ()
    confined: bool = True
    #: Give each run its own overlay where the kernel can; else all share a copy of the workspace.
    overlays: bool = True
    limits: Limits = field(default=Limits())


def parse_allow(words: tuple[str, ...]) -> tuple[bool, tuple[str, ...]]:
    """``--sandbox-allow net,PATH``: whether the network is shared, and the paths to show."""
    parts = [part.strip() for word in words for part in word.split(",") if part.strip()]
    return "net" in parts, tuple(part for part in parts if part != "net")
