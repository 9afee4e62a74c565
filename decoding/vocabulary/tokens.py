"""The tokens of a model as raw bytes, and constraints on the next one.

A vocabulary knows no code and no evidence. A :class:`Constraint` is an immutable automaton over
bytes that follows one name: first a ``literal`` that must come (what a token held before the name
began), then a name of the set, then a byte that ends it; after that any byte is allowed. It is
never empty: from every state some byte leads on, and since vocabularies hold every single byte,
some token does.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import unicodedata
import zipfile
from bisect import bisect_left
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.private import own_folder
from analysis.text.files import replace_file

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int32]
    Bytes = npt.NDArray[np.uint8]
    Ids = npt.NDArray[np.int32]

# --------------------------------------------------------------------------------------------------
# A trie over the bytes of a vocabulary, in flat arrays, and its cache on disk.
#
# Knows bytes and token ids only. Tokens are sorted in a *collation* in which bytes that cannot be
# part of an identifier come first, so that "the tokens that spell r and then end a name" are one
# contiguous range of the order (:attr:`ByteTrie.order`). Nodes are numbered breadth first, the
# children of a node are contiguous, and the tokens below it are a contiguous range as well.
# --------------------------------------------------------------------------------------------------


#: Every byte that can be part of a Python identifier: ASCII word characters and all of UTF-8's
#: bytes above 0x7F (a character that is no identifier character cannot follow a name in Python
#: anyway, so admitting its bytes loses nothing).
IDENTIFIER_BYTES = frozenset(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
) | frozenset(range(0x80, 0x100))

_COLLATION = bytes([b for b in range(256) if b not in IDENTIFIER_BYTES] + sorted(IDENTIFIER_BYTES))
_RANK = bytes(_COLLATION.index(b) for b in range(256))
_OUTSIDE = 256 - len(IDENTIFIER_BYTES)

#: Part of the cache's key; raise it when the arrays change their meaning.
_LAYOUT = 1


@dataclass(frozen=True, slots=True)
class ByteTrie:
    """The arrays. ``n`` tokens that have bytes, ``m`` nodes; node 0 is the root.

    ``order``: ``(n,)`` token ids in collation order. ``label``, ``parent``, ``depth``: ``(m,)`` the
    byte on the edge to a node, the node it comes from, its number of bytes. ``first``, ``last``:
    ``(m,)`` the half-open range of ``order`` below the node. ``exact``: ``(m,)`` how many tokens
    are spelled by the node itself; they are the first ones of its range. ``outside``: ``(m,)`` how
    many of the tokens below go on with a byte that is no identifier byte; they come next.
    """

    order: Ints
    label: Bytes
    parent: Ints
    depth: Ints
    first: Ints
    last: Ints
    exact: Ints
    outside: Ints


def fingerprint(tokens: Sequence[bytes]) -> str:
    """A hash of a whole vocabulary, in hexadecimal."""
    digest = hashlib.sha256(f"{_LAYOUT}:{len(tokens)}:".encode())
    digest.update(np.fromiter(map(len, tokens), np.int32, len(tokens)).tobytes())
    digest.update(b"".join(tokens))
    return digest.hexdigest()


def build(tokens: Sequence[bytes]) -> ByteTrie:
    """The trie of ``tokens`` (indexed by id; ``b""`` for those that have no bytes)."""
    ranked = [token.translate(_RANK) for token in tokens]
    ids = sorted((i for i, token in enumerate(ranked) if token), key=ranked.__getitem__)
    order = np.array(ids, np.int32)
    lengths = np.fromiter((len(ranked[i]) for i in ids), np.int32, len(ids))
    flat = np.frombuffer(b"".join([ranked[i] for i in ids]), np.uint8)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])[:-1]

    labels, parents, depths = [np.zeros(1, np.uint8)], [np.zeros(1, np.int32)], [0]
    firsts, lasts = [np.zeros(1, np.int32)], [np.full(1, len(ids), np.int32)]
    node = np.zeros(len(ids), np.int32)
    alive = np.arange(len(ids), dtype=np.int32)
    count = 1
    # One level at a time: sorted tokens that share a parent and the next byte are neighbours, so a
    # node begins wherever either differs from the token before.
    for level in range(int(lengths.max(initial=0))):
        alive = alive[lengths[alive] > level]
        parent, label = node[alive], flat[starts[alive] + level]
        begins = np.ones(len(alive), bool)
        begins[1:] = (parent[1:] != parent[:-1]) | (label[1:] != label[:-1])
        where = np.flatnonzero(begins)
        labels.append(label[where])
        parents.append(parent[where])
        firsts.append(alive[where])
        lasts.append(alive[np.append(where[1:], len(alive)) - 1] + 1)
        depths.extend([level + 1] * len(where))
        node[alive] = count + np.cumsum(begins, dtype=np.int32) - 1
        count += len(where)
    exact = np.bincount(node, minlength=count).astype(np.int32)
    label, parent = np.concatenate(labels), np.concatenate(parents)
    first, last = np.concatenate(firsts), np.concatenate(lasts)
    outer = np.flatnonzero(label < _OUTSIDE)
    outer = outer[outer > 0]
    outside = np.bincount(parent[outer], weights=(last - first)[outer], minlength=count)
    return ByteTrie(
        order=order,
        label=np.frombuffer(_COLLATION, np.uint8)[label],
        parent=parent,
        depth=np.array(depths, np.int32),
        first=first,
        last=last,
        exact=exact,
        outside=outside.astype(np.int32),
    )


def load_trie(tokens: Sequence[bytes], cache: Path | None) -> ByteTrie:
    """The trie of ``tokens``, from the folder ``cache`` if it is there, else built and put there.

    A cache that cannot be read or written is not an error: the trie is built again.
    """
    if cache is None:
        return build(tokens)
    path = cache / f"trie-{fingerprint(tokens)[:32]}.npz"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return ByteTrie(**{f.name: stored[f.name] for f in fields(ByteTrie)})
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass
    trie = build(tokens)
    with contextlib.suppress(OSError):
        _store(trie, path)
    return trie


def _store(trie: ByteTrie, path: Path) -> None:
    own_folder(path.parent)
    stored = io.BytesIO()
    np.savez(stored, **{f.name: getattr(trie, f.name) for f in fields(ByteTrie)})
    replace_file(path, stored.getvalue(), private=True)


# --------------------------------------------------------------------------------------------------
# Every token of a model as raw bytes, and the look-ups that a constraint needs of them.
#
# Knows nothing of the model but its tokens. Works for byte-level BPE, for SentencePiece with byte
# fallback and for added tokens alike: all are bytes by the time they are here.
# --------------------------------------------------------------------------------------------------


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
    trie = load_trie(table, cache)
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
