"""Glob patterns of paths, as ``.gitignore`` and ``[tool.pilotfish]`` write them (gitignore(5)).

``*`` and ``?`` stop at a slash; ``**`` as a whole part stands for any number of folders. A pattern
without a slash, but for one at its end, holds at any depth; others begin at their root. A pattern
that matches a folder holds for all in it.

Patterns come with a workspace, so none may cost more than its length times the path's. Regular
expressions (pathspec's, too) go back through every ``*``: ``*a*a*a*a*b`` would take for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import PurePath

_CLASSES: dict[str, Callable[[str], bool]] = {
    "alnum": str.isalnum,
    "alpha": str.isalpha,
    "digit": str.isdigit,
    "lower": str.islower,
    "upper": str.isupper,
    "space": str.isspace,
}
#: One place of a part: a character, a set of them, or one of the two below.
_Token = str | tuple[bool, frozenset[str], tuple[tuple[str, str], ...], tuple[str, ...]]
_ANY, _STAR = "?any", "*star"
#: Any number of parts.
_DEEP: tuple[_Token, ...] = ("**deep",)


def matches(pattern: str, path: str, root: str) -> bool:
    """Whether ``path`` or a folder above it, below ``root``, fits ``pattern``."""
    try:
        relative = PurePath(path).relative_to(root)
    except ValueError:
        return False
    return fits(pattern.removeprefix("./"), relative.as_posix())


def fits(pattern: str, relative: str) -> bool:
    """Whether the slash-separated ``relative`` path, or a folder on its way, fits ``pattern``."""
    parts = _compiled(pattern)
    if parts is None:
        return False
    states = _beyond_deep({0}, parts)
    for name in relative.split("/"):
        reached = {at for at in states if parts[at] is _DEEP}
        reached |= {at + 1 for at in states - reached if _part_fits(parts[at], name)}
        states = _beyond_deep(reached, parts)
        if len(parts) in states:
            return True
    return False


def _beyond_deep(states: set[int], parts: Sequence[tuple[_Token, ...]]) -> set[int]:
    """``states`` and those that are reached from them by ``**`` for no folder at all."""
    found = set(states)
    for at in sorted(states):
        while at < len(parts) and parts[at] is _DEEP:
            at += 1
            found.add(at)
    return found


def _part_fits(tokens: tuple[_Token, ...], name: str) -> bool:
    """Only the last ``*`` is ever tried anew: an earlier one that took more helps no later part."""
    token = at = 0
    star, resume = -1, 0
    while at < len(name):
        if token < len(tokens) and tokens[token] is _STAR:
            star, resume = token, at
            token += 1
        elif token < len(tokens) and _stands_for(tokens[token], name[at]):
            token += 1
            at += 1
        elif star >= 0:
            resume += 1
            token, at = star + 1, resume
        else:
            return False
    return all(each is _STAR for each in tokens[token:])


def _stands_for(token: _Token, character: str) -> bool:
    if isinstance(token, str):
        return token is _ANY or token == character
    negated, single, ranges, classes = token
    found = (
        character in single
        or any(low <= character <= high for low, high in ranges)
        or any(_CLASSES[name](character) for name in classes)
    )
    return found is not negated


@lru_cache(maxsize=8192)
def _compiled(pattern: str) -> tuple[tuple[_Token, ...], ...] | None:
    """The parts of ``pattern``; ``None`` where it fits nothing, as with a ``[`` that stays open."""
    body = pattern.removesuffix("/")
    words = body.removeprefix("/").split("/")
    if not all(words):
        return None
    parts: list[tuple[_Token, ...]] = [] if "/" in body else [_DEEP]
    for word in words:
        if word == "**" and "/" in body:
            if not parts or parts[-1] is not _DEEP:
                parts.append(_DEEP)
            continue
        tokens = _tokens(word)
        if tokens is None:
            return None
        parts.append(tokens)
    if parts[-1] is _DEEP:
        parts.append((_STAR,))  # ``a/**`` is all in ``a``, not ``a``
    return tuple(parts)


def _tokens(word: str) -> tuple[_Token, ...] | None:
    tokens: list[_Token] = []
    at = 0
    while at < len(word):
        character = word[at]
        at += 1
        if character == "*":
            if not tokens or tokens[-1] is not _STAR:
                tokens.append(_STAR)
        elif character == "?":
            tokens.append(_ANY)
        elif character == "[":
            found = _set(word, at)
            if found is None:
                return None
            token, at = found
            tokens.append(token)
        elif character == "\\":
            if at == len(word):
                return None
            tokens.append(word[at])
            at += 1
        else:
            tokens.append(character)
    return tuple(tokens)


def _set(word: str, at: int) -> tuple[_Token, int] | None:
    """The set that begins behind the bracket, and where it ends."""
    negated = word[at : at + 1] in ("!", "^") and bool(word[at : at + 1])
    at += negated
    single: list[str] = []
    ranges: list[tuple[str, str]] = []
    classes: list[str] = []
    first = True
    while at < len(word):
        character = word[at]
        if character == "]" and not first:
            return (negated, frozenset(single), tuple(ranges), tuple(classes)), at + 1
        first = False
        if word.startswith("[:", at) and (end := word.find(":]", at)) > 0:
            name = word[at + 2 : end]
            if name not in _CLASSES:
                return None
            classes.append(name)
            at = end + 2
            continue
        if character == "\\":
            at += 1
            character = word[at : at + 1]
        at += 1
        single.append(character)
        if word[at : at + 1] == "-" and word[at + 1 : at + 2] not in ("", "]"):
            high = word[at + 1]
            at += 2
            if high == "\\":
                high = word[at : at + 1]
                at += 1
            ranges.append((character, high))
    return None
