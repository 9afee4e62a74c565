"""What a person sees: errors with their fix, bug reports, and the two consoles.

Standard output belongs to results; logs, progress and errors go to standard error.
"""

from __future__ import annotations

import json
import platform
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.segment import Segment


@dataclass
class _Manner:
    """How much is said, and in which colours: what the common options ask for."""

    quiet: bool = False
    verbose: bool = False
    color: str = "auto"
    answered: bool = False


_manner = _Manner()


def speak(*, quiet: bool = False, verbose: bool = False, color: str = "auto") -> None:
    """Say less or more from now on, and use colours ``auto`` (on a terminal, unless ``NO_COLOR``
    is set), ``always`` or ``never``."""
    _manner.quiet, _manner.verbose, _manner.color = quiet, verbose, color
    _manner.answered = False


def is_verbose() -> bool:
    """Whether ``--verbose`` was given."""
    return _manner.verbose


def print_document(document: object) -> None:
    """Print the answer of ``--json``, in ASCII: a patch of a file that is not UTF-8 carries its
    bytes as lone surrogates. There is one answer: an error after it is explained as to a person."""
    _manner.answered = True
    print(json.dumps(document))  # noqa: T201


def has_answered() -> bool:
    """Whether :func:`print_document` was called."""
    return _manner.answered


class _Harmless(Console):
    """A console whose texts give the terminal no order; rich's own codes are not in the texts."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """See ``Console``."""
        for segment in super().render(renderable, options):
            text = segment.text
            if segment.control or text.replace("\n", "").isprintable():
                yield segment
            else:
                yield Segment(harmless(text), segment.style)


def _console(*, stderr: bool, quiet: bool = False) -> Console:
    system = {"always": "standard", "never": None}.get(_manner.color, "auto")
    return _Harmless(
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
