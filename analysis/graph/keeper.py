"""Keeps the graph of one workspace true to the disk, in a process of its own.

Resolving is computing: in the engine it would take time from every token of a completion. Requests
are the paths to look at (none: all files of the folder) and the buffers that were opened, changed
or closed since the last one; replies are progress, then the outcome. The overlay is made for each
request, so it is never old.
The process ends with its input. See ``keeping`` for the other side.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import BinaryIO

import msgspec

from analysis.errors import ExplainedError
from analysis.graph.graph import Graph
from analysis.graph.messages import Look, Looked, Place
from analysis.graph.processes.frames import read_frame, write_frame
from analysis.text.overlay import Buffer, Content, Overlay, looking_through

#: How much it yields to what a person waits for (nice(2)).
_NICE = 10


def serve(place: Place, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer one request after the other until ``requests`` ends."""
    encoder = msgspec.msgpack.Encoder()

    def tell(looked: Looked) -> None:
        write_frame(replies, encoder.encode(looked))

    folder = Path(place.folder) if place.folder is not None else None
    with Graph(place.workspace, folder) as graph:
        buffers: dict[str, Buffer] = {}
        while data := read_frame(requests):
            look = msgspec.msgpack.decode(data, type=Look)
            for path, text in look.buffers.items():
                if text is None:
                    buffers.pop(path, None)
                else:
                    buffers[path] = Buffer(path, Content(text))
            began = time.monotonic()
            try:
                with looking_through(Overlay(buffers.values(), steady=True)):
                    count = graph.refresh(look.paths, lambda *far: tell(Looked(*far)))
                tell(Looked("", count, count, time.monotonic() - began))
            except ExplainedError as error:
                tell(Looked(problem=str(error)))


if __name__ == "__main__":
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        asked = msgspec.json.decode(sys.argv[1], type=Place)
        serve(asked, sys.stdin.buffer, sys.stdout.buffer)
    os._exit(0)
