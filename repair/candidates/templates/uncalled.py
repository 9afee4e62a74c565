"""A step that the class or the module has, and that is not taken here."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, is_docstring, parameters

#: Steps that are tried at a statement, the likeliest first.
_MOST = 12
#: How likely a step is meant: one with a private name that nothing takes any more, one that is
#: taken elsewhere as a statement of its own, if it has a private name or not, any other.
_LOST, _OWN, _TAKEN, _KNOWN = 0.7, 0.5, 0.25, 0.05
#: And that what an object is asked to do is handed on to one of its fields, under the same name.
_HANDED_ON = 0.2
#: How likely a step is missing where nothing was changed just before, compared with elsewhere.
_IDLE = 0.4
_LEAVING = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def steps(program: SuspectProgram) -> Iterator[Proposal]:
    """A call that needs no argument, before or behind a statement, or as the last one."""
    taken = _taken(program)
    # Once for all functions: a large file has hundreds.
    read = {_name(n) for n in program.inside(program.tree)}
    for function in [n for n in program.suspicious if isinstance(n, Function)]:
        if _only_answers(function):
            continue
        calls = _of(program, function, taken, read)
        for node in program.inside(function):
            if not isinstance(node, ast.stmt) or program.function(node) is not function:
                continue
            near = 1.0 if _changes(_before(program, node)) else _IDLE
            for call, prior in calls.items():
                yield program.insert_before(node, [call], "missing statement", near * prior)
            if program.block(node)[-1] is node and not isinstance(node, _LEAVING):
                for call, prior in calls.items():
                    yield program.insert_after(node, [call], "missing statement", prior)


def _before(program: SuspectProgram, node: ast.stmt) -> ast.stmt | None:
    block = program.block(node)
    place = block.index(node)
    return block[place - 1] if place else None


def _changes(node: ast.stmt | None) -> bool:
    """Whether ``node`` changes what a step would go on with: a field, or something it calls on."""
    if node is None or is_docstring(node):
        return False
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return isinstance(node, ast.Expr) or any(
        isinstance(inner, ast.Attribute | ast.Subscript)
        and isinstance(inner.ctx, ast.Store | ast.Del)
        for target in targets
        if isinstance(target, ast.AST)
        for inner in ast.walk(target)
    )


def _only_answers(function: Function) -> bool:
    """Whether it is a question, in which nobody looks for a step."""
    body = [statement for statement in function.body if not is_docstring(statement)]
    return len(body) == 1 and isinstance(body[0], ast.Return)


def _of(
    program: SuspectProgram, function: Function, taken: Counter[str], read: set[str]
) -> dict[str, float]:
    """The calls that could stand in ``function``, with how likely each is."""
    owner = program.parents.get(function)
    receiver = next(iter(parameters(function)), "")
    found: dict[str, float] = {}
    own = owner.body if isinstance(owner, ast.ClassDef) and receiver in ("self", "cls") else []
    for node in (*own, *program.tree.body):
        if not isinstance(node, Function) or node is function or node.name.startswith("__"):
            continue
        method = node in own
        if node.decorator_list or not _needs_nothing(node, method):
            continue
        call = f"{receiver}.{node.name}()" if method else f"{node.name}()"
        if isinstance(node, ast.AsyncFunctionDef):
            if not isinstance(function, ast.AsyncFunctionDef):
                continue
            call = f"await {call}"
        uses = taken[node.name]
        private = node.name.startswith("_")
        if uses:
            found[call] = _OWN if private else _TAKEN
        else:
            lost = private and node.name not in read
            found[call] = _LOST if lost else _KNOWN
    found |= _handed_on(program, function, owner, receiver)
    best = sorted(found.items(), key=lambda pair: -pair[1])[:_MOST]
    alike = Counter(prior for _call, prior in best)
    return {call: prior / (1 + alike[prior]) for call, prior in best}


def _handed_on(
    program: SuspectProgram, function: Function, owner: ast.AST | None, receiver: str
) -> dict[str, float]:
    """``self.file.close()`` in a method ``close`` that needs nothing."""
    name = function.name
    if not isinstance(owner, ast.ClassDef) or receiver != "self" or name.startswith("__"):
        return {}
    if not _needs_nothing(function, method=True):
        return {}
    fields = {
        node.attr
        for node in ast.walk(owner)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and getattr(program.parents[node], "func", None) is not node
    }
    called = {program.text(n) for n in program.inside(function) if isinstance(n, ast.Call)}
    calls = [call for field in sorted(fields) if (call := f"self.{field}.{name}()") not in called]
    awaited = "await " if isinstance(function, ast.AsyncFunctionDef) else ""
    return {awaited + call: _HANDED_ON for call in calls}


def _needs_nothing(function: Function, method: bool) -> bool:
    given = function.args
    positional = len(given.posonlyargs + given.args) - len(given.defaults) - method
    return positional == 0 and all(default is not None for default in given.kw_defaults)


def _taken(program: SuspectProgram) -> Counter[str]:
    """How often each function is called as a statement of its own."""
    found: Counter[str] = Counter()
    for node in program.inside(program.tree):
        if isinstance(node, ast.Expr):
            value = node.value.value if isinstance(node.value, ast.Await) else node.value
            if isinstance(value, ast.Call):
                found[_name(value.func)] += 1
    return found


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
