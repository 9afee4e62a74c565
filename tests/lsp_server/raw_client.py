"""A client that speaks frames, for what a well-behaved client library will not do."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")
#: Generous: a machine may be busy. Tests wait for events, and this only bounds a hang.
PATIENCE = 60.0

Message = dict[str, Any]


class RawClient:
    """The server as an editor starts it, and a thread that reads from it."""

    def __init__(
        self, environment: dict[str, str], *options: str, program: str = PILOTFISH
    ) -> None:
        self.process = subprocess.Popen(
            [program, "serve", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self._inbox: queue.Queue[Message | None] = queue.Queue()
        self.seen: list[Message] = []
        #: What requests of the server are answered with, by method; ``null`` where none is said.
        self.answers: dict[str, Any] = {}
        self._sending = threading.Lock()
        self.log = b""
        self._threads = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_log, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = -1
            while (line := stream.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if length < 0:
                self._inbox.put(None)
                return
            message: Message = json.loads(stream.read(length))
            if "method" in message and "id" in message:
                answer = self.answers.get(message["method"])
                self.send(id=message["id"], result=answer)
            self._inbox.put(message)

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log += line

    # ------------------------------------------------------------------ speaking

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin is not None
        with self._sending:
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def send_body(self, body: bytes) -> None:
        """Send one frame."""
        self.send_bytes(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def send(self, **message: Any) -> None:
        """Send one message."""
        self.send_body(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def notify(self, method: str, params: Any = None) -> None:
        """Send a notification."""
        self.send(method=method, params=params)

    def hang_up(self) -> None:
        """Close the server's input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    # ------------------------------------------------------------------ listening

    def wait_for(self, **expected: Any) -> Message:
        """The next message that has these members; others are kept in ``seen``."""
        while True:
            message = self._inbox.get(timeout=PATIENCE)
            if message is None:
                raise AssertionError(f"the server ended before {expected}; log: {self.log!r}")
            self.seen.append(message)
            if all(message.get(key) == value for key, value in expected.items()):
                return message

    def request(self, id: int, method: str, params: Any = None) -> Message:  # noqa: A002
        """Send a request and wait for its answer."""
        self.send(id=id, method=method, params=params)
        return self.wait_for(id=id)

    def error_code(self, id: int, method: str, params: Any = None) -> int | None:  # noqa: A002
        """The error that a request is answered with, ``None`` for a result."""
        error = self.request(id, method, params).get("error")
        return None if error is None else int(error["code"])

    def initialize(self, **params: Any) -> Message:
        """Shake hands; the result of ``initialize``."""
        full = {"processId": os.getpid(), "capabilities": {}, "rootUri": None, **params}
        answer = self.request(0, "initialize", full)
        self.notify("initialized", {})
        result: Message = answer["result"]
        return result

    def exit_code(self) -> int:
        """Wait for the end of the process."""
        return self.process.wait(PATIENCE)
