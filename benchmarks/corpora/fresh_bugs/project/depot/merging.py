"""Differences between nested settings, and merging two people's edits of them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Tuple

Path = Tuple[str, ...]

_ABSENT: Any = object()


@dataclass(frozen=True)
class Change:
    """One difference: ``kind`` is ``added``, ``removed`` or ``changed``."""

    kind: str
    path: Path
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        where = ".".join(self.path)
        if self.kind == "added":
            return f"+ {where} = {self.after!r}"
        if self.kind == "removed":
            return f"- {where} = {self.before!r}"
        return f"~ {where}: {self.before!r} -> {self.after!r}"


def diff(before: Mapping[str, Any], after: Mapping[str, Any], path: Path = ()) -> List[Change]:
    """What changed, sorted by path; mappings are compared by key, anything else as a whole."""
    changes: List[Change] = []
    for key in sorted(set(before) | set(after)):
        here = path + (key,)
        if key not in after:
            changes.append(Change("removed", here, before=before[key]))
        elif key not in before:
            changes.append(Change("added", here, after=after[key]))
        elif isinstance(before[key], Mapping) and isinstance(after[key], Mapping):
            changes.extend(diff(before[key], after[key], here))
        elif before[key] != after[key]:
            changes.append(Change("changed", here, before[key], after[key]))
    return changes


def apply(document: Mapping[str, Any], changes: List[Change]) -> Dict[str, Any]:
    """A copy of ``document`` with ``changes`` made; raises ``KeyError`` where a path is missing."""
    result = copy.deepcopy(dict(document))
    for change in changes:
        node = result
        for key in change.path[:-1]:
            node = node[key]
        if change.kind == "removed":
            del node[change.path[-1]]
        else:
            node[change.path[-1]] = copy.deepcopy(change.after)
    return result


def deep_update(base: Mapping[str, Any], override: Mapping[str, Any]) -> Dict[str, Any]:
    """``base`` overridden by ``override`` at every depth; a value of ``None`` removes the key."""
    result = copy.deepcopy(dict(base))
    for key, value in override.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = deep_update(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


@dataclass(frozen=True)
class Conflict:
    """Both sides changed the same place, differently."""

    path: Path
    ours: Any
    theirs: Any


def merge3(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], path: Path = ()
) -> Tuple[Dict[str, Any], List[Conflict]]:
    """Both edits of ``base`` together; where they conflict ours is kept and the place reported."""
    merged: Dict[str, Any] = {}
    conflicts: List[Conflict] = []
    for key in sorted(set(base) | set(ours) | set(theirs)):
        old = base.get(key, _ABSENT)
        left = ours.get(key, _ABSENT)
        right = theirs.get(key, _ABSENT)
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            parent = old if isinstance(old, Mapping) else {}
            merged[key], below = merge3(parent, left, right, path + (key,))
            conflicts.extend(below)
            continue
        if left == right or right == old:
            choice = left
        elif left == old:
            choice = right
        else:
            choice = left
            conflicts.append(
                Conflict(
                    path + (key,),
                    None if left is _ABSENT else left,
                    None if right is _ABSENT else right,
                )
            )
        if choice is not _ABSENT:
            merged[key] = choice
    return merged, conflicts


def flatten(document: Mapping[str, Any], separator: str = ".") -> Dict[str, Any]:
    """Nested keys as one level: ``{"a": {"b": 1}}`` becomes ``{"a.b": 1}``."""
    flat: Dict[str, Any] = {}
    for key, value in document.items():
        if isinstance(value, Mapping) and value:
            for inner, leaf in flatten(value, separator).items():
                flat[key + separator + inner] = leaf
        else:
            flat[key] = value
    return flat
