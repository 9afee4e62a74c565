"""A process of Pilotfish's own that is asked in frames: isolated, in a neutral folder."""

from __future__ import annotations

import contextlib
from typing import BinaryIO, cast

from analysis import children
from analysis.graph.processes.frames import read_frame, write_frame


class Child:
    """``module`` run by Pilotfish's own interpreter; it ends when its input does, and
    with this process.

    Raises :class:`OSError` where no process can be started.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = children.start(module, *arguments)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def write(self, data: bytes) -> None:
        """Send a frame. Raises :class:`OSError` or :class:`ValueError` where it is gone."""
        write_frame(cast(BinaryIO, self._process.stdin), data)

    def read(self) -> bytes:
        """The next frame of its answer; ``b""`` where it is gone."""
        return read_frame(cast(BinaryIO, self._process.stdout))

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def end(self) -> None:
        """Close its pipes, which ends it, and wait."""
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()
