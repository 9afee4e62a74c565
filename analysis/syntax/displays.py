"""What class of object an expression makes that is written out: literals, displays, lambdas.

Knows the grammar (language reference, *Atoms* and *Lambdas*), so that what it says holds whatever
the names in it mean, and of calls of builtin functions what they give (standard library,
*Built-in Functions*), where it is told which names are theirs.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Set
from enum import StrEnum


class Display(StrEnum):
    """The class of what is written out; values are the names of the classes."""

    STR = "str"
    BYTES = "bytes"
    INT = "int"
    FLOAT = "float"
    COMPLEX = "complex"
    BOOL = "bool"
    NONE = "None"
    LIST = "list"
    DICT = "dict"
    SET = "set"
    TUPLE = "tuple"
    FUNCTION = "function"
    GENERATOR = "generator"


_CONSTANTS = {
    str: Display.STR,
    bytes: Display.BYTES,
    int: Display.INT,
    float: Display.FLOAT,
    complex: Display.COMPLEX,
    bool: Display.BOOL,
    type(None): Display.NONE,
}
_NODES: dict[type[ast.expr], Display] = {
    ast.JoinedStr: Display.STR,
    ast.List: Display.LIST,
    ast.ListComp: Display.LIST,
    ast.Dict: Display.DICT,
    ast.DictComp: Display.DICT,
    ast.Set: Display.SET,
    ast.SetComp: Display.SET,
    ast.Tuple: Display.TUPLE,
    ast.Lambda: Display.FUNCTION,
    ast.GeneratorExp: Display.GENERATOR,
}
#: What a builtin function gives, whatever it is given.
CALLS = {
    **dict.fromkeys(("ascii", "bin", "chr", "format", "hex", "oct", "repr", "str"), Display.STR),
    **dict.fromkeys(("hash", "id", "int", "len", "ord"), Display.INT),
    **dict.fromkeys(
        ("all", "any", "bool", "callable", "hasattr", "isinstance", "issubclass"), Display.BOOL
    ),
    **dict.fromkeys(("dir", "list", "sorted"), Display.LIST),
    **dict.fromkeys(("dict", "globals", "locals"), Display.DICT),
    "bytes": Display.BYTES,
    "complex": Display.COMPLEX,
    "float": Display.FLOAT,
    "set": Display.SET,
    "tuple": Display.TUPLE,
}
#: Methods of a string that give one, whatever they are given.
_TEXT = frozenset({"format", "join"})
_NUMBERS = frozenset({Display.INT, Display.FLOAT, Display.COMPLEX})
_TRUTHS = (ast.Is, ast.IsNot, ast.In, ast.NotIn)


def expression(text: str) -> ast.expr | None:
    """The expression that ``text`` is, or ``None``; blanks around it and line ends in it are as
    between brackets."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the user's strings escape is not ours to fix
            body = ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    # The parenthesis is of the call: with a comma in it there are two arguments, and ``()`` none.
    alone = text.strip() and not (isinstance(body, ast.Tuple) and body.col_offset == 0)
    return body if alone else None


def plain(node: ast.expr | None) -> bool:
    """Whether an expression is a name, a member or a call and nothing around it: where it ends is
    then what it gives."""
    return isinstance(node, ast.Name | ast.Attribute | ast.Call)


def displays_of(node: ast.expr, builtin: Set[str] = frozenset()) -> frozenset[Display]:
    """The classes of what ``node`` may give; nothing where it does not show. The names ``builtin``
    are known to be those of builtin functions."""
    if isinstance(node, ast.Constant):
        return _only(_CONSTANTS.get(type(node.value)))
    if isinstance(node, ast.UnaryOp):
        inner = displays_of(node.operand, builtin)
        if isinstance(node.op, ast.Not):
            return _only(Display.BOOL)
        return inner if inner and inner <= _NUMBERS else frozenset()
    if isinstance(node, ast.IfExp | ast.BoolOp):
        parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
        every = [displays_of(part, builtin) for part in parts]
        return frozenset().union(*every) if all(every) else frozenset()
    if isinstance(node, ast.Compare):
        alone = len(node.ops) == 1 and isinstance(node.ops[0], _TRUTHS)
        return _only(Display.BOOL if alone else None)
    if isinstance(node, ast.BinOp):
        text = displays_of(node.left) == {Display.STR} and isinstance(node.op, ast.Mod)
        return _only(Display.STR if text else None)
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name):
            return _only(CALLS.get(function.id) if function.id in builtin else None)
        text = isinstance(function, ast.Attribute) and function.attr in _TEXT
        text = text and displays_of(function.value) == {Display.STR}  # type: ignore[attr-defined]
        return _only(Display.STR if text else None)
    return _only(_NODES.get(type(node)))


def _only(display: Display | None) -> frozenset[Display]:
    return frozenset() if display is None else frozenset({display})
