"""State of an object that is not kept up: a field not reset, an entry not taken out, a step that
other methods of the class take and this one does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import BUILTINS, Function, parameters

#: Statements of other methods that are tried in this one.
_MOST_STEPS = 12


def resets(program: SuspectProgram) -> Iterator[Proposal]:
    """A field that keeps what it should have lost, at the beginning or the end of a method."""
    for function in _methods(program):
        scope = program.class_of(function)
        assert scope is not None
        first, last = _first(function), function.body[-1]
        lines = _resets(program, scope, function)
        lines |= _steps(program, scope, function)
        for line, prior in lines.items():
            yield program.insert_before(first, [line], "stale state", prior)
            if isinstance(last, ast.Return | ast.Raise):
                if last is not first:
                    yield program.insert_before(last, [line], "stale state", prior)
            else:
                yield program.insert_after(last, [line], "stale state", prior)


def resets_between(program: SuspectProgram) -> Iterator[Proposal]:
    """The same between the statements of a method."""
    for node in program.of(ast.Assign, ast.AugAssign, ast.Expr):
        assert isinstance(node, ast.stmt)
        function, scope = program.function(node), program.class_of(node)
        if function is None or scope is None or function.name == "__init__":
            continue
        initial = {
            name: value
            for name, value in _initial(scope).items()
            if isinstance(value, ast.Constant | ast.UnaryOp)
        }
        for name, value in initial.items():
            line = f"self.{name} = {program.text(value)}"
            yield program.insert_after(node, [line], "stale state", 0.25 / (2 + len(initial)))


def resets_of_others(program: SuspectProgram) -> Iterator[Proposal]:
    """A field of another object that keeps what an earlier turn left in it: back to what its class
    begins with."""
    initial = {
        statement.target.id: program.text(statement.value)
        for scope in program.inside(program.tree)
        if isinstance(scope, ast.ClassDef)
        for statement in scope.body
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(statement.value, ast.Constant)
    }
    for node in program.of(ast.Assign, ast.AugAssign, ast.Expr):
        assert isinstance(node, ast.stmt)
        function = program.function(node)
        lines: dict[str, None] = {}
        for inner in program.inside(function) if function is not None and initial else ():
            if (
                isinstance(inner, ast.Attribute)
                and isinstance(inner.ctx, ast.Store)
                and isinstance(inner.value, ast.Name)
                and inner.attr in initial
            ):
                lines[f"{program.text(inner)} = {initial[inner.attr]}"] = None
        for line in lines:
            yield program.insert_after(node, [line], "stale state", 0.25 / (1 + len(lines)))


def _methods(program: SuspectProgram) -> Iterator[Function]:
    for node in program.suspicious:
        inside = isinstance(program.parents.get(node), ast.ClassDef)
        if inside and isinstance(node, Function) and parameters(node)[:1] == ["self"]:
            yield node


def _first(function: Function) -> ast.stmt:
    documented = ast.get_docstring(function, clean=False) is not None
    return function.body[1 if documented and len(function.body) > 1 else 0]


def _resets(program: SuspectProgram, scope: ast.ClassDef, function: Function) -> dict[str, float]:
    """Statements that bring a field back to how ``__init__`` left it, or take an entry out."""
    found: dict[str, float] = {}
    keys = [name for name in parameters(function) if name != "self"]
    touched = {
        n.attr
        for n in program.inside(function)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }
    for name, value in _initial(scope).items():
        likely = 1.0 if name in touched else 0.6
        if isinstance(value, ast.Constant | ast.UnaryOp):
            found[f"self.{name} = {program.text(value)}"] = 0.15 * likely
        elif _is_container(value):
            found[f"self.{name}.clear()"] = 0.12 * likely
            for key in keys[:3]:
                if isinstance(value, ast.Dict) or ast.unparse(value).startswith(_MAPPINGS):
                    found[f"self.{name}.pop({key}, None)"] = 0.15 * likely
                else:
                    found[f"self.{name}.discard({key})"] = 0.08 * likely
        elif _is_made(program, value):
            # What is read behind a method that fills the fields anew must be there.
            found[f"self.{name} = {program.text(value)}"] = 0.08 * likely
    return found


_MAPPINGS = ("dict(", "OrderedDict(", "defaultdict(", "collections.")
_CONTAINERS = ("dict", "set", "list", "OrderedDict", "defaultdict", "deque", "Counter")


def _is_container(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).rpartition(".")[2] in _CONTAINERS
    return isinstance(value, ast.Dict | ast.List | ast.Set)


def _is_made(program: SuspectProgram, value: ast.expr) -> bool:
    """Whether ``value`` is a new object that is made of nothing: ``threading.Lock()``."""
    return (
        isinstance(value, ast.Call)
        and not (value.args or value.keywords)
        and isinstance(value.func, ast.Name | ast.Attribute)
        and not program.text(value.func).startswith("self.")
    )


def _initial(scope: ast.ClassDef) -> dict[str, ast.expr]:
    """What ``__init__`` puts into the fields, where that depends on no argument."""
    found: dict[str, ast.expr] = {}
    for method in scope.body:
        if isinstance(method, Function) and method.name == "__init__":
            for node in method.body:
                target = node.targets[0] if isinstance(node, ast.Assign) else None
                target = node.target if isinstance(node, ast.AnnAssign) else target
                value = getattr(node, "value", None)
                if (
                    isinstance(target, ast.Attribute)
                    and isinstance(value, ast.expr)
                    and isinstance(target.value, ast.Name)
                ):
                    found[target.attr] = value
    return found


def _steps(program: SuspectProgram, scope: ast.ClassDef, function: Function) -> dict[str, float]:
    """Statements on ``self`` that other methods make, if their names mean something here."""
    here = {"self", *parameters(function)}
    here |= {
        n.id
        for n in program.inside(function)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    own = {ast.unparse(statement) for statement in program.inside(function) if _is_step(statement)}
    found: dict[str, float] = {}
    for method in scope.body:
        if not isinstance(method, Function) or method is function:
            continue
        if method.name == "__init__":
            continue
        for node in program.inside(method):
            if not _is_step(node) or ast.unparse(node) in own:
                continue
            assert isinstance(node, ast.stmt)
            local = {n.id for n in program.inside(node) if isinstance(n, ast.Name)}
            local -= {*program.module_names, *BUILTINS}
            if local <= here:
                found[program.text(node)] = 0.12
    for method in scope.body:
        if isinstance(method, Function) and method is not function:
            takes = len(parameters(method)) - len(method.args.defaults)
            if takes == 1 and not method.decorator_list and not method.name.startswith("__"):
                found.setdefault(f"self.{method.name}()", 0.08)
    return dict(list(found.items())[:_MOST_STEPS])


def _is_step(node: ast.AST) -> bool:
    """A statement of one line whose point is to change ``self``."""
    if not isinstance(node, ast.stmt) or node.lineno != node.end_lineno:
        return False
    place: ast.expr | None = None
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        place = node.value.func
    elif isinstance(node, ast.Assign | ast.AugAssign):
        place = node.targets[0] if isinstance(node, ast.Assign) else node.target
    while isinstance(place, ast.Attribute | ast.Subscript):
        place = place.value
    return isinstance(place, ast.Name) and place.id == "self" and not _is_plain_name(node)


def _is_plain_name(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
