"""One line of questions and answers with a process in a sandbox."""

from __future__ import annotations

import json
import os
import select
import time
from typing import IO, Any


class Channel:
    """Asks at ``requests`` and hears at ``answers``, one question at a time. Close it."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._buffer = b""
        self._number = 0

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to ``request``; one with ``lost`` means that who would answer is gone.

        Raises ``OSError`` or ``ValueError`` when nobody answers, or not within ``seconds``.
        """
        self._number += 1
        request["id"] = self._number
        until = time.monotonic() + seconds
        self._requests.write(json.dumps(request).encode() + b"\n")
        self._requests.flush()
        while True:
            body: dict[str, Any] = json.loads(self._line(until))
            # The answer to an earlier question may come late.
            if body.get("lost") or body["id"] == self._number:
                return body

    def _line(self, until: float) -> bytes:
        descriptor = self._answers.fileno()
        parts = [self._buffer]
        while b"\n" not in parts[-1]:
            ready = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))[0]
            part = os.read(descriptor, 1 << 20) if ready else b""
            if not part:
                raise OSError("no answer")
            parts.append(part)
        line, _, self._buffer = b"".join(parts).partition(b"\n")
        return line

    def close(self) -> None:
        """Close both ends, whatever the other side does."""
        for stream in (self._requests, self._answers):
            try:
                stream.close()
            except OSError:
                # What could not be written any more.
                continue
