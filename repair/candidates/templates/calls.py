"""Calls: arguments in the wrong order, too many or too few; wrappers or options missing."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import Function, parameters
from repair.source.file import OffsetEdit

# What a call of the standard library was to be told besides: the options that are forgotten.


_JSON = {
    "sort_keys=True": 0.25,
    "ensure_ascii=False": 0.25,
    "default=str": 0.2,
    "indent=2": 0.1,
}
#: By the last name of what is called, the keywords that are forgotten, with priors by judgement.
_OPTIONS: dict[str, dict[str, float]] = {
    "dumps": _JSON,
    "dump": _JSON,
    "mkdir": {"parents=True, exist_ok=True": 0.5, "exist_ok=True": 0.4, "parents=True": 0.3},
    "makedirs": {"exist_ok=True": 0.6},
    "rmtree": {"ignore_errors=True": 0.3},
    "unlink": {"missing_ok=True": 0.5},
    "open": {'newline=""': 0.12},
    "run": {"check=True": 0.2, "text=True": 0.2},
    "writer": {'lineterminator="\\n"': 0.3},
    "DictWriter": {'extrasaction="ignore"': 0.3, 'lineterminator="\\n"': 0.2},
    "gather": {"return_exceptions=True": 0.4},
    "parse_qs": {"keep_blank_values=True": 0.5},
    "parse_qsl": {"keep_blank_values=True": 0.5},
    "quote": {'safe=""': 0.4},
    "popitem": {"last=False": 0.5},
    "move_to_end": {"last=False": 0.3},
    "splitlines": {"keepends=True": 0.4},
    "zip_longest": {"fillvalue=0": 0.2, 'fillvalue=""': 0.2},
}


def forgotten(program: SuspectProgram) -> Iterator[Proposal]:
    """A keyword of a function of the standard library, by its name."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        head = program.text(node.func)
        known = {k.arg for k in node.keywords}
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        for option, prior in _OPTIONS.get(head.rpartition(".")[2], {}).items():
            if not known & {part.partition("=")[0].strip() for part in option.split(", ")}:
                new = f"{head}({', '.join([*whole, option])})"
                yield program.replace(node, new, "missing argument", prior)


def readings(program: SuspectProgram) -> Iterator[Proposal]:
    """Numbers to another base, results to some places, lines whatever ends them, keys by value."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        head, given = program.text(node.func), [program.text(a) for a in node.args]
        if head.endswith(".strip") and not given:
            whole = head.removesuffix(".strip")
            for new in (f'{whole}.replace(" ", "")', f'" ".join({whole}.split())'):
                yield program.replace(node, new, "missing normalisation", 0.06)
            new = f'"".join({whole}.split())'
            yield program.replace(node, new, "missing normalisation", 0.05)
        if head == "int" and len(given) == 1:
            for base in (16, 2, 8):
                yield program.replace(node, f"int({given[0]}, {base})", "missing argument", 0.08)
        if head.endswith(".split") and given in (['"\\n"'], ["'\\n'"]):
            new = f"{head.removesuffix('split')}splitlines()"
            yield program.replace(node, new, "string", 0.3)
        named = len(given) == 1 and isinstance(node.args[0], ast.Name | ast.Attribute)
        if head in ("max", "min", "sorted") and named and not node.keywords:
            new = f"{head}({given[0]}, key={given[0]}.get)"
            yield program.replace(node, new, "missing argument", 0.1)
    for node in program.of(ast.Return):
        assert isinstance(node, ast.Return)
        if isinstance(node.value, ast.BinOp):
            new = f"round({program.text(node.value)}, 2)"
            yield program.replace(node.value, new, "missing call", 0.05)


#: Functions of one argument that are forgotten, and how often.
_WRAPPERS = {
    "len": 0.08,
    "int": 0.08,
    "str": 0.08,
    "list": 0.1,
    "abs": 0.12,
    "sorted": 0.1,
    "set": 0.06,
    "float": 0.05,
    "tuple": 0.05,
    "sum": 0.03,
    "reversed": 0.03,
    "bool": 0.03,
    "dict": 0.03,
    "round": 0.04,
    "max": 0.02,
    "min": 0.02,
    "repr": 0.02,
}
_METHODS = {
    "strip": 0.1,
    "lower": 0.1,
    "copy": 0.1,
    "upper": 0.04,
    "items": 0.08,
    "keys": 0.02,
    "values": 0.04,
    "rstrip": 0.03,
    "split": 0.02,
    "pop": 0.01,
    "total_seconds": 0.02,
    "date": 0.02,
    "title": 0.01,
    "resolve": 0.01,
    "decode": 0.02,
    "encode": 0.02,
}


def arguments(program: SuspectProgram) -> Iterator[Proposal]:
    """Two arguments swapped, one too many, one missing, ``reverse`` the wrong way."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        plain = [a for a in node.args if not isinstance(a, ast.Starred)]
        for one, other in itertools.combinations(plain, 2):
            edits = (
                OffsetEdit(*program.source.span(one), program.text(other)),
                OffsetEdit(*program.source.span(other), program.text(one)),
            )
            near = abs(plain.index(one) - plain.index(other)) == 1
            prior = 0.35 if near else 0.15
            if _stands_under_its_name(program, node, one) or _stands_under_its_name(
                program, node, other
            ):
                prior *= 0.2
            yield Proposal("swapped arguments", prior, edits, node)
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        head = program.text(node.func)
        for index in range(len(whole)):
            rest = ", ".join(whole[:index] + whole[index + 1 :])
            yield program.replace(node, f"{head}({rest})", "superfluous argument", 0.15)
        yield from _missing_argument(program, node, head, whole)


