"""Frames of the language server protocol over a pair of file descriptors.

A thread reads and a thread writes, so that the event loop never waits for the client. Knows bytes
and headers only; what is in a frame is for others.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from io import FileIO

#: A message larger than this is a broken stream: a 50,000-line file has about two megabytes.
MAX_BODY_BYTES = 256 * 1024 * 1024
#: Headers are two short lines; more than this is not this protocol.
MAX_HEADER_BYTES = 8192
_READ_BYTES = 65536


class BrokenStreamError(Exception):
    """The other side does not speak this protocol; there is no place to go on from."""


class FrameReader:
    """Cuts a stream of bytes into bodies.

    Reads the raw file rather than a buffered one: a daemon thread that sleeps inside a buffered
    reader holds its lock, and the interpreter dies of that when it ends.
    """

    def __init__(self, raw: FileIO) -> None:
        self._raw = raw
        self._buffer = bytearray()

    def read(self) -> bytes | None:
        """The next body, or ``None`` at the end of the stream.

        Raises :class:`BrokenStreamError` for headers without a usable ``Content-Length``.
        """
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > MAX_HEADER_BYTES:
                raise BrokenStreamError("no end of the headers")
            if not self._fill():
                return None
        length = _content_length(bytes(self._buffer[:end]))
        del self._buffer[: end + 4]
        while len(self._buffer) < length:
            if not self._fill():
                return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _fill(self) -> bool:
        try:
            part = self._raw.read(_READ_BYTES)
        except OSError:
            return False
        self._buffer += part or b""
        return bool(part)


def _content_length(header: bytes) -> int:
    for line in header.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            with contextlib.suppress(ValueError):
                length = int(value)
                if 0 <= length <= MAX_BODY_BYTES:
                    return length
    raise BrokenStreamError("no usable Content-Length")


class FrameWriter:
    """Sends bodies from a thread of its own; :meth:`write` never blocks."""

    def __init__(self, raw: FileIO) -> None:
        self._raw = raw
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._send, name="lsp-writer", daemon=True)
        self._thread.start()

    def write(self, body: bytes) -> None:
        """Send ``body`` as one frame, soon."""
        self._outbox.put(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def close(self, seconds: float = 2.0) -> None:
        """Wait until everything was sent, or the client has stopped reading for ``seconds``."""
        self._outbox.put(None)
        self._thread.join(seconds)

    def _send(self) -> None:
        # A client that is gone breaks the pipe; the reader sees the end of the stream.
        with contextlib.suppress(OSError):
            while (frame := self._outbox.get()) is not None:
                view = memoryview(frame)
                while view:
                    view = view[self._raw.write(view) :]


class Stdio:
    """The connection of this process with its client."""

    def __init__(self, reader: FrameReader, writer: FrameWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    def take(cls) -> Stdio:
        """Take standard input and output for the protocol alone.

        What any library prints goes to standard error from here on.
        """
        output = os.dup(1)
        os.dup2(2, 1)
        return cls(
            FrameReader(FileIO(0, "rb", closefd=False)),
            FrameWriter(FileIO(output, "wb")),
        )

    def listen(self, deliver: Callable[[bytes | BrokenStreamError | None], None]) -> None:
        """Call ``deliver`` with every body, from a thread; at last ``None`` or what broke."""

        def read() -> None:
            try:
                while (body := self.reader.read()) is not None:
                    deliver(body)
                deliver(None)
            except BrokenStreamError as error:
                deliver(error)
            except RuntimeError:
                return  # the event loop closed first: nobody is left to tell

        threading.Thread(target=read, name="lsp-reader", daemon=True).start()
