"""A program's tree as templates ask about it: what holds a node, and the names at hand there."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from repair.source.file import Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPED = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)
#: Expressions that need no parentheses as an operand.
ATOMS = (
    ast.Name,
    ast.Constant,
    ast.Attribute,
    ast.Subscript,
    ast.Call,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.JoinedStr,
)
#: Comparisons and what is asked for their opposite.
_OPPOSITE: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Lt: ">=",
    ast.LtE: ">",
    ast.Gt: "<=",
    ast.GtE: "<",
}
LOOPS = (ast.For, ast.While, ast.AsyncFor)
BUILTINS = frozenset(dir(builtins))
BUILTIN_EXCEPTIONS = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
)


@dataclass
class Tree:
    """A parsed source. It is asked and never changed; what is asked often is kept."""

    source: Source
    _inside: dict[ast.AST, list[ast.AST]] = field(default_factory=dict, init=False, repr=False)
    _variables: dict[ast.AST, list[str]] = field(default_factory=dict, init=False, repr=False)
    _attributes: dict[tuple[str, ast.AST], list[str]] = field(
        default_factory=dict, init=False, repr=False
    )

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; an empty one where the file does not parse."""
        return self.source.tree or ast.Module([], [])

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of each node."""
        found = {}
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                found[child] = node
        return found

    def inside(self, node: ast.AST) -> list[ast.AST]:
        """``node`` and all nodes in it, as ``ast.walk`` has them: templates ask often."""
        known = self._inside.get(node)
        if known is None:
            known = self._inside[node] = list(ast.walk(node))
        return known

    # ------------------------------------------------------------------ places

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that holds ``node``, or ``node`` itself."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.parents.get(current)
        return current

    def function(self, node: ast.AST) -> Function | None:
        """The innermost function whose body holds ``node``."""
        current = self.parents.get(node)
        child: ast.AST = node
        while current is not None:
            if isinstance(current, Function) and child in current.body:
                return current
            child, current = current, self.parents.get(current)
        return None

    def enclosing(self, node: ast.AST, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Nodes of some kinds around ``node``, inner first, within its function."""
        current = self.parents.get(node)
        while current is not None and not isinstance(current, Function | ast.ClassDef):
            if isinstance(current, kinds):
                yield current
            current = self.parents.get(current)

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The class whose method holds ``node``."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.ClassDef):
            current = self.parents.get(current)
        return current

    def block(self, node: ast.stmt) -> list[ast.stmt]:
        """The list of statements that ``node`` stands in."""
        parent = self.parents.get(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and node in block:
                return block
        return [node]

    # ------------------------------------------------------------------ names

    def variables(self, node: ast.AST) -> list[str]:
        """Local names of the function around ``node``: parameters first, then by assignment."""
        function = self.function(node)
        if function is None:
            return []
        if function not in self._variables:
            self._variables[function] = self._variables_of(function)
        return list(self._variables[function])

    def _variables_of(self, function: Function) -> list[str]:
        found = dict.fromkeys(parameters(function))
        for inner in self.inside(function):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                found[inner.id] = None
        outer = self.function(function)
        if outer is not None:
            found |= dict.fromkeys(self.variables(function))
        found.pop("self", None)
        found.pop("cls", None)
        found.pop("_", None)
        return list(found)

    def comprehension_names(self, node: ast.AST) -> set[str]:
        """Names bound by comprehensions and lambdas that do not hold ``node``."""
        function = self.function(node)
        around = set(self.enclosing(node, *_SCOPED))
        found: set[str] = set()
        for inner in self.inside(function) if function else ():
            if isinstance(inner, _SCOPED) and inner not in around:
                for name in self.inside(inner):
                    if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                        found.add(name.id)
        return found

    @cached_property
    def module_names(self) -> list[str]:
        """Functions, classes and constants of the module's top level."""
        found: dict[str, None] = {}
        for node in self.tree.body:
            if isinstance(node, Function | ast.ClassDef):
                found[node.name] = None
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    found |= {n.id: None for n in ast.walk(target) if isinstance(n, ast.Name)}
        return list(found)

    def attributes(self, receiver: str, node: ast.AST) -> list[str]:
        """Attributes that the class or function around ``node`` shows on ``receiver``."""
        scope = self.class_of(node) if receiver in ("self", "cls") else None
        key = (receiver, scope or self.tree)
        if key not in self._attributes:
            self._attributes[key] = self._attributes_of(receiver, scope)
        return self._attributes[key]

    def _attributes_of(self, receiver: str, scope: ast.ClassDef | None) -> list[str]:
        found: dict[str, None] = {}
        for inner in self.inside(scope or self.tree):
            if (
                isinstance(inner, ast.Attribute)
                and isinstance(inner.value, ast.Name)
                and inner.value.id == receiver
            ):
                found[inner.attr] = None
        if scope is not None:
            found |= {f.name: None for f in scope.body if isinstance(f, Function)}
        return [name for name in found if not name.startswith("__")]

    @cached_property
    def shown(self) -> dict[str, dict[str, None]]:
        """The attributes that the file reads of each variable, by its name."""
        found: dict[str, dict[str, None]] = {}
        for inner in self.inside(self.tree):
            if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                found.setdefault(inner.value.id, {})[inner.attr] = None
        return found

    # ------------------------------------------------------------------ text

    def text(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> str:
        """The source text of ``node``."""
        return self.source.segment(node)

    def tight(self, node: ast.expr) -> str:
        """The text of ``node``, in parentheses unless it can stand anywhere."""
        text = self.text(node)
        return text if isinstance(node, ATOMS) else f"({text})"

    def operand(self, node: ast.expr) -> str:
        """The text of ``node`` as an operand of ``and`` and ``or``."""
        text = self.text(node)
        return f"({text})" if isinstance(node, ast.BoolOp | ast.IfExp | ast.Lambda) else text

    def opposite(self, test: ast.expr) -> str:
        """What is true where ``test`` is not."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self.text(test.operand)
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            left, right = self.text(test.left), self.text(test.comparators[0])
            return f"{left} {_OPPOSITE[type(test.ops[0])]} {right}"
        return f"not {self.tight(test)}"

    def indentation(self, node: ast.stmt) -> str:
        """The white space before ``node``'s line, if it begins the line."""
        return self.source.indentation(node.lineno)

    @cached_property
    def indent_step(self) -> str:
        """One level of indentation, as this file writes it."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function | ast.ClassDef | ast.If | ast.For | ast.While):
                inner, outer = self.indentation(node.body[0]), self.indentation(node)
                if inner.startswith(outer) and len(inner) > len(outer):
                    return inner[len(outer) :]
        return "    "


def parameters(function: Function) -> list[str]:
    """Names of all parameters, in order."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    extra = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
    return [argument.arg for argument in (*positional, *extra)]


def header_lines(node: ast.stmt) -> tuple[int, int]:
    """The lines of a statement without those of the statements in it."""
    body = getattr(node, "body", None)
    last = node.end_lineno or node.lineno
    if isinstance(body, list) and body:
        return node.lineno, max(node.lineno, body[0].lineno - 1)
    return node.lineno, last


def is_docstring(node: ast.AST) -> bool:
    """Whether ``node`` is a string that stands as a statement."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def is_number(node: ast.AST) -> bool:
    """Whether ``node`` is a number and no bool."""
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
    )
