"""A server of ours that speaks Hugging Face's part of a download."""

from __future__ import annotations

import mmap
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Hub(BaseHTTPRequestHandler):
    """Answers for one file as the hub does; where it ``breaks``, the first transfer breaks off in
    the middle."""

    protocol_version = "HTTP/1.1"
    content: bytes | mmap.mmap
    #: The SHA-256 that it says the file has.
    tag: str
    ranges: list[str | None]
    breaks: bool = False

    def do_HEAD(self) -> None:
        self._head(200, len(self.content))

    def do_GET(self) -> None:
        if not self.path.endswith(".gguf"):
            # The client also asks for things that are not the file; the hub may not have them.
            self.send_error(404)
            return
        wanted = self.headers.get("Range")
        self.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        self._head(206 if wanted else 200, len(self.content) - start, start)
        with memoryview(self.content) as content:
            if self.breaks and len(self.ranges) == 1:
                self.wfile.write(content[:11_000_000])
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            self.wfile.write(content[start:])

    def _head(self, status: int, length: int, start: int = 0) -> None:
        self.send_response(status)
        self.send_header("ETag", f'"{self.tag}"')
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("Content-Length", str(length))
        if status == 206:
            whole = len(self.content)
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(content: bytes | mmap.mmap, tag: str) -> Iterator[tuple[str, type[Hub]]]:
    """Serve one file; yields the address, and the handler that says what was asked."""
    handler = type("OneHub", (Hub,), {"content": content, "tag": tag, "ranges": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
