"""What becomes of a result: lost, not kept, put in the place of another, or of the wrong kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import BUILTIN_EXCEPTIONS, LOOPS, Function, parameters
from repair.source.file import OffsetEdit

# Results that take the place of what was there, and results that were to.


#: Functions that change nothing: called for themselves, their result is lost.
_PURE = frozenset({"sorted", "reversed", "list", "set", "dict", "tuple", "str", "filter", "map"})
_DICTS, _LISTS, _SETS = (ast.Dict, ast.DictComp), (ast.List, ast.ListComp), (ast.Set, ast.SetComp)


def assigned_back(program: SuspectProgram) -> Iterator[Proposal]:
    """``sorted(values)`` as a statement, whose result was to be the new ``values``; or that of a
    function that a field holds: ``self.add(table[key], value)``."""
    named = {node.name for node in program.inside(program.tree) if isinstance(node, Function)}
    giving = {
        node.name
        for node in program.inside(program.tree)
        if isinstance(node, Function)
        and any(
            isinstance(n, ast.Return) and n.value is not None and program.function(n) is node
            for n in program.inside(node)
        )
    }
    for node in program.of(ast.Expr):
        assert isinstance(node, ast.Expr)
        call = node.value.value if isinstance(node.value, ast.Await) else node.value
        if not isinstance(call, ast.Call):
            continue
        name = program.text(call.func)
        known = name in _PURE
        receiver, _dot, last = name.rpartition(".")
        if not known and last not in giving and (receiver != "self" or last in named):
            continue
        for argument in call.args:
            if isinstance(argument, ast.Name | ast.Attribute | ast.Subscript):
                new = f"{program.text(argument)} = {program.text(node)}"
                yield program.replace(node, new, "lost result", 0.4 if known else 0.2)


def added_to(program: SuspectProgram) -> Iterator[Proposal]:
    """``self.data = new`` where what was there was to stay, or the other way round."""
    for node in program.of(ast.Assign, ast.Expr):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            if not isinstance(target, ast.Attribute | ast.Name) or isinstance(
                value, ast.Constant | ast.Dict | ast.List | ast.BinOp
            ):
                continue
            kinds = _kinds(program, target)
            text, new = program.text(target), program.text(value)
            for kind, method in (("dict", "update"), ("list", "extend"), ("set", "update")):
                if kind in kinds:
                    yield program.replace(node, f"{text}.{method}({new})", "assignment", 0.15)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            if not isinstance(call.func, ast.Attribute) or len(call.args) != 1:
                continue
            fitting = {"update": ("dict", "set"), "extend": ("list",)}.get(call.func.attr, ())
            text, new = program.text(call.func.value), program.text(call.args[0])
            known = _kinds(program, call.func.value)
            for kind in fitting:
                if kind in known:
                    yield program.replace(node, f"{text} = {kind}({new})", "assignment", 0.1)


def _kinds(program: SuspectProgram, target: ast.expr) -> set[str]:
    """Of ``dict``, ``list`` and ``set`` what ``target`` is assigned elsewhere in its class or
    function."""
    scope: ast.AST | None = program.function(target)
    if isinstance(target, ast.Attribute):
        scope = program.class_of(target)
    text = program.text(target)
    found = set()
    for node in program.inside(scope or program.tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(t is not target and program.text(t) == text for t in targets):
                value = node.value
                called = program.text(value.func) if isinstance(value, ast.Call) else ""
                for kind, shapes in (("dict", _DICTS), ("list", _LISTS), ("set", _SETS)):
                    if isinstance(value, shapes) or called == kind:
                        found.add(kind)
    return found


# What gives nothing back: methods that change in place taken for functions, output for results.


#: Methods of containers that return ``None``.
_IN_PLACE = frozenset(
    {
        *("sort", "reverse", "append", "extend", "insert", "remove", "clear"),
        *("add", "discard", "update", "intersection_update", "difference_update"),
    }
)


def in_place(program: SuspectProgram) -> Iterator[Proposal]:
    """``x = values.sort()`` and ``return values.append(x)``, which are ``None``."""
    for node in program.of(ast.Assign, ast.Return):
        assert isinstance(node, ast.Assign | ast.Return)
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        name, whole = call.func.attr, program.text(call.func.value)
        if name not in _IN_PLACE:
            continue
        if name == "sort":
            given = ", ".join([whole, *map(program.text, call.keywords)])
            yield program.replace(call, f"sorted({given})", "lost result", 0.7)
        if name == "reverse":
            yield program.replace(call, f"{whole}[::-1]", "lost result", 0.6)
        text = program.text(call)
        if isinstance(node, ast.Assign):
            yield program.replace(node, text, "lost result", 0.5)
        else:
            line = f"{program.source.newline()}{program.indentation(node)}return {whole}"
            yield program.replace(node, text + line, "lost result", 0.5)


def printed(program: SuspectProgram) -> Iterator[Proposal]:
    """A result that is shown and not returned."""
    for node in program.of(ast.Expr):
        assert isinstance(node, ast.Expr)
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id == "print"
            and len(call.args) == 1
        ):
            new = f"return {program.text(call.args[0])}"
            yield program.replace(node, new, "missing return", 0.4)


def read_once(program: SuspectProgram) -> Iterator[Proposal]:
    """What can be gone through once and is gone through again: a generator, a file."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        if isinstance(node.value, ast.GeneratorExp):
            inner = program.text(node.value)[1:-1]
            yield program.replace(node.value, f"[{inner}]", "container", 0.3)
    for node in program.of(ast.Return, ast.Assign, ast.Expr, ast.For):
        assert isinstance(node, ast.stmt)
        for read in program.inside(node):
            if (
                isinstance(read, ast.Attribute)
                and read.attr in ("read", "readlines", "getvalue")
                and isinstance(read.value, ast.Name)
            ):
                line = f"{read.value.id}.seek(0)"
                yield program.insert_before(node, [line], "missing statement", 0.12)
    for node in program.of(ast.Return):
        function = program.function(node)
        assert isinstance(node, ast.Return)
        if function is not None and function.name == "__iter__" and node.value is not None:
            new = f"iter({program.text(node.value)})"
            yield program.replace(node.value, new, "missing call", 0.6)


