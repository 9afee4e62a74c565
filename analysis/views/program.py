"""A parsed file as the views see it, and the part of it that was asked for."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property

from analysis.errors import AnalysisError
from analysis.lint.nearest import nearest
from analysis.views.calls import Call, calls
from analysis.views.control_flow import Flow, flows
from analysis.views.data_flow import DataFlow
from analysis.views.diagram import Group
from analysis.views.places import Places
from analysis.views.reaching import data_flow

_LOCALS = ".<locals>."


@dataclass(frozen=True, eq=False)
class Program:
    """The syntax of one file; ``path`` names it in errors and drawings."""

    path: str
    tree: ast.Module
    places: Places

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """The control flow of every scope, the module's first."""
        return flows(self.tree, self.places)

    @cached_property
    def data(self) -> DataFlow:
        """The data flow of the file; its scopes are numbered as :attr:`flows`.

        Raises :class:`AnalysisError` where an expression is nested too deeply.
        """
        try:
            return data_flow(self.tree, self.flows, self.places)
        except RecursionError:
            raise AnalysisError("an expression is nested too deeply", where=self.path) from None

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls of the file whose callee can be told."""
        return calls(self.flows, self.data, self.places)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """One group for each of :attr:`flows`, in the same order; ids are their numbers."""
        return tuple(
            Group(
                str(index),
                flow.graph.name,
                None if isinstance(flow.scope, ast.Module) else self.places.span(flow.scope),
            )
            for index, flow in enumerate(self.flows)
        )

    def part(self, name: str) -> tuple[int, ...]:
        """The numbers of the scopes of ``name`` in :attr:`flows`: itself and what is inside.

        ``name`` is a qualified name, with or without ``<locals>``; ``""`` is the whole file. Where
        several have that name (overloads, ``if`` branches), all are meant. Raises
        :class:`AnalysisError` with the nearest names where there is none.
        """
        if not name:
            return tuple(range(len(self.flows)))
        names = [flow.graph.name.replace(_LOCALS, ".") for flow in self.flows]
        wanted = name.replace(_LOCALS, ".")
        found = tuple(
            index
            for index, each in enumerate(names)
            if each == wanted or each.startswith(f"{wanted}.")
        )
        if wanted in names:
            return found
        last = wanted.rpartition(".")[2]
        near = [each for each in names if each.rpartition(".")[2] == last]
        near += [each for each in nearest(wanted, names) if each not in near]
        if near:
            help = f"did you mean {', '.join(near[:3])}?"
        elif names[1:]:
            help = f"there are: {', '.join(names[1:8])}"
        else:
            help = "it has no functions and no classes"
        raise AnalysisError(f"no function or class named '{name}'", where=self.path, help=help)


def parse_program(text: str, path: str) -> Program:
    """The program of a file's text. Raises :class:`AnalysisError` where it does not parse."""
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        place = f"{path}:{error.lineno or 1}:{error.offset or 1}"
        raise AnalysisError(
            f"the file does not parse: {error.msg}", where=place, help="fix the syntax first"
        ) from None
    except ValueError as error:
        raise AnalysisError(f"the file does not parse: {error}", where=path) from None
    except (RecursionError, MemoryError):
        raise AnalysisError("the file is nested too deeply to be parsed", where=path) from None
    return Program(path, tree, Places(text))
