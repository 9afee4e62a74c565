"""What was forgotten: a base case, a guard, a step, what may not be there, what may go wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import LOOPS, Function, is_docstring, parameters

# What was forgotten: a base case, a guard, a step, a condition, a line like another one.


_MOST_CONDITIONS = 24


def base_cases(program: SuspectProgram) -> Iterator[Proposal]:
    """A case that returns at once, at the beginning of a function."""
    for function in [n for n in program.suspicious if isinstance(n, Function)]:
        names = [n for n in parameters(function) if n not in ("self", "cls")]
        first = next((s for s in function.body if not is_docstring(s)), None)
        if first is None or not names:
            continue
        results = _results(program, function, names)
        tests: dict[str, float] = {}
        for name in names:
            tests |= {f"not {name}": 1.0, f"{name} is None": 0.5, f"{name} == 0": 0.5}
            tests |= {f"{name} == 1": 0.4, f"{name} <= 0": 0.5, f"{name} < 0": 0.4}
            tests |= {f"{name} <= 1": 0.4, f"{name} < 2": 0.2, f"len({name}) == 1": 0.4}
            tests |= {f"len({name}) < 2": 0.3}
        for one in names:
            for other in names:
                if one < other:
                    tests |= {f"{one} == {other}": 0.4, f"{one} > {other}": 0.3}
                    tests |= {f"{other} > {one}": 0.3, f"{one} >= {other}": 0.2}
                    tests |= {f"{other} >= {one}": 0.2}
        for test, likely in tests.items():
            for result, share in results.items():
                prior = 0.25 * likely * share / len(names)
                line = f"if {test}:"
                yield program.insert_before(
                    first,
                    [line, f"{program.indent_step}return {result}"],
                    "missing base case",
                    prior,
                )


def _results(program: SuspectProgram, function: Function, names: list[str]) -> dict[str, float]:
    """What such a case could return: like other returns, an argument, something empty."""
    found: dict[str, float] = {}
    for node in program.inside(function):
        if isinstance(node, ast.Return) and node.value is not None:
            value = node.value
            if isinstance(value, ast.Constant | ast.List | ast.Dict | ast.Tuple):
                found[program.text(value)] = 0.8
            if isinstance(value, ast.List | ast.ListComp):
                found["[]"] = 0.8
            if isinstance(value, ast.Compare | ast.BoolOp):
                found |= {"True": 0.6, "False": 0.6}
    found |= {name: 0.5 for name in names if name not in found}
    for text in ("[]", "0", "None", "False", "True", '""', "1", "{}", "[[]]", "-1"):
        found.setdefault(text, 0.3)
    return found


def conditions(program: SuspectProgram) -> Iterator[Proposal]:
    """A condition that lacks a part: one of the function's own, or of a name at hand."""
    for node in program.of(ast.If, ast.While, ast.IfExp):
        assert isinstance(node, ast.If | ast.While | ast.IfExp)
        text = program.operand(node.test)
        for other, prior in _parts(program, node.test).items():
            if other not in text:
                yield program.replace(node.test, f"{other} and {text}", "missing condition", prior)
                yield program.replace(node.test, f"{text} and {other}", "missing condition", prior)
                yield program.replace(node.test, f"{text} or {other}", "missing condition", prior)


def guarded(program: SuspectProgram) -> Iterator[Proposal]:
    """A statement that was to be run under a condition only."""
    for node in program.of(ast.Expr, ast.Assign, ast.AugAssign):
        assert isinstance(node, ast.stmt)
        lines = program.whole_lines(node)
        if lines is None or node.lineno != node.end_lineno:
            continue
        text = program.text(node)
        indent, step = program.indentation(node), program.indent_step
        tests = _parts(program, _anchor(node)) | _spans(program, node)
        for test, prior in tests.items():
            new = f"if {test}:{program.source.newline()}{indent}{step}{text}"
            yield program.replace(node, new, "missing condition", 0.4 * prior)


