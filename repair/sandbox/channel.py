"""One line of questions and answers with a process in a sandbox, whose code may write there too."""

from __future__ import annotations

import json
import os
import select
import time
from typing import IO, Any

#: Bytes of one answer: twice what the probe keeps of a run's events (``probe.forking``).
_MOST = 32 * 1024 * 1024


class Channel:
    """Asks at ``requests`` and hears at ``answers``, one question at a time. Close it."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._buffer = b""
        self._number = 0
        #: Questions that were not answered yet.
        self._open: set[int] = set()

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to ``request``; one with ``lost`` means that who would answer is gone.

        Raises ``OSError`` when nobody answers, or not within ``seconds``, and ``ValueError`` where
        what is heard is no answer to anything that was asked, or longer than any answer.
        """
        self._number += 1
        request["id"] = self._number
        self._open.add(self._number)
        until = time.monotonic() + seconds
        self._requests.write(json.dumps(request).encode() + b"\n")
        self._requests.flush()
        while True:
            body = _decoded(self._line(until))
            number = body.get("id")
            if body.get("lost") is True:
                return body
            if type(number) is not int or number not in self._open:
                raise ValueError("an answer to nothing that was asked")
            self._open.remove(number)
            # The answer to an earlier question may come late.
            if number == self._number:
                return body

    def _line(self, until: float) -> bytes:
        descriptor = self._answers.fileno()
        parts, size = [self._buffer], len(self._buffer)
        while b"\n" not in parts[-1]:
            left = until - time.monotonic()
            ready = select.select([descriptor], [], [], left)[0] if left > 0 else []
            part = os.read(descriptor, 1 << 20) if ready else b""
            if not part:
                raise OSError("no answer")
            parts.append(part)
            size += len(part)
            if size > _MOST:
                raise ValueError("an answer without end")
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


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        body = json.loads(line)
    except RecursionError:
        raise ValueError("an answer nested too deeply") from None
    if not isinstance(body, dict):
        raise ValueError("an answer that is not an object")
    return body
