"""What a person sees: errors with their fix, bug reports, and the two consoles.

Standard output belongs to results; logs, progress and errors go to standard error.
"""

from __future__ import annotations

import platform
import traceback
from dataclasses import dataclass
from importlib.metadata import version

from rich.console import Console
from rich.markup import escape


@dataclass
class _Manner:
    """How much is said, and in which colours: what the common options ask for."""

    quiet: bool = False
    verbose: bool = False
    color: str = "auto"


_manner = _Manner()


def speak(*, quiet: bool = False, verbose: bool = False, color: str = "auto") -> None:
    """Say less or more from now on, and use colours ``auto`` (on a terminal, unless ``NO_COLOR``
    is set), ``always`` or ``never``."""
    _manner.quiet, _manner.verbose, _manner.color = quiet, verbose, color


def is_verbose() -> bool:
    """Whether ``--verbose`` was given."""
    return _manner.verbose


def _console(*, stderr: bool, quiet: bool = False) -> Console:
    system = {"always": "standard", "never": None}.get(_manner.color, "auto")
    return Console(
        stderr=stderr,
        highlight=False,
        soft_wrap=True,
        emoji=False,
        quiet=quiet,
        color_system=system,  # type: ignore[arg-type]
        no_color=False if _manner.color == "always" else None,
    )


def out() -> Console:
    """The console for results."""
    return _console(stderr=False)


def err() -> Console:
    """The console for progress and messages; ``--quiet`` silences it."""
    return _console(stderr=True, quiet=_manner.quiet)


def harmless(text: str) -> str:
    """``text`` without what a terminal obeys: a file's name or text may write to its clipboard."""
    return "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)


def explain(what: str, *, where: str = "", help: str = "") -> None:
    """Print an error: where, what happened and the fix."""
    what, where, help = map(harmless, (what, where, help))
    console = _console(stderr=True)
    place = f"[bold]{escape(where)}[/bold]: " if where else ""
    console.print(f"[red]error[/red]: {place}{escape(what)}")
    if help:
        console.print(f"[cyan] help[/cyan]: {escape(help)}")


def report_bug(error: BaseException) -> None:
    """Print what a maintainer needs to know of an error that should not have happened.

    Holds no source text: type, place in Pilotfish's own code, versions.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name} ({frames[-1].filename}:{frames[-1].lineno})" if frames else "?"
    _console(stderr=True).print(
        f"[red]internal error[/red]: {type(error).__name__} in {escape(place)}\n"
        f"[cyan] help[/cyan]: this is a bug in pilotfish {version('pilotfish')}; please report "
        f"the line above with Python {platform.python_version()} on {escape(platform.platform())}"
    )
    if _manner.verbose:
        traceback.print_exception(error)