def once_each(program: SuspectProgram) -> Iterator[Proposal]:
    """``list(set(…))``, whose order nobody knows."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func) == "set" and len(node.args) == 1:
            new = f"dict.fromkeys({program.text(node.args[0])})"
            yield program.replace(node, new, "container", 0.15)


# What is made and lost: an exception that is not raised, a result that nobody keeps, a rest.


def lost_exceptions(program: SuspectProgram) -> Iterator[Proposal]:
    """An exception that is made and not raised, or caught and not passed on."""
    for node in program.of(ast.Expr):
        assert isinstance(node, ast.Expr)
        call = node.value
        if isinstance(call, ast.Call) and _is_exception(program.text(call.func)):
            start = program.source.span(node)[0]
            yield Proposal("missing raise", 0.9, (OffsetEdit(start, start, "raise "),), node)
    for node in program.of(ast.Try):
        assert isinstance(node, ast.Try)
        for handler in node.handlers:
            last = handler.body[-1]
            if isinstance(last, ast.Pass):
                yield program.replace(last, "raise", "missing raise", 0.15)
            elif not isinstance(last, ast.Raise | ast.Return | ast.Continue | ast.Break):
                yield program.insert_after(last, ["raise"], "missing raise", 0.15)


def _is_exception(name: str) -> bool:
    last = name.rpartition(".")[2]
    named = last[:1].isupper() and last.endswith(("Error", "Exception"))
    return named or name in BUILTIN_EXCEPTIONS


def lost_results(program: SuspectProgram) -> Iterator[Proposal]:
    """A call for its result, which nobody keeps: added to what the function gathers."""
    functions = {n.name: n for n in program.inside(program.tree) if isinstance(n, Function)}
    for node in program.of(ast.Expr):
        assert isinstance(node, ast.Expr)
        call = node.value
        if not isinstance(call, ast.Call):
            continue
        callee = functions.get(program.text(call.func).rpartition(".")[2])
        function = program.function(node)
        if callee is None or function is None or not _returns(program, callee):
            continue
        text = program.text(call)
        taken = {
            n.id
            for n in program.inside(function)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        kept = [n for n in dict.fromkeys([*parameters(function), *sorted(taken)]) if n != "self"]
        prior = 0.6 / (1 + len(kept))
        for name in kept:
            for new in (f"{name} = {text}", f"{name} += {text}", f"{name}.extend({text})"):
                yield program.replace(node, new, "lost result", prior)
            yield program.replace(node, f"{name}.append({text})", "lost result", 0.5 * prior)


def _returns(program: SuspectProgram, function: Function) -> bool:
    return any(isinstance(n, ast.Return) and n.value is not None for n in program.inside(function))


def lost_depths(program: SuspectProgram) -> Iterator[Proposal]:
    """A recursion that does not hand on a parameter with a default, or its next value."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        function = program.function(node)
        called = program.text(node.func).rpartition(".")[2]
        if function is None or called != function.name or not function.args.defaults:
            continue
        names = [a.arg for a in function.args.args if a.arg not in ("self", "cls")]
        given = {*names[: len(node.args)], *(k.arg for k in node.keywords)}
        optional = [a.arg for a in function.args.args[-len(function.args.defaults) :]]
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        for name in [n for n in optional if n not in given]:
            plain = names.index(name) == len(node.args) and not node.keywords
            for value, prior in ((name, 0.35), (f"{name} + 1", 0.3), (f"{name} - 1", 0.15)):
                new = value if plain else f"{name}={value}"
                text = f"{program.text(node.func)}({', '.join([*whole, new])})"
                yield program.replace(node, text, "missing argument", prior)


