"""A cancellation that a deadline also brings about."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from analysis.deadline import Cancellation, Deadline


@contextmanager
def bounded(deadline: Deadline, cancellation: Cancellation) -> Iterator[Cancellation]:
    """A cancellation that also happens when ``deadline`` passes."""
    if math.isinf(deadline.at):
        yield cancellation
        return
    inner = Cancellation()
    forget = cancellation.on_cancel(inner.cancel)
    timer = threading.Timer(deadline.remaining(), inner.cancel)
    timer.daemon = True
    timer.start()
    try:
        yield inner
    finally:
        timer.cancel()
        forget()
