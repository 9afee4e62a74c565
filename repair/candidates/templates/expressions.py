"""Expressions of the same function in another place, and what nothing reads: most fixes are there
already.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.calls import wrappable
from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, is_docstring, is_number, parameters
from repair.source.file import OffsetEdit

# Code of the same function in another place: most fixes are made of what is there already.
#
# After the plastic surgery hypothesis (Barr et al., FSE 2014).


#: Expressions of a function that are tried in place of another one.
_MOST = 10
_MEASURING = ("len", "sum", "max", "min", "sorted", "enumerate", "set")


def expressions(program: SuspectProgram) -> Iterator[Proposal]:
    """An expression in place of another of its kind, or of a variable."""
    kinds = (ast.Subscript, ast.Attribute, ast.Call, ast.BinOp, ast.Compare)
    for node in program.of(*kinds):
        assert isinstance(node, ast.expr)
        if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            continue
        function = program.function(node)
        if function is None:
            continue
        text = program.text(node)
        others = _alike(program, function, node)
        for other in others:
            if other != text:
                yield program.replace(node, other, "expression", 0.5 / (3 + len(others)))
        names = program.variables(node)
        if not isinstance(node, ast.Name) and not isinstance(
            program.parents.get(node), ast.Expr | ast.Attribute
        ):
            for name in names:
                yield program.replace(node, name, "variable", 0.5 / (3 + len(names)))


def derived(program: SuspectProgram) -> Iterator[Proposal]:
    """The size or the negative of a variable in place of one."""
    for node in program.of(ast.Name, ast.Constant, ast.Call):
        parent = program.parents.get(node)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            continue
        if not isinstance(parent, ast.BinOp | ast.Assign | ast.Return | ast.Compare | ast.Call):
            continue
        if isinstance(parent, ast.Call) and parent.func is node:
            continue
        assert isinstance(node, ast.expr)
        function = program.function(node)
        names = program.variables(node)
        sized = _sized(program, function) if function is not None else set()
        for name in names:
            if name in sized:
                prior = 0.6 / (3 + len(sized))
                yield program.replace(node, f"len({name})", "variable", prior)
            if isinstance(node, ast.Name | ast.Call) and not isinstance(parent, ast.Call):
                yield program.replace(node, f"-{name}", "variable", 0.15 / (3 + len(names)))


def _sized(program: SuspectProgram, function: Function) -> set[str]:
    """Names that are gone through, indexed or measured: what has a length."""
    found: set[str] = set()
    for node in program.inside(function):
        place: ast.expr | None = None
        if isinstance(node, ast.For | ast.comprehension):
            place = node.iter
        elif isinstance(node, ast.Subscript):
            place = node.value
        elif isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in _MEASURING:
            place = node.args[0]
        if isinstance(place, ast.Name):
            found.add(place.id)
    return found


def _alike(program: SuspectProgram, function: Function, node: ast.expr) -> list[str]:
    found: dict[str, None] = {}
    for other in program.inside(function):
        if type(other) is type(node) and isinstance(other, ast.expr):
            inside = node.lineno <= other.lineno and other is not node
            if inside and program.text(node) in program.text(other):
                continue
            found[program.text(other)] = None
    return list(found)[:_MOST]


def targets(program: SuspectProgram) -> Iterator[Proposal]:
    """A result that belongs where its own expression reads from, or where another one goes."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        function = program.function(node)
        if function is None or len(node.targets) != 1:
            continue
        target = node.targets[0]
        text = program.text(target)
        found: dict[str, float] = {}
        for inner in ast.walk(node.value):
            if isinstance(inner, ast.Subscript | ast.Attribute):
                found[program.text(inner)] = 0.3
        for other in program.inside(function):
            if isinstance(other, ast.Assign) and not isinstance(other.targets[0], ast.Name):
                found.setdefault(program.text(other.targets[0]), 0.15)
        for new, prior in list(found.items())[:_MOST]:
            if new != text:
                yield program.replace(target, new, "target", prior)


def terms(program: SuspectProgram) -> Iterator[Proposal]:
    """A term that is missing from a sum, a product or a concatenation."""
    for node in program.suspicious:
        for place in _summed(node):
            function = program.function(place)
            if function is None or is_number(place):
                continue
            text = program.text(place)
            tight = program.tight(place)
            names = [n for n in program.variables(place) if n != text]
            share = 0.6 / (3 + len(names))
            if program.is_hopeless(place, "missing term", share):
                continue
            for name in names:
                yield program.replace(place, f"{tight} + {name}", "missing term", share)
                yield program.replace(place, f"{tight} - {name}", "missing term", share)
                yield program.replace(place, f"{name} + {tight}", "missing term", 0.6 * share)
                yield program.replace(place, f"{name} - {tight}", "missing term", 0.4 * share)
                yield program.replace(place, f"{tight} * {name}", "missing term", 0.3 * share)
                yield program.replace(place, f"{tight} % {name}", "missing term", 0.3 * share)


