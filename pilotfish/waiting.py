"""While a command works: what it says of itself, and how Ctrl-C stops it with what it has."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from analysis.deadline import Cancellation
from pilotfish.console import err


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


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """One line that changes on a terminal; elsewhere a line every few seconds."""
    console = err()
    if console.is_terminal:
        spinner = Spinner("dots", text=Text("starting"))
        with Live(spinner, console=console, transient=True, refresh_per_second=8):
            yield lambda message, _fraction: spinner.update(text=Text(message))
        return
    told: list[float] = []

    def report(message: str, _fraction: float) -> None:
        now = time.monotonic()
        if not told or now - told[-1] >= 5 or message.startswith(("no ", "the larger")):
            told.append(now)
            console.print(message, markup=False)

    yield report
