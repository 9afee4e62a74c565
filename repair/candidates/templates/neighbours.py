"""What the file does elsewhere: its own functions, parameters by name, steps that are taken at like
places.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.calls import wrappable
from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import BUILTINS, LOOPS, Function, is_docstring, parameters
from repair.source.file import OffsetEdit

# A step that the class or the module has, and that is not taken here.


#: Functions of the file that are tried around an expression.
_MOST_WRAPPERS = 10
#: Words of the file that are tried as an element.
_MOST_WORDS = 24

#: How likely an argument is meant that something at hand is called as.
_NAMED = 0.35


def own_wrappers(program: SuspectProgram) -> Iterator[Proposal]:
    """A function of one argument that this file has or imports, and that was not called here."""
    names = _of_one_argument(program)
    prior = 0.5 / (2 + len(names)) if names else 0.0
    for node in program.suspicious:
        for place in wrappable(node):
            if isinstance(place, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
                text = program.text(place)
                for name in names:
                    if not text.startswith(f"{name}("):
                        yield program.replace(place, f"{name}({text})", "missing call", prior)


def normalized(program: SuspectProgram) -> Iterator[Proposal]:
    """An argument that is not brought to its usual form before anything is done with it."""
    own = _of_one_argument(program)
    for function in [n for n in program.suspicious if isinstance(n, Function)]:
        names = [n for n in parameters(function) if n not in ("self", "cls")]
        first = next((s for s in function.body if not is_docstring(s)), None)
        if first is None:
            continue
        for name in names:
            forms = {f"{name}.lower()": 0.12, f"{name}.strip()": 0.12, f"{name}.casefold()": 0.06}
            forms |= {f"{called}({name})": 0.3 / (2 + len(own)) for called in own}
            for form, prior in forms.items():
                if not form.startswith(f"{function.name}("):
                    line = f"{name} = {form}"
                    prior /= len(names)
                    yield program.insert_before(first, [line], "missing normalisation", prior)


def _of_one_argument(program: SuspectProgram) -> list[str]:
    """Functions that take one argument; of imported ones those that are called so somewhere."""
    found: dict[str, None] = {}
    imported: set[str] = set()
    for node in program.tree.body:
        if isinstance(node, Function):
            needed = len(node.args.posonlyargs + node.args.args) - len(node.args.defaults)
            if needed == 1 and not node.name.startswith("__"):
                found[node.name] = None
        elif isinstance(node, ast.ImportFrom):
            imported.update(alias.asname or alias.name for alias in node.names)
    for call in program.inside(program.tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            called = call.func.id
            if called in imported and called.islower() and len(call.args) == 1:
                found[called] = None
    return list(found)[:_MOST_WRAPPERS]


def named_arguments(program: SuspectProgram) -> Iterator[Proposal]:
    """An argument that was not passed on although something of its name, or else a variable, is at
    hand; a switch that was not turned."""
    callables = _callables(program)
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        name = program.text(node.func).rpartition(".")[2]
        names = callables.get(name)
        if names is None or any(isinstance(a, ast.Starred) for a in node.args):
            continue
        passed = {*list(names)[: len(node.args)], *(k.arg for k in node.keywords)}
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        head = program.text(node.func)
        variables = [v for v in program.variables(node) if v not in whole]
        for index, (missing, default) in enumerate(names.items()):
            if missing in passed:
                continue
            values = dict.fromkeys(_called_so(program, node, missing), _NAMED)
            for variable in variables:
                values.setdefault(variable, 0.3 / (3 + len(variables)))
            if isinstance(default, ast.Constant) and isinstance(default.value, bool):
                values.setdefault(str(not default.value), 0.1)
            for value, prior in values.items():
                following = index == len(node.args) and not node.keywords
                new = value if following and prior == _NAMED else f"{missing}={value}"
                text = ", ".join([*whole, new])
                yield program.replace(node, f"{head}({text})", "missing argument", prior)


def _callables(program: SuspectProgram) -> dict[str, dict[str, ast.expr | None]]:
    """The functions and classes of the file: the parameters of each with their defaults, in
    order."""
    found: dict[str, dict[str, ast.expr | None]] = {}
    for node in program.inside(program.tree):
        if isinstance(node, Function):
            found[node.name] = _defaults(node)
    for node in program.inside(program.tree):
        if isinstance(node, ast.ClassDef):
            begin = [f for f in node.body if isinstance(f, Function) and f.name == "__init__"]
            fields = [s for s in node.body if isinstance(s, ast.AnnAssign)]
            if begin:
                found[node.name] = _defaults(begin[0])
            elif node.decorator_list and fields:
                named = {s.target.id: s.value for s in fields if isinstance(s.target, ast.Name)}
                found[node.name] = named
    return found


def _defaults(function: Function) -> dict[str, ast.expr | None]:
    arguments = function.args
    found: dict[str, ast.expr | None] = dict.fromkeys(parameters(function))
    positional = [*arguments.posonlyargs, *arguments.args]
    behind = positional[len(positional) - len(arguments.defaults) :]
    found |= {a.arg: d for a, d in zip(behind, arguments.defaults, strict=True)}
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    found |= {a.arg: d for a, d in pairs}
    for gathering in (arguments.vararg, arguments.kwarg):
        if gathering is not None:
            del found[gathering.arg]
    return {name: value for name, value in found.items() if name not in ("self", "cls")}


def _called_so(program: SuspectProgram, node: ast.AST, name: str) -> list[str]:
    """Expressions at hand whose name is ``name``: a variable, or a field of one."""
    function = program.function(node)
    found: dict[str, None] = {}
    if name in program.variables(node):
        found[name] = None
    fields = {
        field.attr for field in program.inside(program.tree) if isinstance(field, ast.Attribute)
    }
    if function is not None and name in fields:
        for variable in [*parameters(function)[:1], *program.variables(node)]:
            found[f"{variable}.{name}"] = None
    return list(found)[:6]


def extremes(program: SuspectProgram) -> Iterator[Proposal]:
    """A value that must not fall behind another one of its name: ``max(a.end, b.end)``."""
    for node in program.of(ast.Assign, ast.Call, ast.Return, ast.AugAssign):
        function = program.function(node)
        if function is None:
            continue
        values = node.args if isinstance(node, ast.Call) else [getattr(node, "value", None)]
        for value in values:
            if not isinstance(value, ast.Attribute | ast.Subscript):
                continue
            text = program.text(value)
            for other in _alike(program, function, value):
                for name in ("max", "min"):
                    yield program.replace(value, f"{name}({other}, {text})", "clamp", 0.15)


def _alike(program: SuspectProgram, function: Function, value: ast.expr) -> list[str]:
    """Fields of the same name, or entries under the same key, of other objects."""
    found: dict[str, None] = {}
    for node in program.inside(function):
        same = (
            isinstance(node, ast.Attribute)
            and isinstance(value, ast.Attribute)
            and node.attr == value.attr
        ) or (
            isinstance(node, ast.Subscript)
            and isinstance(value, ast.Subscript)
            and program.text(node.slice) == program.text(value.slice)
        )
        if same and isinstance(node, ast.Attribute | ast.Subscript):
            holder = node.value
            if isinstance(holder, ast.Name):
                found[program.text(node)] = None
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        for name in program.variables(value):
            if name != value.value.id and len(found) < 5:
                found[f"{name}.{value.attr}"] = None
    found.pop(program.text(value), None)
    return list(found)[:5]


def jumps(program: SuspectProgram) -> Iterator[Proposal]:
    """A way out of a loop or function that a case was to end in."""
    for node in program.of(ast.If, ast.Try):
        in_loop = next(program.enclosing(node, *LOOPS), None) is not None
        blocks = [node.body] if isinstance(node, ast.If) else []
        if isinstance(node, ast.If) and node.orelse and not isinstance(node.orelse[0], ast.If):
            blocks.append(node.orelse)
        if isinstance(node, ast.Try):
            blocks = [handler.body for handler in node.handlers]
        for block in blocks:
            last = block[-1]
            if isinstance(last, ast.Return | ast.Raise | ast.Break | ast.Continue):
                continue
            for jump, prior in (("continue", 0.25), ("break", 0.2)) if in_loop else ():
                yield program.insert_after(last, [jump], "missing jump", prior)
            yield program.insert_after(last, ["return"], "missing jump", 0.08)


def leaves(program: SuspectProgram) -> Iterator[Proposal]:
    """``a * b / c`` for ``a * c / b``: two operands that stand a level apart."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        for inner, outer in ((node.left, node.right), (node.right, node.left)):
            if not isinstance(inner, ast.BinOp) or isinstance(outer, ast.BinOp):
                continue
            for leaf in (inner.left, inner.right):
                if isinstance(leaf, ast.BinOp) or program.text(leaf) == program.text(outer):
                    continue
                one, two = program.replace(leaf, program.text(outer), "", 0), outer
                other = program.replace(two, program.text(leaf), "", 0)
                edits = tuple(sorted((*one.edits, *other.edits), key=lambda e: e.start))
                yield Proposal("swapped operands", 0.12, edits, node)


