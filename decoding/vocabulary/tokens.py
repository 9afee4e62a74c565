"""Every token of a model as raw bytes, and the look-ups that a constraint needs of them.

Knows nothing of the model but its tokens. Works for byte-level BPE, for SentencePiece with byte
fallback and for added tokens alike: all are bytes by the time they are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from decoding.vocabulary import trie as tries
from decoding.vocabulary.trie import ByteTrie

if TYPE_CHECKING:
    import numpy.typing as npt

    Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Spellings:
    """Tokens looked up by their bytes, or by what their bytes hold behind a common beginning.

    ``exact`` maps a spelling to its token, ``twins`` to further tokens spelled the same.
    ``endings`` maps the bytes ``r`` to the half-open range of ``trie.order`` that holds the tokens
    which spell ``r`` and then a byte outside identifiers.
    """

    exact: dict[bytes, int]
    twins: dict[bytes, list[int]]
    endings: dict[bytes, tuple[int, int]]


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of one model, indexed by id; ``b""`` for control tokens."""

    tokens: tuple[bytes, ...] = field(repr=False)
    trie: ByteTrie = field(repr=False)
    spellings: Spellings = field(repr=False)
    _behind: dict[bytes, Spellings] = field(default_factory=dict, repr=False, compare=False)

    @property
    def size(self) -> int:
        """How many ids there are, those without bytes included."""
        return len(self.tokens)

    @cached_property
    def first_bytes(self) -> npt.NDArray[np.uint8]:
        """``(size,)``: the first byte of each token; 0 for those without bytes."""
        return np.frombuffer(b"".join(token[:1] or b"\0" for token in self.tokens), np.uint8)

    def spelling(self, tokens: Iterable[int]) -> bytes:
        """The bytes of a sequence of tokens."""
        return b"".join([self.tokens[token] for token in tokens])

    def spelled_as(self, spelled: bytes) -> list[int]:
        """Every token with exactly these bytes."""
        token = self.spellings.exact.get(spelled)
        return [] if token is None else [token, *self.spellings.twins.get(spelled, ())]

    def ending(self, spelled: bytes) -> Ids:
        """Ids of the tokens that spell ``spelled`` and then a byte outside identifiers; for
        ``b""`` those that start with such a byte."""
        first, last = self.spellings.endings.get(spelled, (0, 0))
        return self.trie.order[first:last]

    def behind(self, beginning: bytes) -> Spellings:
        """The tokens that begin with ``beginning`` and go on, by what comes behind it.

        The first call for a ``beginning`` walks the tokens below it; there are few of them in
        practice (``.``, ``).``, ``].`` and their like), so the answers are kept.
        """
        if not beginning:
            return self.spellings
        found = self._behind.get(beginning)
        if found is None:
            found = self._behind[beginning] = self._below(beginning)
        return found

    def _below(self, beginning: bytes) -> Spellings:
        size = len(beginning)
        ids = self.trie.order[slice(*self._range(beginning))].tolist()
        exact: dict[bytes, int] = {}
        twins: dict[bytes, list[int]] = {}
        for token in sorted(ids):
            _enter(exact, twins, self.tokens[token][size:], token)
        ending = self.spellings.endings
        cuts = {way[:end] for way in exact for end in range(len(way))}
        endings = {cut: ending[beginning + cut] for cut in cuts if beginning + cut in ending}
        return Spellings(exact, twins, endings)

    def _range(self, beginning: bytes) -> tuple[int, int]:
        """The range of ``trie.order`` that begins with ``beginning``, by a walk down the trie."""
        node, trie = 0, self.trie
        for byte in beginning:
            first, last = np.searchsorted(trie.parent[1:], [node, node + 1]) + 1
            here = np.flatnonzero(trie.label[first:last] == byte)
            if not len(here):
                return 0, 0
            node = int(first + here[0])
        return int(trie.first[node]), int(trie.last[node])


def _enter(
    exact: dict[bytes, int], twins: dict[bytes, list[int]], spelled: bytes, token: int
) -> None:
    if spelled and exact.setdefault(spelled, token) != token:
        twins.setdefault(spelled, []).append(token)


def load(tokens: Sequence[bytes], cache: Path | None = None) -> Vocabulary:
    """The vocabulary of ``tokens``; ``cache`` is a folder for the trie, or ``None`` for none."""
    table = tuple(tokens)
    trie = tries.load(table, cache)
    exact: dict[bytes, int] = {}
    twins: dict[bytes, list[int]] = {}
    for token, spelled in enumerate(table):
        _enter(exact, twins, spelled, token)
    where = np.flatnonzero(trie.outside)
    begin = trie.first[where] + trie.exact[where]
    spans = zip(
        trie.order[trie.first[where]].tolist(),
        trie.depth[where].tolist(),
        begin.tolist(),
        (begin + trie.outside[where]).tolist(),
        strict=True,
    )
    endings = {table[token][:depth]: (first, last) for token, depth, first, last in spans}
    return Vocabulary(table, trie, Spellings(exact, twins, endings))
