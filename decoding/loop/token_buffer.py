"""The text being written: tokens, their bytes, and how far the text is behind each, cut at will.

Knows tokens and text. Bytes become text only when a character is complete, so a token may end
inside one; what was cut off by a rollback leaves no trace, since every mark is an immutable value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from decoding.loop.written import Span


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the text stands behind one token: ``length`` code points, ``rest`` the bytes of a
    character that is not complete yet, ``size`` bytes in all (``rest`` included)."""

    length: int = 0
    rest: bytes = b""
    size: int = 0


class NotTextError(ValueError):
    """The model wrote bytes that are not UTF-8."""


class TokenBuffer:
    """What has been written so far. One per pass of the loop."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.logprobs: list[float] = []
        self.text = ""
        self._bytes = bytearray()
        self._marks: list[Mark] = [Mark()]

    def append(self, token: int, spelled: bytes, logprob: float) -> str:
        """Accept a token; the text it completed (``""`` inside a character).

        Raises :class:`NotTextError` and accepts nothing if the bytes can be no UTF-8.
        """
        last = self._marks[-1]
        text, rest = decode(last.rest + spelled)
        self.tokens.append(token)
        self.logprobs.append(logprob)
        self.text += text
        self._bytes += spelled
        self._marks.append(Mark(len(self.text), rest, last.size + len(spelled)))
        return text

    def cut(self, tokens: int) -> None:
        """Keep the first ``tokens`` tokens."""
        del self.tokens[tokens:], self.logprobs[tokens:], self._marks[tokens + 1 :]
        self.text = self.text[: self._marks[-1].length]
        del self._bytes[self._marks[-1].size :]

    def spelled(self, tokens: int) -> bytes:
        """The bytes of everything behind the first ``tokens`` tokens."""
        return bytes(self._bytes[self._marks[tokens].size :])

    def before(self, at: int) -> tuple[int, bytes]:
        """How many tokens end before or at the code point ``at``, and the bytes of the next token
        that still belong before it."""
        size = len(self.text[:at].encode())
        count = 0
        while count < len(self.tokens) and self._marks[count + 1].size <= size:
            count += 1
        return count, bytes(self._bytes[self._marks[count].size : size])

    def covering(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of tokens that hold text between two code points."""
        first = next((i for i in range(len(self.tokens)) if self._marks[i + 1].length > start), 0)
        last = first
        while last < len(self.tokens) and self._marks[last].length < end:
            last += 1
        return first, last

    def spans(self, tokens: int) -> list[Span]:
        """What each of the first ``tokens`` tokens stands for."""
        ends = [mark.length for mark in self._marks]
        return list(map(Span, ends[:tokens], ends[1 : tokens + 1], self.logprobs))

    def probability(self, start: int, end: int) -> float:
        """How probable the model found the tokens between two code points."""
        first, last = self.covering(start, end)
        return math.exp(sum(self.logprobs[first:last]))

    def mean(self, start: int, end: int) -> float:
        """The geometric mean of their probabilities."""
        first, last = self.covering(start, end)
        return math.pow(self.probability(start, end), 1 / max(1, last - first))


def decode(data: bytes) -> tuple[str, bytes]:
    """The complete characters of ``data`` and the bytes of one that is still open."""
    try:
        return data.decode("utf-8"), b""
    except UnicodeDecodeError as error:
        # A character that only lacks its end is no error: its bytes wait for the next token.
        if error.reason == "unexpected end of data":
            return data[: error.start].decode("utf-8"), data[error.start :]
        raise NotTextError(str(error)) from error
