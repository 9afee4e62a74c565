"""While a command works: what it says of itself, and how Ctrl-C stops it with what it has."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from types import FrameType

from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from analysis.deadline import Cancellation
from pilotfish.console import err

#: The exit code after Ctrl-C, as shells have it.
INTERRUPTED = 130


@contextlib.contextmanager
def interruptible(cancellation: Cancellation) -> Iterator[None]:
    """Ctrl-C stops the search and keeps what it has; a second one ends the program."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        if cancellation.cancelled:
            raise KeyboardInterrupt
        cancellation.cancel()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Telling:
    """Says how far a command is: one line that changes on a terminal; elsewhere a line every few
    seconds."""

    def __init__(self) -> None:
        self._console = err()
        self._told: list[float] = []
        self._spinner = Spinner("dots", text=Text("starting"))
        self._live: Live | None = None
        if self._console.is_terminal:
            self._live = Live(
                self._spinner, console=self._console, transient=True, refresh_per_second=8
            )

    def __call__(self, message: str, _fraction: float) -> None:
        """Say ``message``."""
        if self._live is not None:
            self._spinner.update(text=Text(message))
            return
        now = time.monotonic()
        told = self._told
        if not told or now - told[-1] >= 5 or message.startswith(("no ", "the larger")):
            told.append(now)
            self._console.print(message, markup=False)

    def start(self) -> None:
        """Begin to show."""
        if self._live is not None:
            self._live.start(refresh=True)

    def stop(self) -> None:
        """Show nothing any more."""
        if self._live is not None:
            self._live.stop()

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Leave the terminal to something else."""
        self.stop()
        try:
            yield
        finally:
            self.start()


@contextlib.contextmanager
def progress() -> Iterator[Telling]:
    """What says how far a command is, while it works."""
    telling = Telling()
    telling.start()
    try:
        yield telling
    finally:
        telling.stop()
