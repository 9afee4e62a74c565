"""Of which kinds answers are: what is told of a function, and what it answers, as text.

All numbers are of one kind, since those that are equal are as good as each other.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from repair.sandbox.run import Behaviour

_NUMBER = re.compile(r"-?(\d|inf\b|nan\b)|True\b|False\b|\(?-?[\d.]+[+-][\d.]+j")
#: What annotations call them.
_NAMED = {
    **dict.fromkeys(("int", "float", "bool", "complex"), "number"),
    "str": "str",
    "bytes": "bytes",
    "list": "list",
    "tuple": "tuple",
    "List": "list",
    "Tuple": "tuple",
    "None": "None",
    **dict.fromkeys(("dict", "set", "frozenset", "Dict", "Set", "FrozenSet"), "braces"),
}


def kind_of(answer: str | None) -> str:
    """The kind of an answer of :class:`~repair.sandbox.run.Behaviour`; ``""`` where there is none,
    or it cannot be told."""
    if answer is None or answer.startswith(("raises ", "takes too long")):
        return ""
    if _NUMBER.match(answer):
        return "number"
    if answer[:1] in "'\"":
        return "str"
    if answer[:2] in ("b'", 'b"'):
        return "bytes"
    if re.match(r"None\b", answer):
        return "None"
    return {"[": "list", "(": "tuple", "{": "braces"}.get(answer[:1], "")


def kinds_told(returns: ast.expr | None) -> frozenset[str]:
    """The kinds that an annotation of a function's result allows; none where it does not tell."""
    try:
        return frozenset(_told(returns))
    except (SyntaxError, LookupError):
        return frozenset()


@dataclass(frozen=True)
class Told:
    """What is known of the answers of ``function`` (its qualified name): of which ``kinds`` they
    are, where its signature says so."""

    function: str
    kinds: frozenset[str] = frozenset()

    def strange(self, row: Sequence[str | None], behaviour: Behaviour) -> float:
        """The share of a row's answers that are of another kind, of those of which it is known;
        where the signature says nothing, than those that the file's examples show."""
        mine = [text.partition("(")[0] == self.function for text in behaviour.calls]
        known = self.kinds or frozenset(_kinds(behaviour.wanted, mine))
        found = _kinds(row, mine)
        return sum(kind not in known for kind in found) / len(found) if known and found else 0.0


def _kinds(row: Sequence[str | None], among: Sequence[bool]) -> list[str]:
    kinds = [kind_of(text) for text, mine in zip(row, among, strict=False) if mine]
    return [kind for kind in kinds if kind]


def _told(node: ast.expr | None) -> Iterable[str]:
    """Raises :class:`LookupError` for what is not known."""
    match node:
        case ast.Constant(value=None):
            return ["None"]
        case ast.Constant(value=str(text)):
            return _told(ast.parse(text, mode="eval").body)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return [_NAMED[name]]
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return [*_told(left), *_told(right)]
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            if name == "Optional":
                return [*_told(inner), "None"]
            if name == "Union" and isinstance(inner, ast.Tuple):
                return [kind for each in inner.elts for kind in _told(each)]
            return [_NAMED[name]]
    raise LookupError
