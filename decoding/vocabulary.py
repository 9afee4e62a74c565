"""Every token of a model as raw bytes, and the look-ups that a constraint needs of them.

Knows nothing of the model but its tokens. Works for byte-level BPE, for SentencePiece with byte
fallback and for added tokens alike: all are bytes by the time they are here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from decoding import trie as tries
from decoding.trie import ByteTrie

if TYPE_CHECKING:
    import numpy.typing as npt

    Ids = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of one model.

    ``tokens`` is indexed by id and holds ``b""`` for control tokens. ``exact`` maps a spelling to
    its token, ``twins`` to further tokens spelled the same. ``endings`` maps the bytes ``r`` to the
    half-open range of ``trie.order`` that holds the tokens which spell ``r`` and then a byte that
    is no identifier byte; under ``b""`` those that *start* with such a byte.
    """

    tokens: tuple[bytes, ...]
    trie: ByteTrie
    exact: dict[bytes, int]
    twins: dict[bytes, tuple[int, ...]]
    endings: dict[bytes, tuple[int, int]]

    @property
    def size(self) -> int:
        """How many ids there are, those without bytes included."""
        return len(self.tokens)

    def spelling(self, tokens: Sequence[int]) -> bytes:
        """The bytes of a sequence of tokens."""
        return b"".join([self.tokens[token] for token in tokens])

    def ending(self, spelled: bytes) -> Ids:
        """Ids of the tokens that spell ``spelled`` and then a byte outside identifiers."""
        first, last = self.endings.get(spelled, (0, 0))
        return self.trie.order[first:last]


def load(tokens: Sequence[bytes], cache: Path | None = None) -> Vocabulary:
    """The vocabulary of ``tokens``; ``cache`` is a folder for the trie, or ``None`` for none."""
    table = tuple(tokens)
    trie = tries.load(table, cache)
    exact: dict[bytes, int] = {}
    twins: dict[bytes, tuple[int, ...]] = {}
    for token, spelled in enumerate(table):
        if not spelled:
            continue
        if exact.setdefault(spelled, token) != token:
            twins[spelled] = (*twins.get(spelled, ()), token)
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
    return Vocabulary(table, trie, exact, twins, endings)
