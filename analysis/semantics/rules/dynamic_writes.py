"""A class that writes attributes by computed names: ``setattr(self, …)``, ``self.__dict__``.

Names that are literals are not in doubt; listing adds them.
"""

from __future__ import annotations

import re
from functools import lru_cache

from analysis.names import Tier
from analysis.semantics.receiver import ClassFacts, Receiver, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, opened

_METHOD = re.compile(r"\bdef\s+(?P<name>\w+)\s*\(\s*(?P<first>\w*)")
_CALL = re.compile(
    r"""\b(?:setattr|__setattr__)\(\s*+(?:(?P<target>[\w.()]+)\s*,\s*+)?(?P<name>["']?\w+)"""
)
_MAPPING = re.compile(
    r"""(?P<target>\w+)\.__dict__\s*+(?:\.\s*+(?:update|setdefault)\b|\[[^\]]*\]\s*+=[^=]|\|?=[^=])
    | \bvars\(\s*+(?P<of>\w+)\s*+\)\s*+(?:\.\s*+update\b|\[[^\]]*\]\s*+=[^=])
    | (?P<body>\blocals\(\))\s*+(?:\.\s*+update\b|\[[^\]]*\]\s*+=[^=])
    """,
    re.VERBOSE,
)
#: A variable that holds the attributes of an object.
_ALIAS = re.compile(
    r"""\b(?P<alias>\w+)\s*+=\s*+
    (?:(?P<target>\w+)\.__dict__ | vars\(\s*+(?P<of>\w+)\s*+\))[ \t]*+$""",
    re.MULTILINE | re.VERBOSE,
)
#: Methods that give an object the attributes which another of its kind had already.
_RESTORES = frozenset(
    {"__setstate__", "__setattr__", "__delattr__", "__copy__", "__deepcopy__", "__reduce__", "copy"}
)

CASES = (
    Case(
        "class A:\n    def __init__(self, **k):\n        for n, v in k.items():\n"
        "            setattr(self, n, v)\nA().$0",
        Tier.OPEN,
        has=("__init__",),
    ),
    Case(
        "class A:\n    def __init__(self, **k):\n        self.__dict__.update(k)\nA().$0", Tier.OPEN
    ),
    Case(
        "class A:\n    def __init__(self):\n        setattr(self, 'size', 1)\nA().$0",
        Tier.CLOSED,
        has=("size",),
    ),
    Case(
        "class A:\n    def __init__(self, **k):\n        d = vars(self)\n        d.update(k)\n"
        "A().$0",
        Tier.OPEN,
    ),
    Case(
        "class A:\n    def f(self):\n        d = self.__dict__\n        return d['x']\nA().$0",
        Tier.CLOSED,
    ),
    Case("class A:\n    def __init__(self, k):\n        self.__dict__ |= k\nA().$0", Tier.OPEN),
    Case(
        "class A:\n    def __init__(self, k):\n        fill(self, k)\n"
        "def fill(o, k):\n    for n in k:\n        setattr(o, n, 1)\nA().$0",
        Tier.OPEN,
    ),
    Case("class A: ...\na = A()\nfor n in 'xy':\n    setattr(a, n, 1)\na.$0", Tier.OPEN),
    Case("class A: ...\na = A()\na.__dict__.update(q=1)\na.$0", Tier.OPEN),
    Case("class A:\n    locals()['x'] = 1\nA.$0", Tier.OPEN),
    Case("class A:\n    y = 1\nfor n in 'ab':\n    setattr(A, n, 1)\nA.$0", Tier.OPEN, has=("y",)),
    Case(
        "class A:\n    def __setstate__(self, state):\n        self.__dict__.update(state)\nA().$0",
        Tier.CLOSED,
    ),
    Case("class A:\n    def f(self, cls):\n        setattr(cls, self.n, 1)\nA().$0", Tier.CLOSED),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where a class of the resolution order, or its metaclass, writes that way."""
    if receiver.text not in ("", "self", "cls") and _is_written(receiver.text, receiver.scope):
        return opened(f"{receiver.text} is given attributes by computed names")
    for member in receiver.members:
        if member.kind in (UnionMemberKind.INSTANCE, UnionMemberKind.CLASS):
            for facts in (*member.order, *member.metaclasses):
                if writes_dynamically(facts):
                    return opened(f"{facts.name} writes attributes by computed names")
    return None


def _is_written(text: str, scope: str) -> bool:
    """Whether the code around the hole writes attributes of the receiver by computed names."""
    subject = re.escape(text)
    if "setattr" not in scope and "__dict__" not in scope and "vars(" not in scope:
        return False
    return bool(
        re.search(rf"\bsetattr\(\s*{subject}\s*,\s*(?![\"'])", scope)
        or re.search(
            rf"(?<![\w.])(?:{subject}\.__dict__|vars\(\s*{subject}\s*\))\s*"
            r"(?:\.\s*(?:update|setdefault)\b|\[[^\]]*\]\s*=[^=]|\|?=[^=])",
            scope,
        )
    )


def _is_filled(alias: str, code: str, start: int) -> bool:
    """Whether something is put into the mapping ``alias`` behind an offset."""
    filled = re.compile(rf"\b{alias}\s*(?:\.\s*(?:update|setdefault)\b|\[[^\]]*\]\s*=[^=]|\|=)")
    return filled.search(code, start) is not None


@lru_cache(maxsize=4096)
def writes_dynamically(facts: ClassFacts) -> bool:
    """Whether the source of a class gives attributes to itself by computed names."""
    if facts.written_from_outside:
        return True
    if not facts.code or facts.module in ("builtins", "abc"):
        return False
    methods = list(_METHOD.finditer(facts.code))
    aliases = (
        m for m in _ALIAS.finditer(facts.code) if _is_filled(m["alias"], facts.code, m.end())
    )
    for match in (*_CALL.finditer(facts.code), *_MAPPING.finditer(facts.code), *aliases):
        around = [m for m in methods if m.start() < match.start()]
        method = around[-1] if around else None
        found = match.groupdict()
        if method is None or method["name"] in _RESTORES:
            if method is None and found.get("body"):
                return True
            continue
        if found.get("name", "x").startswith(('"', "'")) or match[0].startswith(method[0][4:]):
            continue
        own = (method["first"], f"type({method['first']})", f"{method['first']}.__class__")
        if (found.get("target") or found.get("of") or method["first"]) in own:
            return True
    return False
