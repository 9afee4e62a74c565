"""Known transformations that keep what a function does and change how long it takes.

Each is a function from a source and one of its functions to edits, or none where it does not apply;
:data:`TRANSFORMATIONS` lists them. What it cannot see (is everything hashable?) the runs decide:
same results on the tests and on larger inputs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from repair.source.file import OffsetEdit, Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Transformation = Callable[[Source, FunctionNode], Iterator[tuple[OffsetEdit, ...]]]

# What transformations ask of loops: where they are, what they change, what may stand before.


Loop = ast.For | ast.While
#: Methods that change the list, dict or set that they are called on.
_CHANGING = frozenset(
    {
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "add"),
        *("discard", "update", "setdefault", "popitem", "appendleft", "popleft"),
    }
)


def outermost_loops(function: FunctionNode) -> Iterator[ast.stmt]:
    """The loops of a function that stand in no other one, and statements with a comprehension."""
    stack: list[ast.stmt] = list(reversed(function.body))
    while stack:
        node = stack.pop()
        if isinstance(node, FunctionNode | ast.ClassDef):
            continue
        if isinstance(node, Loop):
            yield node
            continue
        own = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
        if any(isinstance(n, ast.comprehension) for child in own for n in ast.walk(child)):
            yield node
        for name in ("finalbody", "orelse", "body"):
            stack.extend(reversed([s for s in getattr(node, name, []) if isinstance(s, ast.stmt)]))
        for handler in getattr(node, "handlers", []):
            stack.extend(reversed(handler.body))


def inside(loop: ast.stmt) -> Iterator[ast.AST]:
    """What runs again and again: the loop without its iterable; for a statement its
    comprehensions without the first iterable."""
    if isinstance(loop, ast.For):
        parts: list[ast.AST] = [*loop.body]
    elif isinstance(loop, ast.While):
        parts = [loop.test, *loop.body]
    else:
        parts = []
        for node in ast.walk(loop):
            if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
                parts += [node.elt, *(t for g in node.generators for t in g.ifs)]
            elif isinstance(node, ast.DictComp):
                parts += [node.key, node.value, *(t for g in node.generators for t in g.ifs)]
    seen: set[ast.AST] = set()
    for part in parts:
        for node in ast.walk(part):
            if node not in seen:
                seen.add(node)
                yield node


def _neighbours(function: FunctionNode) -> Iterator[tuple[ast.stmt, ast.stmt]]:
    """The statements of one block that follow each other directly."""
    for node in ast.walk(function):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            yield from pairwise(body if isinstance(body, list) else ())


def changed_names(loop: ast.stmt) -> frozenset[str]:
    """Names that a statement binds, or whose value it may change as far as can be seen."""
    found: set[str] = set()
    for node in ast.walk(loop):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.Subscript | ast.Attribute):
            if not isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
                found.add(node.value.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func
            if isinstance(called.value, ast.Name) and called.attr in _CHANGING:
                found.add(called.value.id)
    return frozenset(found)


def before(source: Source, statement: ast.stmt, text: str) -> OffsetEdit:
    """The edit that puts a line in front of a statement."""
    start = source.line_starts[statement.lineno - 1]
    line = source.indentation(statement.lineno) + text + source.newline()
    return OffsetEdit(start, start, line)


def fresh_name(function: FunctionNode, wish: str) -> str:
    """``wish``, or something like it that the function does not use."""
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    used |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    while wish in used:
        wish += "_"
    return wish


# The edit that imports a module where a transformation needs one.


def importing(source: Source, module: str) -> tuple[OffsetEdit, ...]:
    """``import module`` before the first statement that may follow it; nothing where the file has
    it already."""
    tree = source.tree
    assert tree is not None
    for node in tree.body:
        if isinstance(node, ast.Import) and any(
            alias.name == module and not alias.asname for alias in node.names
        ):
            return ()
    line, first = _first_line(tree)
    at = source.line_starts[line - 1]
    ends = 1 if isinstance(first, ast.Import | ast.ImportFrom) else 3
    return (OffsetEdit(at, at, f"import {module}{source.newline() * ends}"),)


def _first_line(tree: ast.Module) -> tuple[int, ast.stmt]:
    """The line before which an import may stand, behind docstring and ``__future__``, and what
    stands there now."""
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        marks: list[ast.expr] = getattr(node, "decorator_list", [])
        return min([node.lineno, *(mark.lineno for mark in marks)]), node
    return 1, tree.body[0]


# ``x in items`` inside a loop, with ``items`` a sequence: ask a set that is made once.


def in_a_set(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each loop and each name that is asked and not changed in it."""
    for loop in outermost_loops(function):
        changed = changed_names(loop)
        asked: dict[str, list[ast.Name]] = {}
        for node in inside(loop):
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                holder = node.comparators[0]
                if isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(holder, ast.Name):
                    asked.setdefault(holder.id, []).append(holder)
        for name, places in asked.items():
            if name in changed:
                continue
            new = fresh_name(function, f"{name}_set")
            change = [OffsetEdit(*source.span(place), new) for place in places]
            yield (before(source, loop, f"{new} = set({name})"), *change)


