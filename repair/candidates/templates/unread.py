"""A parameter, variable or import that nothing reads: it is there, so somewhere it was to count."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from repair.candidates.templates.calls import wrappable
from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, is_docstring, parameters
from repair.source.file import OffsetEdit

#: Imports that nothing uses: of more, the file is there for others to import from.
_MOST_IDLE = 3


def given(program: SuspectProgram) -> Iterator[Proposal]:
    """In place of a constant or of another name, or as one more condition or bound."""
    for function, name in _unread(program):
        for node in program.inside(function):
            if not isinstance(node, ast.expr) or program.weight(node) <= 0:
                continue
            if program.function(node) is not function:
                continue
            text = program.text(node)
            if isinstance(node, ast.Constant) and not is_docstring(program.parents[node]):
                yield program.replace(node, name, "unread parameter", 0.4)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                yield program.replace(node, name, "unread parameter", 0.3)
            elif isinstance(node, ast.Compare) and not _in_condition(program, node):
                yield program.replace(node, f"{text} and {name}", "unread parameter", 0.15)
                yield program.replace(node, f"{text} or {name}", "unread parameter", 0.08)
                for sign in ("<", "<=") if _upwards(node) else (">", ">="):
                    yield program.replace(node, f"{text} {sign} {name}", "unread parameter", 0.1)


def _in_condition(program: SuspectProgram, node: ast.expr) -> bool:
    return isinstance(program.parents.get(node), ast.BoolOp | ast.UnaryOp)


def _upwards(node: ast.Compare) -> bool:
    return isinstance(node.ops[-1], ast.Lt | ast.LtE)


def fields(program: SuspectProgram) -> Iterator[Proposal]:
    """A parameter of ``__init__`` that was to be kept in a field of its name."""
    for function, name in _unread(program):
        scope = program.class_of(function)
        if function.name != "__init__" or scope is None:
            continue
        used = any(
            isinstance(node, ast.Attribute) and node.attr == name for node in program.inside(scope)
        )
        prior = 0.7 if used else 0.2
        yield program.insert_after(
            function.body[-1], [f"self.{name} = {name}"], "missing assignment", prior
        )


def handed_on(program: SuspectProgram) -> Iterator[Proposal]:
    """``*args`` and ``**keywords`` that a call was to get, or got as one argument."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        function = program.function(node)
        if function is None:
            continue
        many, named = function.args.vararg, function.args.kwarg
        for argument in node.args:
            if isinstance(argument, ast.Name):
                own = many is not None and argument.id == many.arg
                new = f"*{argument.id}"
                yield program.replace(argument, new, "unpacking", 0.6 if own else 0.04)
                if named is not None and argument.id == named.arg:
                    yield program.replace(argument, f"**{argument.id}", "unpacking", 0.6)
        missing = [f"*{many.arg}"] if many and not _reads(program, function, many.arg) else []
        if named and not _reads(program, function, named.arg):
            missing.append(f"**{named.arg}")
        if missing:
            whole = [*map(program.text, node.args), *map(program.text, node.keywords), *missing]
            new = f"{program.text(node.func)}({', '.join(whole)})"
            yield program.replace(node, new, "missing argument", 0.5)


def bound_late(program: SuspectProgram) -> Iterator[Proposal]:
    """A lambda that is made in a loop and reads the loop's variable only when it is called."""
    for node in program.of(ast.Lambda):
        assert isinstance(node, ast.Lambda)
        bound = {
            name.id
            for around in program.enclosing(node, ast.For, ast.ListComp, ast.DictComp, ast.SetComp)
            for inner in _targets(around)
            for name in ast.walk(inner)
            if isinstance(name, ast.Name)
        }
        names = dict.fromkeys(
            n.id for n in ast.walk(node.body) if isinstance(n, ast.Name) and n.id in bound
        )
        if names and node.args.vararg is None and node.args.kwarg is None:
            end = program.source.span(node.body)[0]
            colon = program.source.text.rfind(":", program.source.span(node)[0], end)
            kept = ", ".join(f"{name}={name}" for name in names)
            some = bool(node.args.args or node.args.kwonlyargs)
            edit = OffsetEdit(colon, colon, f", {kept}" if some else f" {kept}")
            yield Proposal("late binding", 0.5, (edit,), node)


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.For):
        return [node.target]
    return [generator.target for generator in getattr(node, "generators", ())]