def _spans(program: SuspectProgram, node: ast.stmt) -> dict[str, float]:
    """Conditions that what ``node`` makes of two bounds holds anything."""
    found: dict[str, float] = {}
    for inner in program.inside(node):
        if isinstance(inner, ast.Call) and len(inner.args) == 2:
            one, other = inner.args
            if all(isinstance(a, ast.Name | ast.Attribute) for a in (one, other)):
                found[f"{program.text(one)} < {program.text(other)}"] = 0.25
    return found


def null_guards(program: SuspectProgram) -> Iterator[Proposal]:
    """A condition that reads from what may be nothing, or from an index that may not be there."""
    for node in program.of(ast.If, ast.While, ast.IfExp):
        assert isinstance(node, ast.If | ast.While | ast.IfExp)
        text = program.operand(node.test)
        whole = program.text(node.test)
        read: dict[str, None] = {}
        indexed: dict[tuple[str, str], None] = {}
        for inner in ast.walk(node.test):
            if isinstance(inner, ast.Attribute | ast.Subscript):
                if isinstance(inner.value, ast.Name | ast.Attribute):
                    read[program.text(inner.value)] = None
                if isinstance(inner, ast.Subscript) and not isinstance(inner.slice, ast.Slice):
                    key = (program.text(inner.slice), program.text(inner.value))
                    indexed[key] = None
        for name in read:
            if name not in ("self", "cls"):
                yield program.replace(node.test, f"{name} is None or {whole}", "null guard", 0.15)
                yield program.replace(
                    node.test, f"{name} is not None and {text}", "null guard", 0.15
                )
                yield program.replace(node.test, f"not {name} or {whole}", "null guard", 0.12)
                yield program.replace(node.test, f"{name} and {text}", "null guard", 0.12)
        for index, name in indexed:
            yield program.replace(node.test, f"{index} < len({name}) and {text}", "null guard", 0.1)
            yield program.replace(node.test, f"{index} in {name} and {text}", "null guard", 0.06)


def _parts(program: SuspectProgram, node: ast.expr) -> dict[str, float]:
    """Conditions at hand: those of the function, then simple ones over its names."""
    function = program.function(node)
    found: dict[str, float] = {}
    for inner in program.inside(function) if function else ():
        if isinstance(inner, ast.Compare) and inner is not node:
            found[program.text(inner)] = 0.12
        elif isinstance(inner, ast.If | ast.IfExp | ast.While) and inner.test is not node:
            # What is asked nearby as a whole.
            found.setdefault(program.operand(inner.test), 0.1)
    names = program.variables(node)
    for name in names:
        found[name] = 0.1
        found[f"not {name}"] = 0.06
        found[f"{name} is not None"] = 0.05
    for one in names:
        for other in names:
            if one != other:
                found[f"{one} != {other}"] = 0.02
                found[f"{one} == {other}"] = 0.03
                found[f"{one} < {other}"] = 0.02
                found[f"{one} in {other}"] = 0.02
                found[f"{one} not in {other}"] = 0.03
                found[f"{one} < len({other})"] = 0.03
    best = sorted(found.items(), key=lambda pair: -pair[1])
    return dict(best[: 4 * _MOST_CONDITIONS])


def steps(program: SuspectProgram) -> Iterator[Proposal]:
    """A step of the computation that was left out, before or behind a suspicious statement."""
    for node in program.suspicious:
        if not isinstance(node, ast.stmt) or isinstance(node, Function | ast.ClassDef):
            continue
        function = program.function(node)
        if function is None:
            continue
        for line, prior in _lines(program, node, function).items():
            yield program.insert_before(node, [line], "missing statement", prior)
            if not isinstance(node, ast.Return | ast.Break | ast.Continue | ast.Raise):
                yield program.insert_after(node, [line], "missing statement", prior)
        if next(program.enclosing(node, *LOOPS), None) is not None:
            for test, prior in _parts(program, _anchor(node)).items():
                for jump in ("continue", "break"):
                    lines = [f"if {test}:", f"{program.indent_step}{jump}"]
                    yield program.insert_before(node, lines, "missing guard", 0.3 * prior)