def lost_rests(program: SuspectProgram) -> Iterator[Proposal]:
    """What a loop has gathered when it ends and has not given to anybody."""
    for loop in program.of(*LOOPS):
        assert isinstance(loop, ast.stmt)
        if next(program.enclosing(loop, *LOOPS), None) is not None:
            continue
        for node in program.inside(loop):
            value = node.value if isinstance(node, ast.Expr) else None
            if isinstance(value, ast.Call) and len(value.args) == 1:
                rest = value.args[0]
            elif isinstance(value, ast.Yield) and value.value is not None:
                rest = value.value
            else:
                continue
            names = [n.id for n in ast.walk(rest) if isinstance(n, ast.Name)]
            assert isinstance(node, ast.Expr)
            if names and node.lineno == node.end_lineno:
                lines = [f"if {names[-1]}:", f"{program.indent_step}{program.text(node)}"]
                yield program.insert_after(loop, lines, "missing statement", 0.2)


# What is made and not kept: entries that are not remembered, steps down that are not taken.


_Made = ast.Assign | ast.Return


def remembered(program: SuspectProgram) -> Iterator[Proposal]:
    """What was looked for and not found is made, and not put where it was looked for.

    ``value = make(key)`` becomes ``table[key] = value = make(key)`` in a function that asks whether
    ``table`` has ``key``; ``self.all = made = make()`` where ``self.all`` was asked for. A
    name that is returned where a look-up has just failed is put there first.
    """
    for function in [n for n in program.inside(program.tree) if isinstance(n, Function)]:
        made = [n for n in program.inside(function) if isinstance(n, _Made) and _is_made(n)]
        made = [n for n in made if program.function(n) is function and program.weight(n) > 0]
        places = _asked(program, function) if made else {}
        for node in made:
            assert isinstance(node, _Made)
            assert node.value is not None
            value = program.text(node.value)
            for place in places:
                if place in value:
                    continue
                # Likelier where a look-up has just failed.
                missed = next(program.enclosing(node, ast.ExceptHandler), None) is not None
                prior = (0.9 if missed else 0.5) / (1 + len(places))
                if isinstance(node, ast.Return) and isinstance(node.value, ast.Name):
                    if missed and value not in _words(place):
                        line = f"{place} = {value}"
                        yield program.insert_before(node, [line], "missing assignment", 0.3 * prior)
                elif isinstance(node, ast.Return):
                    lines = f"{program.source.newline()}{program.indentation(node)}"
                    if program.whole_lines(node) is None:
                        continue
                    # Not read again: a cache may have dropped it.
                    name = "value" if "value" not in program.variables(node) else "found"
                    new = f"{name} = {place} = {value}{lines}return {name}"
                    yield program.replace(node, new, "missing assignment", 0.6 * prior)
                elif _named(node) not in _words(place):
                    new = f"{place} = {program.text(node)}"
                    yield program.replace(node, new, "missing assignment", prior)


def _named(node: ast.Assign) -> str:
    target = node.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _words(place: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(place, mode="eval")) if isinstance(n, ast.Name)}


def _is_made(node: _Made) -> bool:
    if isinstance(node, ast.Return):
        return isinstance(node.value, ast.Call | ast.BinOp | ast.Await | ast.Name)
    return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)


def _asked(program: SuspectProgram, function: Function) -> dict[str, None]:
    """Entries that ``function`` reads or asks for, and fields that it compares with ``None``; those
    that it sets nowhere."""
    asked: dict[str, None] = {}
    stored: set[str] = set()
    for node in program.inside(function):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice | ast.Constant):
            if isinstance(node.value, ast.Name | ast.Attribute):
                if isinstance(node.ctx, ast.Load):
                    asked[program.text(node)] = None
                else:
                    stored.add(program.text(node))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            stored.add(program.text(node))
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right = node.left, node.comparators[0]
            if isinstance(node.ops[0], ast.In | ast.NotIn):
                if isinstance(right, ast.Name | ast.Attribute):
                    asked[f"{program.text(right)}[{program.text(left)}]"] = None
            elif isinstance(left, ast.Attribute) and program.text(right) == "None":
                asked[program.text(left)] = None
        elif isinstance(node, ast.Call) and program.text(node.func).endswith(".get") and node.args:
            receiver = program.text(node.func).removesuffix(".get")
            asked[f"{receiver}[{program.text(node.args[0])}]"] = None
    return {place: None for place in asked if place not in stored}


