"""What a comprehension takes in: all of it, where other code here looks before it takes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import BUILTINS
from repair.source.file import OffsetEdit

_MOST = 10
#: What takes all that it is given.
_TAKING = frozenset({"extend", "update", "list", "tuple", "set", "sorted", "map", "sum"})


def missing(program: SuspectProgram) -> Iterator[Proposal]:
    """A condition of the file, or its opposite, on the elements of a comprehension without one."""
    for node in program.of(ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp):
        assert isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp)
        last = node.generators[-1]
        if last.ifs:
            continue
        bound = {n.id for n in ast.walk(last.target) if isinstance(n, ast.Name)}
        at_hand = {"self", *bound, *program.variables(node), *program.module_names, *BUILTINS}
        end = program.source.span(last.iter)[1]
        found: dict[str, None] = {}
        for test in _tests(program):
            names = {n.id for n in program.inside(test) if isinstance(n, ast.Name)}
            if names & bound and names <= at_hand and test is not node:
                found |= {program.opposite(test): None, program.text(test): None}
        for text in list(found)[:_MOST]:
            edit = OffsetEdit(end, end, f" if {text}")
            yield Proposal("missing condition", 0.2, (edit,), node)


def present(program: SuspectProgram) -> Iterator[Proposal]:
    """What is taken over whole, although something at hand may not have all of it."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        called = program.text(node.func).rpartition(".")[2]
        if called not in _TAKING or len(node.args) != 1:
            continue
        given = node.args[0]
        if not isinstance(given, ast.Name | ast.Attribute):
            continue
        text = program.text(given)
        own = program.text(node.func).partition(".")[0]
        names = [n for n in program.variables(node) if n not in (text, own)]
        for sign in ("in", "not in"):
            for name in names[:_MOST]:
                new = f"[each for each in {text} if each {sign} {name}]"
                prior = 0.3 / (3 + len(names))
                yield program.replace(given, new, "missing condition", prior)


def _tests(program: SuspectProgram) -> Iterator[ast.expr]:
    for node in program.inside(program.tree):
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs
        elif isinstance(node, ast.BoolOp):
            yield from node.values