# ``x in seen`` while ``seen`` grows in the same loop: keep a set beside the list.


def set_beside_list(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each list that a loop asks and appends to, and nothing else."""
    for loop in outermost_loops(function):
        if not isinstance(loop, Loop):
            continue
        asked: dict[str, list[ast.Name]] = {}
        grown: dict[str, list[ast.Expr]] = {}
        for node in ast.walk(loop):
            match node:
                case ast.Compare(
                    ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=name) as at]
                ):
                    asked.setdefault(name, []).append(at)
                case ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="append"),
                        args=[ast.Name() | ast.Constant()],
                        keywords=[],
                    )
                ):
                    grown.setdefault(name, []).append(node)
        for name in asked.keys() & grown.keys():
            uses = sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(loop))
            if uses == len(asked[name]) + len(grown[name]):
                yield tuple(_beside(source, function, loop, name, asked[name], grown[name]))


def _beside(
    source: Source,
    function: FunctionNode,
    loop: ast.stmt,
    name: str,
    asked: list[ast.Name],
    grown: list[ast.Expr],
) -> Iterator[OffsetEdit]:
    new = fresh_name(function, f"{name}_set")
    yield before(source, loop, f"{new} = set({name})")
    for holder in asked:
        yield OffsetEdit(*source.span(holder), new)
    for statement in grown:
        call = statement.value
        assert isinstance(call, ast.Call)
        end = source.span(statement)[1]
        line = source.line(statement.lineno)
        alone = line.strip() == source.segment(statement)
        between = source.newline() + source.indentation(statement.lineno) if alone else "; "
        yield OffsetEdit(end, end, f"{between}{new}.add({source.segment(call.args[0])})")


# ``items.count(x)`` inside a loop: count all of them once.


def counted_once(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each loop and each name that is counted and not changed in it."""
    for loop in outermost_loops(function):
        changed = changed_names(loop)
        found: dict[str, list[ast.Call]] = {}
        for node in inside(loop):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="count"), args=[_], keywords=[]
                ) if name not in changed:
                    found.setdefault(name, []).append(node)
        for name, calls in found.items():
            new = fresh_name(function, f"{name}_counts")
            counted = [
                OffsetEdit(*source.span(call), f"{new}[{source.segment(call.args[0])}]")
                for call in calls
            ]
            line = before(source, loop, f"{new} = collections.Counter({name})")
            yield (*importing(source, "collections"), line, *counted)


# ``items.pop(0)`` moves all that are left: take them from a deque.


#: What a deque does as a list does.
_SHARED = frozenset({"append", "extend", "pop", "clear", "count", "remove", "reverse", "copy"})