def _summed(node: ast.AST) -> list[ast.expr]:
    """Expressions whose value a term may be missing from."""
    places: list[ast.expr | None] = []
    if isinstance(node, ast.Return | ast.Assign | ast.AugAssign):
        places = [node.value]
    elif isinstance(node, ast.Call):
        places = [*node.args]
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        places = [node.slice]
    elif isinstance(node, ast.Compare):
        places = [node.left, *node.comparators]
    kinds = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.ListComp, ast.List, ast.BinOp)
    return [place for place in places if isinstance(place, kinds)]


def assignments(program: SuspectProgram) -> Iterator[Proposal]:
    """A variable that was to be carried on to another one: ``previous = node``."""
    for node in program.suspicious:
        if not isinstance(node, ast.stmt) or isinstance(node, Function | ast.ClassDef):
            continue
        function = program.function(node)
        if function is None:
            continue
        stored = {
            n.id
            for n in program.inside(function)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        names = program.variables(node)
        prior = 0.4 / (4 + len(names) ** 2)
        if program.is_hopeless(node, "missing assignment", prior):
            continue
        for name in names:
            if name not in stored:
                continue
            for other in names:
                if other != name:
                    line = [f"{name} = {other}"]
                    yield program.insert_before(node, line, "missing assignment", prior)
                    if not isinstance(node, ast.Return | ast.Break | ast.Continue | ast.Raise):
                        yield program.insert_after(node, line, "missing assignment", prior)


# A parameter, variable or import that nothing reads: it is there, so somewhere it was to count.


#: Imports that nothing uses: of more, the file is there for others to import from.
_MOST_IDLE = 3


def unread_given(program: SuspectProgram) -> Iterator[Proposal]:
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


def unread_fields(program: SuspectProgram) -> Iterator[Proposal]:
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


def unread_handed_on(program: SuspectProgram) -> Iterator[Proposal]:
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


def unread_bound_late(program: SuspectProgram) -> Iterator[Proposal]:
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


def unread_imports(program: SuspectProgram) -> Iterator[Proposal]:
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


def unread_made(program: SuspectProgram) -> Iterator[Proposal]:
    """A variable that is set and never read: behind it, it was to be added, or to stand for
    another one."""
    for function in program.of(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, Function)
        for name, line in _idle(program, function).items():
            for node in program.inside(function):
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


# One more value that something may be, of those that the file asks for elsewhere.


#: Values that are tried, those of the same function first; and how likely one is missing.
_MOST_CASES = 8
_MISSING = 0.6


def compared_cases(program: SuspectProgram) -> Iterator[Proposal]:
    """``x == a`` for ``x == a or x == b``, and ``x != a`` for ``x != a and x != b``."""
    for node in program.of(ast.Compare):
        assert isinstance(node, ast.Compare)
        value = node.comparators[0]
        if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            continue
        if not _is_value(value) or isinstance(program.parents.get(node), ast.BoolOp):
            continue
        one, text = program.text(node.left), program.text(node)
        others = [other for other in _asked(program, node) if other != program.text(value)][
            :_MOST_CASES
        ]
        for other in others:
            joined = f"or {one} ==" if isinstance(node.ops[0], ast.Eq) else f"and {one} !="
            prior = _MISSING / (3 + len(others))
            yield program.replace(node, f"({text} {joined} {other})", "missing condition", prior)


def _asked(program: SuspectProgram, node: ast.Compare) -> list[str]:
    """Values like the one of ``node`` that anything is compared with."""
    function, like = program.function(node), node.comparators[0]
    found: dict[str, None] = {}
    for inside in (function, program.tree):
        for other in program.inside(inside) if inside is not None else ():
            if isinstance(other, ast.Compare) and isinstance(other.ops[0], ast.Eq | ast.NotEq):
                value = other.comparators[0]
                if _is_value(value) and _kind(value) == _kind(like):
                    found[program.text(value)] = None
    return list(found)


def _is_value(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Tuple) and all(map(_is_value, node.elts))
    )


def _kind(node: ast.expr) -> object:
    if isinstance(node, ast.Tuple):
        return tuple(map(_kind, node.elts))
    return type(node.value) if isinstance(node, ast.Constant) else None
