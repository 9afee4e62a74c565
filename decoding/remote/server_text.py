"""The text being written by a server, in pieces that can be cut off again."""

from __future__ import annotations

import math
from collections.abc import Iterable

from decoding.guidance.active_hole import ActiveHole
from decoding.guidance.policy import NoOtherNameError
from decoding.remote.dialects import Chunk
from decoding.remote.forms import NameForm, choice
from decoding.vocabulary.tokens import Constraint
from decoding.writer import TokenSpan


class ServerText:
    """What has come so far. Positions are code points of :attr:`text`."""

    def __init__(self) -> None:
        self.pieces: list[Chunk] = []
        self.text = ""

    def append(self, piece: Chunk) -> None:
        """Accept a piece. One without text or tokens leaves no trace."""
        if piece.text or piece.tokens:
            self.pieces.append(piece)
            self.text += piece.text

    @property
    def size(self) -> int:
        """How many tokens were written; a piece that does not tell its own counts as one."""
        return sum(len(piece.tokens) or 1 for piece in self.pieces)

    @property
    def tokens(self) -> tuple[int, ...] | None:
        """The ids of everything written, or ``None`` where a piece does not tell them."""
        if any(piece.text and not piece.tokens for piece in self.pieces):
            return None
        return tuple(token for piece in self.pieces for token in piece.tokens)

    def before(self, at: int) -> tuple[int, bytes]:
        """How many pieces end before or at ``at``, and the bytes of the next one that still belong
        before it."""
        length, count = 0, 0
        for piece in self.pieces:
            if length + len(piece.text) > at:
                break
            length, count = length + len(piece.text), count + 1
        return count, self.text[length:at].encode()

    def keep(self, count: int) -> None:
        """Cut off all but the first ``count`` pieces."""
        del self.pieces[count:]
        self.text = "".join(piece.text for piece in self.pieces)

    def spans(self, start: int, end: int) -> list[TokenSpan]:
        """The pieces that hold text between two positions."""
        found, at = [], 0
        for piece in self.pieces:
            stop = at + len(piece.text)
            if max(at, start) < min(stop, end):
                found.append(TokenSpan(at, stop, piece.logprob))
            at = stop
        return found

    def probability(self, start: int, end: int) -> float:
        """How probable the model found them."""
        return math.exp(sum(span.logprob for span in self.spans(start, end)))

    def mean(self, start: int, end: int) -> float:
        """The geometric mean of their probabilities; 0 of none."""
        found = [span.logprob for span in self.spans(start, end)]
        return math.exp(sum(found) / len(found)) if found else 0.0


class AskingReplacer:
    """A ``Replacer`` over what a server wrote. ``wanted`` is what the next
    request has to begin with."""

    def __init__(self, script: ServerText) -> None:
        self._script = script
        self.wanted: NameForm | None = None

    def instead(self, active: ActiveHole, constraint: Constraint) -> Iterable[str]:
        """See ``Replacer``; what is written comes with the next stream."""
        names = [name.decode() for name in constraint.names.spelled]
        wanted = choice(active.literal.decode(), active.typed, names, constraint.ends)
        if wanted is None:
            raise NoOtherNameError("there are too many names to ask for one of them")
        self.wanted = wanted
        self._script.keep(active.base)
        return ()
