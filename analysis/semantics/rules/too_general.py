"""Types that say less than the value has: ``object``, ``type``, protocols, plain functions."""

from __future__ import annotations

import re

from analysis.names import Tier
from analysis.semantics.receiver import Receiver, UnionMember, UnionMemberKind
from analysis.semantics.rules.rule import Case, Doubt, abstained, opened

_PROTOCOL = re.compile(r"^\s*class\s+\w+\s*\([^)]*\bProtocol\b")

#: Where the form comes from that makes a protocol of a class (PEP 544).
_TYPING = frozenset({"typing", "typing_extensions"})
_GENERAL = frozenset({"builtins.type", "types.ModuleType", "types.SimpleNamespace"})
#: What is caught or handed on under these names is of one of their many subclasses.
_ANY_EXCEPTION = frozenset({"builtins.BaseException", "builtins.Exception"})

CASES = (
    Case("def f(x: object):\n    x.$0", Tier.ABSTAIN),
    Case("def f(x: type):\n    x.$0", Tier.ABSTAIN),
    Case(
        "from typing import Protocol\nclass P(Protocol):\n    def go(self) -> int: ...\n"
        "def f(x: P):\n    x.$0",
        Tier.OPEN,
        has=("go",),
    ),
    Case(
        "import asyncio\nclass P(asyncio.Protocol):\n    def go(self): ...\ndef f(x: P):\n    x.$0",
        Tier.CLOSED,
        has=("go", "data_received"),
        lacks=("come",),
    ),
    Case(
        "from typing import Protocol\nclass P(Protocol): ...\nclass Q(P, Protocol):\n"
        "    def go(self): ...\ndef f(x: Q):\n    x.$0",
        Tier.OPEN,
        has=("go",),
    ),
    Case("import sys\nsys.exc_info()[1].$0", Tier.OPEN, has=("args",)),
    Case("try: ...\nexcept OSError as e:\n    e.$0", Tier.CLOSED, has=("errno",)),
    Case("def f(): ...\nf.$0", Tier.OPEN, has=("__name__",)),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Abstained for ``object``; open for the others."""
    for member in receiver.members:
        if member.label == "Callable":
            return opened("functions and callables take any attribute")
        if member.kind is UnionMemberKind.INSTANCE and member.order:
            first = member.order[0]
            if member.says_nothing:
                return abstained("the receiver is declared as object")
            if first.qualified in _GENERAL:
                return opened(f"a {first.name} may have any attribute")
            if first.qualified in _ANY_EXCEPTION:
                return opened(f"a {first.name} may be of any class of exceptions")
            if _PROTOCOL.match(first.code) and not _of_that_name(member):
                return opened(f"{first.name} is a protocol")
        elif member.kind is UnionMemberKind.CLASS and member.order:
            if member.order[0].qualified == "builtins.object":
                return opened("the class is declared as any class")
        elif member.kind in (UnionMemberKind.FUNCTION, UnionMemberKind.OTHER):
            return opened("functions and callables take any attribute")
    return None


def _of_that_name(member: UnionMember) -> bool:
    """Whether the one base called ``Protocol`` is an ordinary class, such as asyncio's."""
    header = member.order[0].code.partition(":")[0]
    named = [facts for facts in member.order[1:] if facts.name == "Protocol"]
    ordinary = bool(named) and not any(facts.module in _TYPING for facts in named)
    return ordinary and header.count("Protocol") == 1
