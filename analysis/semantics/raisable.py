"""What may stand behind ``raise`` and ``except``: exception classes first, other types never."""

from __future__ import annotations

import re
from dataclasses import replace

from analysis.names import Name

#: How :class:`~analysis.names.Name` shows that a name is an exception class.
EXCEPTION = "type[BaseException]"
_CLASS = re.compile(r"^[ \t]*class[ \t]+(?P<name>\w+)[ \t]*\((?P<bases>[^()]*)\)", re.MULTILINE)
#: Builtins that make or find an exception, as in ``raise type(error)(…)``.
_MAKERS = frozenset(
    {"__import__", "eval", "getattr", "globals", "locals", "next", "super", "tuple", "type", "vars"}
)


def raisable(names: dict[str, Name], code: str) -> dict[str, Name]:
    """Those of ``names`` that can be raised or caught, the most likely first.

    ``code`` is the text of the file, comments and strings blanked. Classes of the file that derive
    from an exception come first, what else it binds next (a variable may hold an exception, a
    module has some), then builtin exceptions. Of the other builtins those stay that can lead to
    one.
    """
    known = {name for name, each in names.items() if each.type == EXCEPTION}
    own = _derived(known, code)
    ranked: tuple[dict[str, Name], ...] = ({}, {}, {}, {})
    for name, each in names.items():
        if name in own and each.origin != "builtins":
            ranked[0][name] = replace(each, kind="class", type=EXCEPTION)
        elif each.origin != "builtins":
            ranked[1][name] = each
        elif each.type == EXCEPTION:
            ranked[2][name] = each
        elif name in _MAKERS:
            ranked[3][name] = each
    return {name: each for part in ranked for name, each in part.items()}


def _derived(known: set[str], code: str) -> set[str]:
    """The classes of the file that derive from one of ``known``, directly or not."""
    found: set[str] = set()
    classes = [(m["name"], set(re.findall(r"\w+", m["bases"]))) for m in _CLASS.finditer(code)]
    grown = True
    while grown:
        grown = False
        for name, bases in classes:
            if name not in found and bases & (known | found):
                found.add(name)
                grown = True
    return found