def as_deque(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each list of the function that is made once and used as a queue."""
    around = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    made = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and _is_list(node.value)
    ]
    for assigned in made:
        target = assigned.targets[0]
        assert isinstance(target, ast.Name)
        uses = [
            node
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and node.id == target.id and node is not target
        ]
        taken = [call for use in uses if (call := _taken(use, around)) is not None]
        if not taken or not all(_taken(u, around) or _is_shared(u, around) for u in uses):
            continue
        value = source.segment(assigned.value)
        changes = [OffsetEdit(*source.span(assigned.value), f"collections.deque({value})")]
        for call in taken:
            changes.append(OffsetEdit(*source.span(call), f"{target.id}.popleft()"))
        yield (*importing(source, "collections"), *changes)


def _is_list(value: ast.expr) -> bool:
    match value:
        case ast.List() | ast.ListComp():
            return True
        case ast.Call(func=ast.Name(id="list" | "sorted")):
            return True
    return False


def _taken(use: ast.Name, around: dict[ast.AST, ast.AST]) -> ast.Call | None:
    """The call ``use.pop(0)``, if that is what it is."""
    match around.get(around.get(use, use)):
        case (
            ast.Call(
                func=ast.Attribute(attr="pop"), args=[ast.Constant(value=0)], keywords=[]
            ) as call
        ):
            return call
    return None


def _is_shared(use: ast.Name, around: dict[ast.AST, ast.AST]) -> bool:
    """Whether a deque would do for this use."""
    match around.get(use):
        case ast.Attribute(attr=attr):
            return attr in _SHARED
        case ast.While(test=test) | ast.If(test=test):
            return test is use
        case ast.UnaryOp(op=ast.Not()) | ast.For():
            return True
        case ast.Call(func=ast.Name(id="len")):
            return True
    return False


# Appending to a sorted list and sorting it again: insert where it belongs.


def in_order(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each ``items.append(x)`` with ``items.sort()`` directly behind it."""
    for one, other in _neighbours(function):
        match one, other:
            case (
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name), attr="append"),
                        args=[item],
                        keywords=[],
                    )
                ),
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=same), attr="sort"),
                        args=[],
                        keywords=[],
                    )
                ),
            ) if name == same:
                new = f"bisect.insort({name}, {source.segment(item)})"
                span = source.span(one)[0], source.span(other)[1]
                yield (*importing(source, "bisect"), OffsetEdit(*span, new))


# ``text += part`` in a loop: gather the parts and join them once.


def joined(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each ``text = ""`` directly before a loop that only appends to it."""
    for node in ast.walk(function):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list):
                yield from _in_block(source, function, body)


def _in_block(
    source: Source, function: FunctionNode, body: list[ast.stmt]
) -> Iterator[tuple[OffsetEdit, ...]]:
    for position, start in enumerate(body):
        match start:
            case (
                ast.Assign(
                    targets=[ast.Name(id=text)], value=ast.Constant(value=str(first))
                ) as assigned
            ):
                pass
            case _:
                continue
        loop = next((s for s in body[position + 1 :] if _names(s, text)), None)
        if not isinstance(loop, Loop):
            continue
        adding = [
            n
            for n in ast.walk(loop)
            if isinstance(n, ast.AugAssign)
            and isinstance(n.target, ast.Name)
            and n.target.id == text
            and isinstance(n.op, ast.Add)
        ]
        if not adding or len(adding) != _names(loop, text):
            continue
        parts = fresh_name(function, f"{text}_parts")
        initial = f"[{source.segment(assigned.value)}]" if first else "[]"
        changes = [OffsetEdit(*source.span(start), f"{parts} = {initial}")]
        for each in adding:
            added = source.segment(each.value)
            changes.append(OffsetEdit(*source.span(each), f"{parts}.append({added})"))
        end = source.span(loop)[1]
        indentation = source.newline() + source.indentation(loop.lineno)
        changes.append(OffsetEdit(end, end, f'{indentation}{text} = "".join({parts})'))
        yield tuple(changes)


def _names(node: ast.AST, name: str) -> int:
    return sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))


# A function that calls itself several times and depends on its arguments alone: remember.


def remembered(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """``functools.lru_cache`` on a function of the module that looks pure."""
    tree = source.tree
    if tree is None or function not in tree.body or not isinstance(function, ast.FunctionDef):
        return
    calls = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == function.name
    ]
    if len(calls) < 2 or function.decorator_list or not _looks_pure(function):
        return
    start = source.line_starts[function.lineno - 1]
    mark = f"@functools.lru_cache(maxsize=None){source.newline()}"
    changes = [OffsetEdit(start, start, mark)]
    imported = importing(source, "functools")
    if imported and imported[0].start == start:
        # Two insertions at one place are one.
        changes = [OffsetEdit(start, start, imported[0].new + mark)]
    else:
        changes = [*imported, *changes]
    yield tuple(changes)


def _looks_pure(function: ast.FunctionDef) -> bool:
    """Whether nothing outside is named by ``global``, nothing is yielded or printed."""
    for node in ast.walk(function):
        if isinstance(node, ast.Global | ast.Nonlocal | ast.Yield | ast.YieldFrom | ast.Await):
            return False
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            return False
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name) and called.id in ("print", "input", "open", "next"):
            return False
        # A result that can be changed would be shared by all who asked for it.
        if isinstance(
            node, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
        ):
            return False
    return True


# A call in a loop whose answer is the same each time: make it once before.


#: Builtins and functions of modules whose answer depends on their arguments alone.
_PURE = frozenset({"sorted", "sum", "min", "max", "set", "frozenset", "tuple", "len", "re.compile"})


def hoisted(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each such call of each loop; equal calls go together."""
    for loop in outermost_loops(function):
        if not isinstance(loop, Loop):
            continue
        changed = changed_names(loop)
        found: dict[str, list[ast.Call]] = {}
        for node in inside(loop):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _PURE and node.args:
                names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                harmless = all(
                    isinstance(a, ast.Name | ast.Constant) and a is not None for a in node.args
                )
                if harmless and not names & changed:
                    found.setdefault(ast.unparse(node), []).append(node)
        for text, calls in found.items():
            new = fresh_name(function, f"{ast.unparse(calls[0].func).rpartition('.')[2]}_once")
            changes = [OffsetEdit(*source.span(call), new) for call in calls]
            yield (before(source, loop, f"{new} = {text}"), *changes)


# A loop that does nothing but append: a list comprehension.


#: A comprehension that would be longer stands on several lines.
_LINE = 88
_APART = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)


