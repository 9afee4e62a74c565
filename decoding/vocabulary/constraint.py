"""What may be written next, as an immutable automaton over bytes: a set of names and their ends.

Knows bytes and a vocabulary, no code and no evidence. A constraint follows one name: first a
``literal`` that must come (what a token held before the name began), then a name of the set, then
a byte that ends it; behind that anything goes. It is never empty: at every state some byte leads
on, and since vocabularies hold every single byte, some token does.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from decoding.vocabulary.tokens import IDENTIFIER_BYTES, Vocabulary

if TYPE_CHECKING:
    import numpy.typing as npt

    from decoding.vocabulary.tokens import Ids

#: What ends a name unless something else is asked for: any byte that cannot be part of one.
ANY_END = frozenset(range(256)) - IDENTIFIER_BYTES


@dataclass(frozen=True)
class Names:
    """A sorted set of names as bytes, in order: a trie laid out flat."""

    spelled: tuple[bytes, ...]

    @classmethod
    def of(cls, names: Iterable[str]) -> Names:
        """Names as Python compares them (NFKC), sorted by their UTF-8 bytes."""
        unique = {unicodedata.normalize("NFKC", name).encode() for name in names}
        return cls(tuple(sorted(unique - {b""})))

    @classmethod
    def nothing(cls) -> Names:
        """One name without a character: only what may end a name is left to write."""
        return cls((b"",))

    @cached_property
    def members(self) -> frozenset[bytes]:
        """The names, for membership."""
        return frozenset(self.spelled)

    @cached_property
    def prefixes(self) -> frozenset[bytes]:
        """Every non-empty prefix of a name: the nodes of the trie."""
        return frozenset(self._ways_on(0, 0, len(self.spelled)))

    def below(self, prefix: bytes) -> tuple[int, int]:
        """The range of ``spelled`` that begins with ``prefix``."""
        first = bisect_left(self.spelled, prefix)
        # No name holds the byte 0xFF: it is no part of UTF-8.
        return first, bisect_left(self.spelled, prefix + b"\xff", first)

    def ways_on(self, prefix: bytes) -> Set[bytes]:
        """What can be written behind ``prefix`` without leaving the names; not empty strings."""
        return self._ways_on(len(prefix), *self.below(prefix)) if prefix else self.prefixes

    def _ways_on(self, size: int, first: int, last: int) -> set[bytes]:
        return {
            name[size:end]
            for name in self.spelled[first:last]
            for end in range(size + 1, len(name) + 1)
        }


@dataclass(frozen=True, slots=True)
class Constraint:
    """One state of the automaton.

    ``names`` are the names, ``ends`` the bytes that may come behind one, ``literal`` what must
    come before it. ``spelled`` is what was read of ``literal`` and name so far. ``ended`` is true
    once a name and the byte behind it were read.
    """

    names: Names
    ends: frozenset[int] = ANY_END
    literal: bytes = b""
    spelled: bytes = b""
    ended: bool = False

    @classmethod
    def over(
        cls, names: Names, typed: bytes = b"", ends: frozenset[int] = ANY_END
    ) -> Constraint | None:
        """A name of ``names`` that begins with ``typed``, which is written already.

        ``None`` if there is no such name: nothing would be left to write.
        """
        first, last = names.below(typed)
        return cls(names, ends, spelled=typed) if first < last and ends else None

    def behind(self, literal: bytes) -> Constraint:
        """The same where ``literal`` has to be written first; only for a state without one."""
        if not literal:
            return self
        return Constraint(self.names, self.ends, literal + self.spelled, b"")

    @property
    def part(self) -> bytes:
        """The part of the name that was read."""
        return self.spelled[len(self.literal) :]

    @property
    def complete(self) -> bool:
        """Whether the name could end here."""
        return self.ended or (
            len(self.spelled) >= len(self.literal) and self.part in self.names.members
        )

    def advance(self, data: bytes) -> Constraint | None:
        """The state behind ``data``, or ``None`` where it is not allowed."""
        if self.ended or not data:
            return self
        spelled, literal = self.spelled, self.literal
        if len(spelled) < len(literal):
            rest = literal[len(spelled) :]
            if len(data) <= len(rest):
                allowed = rest.startswith(data)
                return self._at(spelled + data) if allowed else None
            if not data.startswith(rest):
                return None
            data, spelled = data[len(rest) :], literal
        size = _name_length(data)
        spelled += data[:size]
        part = spelled[len(literal) :]
        names = self.names
        if size == len(data):
            at = bisect_left(names.spelled, part)
            if at < len(names.spelled) and names.spelled[at].startswith(part):
                return self._at(spelled)
            return None
        if data[size] in self.ends and part in names.members:
            return Constraint(names, self.ends, literal, spelled, True)
        return None

    def _at(self, spelled: bytes) -> Constraint:
        return Constraint(self.names, self.ends, self.literal, spelled)

    def allowed(self, vocabulary: Vocabulary) -> Ids:
        """The ids of every token that may come next, in no order; never empty over a vocabulary
        that holds every byte."""
        if self.ended:
            return vocabulary.trie.order
        return np.concatenate([self.onward(vocabulary), self.ending(vocabulary)])

    def ending(self, vocabulary: Vocabulary) -> Ids:
        """Of the allowed tokens, those that end the name before their first byte."""
        if not self.complete:
            return np.empty(0, np.int32)
        return self._ended_well(vocabulary.ending(b""), 0, vocabulary)

    def onward(self, vocabulary: Vocabulary) -> Ids:
        """Of the allowed tokens, those that hold more of the literal or the name."""
        rest = self.literal[len(self.spelled) :]
        part = self.part
        size = len(part)
        behind = vocabulary.behind(rest)
        inside = behind.exact.keys() & self.names.ways_on(part)
        ids = [behind.exact[way] for way in inside]
        for way in behind.twins.keys() & inside:
            ids += behind.twins[way]
        for cut in range(1, len(rest) + 1):
            ids += vocabulary.spelled_as(rest[:cut])
        found = [np.array(ids, np.int32)]
        first, last = self.names.below(part)
        for name in self.names.spelled[first:last]:
            span = behind.endings.get(name[size:])
            if span and (rest or len(name) > size):
                ids_ending = vocabulary.trie.order[span[0] : span[1]]
                found.append(self._ended_well(ids_ending, len(rest) + len(name) - size, vocabulary))
        return np.concatenate(found)

    def _ended_well(self, ids: Ids, size: int, vocabulary: Vocabulary) -> Ids:
        """Of tokens that end a name at their byte ``size``, those that may end it so."""
        if self.ends is ANY_END:
            return ids
        if not size:
            well = np.zeros(256, np.bool_)
            well[list(self.ends)] = True
            return ids[well[vocabulary.first_bytes[ids]]]
        tokens = vocabulary.tokens
        return np.array([i for i in ids.tolist() if tokens[i][size] in self.ends], np.int32)

    def mask(self, vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
        """``(vocab,)``: which tokens may come next."""
        mask = np.zeros(vocabulary.size, np.bool_)
        mask[self.allowed(vocabulary)] = True
        return mask

    def only(self) -> bytes | None:
        """What is left to write of the name where just one way is left, else ``None``."""
        if self.ended or len(self.spelled) < len(self.literal):
            return None
        first, last = self.names.below(self.part)
        return self.names.spelled[first][len(self.part) :] if last - first == 1 else None


def _name_length(data: bytes) -> int:
    """How many bytes of ``data`` can be part of a name."""
    return len(data) - len(data.lstrip(_NAME_BYTES))


_NAME_BYTES = bytes(sorted(IDENTIFIER_BYTES))


def meet(strong: Constraint, weak: Constraint) -> Constraint:
    """What both allow, for two constraints at the same state; ``strong`` alone where that is
    nothing, since a constraint never leaves a model without a continuation."""
    both = Names(tuple(sorted(strong.names.members & weak.names.members)))
    ends = weak.ends if strong.ends is ANY_END else strong.ends & weak.ends
    met = Constraint.over(both, strong.part, ends)
    return met.behind(strong.literal) if met else strong
