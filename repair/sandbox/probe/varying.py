"""Calls like those that tests make: their arguments changed within their types."""

from __future__ import annotations

import random
import re
import string
from typing import Any

from .noting import copied, shown

#: Calls made in all.
_MOST_CALLS = 64
#: The part of them that may be at the edges of a type.
_AT_EDGES = 0.25
#: How often an argument that was left out is given instead of one that is there being changed.
_GIVEN_TOO = 0.3
#: And how often a number becomes one that the code mentions, or lies beside it.
_AT_LIMITS = 0.3
#: A larger one is no bound that a call comes near to, and may take forever.
_LARGEST = 1000


def calls_like(noted: Any) -> Any:
    """``(function, positional, keywords)``: what the tests called, and variations of that."""
    chance = random.Random(1)
    found: list[Any] = []
    seen: set[Any] = set()
    share = _MOST_CALLS // max(1, len(noted))
    for function, known in noted:
        mine: list[Any] = []
        omitted, limits = _omitted(function), _limits(function.__code__)
        for arguments in known:
            _add(mine, seen, function, arguments)
        most = len(mine) + int(_AT_EDGES * share)
        for arguments in _at_edges(known[-1]):
            if len(mine) < most:
                _add(mine, seen, function, arguments)
        for _ in range(4 * share):
            if len(mine) >= share:
                break
            arguments = copied(chance.choice(known))
            if arguments is not None:
                if omitted and chance.random() < _GIVEN_TOO:
                    _give_one(chance, arguments, omitted)
                else:
                    _vary_one(chance, arguments, limits)
                _add(mine, seen, function, arguments)
        found.extend(mine)
    return found


def _add(calls: Any, seen: Any, function: Any, arguments: Any) -> None:
    key = (function.__code__, shown(arguments))
    if key not in seen:
        seen.add(key)
        calls.append((function, arguments[0], arguments[1]))


def _omitted(function: Any) -> Any:
    """Places, by index or name, of the parameters whose default is ``None``."""
    code, defaults = function.__code__, function.__defaults__ or ()
    first = code.co_argcount - len(defaults)
    found = [first + index for index, value in enumerate(defaults) if value is None]
    named = (function.__kwdefaults__ or {}).items()
    return found + [name for name, value in named if value is None]


def _give_one(chance: Any, arguments: Any, omitted: Any) -> None:
    """Give one of the arguments that callers leave out: a small number, or what another one is."""
    positional, keywords = arguments
    places = [(keywords if isinstance(key, str) else positional, key) for key in omitted]
    places = [(holder, key) for holder, key in places if holder[key] is None]
    others = [value for value in positional[1:] if _can_vary(value)]
    for holder, key in chance.sample(places, min(len(places), 1)):
        holder[key] = chance.choice([0, 1, 2, 3, -1, *others])


def _limits(code: Any) -> Any:
    """Whole numbers that a function and what is defined in it mention: what it does may change
    there."""
    found = set()
    for value in code.co_consts:
        if type(value) is int:
            found.add(value)
        elif type(value) in (tuple, frozenset):
            found.update(part for part in value if type(part) is int)
        elif hasattr(value, "co_consts"):
            found.update(_limits(value))
    return sorted(value for value in found if abs(value) <= _LARGEST)


def _at_edges(arguments: Any) -> Any:
    """The call with one argument at a time that is at an edge of its type: the smallest of every
    argument first."""
    positional, keywords = arguments
    places = [*range(len(positional)), *keywords]
    edges = [edges_of(positional[p] if isinstance(p, int) else keywords[p]) for p in places]
    for rank in range(max(map(len, edges), default=0)):
        for place, values in zip(places, edges):  # noqa: B905
            changed = copied(arguments) if rank < len(values) else None
            if changed is not None:
                changed[isinstance(place, str)][place] = values[rank]
                yield changed


def edges_of(value: Any) -> Any:
    """Values of the type of ``value`` at which programs are often wrong: nothing, one thing, the
    same thing twice, the other sign."""
    kind = type(value)
    if kind in (int, float):
        return [kind(0), kind(1), kind(-1)]
    if kind in (str, bytes, list, tuple):
        return [kind(), value[:1], value[:1] * 2]
    if kind in (set, frozenset, dict):
        return [kind()]
    return []