def descents(program: SuspectProgram) -> Iterator[Proposal]:
    """A loop that links a new inner part and does not go on with it: ``node[key] = node = new``."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Subscript | ast.Attribute):
            continue
        receiver = target.value
        if not isinstance(receiver, ast.Name) or receiver.id in ("self", "cls"):
            continue
        if next(program.enclosing(node, *LOOPS), None) is None:
            continue
        new = f"{program.text(target)} = {receiver.id} = {program.text(node.value)}"
        yield program.replace(node, new, "missing assignment", 0.25)


# What kind a value is of: more kinds asked for, one that only looks like it, conversions.


#: Kinds that are meant together.
_TOGETHER = {
    "list": ("tuple", "set"),
    "tuple": ("list",),
    "int": ("float",),
    "float": ("int",),
    "str": ("bytes",),
    "set": ("frozenset",),
}
_CONVERSIONS = ("int", "float", "str")
#: What elements are gathered or put in order by.
_GATHERING = frozenset(
    {"set", "frozenset", "list", "tuple", "sorted", "sum", "max", "min", "dict.fromkeys"}
)
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def asked(program: SuspectProgram) -> Iterator[Proposal]:
    """``isinstance`` for one more kind, or not for truth values, which are numbers too."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func) != "isinstance" or len(node.args) != 2:
            continue
        value, kind = node.args
        text = program.text(kind)
        for more in _TOGETHER.get(text, ()):
            yield program.replace(kind, f"({text}, {more})", "missing element", 0.2)
        if "int" in text:
            given = program.text(value)
            new = f"{program.text(node)} and not isinstance({given}, bool)"
            yield program.replace(node, new, "missing condition", 0.15)


def converted(program: SuspectProgram) -> Iterator[Proposal]:
    """Two texts that were to be reckoned with, or two numbers that were to be put together."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        sides = (node.left, node.right)
        if type(node.op) not in _ARITHMETIC or any(isinstance(s, ast.Constant) for s in sides):
            continue
        for name in _CONVERSIONS:
            one, other = (program.replace(s, f"{name}({program.text(s)})", "", 0) for s in sides)
            yield Proposal("missing call", 0.05, (*one.edits, *other.edits), node)


def converted_each(program: SuspectProgram) -> Iterator[Proposal]:
    """Elements that were to be of another kind when they are gathered or gone over."""
    used = {
        program.text(node.func)
        for node in program.inside(program.tree)
        if isinstance(node, ast.Call) and len(node.args) == 1
    }
    for node in program.of(ast.Call, ast.For):
        if isinstance(node, ast.For):
            place: ast.expr = node.iter
        else:
            assert isinstance(node, ast.Call)
            if program.text(node.func) not in _GATHERING or len(node.args) != 1:
                continue
            place = node.args[0]
        if isinstance(place, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
            for name in _CONVERSIONS:
                prior = 0.12 if name in used else 0.04
                new = f"map({name}, {program.text(place)})"
                yield program.replace(place, new, "missing call", prior)


def paths(program: SuspectProgram) -> Iterator[Proposal]:
    """Parts of a path that are strung together without a separator."""
    text = program.source.text
    name = "os.path.join" if "import os" in text else ""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if isinstance(node.op, ast.Add):
            one, other = program.text(node.left), program.text(node.right)
            if name:
                yield program.replace(node, f"{name}({one}, {other})", "missing call", 0.12)
            if "import Path" in text or "pathlib" in text:
                yield program.replace(node, f"{one} / {other}", "arithmetic", 0.1)


def merged(program: SuspectProgram) -> Iterator[Proposal]:
    """``{**a, **b}``, of which the wrong one wins."""
    for node in program.of(ast.Dict):
        assert isinstance(node, ast.Dict)
        if len(node.values) == 2 and node.keys == [None, None]:
            one, other = map(program.text, node.values)
            yield program.replace(node, f"{{**{other}, **{one}}}", "swapped elements", 0.4)


def kept_apart(program: SuspectProgram) -> Iterator[Proposal]:
    """A parameter that is changed in place although it is the caller's."""
    changing = ("sort", "reverse", "append", "extend", "pop", "remove", "insert", "update", "clear")
    for function in program.of(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        names = {a.arg for a in function.args.args} - {"self", "cls"}
        changed: dict[str, tuple[str, ...]] = {}
        for node in program.inside(function):
            if isinstance(node, ast.Attribute) and node.attr in changing:
                kinds: tuple[str, ...] = ("dict",) if node.attr == "update" else ("list",)
            elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
                kinds = ("list", "dict")
            else:
                continue
            if isinstance(node.value, ast.Name) and node.value.id in names:
                changed.setdefault(node.value.id, kinds)
        first = function.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            first = function.body[min(1, len(function.body) - 1)]
        for name, kinds in changed.items():
            for kind in kinds:
                line = f"{name} = {kind}({name})"
                yield program.insert_before(first, [line], "missing copy", 0.2)
