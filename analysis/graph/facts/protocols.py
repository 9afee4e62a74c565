"""Which methods Python calls for operators and built-in functions (language reference, §3.3)."""

from __future__ import annotations

#: Binary operator → the middle of its methods' names.
BINARY = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
}
#: Comparison → method of the left operand, and of the right one where the left has none.
COMPARED = {
    "==": ("__eq__", "__eq__"),
    "!=": ("__ne__", "__ne__"),
    "<": ("__lt__", "__gt__"),
    ">": ("__gt__", "__lt__"),
    "<=": ("__le__", "__ge__"),
    ">=": ("__ge__", "__le__"),
}
#: Built-in functions and the method of their argument that they call.
BUILT_IN = {
    "len": "__len__",
    "str": "__str__",
    "print": "__str__",
    "format": "__format__",
    "repr": "__repr__",
    "hash": "__hash__",
    "bool": "__bool__",
    "int": "__int__",
    "float": "__float__",
    "bytes": "__bytes__",
    "abs": "__abs__",
    "round": "__round__",
    "reversed": "__reversed__",
    "next": "__next__",
}
#: Built-in functions and methods that iterate over their arguments.
ITERATING = frozenset(
    {"iter", "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "min", "max", "any"}
    | {"all", "map", "filter", "zip", "enumerate", "join", "extend"}
)