def _unread(program: SuspectProgram) -> Iterator[tuple[Function, str]]:
    for node in program.of(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(node, Function)
        for name in parameters(node):
            if name not in ("self", "cls") and not _reads(program, node, name):
                yield node, name


def _reads(program: SuspectProgram, function: Function, name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for node in program.inside(function)
    )


def imports(program: SuspectProgram) -> Iterator[Proposal]:
    """A name that is imported and that nothing uses: the place where it was to stand."""
    used = {n.id for n in program.inside(program.tree) if isinstance(n, ast.Name)}
    idle = [
        alias.asname or alias.name
        for node in program.tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
        if (alias.asname or alias.name) not in used
    ]
    if "__all__" in used or len(idle) > _MOST_IDLE:
        return
    for node in program.suspicious if idle else ():
        if isinstance(node, ast.Call) and not any(isinstance(a, ast.Starred) for a in node.args):
            whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
            for name in idle:
                text = f"{program.text(node.func)}({', '.join([*whole, name])})"
                if name.isupper():
                    yield program.replace(node, text, "missing argument", 0.3)
        for place in wrappable(node):
            for name in idle:
                if not name.isupper():
                    new = f"{name}({program.text(place)})"
                    yield program.replace(place, new, "missing call", 0.2)


def made(program: SuspectProgram) -> Iterator[Proposal]:
    """A variable that is set and never read: behind it, it was to be added, or to stand for
    another one."""
    for function in program.of(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, Function)
        for name, line in _idle(program, function).items():
            for node in program.inside(function):
                if isinstance(node, ast.stmt) and line <= node.lineno and program.weight(node) > 0:
                    yield from _gathered(program, function, node, name)
                if not isinstance(node, ast.expr) or node.lineno <= line:
                    continue
                if program.weight(node) <= 0 or program.function(node) is not function:
                    continue
                parent = program.parents[node]
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    yield program.replace(node, name, "variable", 0.3)
                if not isinstance(parent, ast.Assign | ast.Return | ast.AugAssign):
                    continue
                amount = isinstance(node, ast.BinOp | ast.Name | ast.Call | ast.Attribute)
                if amount and parent.value is node:
                    for sign, prior in (("+", 0.4), ("-", 0.2)):
                        new = f"{program.text(node)} {sign} {name}"
                        yield program.replace(node, new, "missing term", prior)


def _gathered(
    program: SuspectProgram, function: Function, node: ast.stmt, name: str
) -> Iterator[Proposal]:
    """``name``, set before or by ``node``, is added behind it to what the function begins empty."""
    if program.function(node) is not function or isinstance(node, ast.Return | ast.Raise):
        return
    for begun in program.inside(function):
        if not isinstance(begun, ast.Assign) or not isinstance(begun.targets[0], ast.Name):
            continue
        target, value = begun.targets[0].id, program.text(begun.value)
        if begun.lineno < node.lineno and target != name and value in _BEGUN:
            line = _BEGUN[value].format(target, name)
            yield program.insert_after(node, [line], "missing statement", 0.3)


#: How something is added to what begins with such a value.
_BEGUN = {"0": "{} += {}", "0.0": "{} += {}", '""': "{} += {}", "[]": "{}.append({})"}
_BEGUN |= {"set()": "{}.add({})"}


def flags(program: SuspectProgram) -> Iterator[Proposal]:
    """A field that methods set and nothing reads: another method was to ask for it at its
    beginning, and to end there."""
    for scope in program.inside(program.tree):
        idle = _unasked(program, scope) if isinstance(scope, ast.ClassDef) else {}
        methods = [n for n in scope.body if isinstance(n, Function)] if idle else []  # type: ignore[attr-defined]
        for method in methods:
            if program.weight(method) <= 0 or method.name == "__init__" or method.decorator_list:
                continue
            body = [s for s in method.body if not is_docstring(s)]
            for field, setters in idle.items():
                if method.name in setters or parameters(method)[:1] != ["self"] or not body:
                    continue
                for test in (f"self.{field}", f"not self.{field}"):
                    for end, prior in _ends(program, method).items():
                        lines = [f"if {test}:", f"{program.indent_step}{end}"]
                        guard = program.insert_before(body[0], lines, "missing guard", prior)
                        yield replace(guard, node=max(body, key=program.weight))


def _unasked(program: SuspectProgram, scope: ast.ClassDef) -> dict[str, set[str]]:
    """The fields of a class that nothing in the file reads, with the methods that set them; more
    than one value is put into each."""
    found: dict[str, set[str]] = {}
    values: dict[str, set[str]] = {}
    for node in program.inside(scope):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            function = program.function(node)
            if isinstance(target, ast.Attribute) and program.text(target.value) == "self":
                found.setdefault(target.attr, set()).add(function.name if function else "")
                values.setdefault(target.attr, set()).add(program.text(node.value))
    read = {
        node.attr
        for node in program.inside(program.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    return {n: setters for n, setters in found.items() if n not in read and len(values[n]) > 1}


def _ends(program: SuspectProgram, function: Function) -> dict[str, float]:
    """How a function can end early: with nothing of what it returns otherwise."""
    told = program.text(function.returns) if function.returns is not None else ""
    kind = told.rpartition(".")[2].partition("[")[0].lower()
    if kind in _NOTHING_OF:
        return {f"return {_NOTHING_OF[kind]}": 0.6, "return None": 0.05}
    found = {"return": 0.3}
    for node in program.inside(function):
        if isinstance(node, ast.Return) and node.value is not None:
            found = {f"return {nothing}": 0.15 for nothing in ("None", "[]", "False", '""', "0")}
    return found


#: What is nothing of each type that functions are said to return.
_NOTHING_OF = {"list": "[]", "dict": "{}", "set": "set()", "tuple": "()", "str": '""'}
_NOTHING_OF |= {"bool": "False", "int": "0", "float": "0.0", "bytes": 'b""', "none": "None"}


def _idle(program: SuspectProgram, function: Function) -> dict[str, int]:
    """The variables of ``function`` that nothing reads, with the line where each is set."""
    found: dict[str, int] = {}
    read: set[str] = set()
    for node in program.inside(function):
        if isinstance(node, ast.Global | ast.Nonlocal):
            read.update(node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            read.add(node.id)
        elif isinstance(node, ast.Assign) and program.function(node) is function:
            for target in node.targets:
                for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(name, ast.Name) and not name.id.startswith("_"):
                        found.setdefault(name.id, node.lineno)
    return {name: line for name, line in found.items() if name not in read}
