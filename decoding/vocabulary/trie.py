"""A trie over the bytes of a vocabulary, in flat arrays, and its cache on disk.

Knows bytes and token ids only. Tokens are sorted in a *collation* in which bytes that cannot be
part of an identifier come first, so that "the tokens that spell r and then end a name" are one
contiguous range of the order (:attr:`ByteTrie.order`). Nodes are numbered breadth first, the
children of a node are contiguous, and the tokens below it are a contiguous range as well.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.private import own_folder
from analysis.text.files import replace_file

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int32]
    Bytes = npt.NDArray[np.uint8]

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


def load(tokens: Sequence[bytes], cache: Path | None) -> ByteTrie:
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
