"""What templates see of a program: its tree, its suspicious places, and the names at hand."""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from repair.localization import Suspicion
from repair.source import Edit, Source

Function = ast.FunctionDef | ast.AsyncFunctionDef
#: A header runs at import; it matters as much as this share of what its body does.
_HEADER = 0.4
#: The same for module and class constants that suspicious code reads.
_CONSTANT = 0.5
#: Kinds of proposal whose edits make sense at several places at once.
REPEATED = frozenset(
    {
        "comparison",
        "arithmetic",
        "constant",
        "attribute",
        "function",
        "missing self",
        "string",
        "off by one",
        "missing call",
        "superfluous call",
        "index",
        "container",
        "none check",
        "missing copy",
        "rounding",
        "zone",
    }
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Edits that a template proposes at ``node``, with the prior of the kind ``name``; none, with
    a prior of 0, where they would be worth too little."""

    name: str
    prior: float
    edits: tuple[Edit, ...]
    node: ast.AST


#: Nodes of a large file that all templates look at before any looks at the others: about 150 lines.
_FIRST = 1500


@dataclass
class Program:
    """A parsed source with the suspicion of its lines. Templates ask; they change nothing.

    Kinds in ``likelier`` are worth so much more. What is worth less than ``floor`` is not proposed.
    """

    source: Source
    suspicion: Suspicion
    likelier: Mapping[str, float] = field(default_factory=dict)
    floor: float = field(default=0.0, init=False)
    #: Expressions and statements with any suspicion, outside annotations and docstrings: all, or
    #: those that ``look_at`` chose.
    suspicious: list[ast.AST] = field(default_factory=list, init=False, repr=False)
    _weights: dict[ast.AST, float] = field(default_factory=dict, init=False, repr=False)
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

    def __post_init__(self) -> None:
        self.suspicious = self._suspicious = [n for n in self._walk(self.tree) if self.weight(n)]

    def windows(self) -> list[tuple[float, float]]:
        """What to look at one after the other: the most suspicious nodes of a large file first."""
        weights = sorted(map(self.weight, self._suspicious), reverse=True)
        if len(weights) <= 2 * _FIRST:
            return [(0.0, math.inf)]
        return [(weights[_FIRST], math.inf), (0.0, weights[_FIRST])]

    def look_at(self, window: tuple[float, float]) -> None:
        """Have as ``suspicious`` what is so at least as much as the first of ``window`` says, and
        less than the second."""
        least, most = window
        self.suspicious = [n for n in self._suspicious if least <= self.weight(n) < most]

    def _walk(self, node: ast.AST) -> Iterator[ast.AST]:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST) or is_docstring(child):
                    continue
                if isinstance(child, ast.expr | ast.stmt):
                    yield child
                yield from self._walk(child)

    def inside(self, node: ast.AST) -> list[ast.AST]:
        """``node`` and all nodes in it, as ``ast.walk`` has them: templates ask often."""
        known = self._inside.get(node)
        if known is None:
            known = self._inside[node] = list(ast.walk(node))
        return known

    def of(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """Suspicious nodes of some kinds."""
        return (node for node in self.suspicious if isinstance(node, kinds))

    # ------------------------------------------------------------------ suspicion

    def weight(self, node: ast.AST) -> float:
        """The suspicion of ``node``, 0 where it cannot matter."""
        known = self._weights.get(node)
        if known is None:
            known = self._weights[node] = self._weigh(node)
        return known

    def worth(self, node: ast.AST, name: str, prior: float) -> float:
        """What an edit of the kind ``name`` at ``node`` is worth to the search."""
        return prior * self.weight(node) * self.likelier.get(name, 1.0)

    def is_hopeless(self, node: ast.AST, name: str, prior: float) -> bool:
        """Whether such an edit is not worth being made. One of a kind that makes sense at several
        places is: the others may be worth more."""
        return (
            self.floor > 0
            and name not in REPEATED
            and 0 < self.worth(node, name, prior) < self.floor
        )

    def _weigh(self, node: ast.AST) -> float:
        if isinstance(node, ast.stmt):
            first, last = header_lines(node)
            own = self.suspicion.of(first, last)
            return max(own, self._by_use(node))
        statement = self.statement(node)
        if statement is None:
            return 0.0
        whole = self.weight(statement)
        if isinstance(statement, Function) and node is not statement:
            return whole
        first, last = header_lines(statement)
        if first == last or not isinstance(node, ast.expr):
            return whole
        here = self.suspicion.of(node.lineno, node.end_lineno or node.lineno)
        return max(here, 0.7 * whole)

    def _by_use(self, node: ast.stmt) -> float:
        """Suspicion of code that ran at import from the suspicion of what uses it."""
        if isinstance(node, Function):
            body = max(self.suspicion.of(s.lineno, s.end_lineno or s.lineno) for s in node.body)
            return _HEADER * body if body > 0.1 else 0.0
        if isinstance(node, ast.Assign | ast.AnnAssign) and self.function(node) is None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            return _CONSTANT * max((self._read.get(name, 0.0) for name in names), default=0.0)
        return 0.0

    @cached_property
    def _read(self) -> dict[str, float]:
        """Names and attributes read in functions, with the highest suspicion of a reader."""
        found: dict[str, float] = {}
        for node in ast.walk(self.tree):
            name = getattr(node, "id", None) or getattr(node, "attr", None)
            if (
                isinstance(node, ast.Name | ast.Attribute)
                and isinstance(name, str)
                and self.function(node) is not None
            ):
                here = self.suspicion.of(node.lineno, node.end_lineno or node.lineno)
                found[name] = max(found.get(name, 0.0), here)
        return found

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

    # ------------------------------------------------------------------ edits

    def text(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> str:
        """The source text of ``node``."""
        return self.source.segment(node)

    def tight(self, node: ast.expr) -> str:
        """The text of ``node``, in parentheses unless it can stand anywhere."""
        text = self.text(node)
        return text if isinstance(node, ATOMS) else f"({text})"

    def replace(
        self, node: ast.expr | ast.stmt | ast.arg | ast.keyword, new: str, name: str, prior: float
    ) -> Proposal:
        """Put ``new`` for ``node``."""
        if self.is_hopeless(node, name, prior):
            return Proposal(name, 0.0, (), node)
        start, end = self.source.span(node)
        return Proposal(name, prior, (Edit(start, end, new),), node)

    def between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> Edit | None:
        """Put ``new`` for the word or sign ``old`` that stands between two expressions."""
        start, end = self.source.span(left)[1], self.source.span(right)[0]
        found = self.source.text.find(old, start, end)
        return None if found < 0 else Edit(found, found + len(old), new)

    def insert_before(
        self, node: ast.stmt, lines: Sequence[str], name: str, prior: float
    ) -> Proposal:
        """Put statements before ``node``, at its indentation."""
        if self.is_hopeless(node, name, prior):
            return Proposal(name, 0.0, (), node)
        start = self.source.offset(node.lineno, node.col_offset)
        if isinstance(node, Function | ast.ClassDef) and node.decorator_list:
            first = min(node.decorator_list, key=lambda d: d.lineno)
            start = self.source.line_starts[first.lineno - 1]
            start += len(self.source.indentation(first.lineno))
        indent = self.source.newline() + self.indentation(node)
        return Proposal(name, prior, (Edit(start, start, indent.join(lines) + indent),), node)

    def insert_after(
        self, node: ast.stmt, lines: Sequence[str], name: str, prior: float
    ) -> Proposal:
        """Put statements behind ``node``, at its indentation."""
        if self.is_hopeless(node, name, prior):
            return Proposal(name, 0.0, (), node)
        end = self.source.span(node)[1]
        indent = self.source.newline() + self.indentation(node)
        return Proposal(name, prior, (Edit(end, end, indent + indent.join(lines)),), node)

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

    def whole_lines(self, node: ast.stmt) -> tuple[int, int] | None:
        """Offsets of the lines of ``node`` with their end, if it alone stands on them."""
        start, end = self.source.span(node)
        first = self.source.line_starts[node.lineno - 1]
        if self.source.text[first:start].strip():
            return None
        starts = self.source.line_starts
        last = node.end_lineno or node.lineno
        stop = starts[last] if last < len(starts) else len(self.source.text)
        rest = self.source.text[end:stop].strip()
        return None if rest and not rest.startswith("#") else (first, stop)


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
LOOPS = (ast.For, ast.While, ast.AsyncFor)
Template = Callable[[Program], Iterator[Proposal]]
BUILTINS = frozenset(dir(builtins))


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
