"""A model's server that answers without end costs its request, and no memory to speak of."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from analysis.deadline import Cancellation
from decoding.runtimes.http import Connection, EndpointError

CHUNK = b"x" * (1 << 20)
EVENT = b'data: {"content": "x"}\n\n' * 1000


class Flood(BaseHTTPRequestHandler):
    """Answers with so many pieces of what the path names; ``sent`` counts their bytes."""

    sent = 0

    def do_POST(self) -> None:
        # A socket that is closed with something unread resets what was sent.
        self.rfile.read(int(self.headers["Content-Length"]))
        pieces = {
            "/body": itertools.repeat(CHUNK, 200),
            "/line": itertools.chain([b"data: "], itertools.repeat(CHUNK, 200)),
            "/events": itertools.repeat(EVENT, 20_000),
            "/nested": [b"[" * 1_000_000],
        }[self.path]
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            for piece in pieces:
                self.wfile.write(piece)
                Flood.sent += len(piece)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def flooding() -> Iterator[Connection]:
    Flood.sent = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Flood) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection = Connection(f"http://127.0.0.1:{server.server_port}")
        try:
            yield connection
        finally:
            connection.close()
            server.shutdown()


def test_a_body_without_end_is_refused() -> None:
    with flooding() as connection, pytest.raises(EndpointError, match="more than 64 MiB"):
        connection.post("/body", {}, Cancellation())


def test_a_nesting_bomb_is_no_answer() -> None:
    with flooding() as connection, pytest.raises(EndpointError, match="not a JSON object"):
        connection.post("/nested", {}, Cancellation())


def test_an_event_without_end_is_refused() -> None:
    with flooding() as connection, pytest.raises(EndpointError, match="not a JSON object"):
        list(connection.stream("/line", {}, Cancellation()))


def test_a_server_that_sends_faster_than_is_read_has_to_wait() -> None:
    with flooding() as connection:
        events = connection.stream("/events", {}, Cancellation())
        assert [next(events)["content"] for _ in range(2000)] == ["x"] * 2000
        events.close()
        # What was read, what waits in the queue, and what the two sockets hold.
        assert Flood.sent < 32 << 20
