"""Main of a process that reads files: a path in, the facts of that file out, in frames.

Started by ``crew`` as ``python -I -m analysis.graph.processes.reader``; ends with its input.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import BinaryIO

import msgspec

from analysis.graph.extraction.reading import read_facts
from analysis.graph.processes.frames import read_frame, write_frame

#: How much reading files yields to what a person waits for (nice(2)).
_NICE = 5


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer one path after the other until ``requests`` ends."""
    encoder = msgspec.msgpack.Encoder()
    while path := read_frame(requests):
        write_frame(replies, encoder.encode(read_facts(os.fsdecode(path))))


if __name__ == "__main__":
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        serve(sys.stdin.buffer, sys.stdout.buffer)
    os._exit(0)
