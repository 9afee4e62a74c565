"""Classes and the state of their objects: fields not reset, bases not called, counterparts that
differ.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import BUILTINS, Function, is_docstring, parameters

# State of an object that is not kept up: a field not reset, an entry not taken out, a step that
# other methods of the class take and this one does not.


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


# What a class owes its bases: a call of the method that is overridden, with its arguments.


#: Methods of ``object`` that nobody calls from the ones that replace them.
_FINAL = frozenset({"__repr__", "__str__", "__eq__", "__hash__", "__len__", "__iter__", "__bool__"})


def parents(program: SuspectProgram) -> Iterator[Proposal]:
    """``super().method(…)`` that was forgotten in a method that replaces an inherited one."""
    for method in program.suspicious:
        owner = program.parents.get(method)
        if not isinstance(method, Function) or not isinstance(owner, ast.ClassDef):
            continue
        if not owner.bases or _calls_super(method) or method.name in _FINAL:
            continue
        inherited = _inherited(program, owner, method.name)
        if inherited is None and method.name != "__init__":
            continue
        first = next((s for s in method.body if not is_docstring(s)), None)
        if first is None:
            continue
        wait = "await " if isinstance(inherited, ast.AsyncFunctionDef) else ""
        for arguments, prior in _arguments(method, inherited).items():
            call = f"{wait}super().{method.name}({arguments})"
            yield program.insert_before(first, [call], "missing super", prior)
            last = method.body[-1]
            if not isinstance(last, ast.Return | ast.Raise):
                yield program.insert_after(last, [call], "missing super", 0.6 * prior)


def _calls_super(method: Function) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == method.name
        and isinstance(node.func.value, ast.Call)
        for node in ast.walk(method)
    )


def _inherited(program: SuspectProgram, owner: ast.ClassDef, name: str) -> Function | None:
    """The method that ``owner`` inherits under ``name``, where a base of this file has it."""
    classes = {n.name: n for n in ast.walk(program.tree) if isinstance(n, ast.ClassDef)}
    waiting, seen = [owner], set()
    while waiting:
        for base in waiting.pop(0).bases:
            found = classes.get(base.id) if isinstance(base, ast.Name) else None
            if found is None or found.name in seen:
                continue
            seen.add(found.name)
            waiting.append(found)
            for member in found.body:
                if isinstance(member, Function) and member.name == name:
                    return member
    return None


def _arguments(method: Function, inherited: Function | None) -> dict[str, float]:
    """What could be handed on: what the inherited method calls by the same names, then all."""
    own = [name for name in parameters(method) if name not in ("self", "cls")]
    found = {"": 0.15, ", ".join(_passed(method, own)): 0.2}
    if inherited is not None:
        asked = [name for name in parameters(inherited) if name not in ("self", "cls")]
        found[", ".join(_passed(inherited, [name for name in asked if name in own]))] = 0.5
        if len(own) >= len(asked):
            found.setdefault(", ".join(own[: len(asked)]), 0.2)
        if not asked:
            found[""] = 0.5
    return found


def _passed(method: Function, names: list[str]) -> list[str]:
    """``names`` as arguments of a call of ``method``."""
    arguments = method.args
    keywords = {argument.arg for argument in arguments.kwonlyargs}
    stars = {a.arg: sign for a, sign in ((arguments.vararg, "*"), (arguments.kwarg, "**")) if a}
    return [f"{n}={n}" if n in keywords else f"{stars.get(n, '')}{n}" for n in names]