def _stands_under_its_name(program: SuspectProgram, call: ast.Call, argument: ast.expr) -> bool:
    """Whether ``argument`` is a variable called as the parameter that it is passed for."""
    if not isinstance(argument, ast.Name) or not isinstance(call.func, ast.Name):
        return False
    for function in program.inside(program.tree):
        if isinstance(function, Function) and function.name == call.func.id:
            names = parameters(function)
            place = call.args.index(argument)
            return place < len(names) and names[place] == argument.id
    return False


def _missing_argument(
    program: SuspectProgram, node: ast.Call, head: str, whole: list[str]
) -> Iterator[Proposal]:
    name = head.rpartition(".")[2]
    if name in ("sorted", "sort", "max", "min"):
        if not any(k.arg == "reverse" for k in node.keywords) and name.startswith("sort"):
            text = ", ".join([*whole, "reverse=True"])
            yield program.replace(node, f"{head}({text})", "missing argument", 0.3)
        if not any(k.arg == "key" for k in node.keywords):
            for key in ("len", "abs", "str.lower", "lambda pair: pair[1]", "lambda pair: pair[0]"):
                text = ", ".join([*whole, f"key={key}"])
                yield program.replace(node, f"{head}({text})", "missing argument", 0.06)
    if (
        name in ("max", "min")
        and not any(k.arg == "default" for k in node.keywords)
        and len(node.args) == 1
    ):
        for default in ("0", "None"):
            text = ", ".join([*whole, f"default={default}"])
            yield program.replace(node, f"{head}({text})", "missing argument", 0.15)
    if name == "enumerate" and len(whole) == 1:
        yield program.replace(node, f"{head}({whole[0]}, 1)", "missing argument", 0.3)
    if name in ("get", "pop", "getattr", "next", "sum") and len(node.args) <= 2:
        for default in ("0", "None", "[]", '""', "{}", "False", "()"):
            text = ", ".join([*whole, default])
            yield program.replace(node, f"{head}({text})", "missing argument", 0.08)
    if name in ("split", "rsplit", "replace") and not node.keywords:
        text = ", ".join([*whole, "1"])
        yield program.replace(node, f"{head}({text})", "missing argument", 0.12)
    if name == "round" and len(whole) == 1:
        yield program.replace(node, f"{head}({whole[0]}, 2)", "missing argument", 0.2)
    if name == "zip" and not node.keywords:
        yield program.replace(
            node, f"{head}({', '.join([*whole, 'strict=True'])})", "missing argument", 0.02
        )
    variables = program.variables(node)
    used = set(whole)
    for variable in variables:
        if variable not in used:
            text = ", ".join([*whole, variable])
            yield program.replace(
                node, f"{head}({text})", "missing argument", 0.2 / (2 + len(variables))
            )


