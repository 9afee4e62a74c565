"""Main of a process that reads files: a path in, the facts of that file out.

Started by ``parser_pool``; ends with its input.
"""

from __future__ import annotations

import contextlib
import os

from analysis.children import take_the_wire
from analysis.graph.extraction.reading import read_facts
from analysis.graph.parser_pool import REQUESTS, File

#: How much reading files yields to what a person waits for (nice(2)).
_NICE = 5


def serve() -> None:
    """Answer one file after the other."""
    channel = take_the_wire(REQUESTS)
    for message in channel.messages():
        if isinstance(message.body, File):
            channel.send(message.id, read_facts(message.body.path))


if __name__ == "__main__":
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)
    serve()
    os._exit(0)
