"""What a person sees: errors with their fix, bug reports, and the two consoles.

Standard output belongs to results; logs, progress and errors go to standard error.
"""

from __future__ import annotations

import platform
import sys
import traceback
from importlib.metadata import version

from rich.console import Console
from rich.markup import escape


def out() -> Console:
    """The console for results."""
    return Console(highlight=False, soft_wrap=True, emoji=False)


def err() -> Console:
    """The console for progress and messages."""
    return Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def explain(what: str, *, where: str = "", help: str = "") -> None:
    """Print an error: where, what happened and the fix."""
    place = f"[bold]{escape(where)}[/bold]: " if where else ""
    err().print(f"[red]error[/red]: {place}{escape(what)}")
    if help:
        err().print(f"[cyan] help[/cyan]: {escape(help)}")


def report_bug(error: BaseException) -> None:
    """Print what a maintainer needs to know of an error that should not have happened.

    Holds no source text: type, place in Pilotfish's own code, versions.
    """
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].name} ({frames[-1].filename}:{frames[-1].lineno})" if frames else "?"
    err().print(
        f"[red]internal error[/red]: {type(error).__name__} in {escape(place)}\n"
        f"[cyan] help[/cyan]: this is a bug in pilotfish {version('pilotfish')}; please report "
        f"the line above with Python {platform.python_version()} on {escape(platform.platform())}"
    )
    if "-v" in sys.orig_argv or "--verbose" in sys.orig_argv:
        traceback.print_exception(error)
