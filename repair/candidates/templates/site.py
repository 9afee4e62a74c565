"""What templates see of a program: its suspicious places, and the edits they propose there."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from repair.candidates.templates.tree import Function, Tree, header_lines, is_docstring
from repair.localization import Suspicion
from repair.source.file import OffsetEdit

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
    edits: tuple[OffsetEdit, ...]
    node: ast.AST


#: Nodes of a large file that all templates look at before any looks at the others: about 150 lines.
_FIRST = 1500


@dataclass
class SuspectProgram(Tree):
    """A parsed source with the suspicion of its lines. Templates ask; they change nothing.

    Kinds in ``likelier`` are worth so much more. What is worth less than ``floor`` is not proposed.
    """

    suspicion: Suspicion
    likelier: Mapping[str, float] = field(default_factory=dict)
    floor: float = field(default=0.0, init=False)
    #: Expressions and statements with any suspicion, outside annotations and docstrings: all, or
    #: those that ``look_at`` chose.
    suspicious: list[ast.AST] = field(default_factory=list, init=False, repr=False)
    _weights: dict[ast.AST, float] = field(default_factory=dict, init=False, repr=False)

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

    # ------------------------------------------------------------------ edits

    def replace(
        self, node: ast.expr | ast.stmt | ast.arg | ast.keyword, new: str, name: str, prior: float
    ) -> Proposal:
        """Put ``new`` for ``node``."""
        if self.is_hopeless(node, name, prior):
            return Proposal(name, 0.0, (), node)
        start, end = self.source.span(node)
        return Proposal(name, prior, (OffsetEdit(start, end, new),), node)

    def between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> OffsetEdit | None:
        """Put ``new`` for the word or sign ``old`` that stands between two expressions."""
        start, end = self.source.span(left)[1], self.source.span(right)[0]
        found = self.source.text.find(old, start, end)
        return None if found < 0 else OffsetEdit(found, found + len(old), new)

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
        return Proposal(name, prior, (OffsetEdit(start, start, indent.join(lines) + indent),), node)

    def insert_after(
        self, node: ast.stmt, lines: Sequence[str], name: str, prior: float
    ) -> Proposal:
        """Put statements behind ``node``, at its indentation."""
        if self.is_hopeless(node, name, prior):
            return Proposal(name, 0.0, (), node)
        end = self.source.span(node)[1]
        indent = self.source.newline() + self.indentation(node)
        return Proposal(name, prior, (OffsetEdit(end, end, indent + indent.join(lines)),), node)

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


Template = Callable[[SuspectProgram], Iterator[Proposal]]
