"""A step under a condition that is taken elsewhere, and forgotten here.

Most of what a fix adds stands elsewhere in the file already (Barr et al., "The plastic surgery
hypothesis", FSE 2014): the branch beside it or a function like it takes the step.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, is_docstring, parameters

#: Steps that are tried in a function, those of the nearest functions first.
_MOST = 8
#: How likely a step of the same function, the same class, the same file is missing.
_HERE, _CLASS, _FILE = 0.3, 0.15, 0.08
_LONGEST = 4
_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def guarded_steps(program: SuspectProgram) -> Iterator[Proposal]:
    """A short ``if`` without another branch, whose names are all at hand here, too."""
    steps = [n for n in program.inside(program.tree) if isinstance(n, ast.If) and _is_step(n)]
    steps = [n for n in steps if program.whole_lines(n) is not None]
    known = {step: _names(program, step) for step in steps}
    for function in [n for n in program.inside(program.tree) if isinstance(n, Function)]:
        nodes = [n for n in program.inside(function) if isinstance(n, ast.stmt)]
        nodes = [n for n in nodes if program.function(n) is function and program.weight(n) > 0]
        if not nodes:
            continue
        bound = _bound(program, function)
        fitting = _fitting(program, function, steps, known, set(bound))
        for node in nodes:
            for step, prior in fitting.items():
                if any(bound[name] >= node.lineno for name in known[step]):
                    continue
                block = program.block(node)
                around = block[max(0, block.index(node) - 1) : block.index(node) + 2]
                if is_docstring(node) or step in around or _same(step, around):
                    continue
                lines = _lines(program, step)
                yield program.insert_before(node, lines, "missing guard", prior)
                if block[-1] is node and not isinstance(node, _LEAVING):
                    yield program.insert_after(node, lines, "missing guard", prior)


def _is_step(node: ast.If) -> bool:
    length = (node.end_lineno or node.lineno) - node.lineno
    return (
        not node.orelse
        and 0 < length < _LONGEST
        and not any(isinstance(n, ast.Return | ast.Yield | Function) for n in ast.walk(node))
    )


def _same(step: ast.If, among: list[ast.stmt]) -> bool:
    text = ast.dump(step)
    return any(ast.dump(node) == text for node in among)


def _names(program: SuspectProgram, step: ast.If) -> frozenset[str]:
    """The local names that ``step`` reads before it sets them."""
    function = program.function(step)
    local = set(_bound(program, function)) if function is not None else set()
    return frozenset(n.id for n in ast.walk(step) if isinstance(n, ast.Name) and n.id in local)


def _bound(program: SuspectProgram, function: Function) -> dict[str, int]:
    """The names of ``function`` with the line where each is first set."""
    found = dict.fromkeys(parameters(function), 0)
    for node in program.inside(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = min(node.lineno, found.get(node.id, node.lineno))
    return found


def _fitting(
    program: SuspectProgram,
    function: Function,
    steps: list[ast.If],
    known: dict[ast.If, frozenset[str]],
    bound: set[str],
) -> dict[ast.If, float]:
    """The steps that could stand in ``function``, each once, with how likely each is."""
    own = program.class_of(function)
    found: dict[str, tuple[float, ast.If]] = {}
    for step in steps:
        if not known[step] <= bound or not known[step]:
            continue
        donor = program.function(step)
        if donor is function:
            prior = _HERE
        elif {"self", "cls"} & known[step]:
            # What a method reads of itself, others than its class may not have.
            if own is None or program.class_of(step) is not own:
                continue
            prior = _CLASS
        else:
            prior = _CLASS if own is not None and program.class_of(step) is own else _FILE
        # The more of its names are at hand, the less this is by chance.
        prior *= min(3, len(known[step] - {"self", "cls"})) / 2 or 0.25
        text = program.text(step)
        if text not in found or found[text][0] < prior:
            found[text] = (prior, step)
    best = sorted(found.values(), key=lambda pair: -pair[0])[:_MOST]
    return {step: prior / (1 + 0.25 * len(best)) for prior, step in best}


def _lines(program: SuspectProgram, step: ast.If) -> list[str]:
    """The lines of ``step`` without its own indentation."""
    own = program.indentation(step)
    first, *rest = program.text(step).split(program.source.newline())
    return [first, *(line.removeprefix(own) for line in rest)]
