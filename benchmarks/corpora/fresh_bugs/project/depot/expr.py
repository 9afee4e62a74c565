"""Formulas for prices and discounts: tokens, a parser by precedence, and evaluation.

``max(qty - 10, 0) * 0.5 if qty > 10 else 0`` is about as hard as they get.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Mapping, Set, Tuple, Union

Number = Union[int, float, bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.\d+|\.\d+|\d+)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<op>\*\*|<=|>=|==|!=|[-+*/%<>(),]))"
)

KEYWORDS = frozenset({"and", "or", "not", "if", "else"})


class FormulaError(ValueError):
    """A formula that cannot be read or worked out; ``position`` counts from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} at {position}")
        self.position = position


@dataclass(frozen=True)
class Token:
    """A piece of a formula."""

    kind: str
    text: str
    position: int


@dataclass(frozen=True)
class Node:
    """A formula: an operator and its operands, which are nodes, numbers or names."""

    op: str
    args: Tuple[Any, ...]


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of ``text``, then one of kind ``end``."""
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise FormulaError(f"unexpected {stripped[position]!r}", position)
        group = match.lastgroup or ""
        word = match[group]
        kind = "op" if word in KEYWORDS else group
        yield Token(kind, word, match.start(group))
        position = match.end()
    yield Token("end", "", len(text))


_LEFT: Dict[str, int] = {
    "or": 1, "and": 2,
    "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
_NOT, _SIGN, _POWER = 3, 7, 8


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: List[Token] = list(tokenize(text))
        self.index = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def advance(self) -> Token:
        token = self.token
        self.index += 1
        return token

    def accept(self, text: str) -> bool:
        if self.token.kind == "op" and self.token.text == text:
            self.index += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            found = self.token.text or "the end"
            raise FormulaError(f"expected {text!r}, found {found!r}", self.token.position)

    def ternary(self) -> Any:
        value = self.binary(1)
        if self.accept("if"):
            condition = self.binary(1)
            self.expect("else")
            return Node("if", (condition, value, self.ternary()))
        return value

    def binary(self, least: int) -> Any:
        left = self.unary(least)
        while self.token.kind == "op" and _LEFT.get(self.token.text, 0) >= least:
            op = self.advance().text
            right = self.binary(_LEFT[op] + 1)
            left = Node(op, (left, right))
        return left

    def unary(self, least: int) -> Any:
        if self.accept("not"):
            return Node("not", (self.binary(max(_NOT, least)),))
        if self.accept("-"):
            return Node("neg", (self.binary(_SIGN),))
        if self.accept("+"):
            return self.binary(_SIGN)
        value = self.atom()
        if self.accept("**"):
            # Right-associative, and its right side may carry a sign: 2 ** -1.
            return Node("**", (value, self.unary(_POWER)))
        return value

    def atom(self) -> Any:
        token = self.advance()
        if token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        if token.kind == "name":
            if self.accept("("):
                return Node("call", (token.text, *self.arguments()))
            return Node("name", (token.text,))
        if token.text == "(":
            value = self.ternary()
            self.expect(")")
            return value
        raise FormulaError(f"unexpected {token.text or 'end'!r}", token.position)

    def arguments(self) -> List[Any]:
        found: List[Any] = []
        if self.accept(")"):
            return found
        while True:
            found.append(self.ternary())
            if self.accept(")"):
                return found
            self.expect(",")


def parse(text: str) -> Any:
    """The formula as a tree; raises :class:`FormulaError`."""
    parser = _Parser(text)
    tree = parser.ternary()
    if parser.token.kind != "end":
        raise FormulaError(f"unexpected {parser.token.text!r}", parser.token.position)
    return tree


_OPERATORS: Dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "%": operator.mod, "**": operator.pow, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip

FUNCTIONS: Dict[str, Callable[..., Number]] = {"min": min, "max": max, "abs": abs, "round": round}


def evaluate(tree: Any, names: Mapping[str, Number]) -> Number:
    """The value of a formula; ``and``, ``or`` and ``if`` work out only what they need."""
    if not isinstance(tree, Node):
        return tree
    if tree.op == "name":
        try:
            return names[tree.args[0]]
        except KeyError:
            raise NameError(f"unknown name {tree.args[0]!r}") from None
    if tree.op == "call":
        function = FUNCTIONS.get(tree.args[0])
        if function is None:
            raise NameError(f"unknown function {tree.args[0]!r}")
        return function(*(evaluate(arg, names) for arg in tree.args[1:]))
    if tree.op == "if":
        condition, then, otherwise = tree.args
        return evaluate(then if evaluate(condition, names) else otherwise, names)
    if tree.op == "and":
        return evaluate(tree.args[0], names) and evaluate(tree.args[1], names)
    if tree.op == "or":
        return evaluate(tree.args[0], names) or evaluate(tree.args[1], names)
    if tree.op == "not":
        return not evaluate(tree.args[0], names)
    if tree.op == "neg":
        return -evaluate(tree.args[0], names)
    left, right = (evaluate(arg, names) for arg in tree.args)
    return _OPERATORS[tree.op](left, right)


def calculate(text: str, **names: Number) -> Number:
    """Parse and evaluate."""
    return evaluate(parse(text), names)


def variables(tree: Any) -> Set[str]:
    """The names a formula needs."""
    if not isinstance(tree, Node):
        return set()
    if tree.op == "name":
        return {tree.args[0]}
    found: Set[str] = set()
    for arg in tree.args[1:] if tree.op == "call" else tree.args:
        found |= variables(arg)
    return found


def simplify(tree: Any) -> Any:
    """Work out what needs no names, and drop ``+ 0``, ``* 1`` and ``* 0``."""
    if not isinstance(tree, Node) or tree.op == "name":
        return tree
    if tree.op == "call":
        return Node("call", (tree.args[0], *map(simplify, tree.args[1:])))
    args = tuple(simplify(arg) for arg in tree.args)
    if not any(isinstance(arg, Node) for arg in args):
        try:
            return evaluate(Node(tree.op, args), {})
        except ZeroDivisionError:
            return Node(tree.op, args)
    if tree.op == "*" and 0 in args:
        return 0
    if tree.op == "*" and 1 in args:
        return args[1] if args[0] == 1 else args[0]
    if tree.op == "+" and 0 in args:
        return args[1] if args[0] == 0 else args[0]
    if tree.op == "-" and args[1] == 0:
        return args[0]
    return Node(tree.op, args)