def accumulators(program: SuspectProgram) -> Iterator[Proposal]:
    """What a recursion hands on and was to grow by the step that it takes."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        function = program.function(node)
        called = program.text(node.func).rpartition(".")[2]
        if function is None or called != function.name:
            continue
        names = program.variables(node)
        for argument in node.args:
            if not isinstance(argument, ast.Name):
                continue
            text = program.text(argument)
            for name in names:
                if name != text:
                    for new in (f"({name},)", f"[{name}]", f"{{{name}}}"):
                        sign = "|" if new[0] == "{" else "+"
                        whole = f"{text} {sign} {new}"
                        yield program.replace(argument, whole, "missing term", 0.3 / len(names))


def better_ones(program: SuspectProgram) -> Iterator[Proposal]:
    """An entry that is there already, and is to give way to a better one."""
    for node in program.of(ast.If, ast.Compare, ast.BoolOp):
        test = node.test if isinstance(node, ast.If) else node
        if not isinstance(test, ast.Compare) or not isinstance(test.ops[0], ast.NotIn):
            continue
        key, holder = program.text(test.left), program.text(test.comparators[0])
        names = [n for n in program.variables(node) if n not in (key, holder)]
        for name in names:
            if name not in BUILTINS:
                for sign in ("<", ">"):
                    new = f"{program.text(test)} or {name} {sign} {holder}[{key}]"
                    yield program.replace(test, new, "missing condition", 0.4 / (3 + len(names)))


def missing_elements(program: SuspectProgram) -> Iterator[Proposal]:
    """A word that a list of words lacks, of those that stand in the file."""
    words = [
        node
        for node in program.inside(program.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    known = list(dict.fromkeys(program.text(n) for n in words if str(n.value).isidentifier()))
    for node in program.of(ast.List, ast.Tuple, ast.Set):
        assert isinstance(node, ast.List | ast.Tuple | ast.Set)
        elements = [e for e in node.elts if isinstance(e, ast.Constant)]
        if len(elements) != len(node.elts) or len(elements) < 2:
            continue
        if not all(isinstance(e.value, str) for e in elements):
            continue
        own = set(map(program.text, elements))
        others = [text for text in known if text not in own][:_MOST_WORDS]
        for text in others:
            end = program.source.span(elements[-1])[1]
            edit = OffsetEdit(end, end, f", {text}")
            yield Proposal("missing element", 0.4 / (2 + len(others)), (edit,), node)
