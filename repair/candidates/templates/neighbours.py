"""What the file does elsewhere: its own functions, parameters by name, steps that are taken at like
places.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from repair.candidates.templates.calls import wrappable
from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import BUILTINS, LOOPS, Function, is_docstring, parameters
from repair.source.file import OffsetEdit

# A step under a condition that is taken elsewhere, and forgotten here.
#
# Most of what a fix adds stands elsewhere in the file already (Barr et al., "The plastic surgery
# hypothesis", FSE 2014): the branch beside it or a function like it takes the step.


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


# A step that the class or the module has, and that is not taken here.


#: Steps that are tried at a statement, the likeliest first.
_MOST_STEPS = 12
#: How likely a step is meant: one with a private name that nothing takes any more, one that is
#: taken elsewhere as a statement of its own, if it has a private name or not, any other.
_LOST, _OWN, _TAKEN, _KNOWN = 0.7, 0.5, 0.25, 0.05
#: And that what an object is asked to do is handed on to one of its fields, under the same name.
_HANDED_ON = 0.2
#: How likely a step is missing where nothing was changed just before, compared with elsewhere.
_IDLE = 0.4


def uncalled_steps(program: SuspectProgram) -> Iterator[Proposal]:
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
    best = sorted(found.items(), key=lambda pair: -pair[1])[:_MOST_STEPS]
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


def fields_of_others(program: SuspectProgram) -> Iterator[Proposal]:
    """A field of an object at hand that keeps what it should have lost."""
    stored: dict[str, dict[str, None]] = {}
    for node in program.inside(program.tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and isinstance(node.value, ast.Name)
            and node.value.id not in ("self", "cls")
        ):
            stored.setdefault(node.value.id, {})[node.attr] = None
    for node in program.of(ast.Assign, ast.AugAssign, ast.Expr):
        assert isinstance(node, ast.stmt)
        for inner in program.inside(node):
            name = inner.id if isinstance(inner, ast.Name) else ""
            fields = [f for f in stored.get(name, {}) if f"{name}.{f} =" not in program.text(node)]
            for field in fields[:6]:
                for value in ("None", "0", "False"):
                    prior = (0.3 if value == "None" else 0.1) / (2 + len(fields))
                    line = f"{name}.{field} = {value}"
                    yield program.insert_after(node, [line], "stale state", prior)


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