def as_comprehension(source: Source, function: FunctionNode) -> Iterator[tuple[OffsetEdit, ...]]:
    """One change for each ``items = []`` with such a loop directly behind it."""
    for one, other in _neighbours(function):
        match one, other:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])),
                ast.For() as loop,
            ):
                parts = _parts(source, loop, name)
                if parts and not _leaks(function, loop):
                    yield from _written(source, one, loop, name, parts)


def _parts(source: Source, loop: ast.For, name: str) -> list[str] | None:
    """The element, then each ``for`` and ``if``; ``None`` where the loop does more."""
    clauses: list[str] = []
    inner: ast.stmt = loop
    while True:
        match inner:
            case ast.For(body=[only], orelse=[]):
                target, items = source.segment(inner.target), source.segment(inner.iter)
                clauses.append(f"for {target} in {items}")
            case ast.If(body=[only], orelse=[]):
                clauses.append(f"if {source.segment(inner.test)}")
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=same), attr="append"),
                    args=[item],
                    keywords=[],
                )
            ) if same == name:
                break
            case _:
                return None
        inner = only
    uses = sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(loop))
    if uses != 1 or any(isinstance(n, _APART) for n in ast.walk(loop)):
        return None
    return [source.segment(item), *clauses]


def _leaks(function: FunctionNode, loop: ast.For) -> bool:
    """Whether a name that the loop binds is used outside of it."""
    inside = {id(node) for node in ast.walk(loop)}
    bound = {
        node.id
        for node in ast.walk(loop)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return any(
        isinstance(node, ast.Name) and node.id in bound and id(node) not in inside
        for node in ast.walk(function)
    )


def _written(
    source: Source, assigned: ast.stmt, loop: ast.For, name: str, parts: list[str]
) -> Iterator[tuple[OffsetEdit, ...]]:
    start, end = source.span(assigned)[0], source.span(loop)[1]
    if "#" in source.text[start:end] or any("\n" in part for part in parts):
        # Comments would be lost, and lines that go on would have to be laid out anew.
        return
    indentation = source.indentation(assigned.lineno)
    text = f"{name} = [{' '.join(parts)}]"
    if len(indentation) + len(text) > _LINE:
        lines = [f"{name} = [", *(f"    {part}" for part in parts), "]"]
        text = f"{source.newline()}{indentation}".join(lines)
    yield (OffsetEdit(start, end, text),)


#: By the name that the answer shows.
TRANSFORMATIONS: Mapping[str, Transformation] = {
    "membership in a set": in_a_set,
    "a set beside the list": set_beside_list,
    "counted once": counted_once,
    "a deque for the queue": as_deque,
    "inserted in order": in_order,
    "join instead of concatenation": joined,
    "remembered results": remembered,
    "computed once before the loop": hoisted,
    "a comprehension": as_comprehension,
}
