"""How a name is got wrong: by a slip of the fingers, or by somebody who half remembers it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from analysis.lint.nearest import SAME

_TAILS = ("_all", "_by_name", "_now", "_value", "_list", "_async", "_from_path", "_or_none", "s")
_HEADS = ("get_", "set_", "is_", "to_")
#: A slip in a shorter name gives another word rather than a wrong one.
_SLIPS_FROM = 4


def wrong_names(name: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """``(way, name)``: wrong versions of ``name``, in random order, each way once or more."""
    body = name.lstrip("_")
    lead = name[: len(name) - len(body)]
    ways = [("slip", _slips), ("word", _words), ("affix", _affixes), ("case", _case)]
    rng.shuffle(ways)
    for way, make in ways:
        made = list(dict.fromkeys(make(body)))
        rng.shuffle(made)
        yield from ((way, lead + other) for other in made if other != body)


def _slips(name: str) -> Iterator[str]:
    if len(name) < _SLIPS_FROM:
        return
    for i in range(1, len(name)):
        yield name[:i] + name[i + 1 :]
        yield name[:i] + name[i] + name[i:]
        if i + 1 < len(name):
            yield name[:i] + name[i + 1] + name[i] + name[i + 2 :]


def _words(name: str) -> Iterator[str]:
    parts = name.split("_")
    for i, part in enumerate(parts):
        for group in SAME:
            if part in group:
                yield from ("_".join((*parts[:i], o, *parts[i + 1 :])) for o in group)


def _affixes(name: str) -> Iterator[str]:
    yield from (name + tail for tail in _TAILS)
    if name.islower():
        yield from (head + name for head in _HEADS)


def _case(name: str) -> Iterator[str]:
    head, *rest = [part for part in name.split("_") if part] or [""]
    if rest:
        yield head + "".join(part.capitalize() for part in rest)
        yield "".join(part.capitalize() for part in (head, *rest))
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    yield snake