def wrappers(program: SuspectProgram) -> Iterator[Proposal]:
    """A call around an expression that is superfluous or missing."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if (
            len(node.args) == 1
            and not node.keywords
            and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp)
        ):
            yield program.replace(node, program.tight(node.args[0]), "superfluous call", 0.25)
        if isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
            yield program.replace(node, program.text(node.func.value), "superfluous call", 0.2)
            yield program.replace(node, program.text(node.func), "superfluous call", 0.08)
    for node in program.suspicious:
        for place in wrappable(node):
            text = program.text(place)
            for name, prior in _WRAPPERS.items():
                yield program.replace(place, f"{name}({text})", "missing call", prior)
            if isinstance(place, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
                for name, prior in _METHODS.items():
                    yield program.replace(place, f"{text}.{name}()", "missing call", prior)
            if isinstance(place, ast.Name | ast.Attribute):
                yield program.replace(place, f"{text}()", "missing call", 0.12)
    yield from _clamps(program)


def wrappable(node: ast.AST) -> list[ast.expr]:
    """Expressions around which a call may be missing."""
    places: list[ast.expr | None] = []
    if isinstance(node, ast.Return | ast.Assign | ast.AugAssign | ast.Yield | ast.AnnAssign):
        places = [node.value]
    elif isinstance(node, ast.For):
        places = [node.iter]
    elif isinstance(node, ast.Compare):
        places = [node.left, *node.comparators]
    elif isinstance(node, ast.Call):
        places = [*node.args, *(k.value for k in node.keywords)]
    elif isinstance(node, ast.BinOp):
        places = [node.left, node.right]
    elif isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
        places = [node.slice]
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        places = [node.elt, *(g.iter for g in node.generators)]
    elif isinstance(node, ast.DictComp):
        places = [node.key, node.value]
    skipped = (ast.Constant, ast.Starred, ast.GeneratorExp, ast.Lambda, ast.Compare)
    return [p for p in places if p is not None and not isinstance(p, skipped)]


def _clamps(program: SuspectProgram) -> Iterator[Proposal]:
    """A value that must not go below nothing, or beyond another value."""
    for node in program.of(ast.Return, ast.Assign, ast.Call):
        values = node.args if isinstance(node, ast.Call) else [getattr(node, "value", None)]
        for value in values:
            if not isinstance(
                value, ast.BinOp | ast.Name | ast.Subscript | ast.Call | ast.Attribute
            ):
                continue
            text = program.text(value)
            names = program.variables(value)
            for name in names:
                if name != text:
                    prior = 0.2 / (2 + len(names))
                    yield program.replace(value, f"max({text}, {name})", "clamp", prior)
                    yield program.replace(value, f"min({text}, {name})", "clamp", prior)
            for nothing, prior in _nothings(program).items():
                yield program.replace(value, f"max({text}, {nothing})", "clamp", prior)
        for value in values:
            for part in value.elts if isinstance(value, ast.Tuple) else [value]:
                if isinstance(part, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
                    text = program.text(part)
                    for bound in (*_answers(program, part), *_compared(program, part)):
                        for name in ("min", "max"):
                            new = f"{name}({text}, {bound})"
                            yield program.replace(part, new, "clamp", 0.06)


def _compared(program: SuspectProgram, node: ast.expr) -> list[str]:
    """What the function around compares with something: another value must not go beyond it."""
    found: dict[str, None] = {}
    for inner in program.inside(program.function(node) or node):
        if isinstance(inner, ast.Compare) and isinstance(
            inner.ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE
        ):
            for side in (inner.left, inner.comparators[0]):
                if isinstance(side, ast.Subscript | ast.Attribute):
                    found[program.text(side)] = None
    found.pop(program.text(node), None)
    return list(found)[:3]


def _nothings(program: SuspectProgram) -> dict[str, float]:
    """Zeros of the kinds that the file reckons with."""
    kinds = ("timedelta(0)", "Decimal(0)")
    known = {kind: 0.08 for kind in kinds if kind.partition("(")[0] in program.source.text}
    return {"0": 0.08, **known}


def _answers(program: SuspectProgram, node: ast.expr) -> list[str]:
    """Calls of functions of the module all of whose parameters are variables here by name."""
    here, around = set(program.variables(node)), program.function(node)
    found = []
    for function in program.tree.body:
        if isinstance(function, ast.FunctionDef) and function is not around:
            names = parameters(function)
            if names and here.issuperset(names):
                found.append(f"{function.name}({', '.join(names)})")
    return found[:4]


def awaits(program: SuspectProgram) -> Iterator[Proposal]:
    """``await`` missing or superfluous in a coroutine."""
    for node in program.of(ast.Call):
        function = program.function(node)
        if isinstance(function, ast.AsyncFunctionDef) and not isinstance(
            program.parents.get(node), ast.Await
        ):
            assert isinstance(node, ast.Call)
            yield program.replace(node, f"await {program.text(node)}", "missing await", 0.4)
    for node in program.of(ast.For, ast.With):
        if isinstance(program.function(node), ast.AsyncFunctionDef):
            assert isinstance(node, ast.stmt)
            start = program.source.span(node)[0]
            yield Proposal("missing await", 0.3, (OffsetEdit(start, start, "async "),), node)
    for node in program.of(ast.Await):
        assert isinstance(node, ast.Await)
        yield program.replace(node, program.text(node.value), "superfluous await", 0.2)


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