def progress(program: SuspectProgram) -> Iterator[Proposal]:
    """A loop that nothing in it brings to an end: a step of what its condition reads."""
    for node in program.of(ast.While):
        assert isinstance(node, ast.While)
        changed = {
            inner.id
            for statement in node.body
            for inner in program.inside(statement)
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
        }
        names = {n.id: None for n in ast.walk(node.test) if isinstance(n, ast.Name)}
        local = set(program.variables(node.test))
        idle = [name for name in names if name in local and name not in changed]
        if len(idle) < len(names.keys() & local):
            continue
        for name in idle:
            steps = {f"{name} -= 1": 0.5, f"{name} += 1": 0.4, f"{name} //= 2": 0.15}
            steps |= {f"{name} = {name}[1:]": 0.15, f"{name}.pop()": 0.1, f"{name} //= 10": 0.1}
            for step, prior in steps.items():
                prior /= len(idle)
                yield program.insert_after(node.body[-1], [step], "missing step", prior)
                yield program.insert_before(node.body[0], [step], "missing step", 0.5 * prior)


def _anchor(node: ast.stmt) -> ast.expr:
    """An expression of ``node``, to ask what is at hand there."""
    return next((e for e in ast.iter_child_nodes(node) if isinstance(e, ast.expr)), ast.Name("_"))


def _lines(program: SuspectProgram, node: ast.stmt, function: Function) -> dict[str, float]:
    found: dict[str, float] = {}
    kinds = _kinds(program, function)
    names = program.variables(node)
    for name in names:
        if "number" in kinds.get(name, ()):
            found |= {f"{name} += 1": 0.12, f"{name} -= 1": 0.06}
        if "list" in kinds.get(name, ()):
            for other in names:
                if other != name:
                    found[f"{name}.append({other})"] = 0.3 / (3 + len(names))
        if "set" in kinds.get(name, ()):
            for other in names:
                if other != name:
                    found[f"{name}.add({other})"] = 0.4 / (3 + len(names))
    # A line that is there for one case is often missing for another.
    for line in program.inside(function):
        if (
            isinstance(line, ast.AugAssign | ast.Expr | ast.Assign)
            and line is not node
            and not is_docstring(line)
            and line.lineno == line.end_lineno
        ):
            found.setdefault(program.text(line), 0.08)
    return found


def _kinds(program: SuspectProgram, function: Function) -> dict[str, set[str]]:
    """What local names hold, from what they are assigned and how they are used."""
    found: dict[str, set[str]] = {}
    for node in program.inside(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            kind = _kind(node.value)
            if kind:
                found.setdefault(node.targets[0].id, set()).add(kind)
        elif isinstance(node, ast.While):
            # What a loop goes on for and nothing else is known of is likely counted down.
            for name in ast.walk(node.test):
                if isinstance(name, ast.Name):
                    found.setdefault(name.id, {"number"})
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            if isinstance(node.value, ast.Constant | ast.BinOp):
                found.setdefault(node.target.id, set()).add("number")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            kind = {"append": "list", "add": "set", "extend": "list"}.get(node.attr, "")
            if kind:
                found.setdefault(node.value.id, set()).add(kind)
    return found


def _kind(value: ast.expr) -> str:
    if isinstance(value, ast.Constant) and type(value.value) in (int, float):
        return "number"
    if isinstance(value, ast.List | ast.ListComp):
        return "list"
    if isinstance(value, ast.Set | ast.SetComp):
        return "set"
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return {"set": "set", "list": "list", "len": "number", "int": "number"}.get(
            value.func.id, ""
        )
    return "number" if isinstance(value, ast.BinOp) else ""
