"""Requests and answers of the engine, as values. All are frozen and survive the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.findings import Finding
from analysis.names import NameSet
from analysis.snapshot import Snapshot, Workspace
from decoding.completion import Completion


@dataclass(frozen=True, slots=True)
class InspectRequest:
    """Which names may stand at a position (0-based line, 0-based code point)?"""

    snapshot: Snapshot
    line: int
    character: int
    deadline_ms: int = 5000


@dataclass(frozen=True, slots=True)
class InspectAnswer:
    """The names, and how long it took in milliseconds."""

    names: NameSet
    ms: float


@dataclass(frozen=True, slots=True)
class CompleteRequest:
    """What should be inserted at a position? ``deadline_ms`` bounds each wait for evidence."""

    snapshot: Snapshot
    line: int
    character: int
    guidance: bool = True
    max_tokens: int = 48
    multiline: bool = False
    deadline_ms: int = 300


@dataclass(frozen=True, slots=True)
class CompleteAnswer:
    """The completion, ``text`` empty for silence."""

    completion: Completion


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Diagnostics of one snapshot (an open document)."""

    snapshot: Snapshot
    ruff: bool = True


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """The findings, in order of position."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FixRequest:
    """Repair the file of ``snapshot`` until ``test`` passes. ``test`` is a shell command line."""

    snapshot: Snapshot
    test: str = ""
    suite: str = ""
    time_limit: float = 120.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()
    use_model: bool = True


@dataclass(frozen=True, slots=True)
class RankedPatch:
    """One plausible patch as a unified diff that ``git apply`` takes from the workspace root."""

    patch: str
    strategy: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class FixAnswer:
    """The outcome of a repair.

    ``status``: ``verified``, ``unverified``, ``none``, ``passing`` or ``error`` (design.md,
    invariant 9 and §5). ``blocks`` are suspicious spans ``(first_line, last_line, suspicion)``,
    0-based. ``not_run`` lists tests that the time limit left out. ``reason`` explains the status.
    """

    status: str
    patch: str = ""
    alternatives: tuple[RankedPatch, ...] = ()
    strategy: str = ""
    blocks: tuple[tuple[int, int, float], ...] = ()
    candidates_run: int = 0
    not_run: tuple[str, ...] = ()
    seconds: float = 0.0
    model_tokens: int = 0
    model: str = ""
    reason: str = ""
    rejected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WarmRequest:
    """Prepare for work in a workspace: load the model, start the worker, pre-warm its caches."""

    workspace: Workspace
    model: bool = True


@dataclass(frozen=True, slots=True)
class StatusRequest:
    """What is loaded and running?"""


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """State for a status bar: model name (or why there is none), worker pids, engine pid."""

    engine_pid: int
    model: str
    model_state: str
    worker_pids: tuple[int, ...] = ()
    resident_bytes: int = 0


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Stop the request with this id; it answers with a :class:`Failure` of kind ``cancelled``."""

    request_id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is; ``fraction`` in 0…1 or negative when unknown."""

    message: str
    fraction: float = -1.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A request failed alone; the engine goes on. ``kind``: cancelled, explained, bug, gone."""

    kind: str
    what: str
    where: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of a request that has nothing to say."""

    notes: tuple[str, ...] = field(default=())
