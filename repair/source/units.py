"""The outermost function that an edit changes, alone in a module at its own lines.

Compiling that little module is cheap, and its code objects have the names, line numbers and cells
that the loaded ones have, so they can take their place (``repair.sandbox.probe.replacing``).
"""

from __future__ import annotations

import ast
import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from repair.source.file import OffsetEdit, Source

#: Decorators that hand on what a function was given.
_PLAIN = frozenset({"staticmethod", "classmethod", "property", "abstractmethod"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A function and where it stands: offsets of whole lines, and the classes around it.

    ``body_line`` is where its first statement begins; what stands above runs at import.
    ``defaults`` are the offsets of literals for which callers rely on nothing but the function:
    no decorator has looked at them.
    """

    start: int
    end: int
    body_start: int
    body_line: int
    first_line: int
    last_line: int
    classes: tuple[str, ...]
    name: str
    defaults: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Units:
    """The outermost functions of a source."""

    source: Source

    @cached_property
    def all(self) -> list[Unit]:
        """In order of position."""
        found: list[Unit] = []
        if self.source.tree is not None:
            self._gather(self.source.tree.body, (), found)
        return sorted(found, key=lambda unit: unit.start)

    def _gather(
        self, body: Sequence[ast.stmt], classes: tuple[str, ...], found: list[Unit]
    ) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                self._gather(node.body, (*classes, node.name), found)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append(self._unit(node, classes))
            else:
                for name in ("body", "orelse", "finalbody"):
                    self._gather(getattr(node, name, []), classes, found)

    def _unit(self, node: ast.FunctionDef | ast.AsyncFunctionDef, classes: tuple[str, ...]) -> Unit:
        source = self.source
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        last = node.end_lineno or node.lineno
        starts = source.line_starts
        end = starts[last] if last < len(starts) else len(source.text)
        return Unit(
            start=starts[first - 1],
            end=end,
            body_start=source.offset(node.body[0].lineno, node.body[0].col_offset),
            body_line=node.body[0].lineno,
            first_line=first,
            last_line=last,
            classes=classes,
            name=node.name,
            defaults=tuple(map(source.span, _defaults(node))),
        )

    def around(self, edit: OffsetEdit) -> Unit | None:
        """The function whose *body* holds ``edit`` whole, if one does, or one of its defaults."""
        index = bisect.bisect_right([unit.start for unit in self.all], edit.start) - 1
        if index < 0:
            return None
        unit = self.all[index]
        places = ((unit.body_start, unit.end), *unit.defaults)
        return unit if any(s <= edit.start and edit.end <= e for s, e in places) else None

    @cached_property
    def _inner(self) -> dict[int, list[tuple[int, int, range]]]:
        """By the start of each unit its nested functions, inner ones first: the offsets of the
        body and its lines."""
        found: dict[int, list[tuple[int, int, range]]] = {}
        for node in ast.walk(self.source.tree) if self.source.tree is not None else ():
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            body, last = node.body[0], node.end_lineno or node.lineno
            if body.lineno == node.lineno:
                continue  # running it and defining it cannot be told apart by lines
            start = self.source.offset(body.lineno, body.col_offset)
            end = self.source.offset(last, node.end_col_offset or 0)
            unit = self.around(OffsetEdit(start, end, ""))
            if unit is not None and start > unit.body_start:
                found.setdefault(unit.start, []).append((start, end, range(body.lineno, last + 1)))
        for nested in found.values():
            nested.sort(key=lambda each: each[1] - each[0])
        return found

    def body(self, unit: Unit, edit: OffsetEdit) -> range:
        """The lines of the innermost function within ``unit`` whose body holds ``edit`` whole."""
        for start, end, lines in self._inner.get(unit.start, ()):
            if start <= edit.start and edit.end <= end:
                return lines
        return range(max(unit.body_line, unit.first_line + 1), unit.last_line + 1)

    def is_run(self, unit: Unit, body: range, lines: Iterable[int]) -> bool:
        """Whether among ``lines``, which ran, is one of the function within ``unit`` whose lines
        are ``body``, and not of one that is nested in it."""
        for line in lines:
            if line in body:
                start = self.source.line_starts[line - 1] + len(self.source.indentation(line))
                if self.body(unit, OffsetEdit(start, start, "")) == body:
                    return True
        return False

    def module(self, unit: Unit, edits: Sequence[OffsetEdit]) -> str:
        """A module text that holds ``unit`` with ``edits`` applied and nothing else."""
        source = self.source
        text = source.text[unit.start : unit.end]
        for edit in sorted(edits, key=lambda e: e.start, reverse=True):
            text = text[: edit.start - unit.start] + edit.new + text[edit.end - unit.start :]
        indentation = source.indentation(unit.first_line)
        headers = [f"{indentation[:level]}class {n}:" for level, n in enumerate(unit.classes)]
        if indentation and not headers:
            headers = ["if 1:"]
        padding = unit.first_line - 1 - len(headers)
        return "\n" * padding + "".join(header + "\n" for header in headers) + text


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    if any(ast.unparse(each) not in _PLAIN for each in node.decorator_list):
        return []
    given = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    return [each for each in given if _is_literal(each)]


def _is_literal(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def groups(units: Units, edits: Sequence[OffsetEdit]) -> list[tuple[Unit, list[OffsetEdit]]] | None:
    """``edits`` by the function they change, or ``None`` if one changes more than a body and
    defaults."""
    found: dict[int, tuple[Unit, list[OffsetEdit]]] = {}
    for edit in edits:
        unit = units.around(edit)
        if unit is None:
            return None
        found.setdefault(unit.start, (unit, []))[1].append(edit)
    return list(found.values())


def towards(source: Source, other: Source) -> tuple[OffsetEdit, ...]:
    """Edits that give functions of ``source`` the bodies that they have in ``other``, by name.

    A function that has another signature there, or stands in one of the two only, stays as it is.
    """
    bodies = {_key(unit): (other, unit) for unit in Units(other).all}
    found = []
    for unit in Units(source).all:
        known = bodies.get(_key(unit))
        if known is None or _signature(source, unit) != _signature(*known):
            continue
        body = other.text[known[1].body_start : known[1].end]
        if body != source.text[unit.body_start : unit.end]:
            found.append(OffsetEdit(unit.body_start, unit.end, body))
    return tuple(found)


def _key(unit: Unit) -> tuple[str, ...]:
    return (*unit.classes, unit.name)


def _signature(source: Source, unit: Unit) -> str:
    """What stands above the body, without how it is laid out."""
    return "".join(source.text[unit.start : unit.body_start].split())