def _vary_one(chance: Any, arguments: Any, limits: Any) -> None:
    """Change one argument, now and then two."""
    positional, keywords = arguments
    places = [(positional, index) for index in range(len(positional))]
    places += [(keywords, name) for name in keywords]
    places = [(holder, key) for holder, key in places if _can_vary(holder[key])]
    for holder, key in chance.sample(places, min(len(places), chance.choice((1, 1, 2)))):
        for _ in range(chance.choice((1, 1, 2, 3))):
            holder[key] = vary(chance, holder[key], limits)


def _can_vary(value: Any) -> bool:
    return type(value) in (bool, int, float, str, bytes, list, tuple, set, frozenset, dict)


def vary(chance: Any, value: Any, limits: Any = ()) -> Any:
    """A value of the same type that is not far from ``value``, or a number not far from one of the
    ``limits``."""
    kind = type(value)
    if kind is bool:
        return not value
    if kind is int and limits and chance.random() < _AT_LIMITS:
        return chance.choice(limits) + chance.choice((-1, 0, 0, 1))
    if kind in (int, float):
        steps = [1, -1, chance.randint(2, 9), -chance.randint(2, 9)]
        if kind is float:
            steps += [0.5, -0.25]
        return chance.choice([value + step for step in steps] + [kind(0), -value, value * 2])
    if kind in (str, bytes):
        return _varied_text(chance, value, limits)
    if kind in (list, tuple):
        return kind(_varied_items(chance, list(value), limits))
    if kind in (set, frozenset):
        return kind(_varied_items(chance, sorted(value, key=repr), limits))
    if kind is dict and value:
        key = chance.choice(list(value))
        changed = dict(value)
        if chance.random() < 0.5:
            changed[key] = vary(chance, changed[key], limits)
        else:
            del changed[key]
        return changed
    return value


def _varied_text(chance: Any, value: Any, limits: Any) -> Any:
    if type(value) is bytes:
        text = _varied_text(chance, value.decode("latin-1"), limits)
        return text.encode("latin-1", "replace")
    at = chance.randint(0, len(value))
    alphabet = value + chance.choice((string.ascii_lowercase, string.digits, " ", ""))
    letter = chance.choice(alphabet) if alphabet else "a"
    choices: list[str] = [value[:at] + letter + value[at:], value[:at] + letter + value[at + 1 :]]
    choices += [value[:at] + value[at + 1 :], value[::-1], value + value, value[:at]]
    choices += [value.swapcase(), value[at:]]
    # Text with parts keeps its form half of the time: a date stays a date.
    words = re.findall(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9]+", value)
    places = [index for index, word in enumerate(words) if word[0].isalnum()]
    if len(places) > 1 and chance.random() < 0.5:
        one, other = chance.sample(places, 2)
        if words[one].isdigit() and chance.random() < 0.7:
            number = max(0, int(words[one]) + chance.choice((1, -1, 5, 10, 20)))
            if limits and chance.random() < _AT_LIMITS:
                number = max(0, chance.choice(limits) + chance.choice((-1, 0, 0, 1)))
            words[one] = str(number).rjust(len(words[one]), "0")
        else:
            words[one], words[other] = words[other], words[one]
        return "".join(words)
    return chance.choice(choices)


def _varied_items(chance: Any, items: Any, limits: Any) -> Any:
    if not items:
        return items
    at = chance.randrange(len(items))
    way = chance.randrange(7)
    if way == 0:
        del items[at]
    elif way == 1:
        items.insert(at, items[chance.randrange(len(items))])
    elif way == 2:
        items.reverse()
    elif way == 3:
        chance.shuffle(items)
    elif way == 4 and _can_vary(items[at]):
        items.append(vary(chance, items[at], limits))
    elif _can_vary(items[at]):
        items[at] = vary(chance, items[at], limits)
    else:
        del items[at:]
    return items
