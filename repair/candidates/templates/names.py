"""The wrong name: a variable, an attribute, a function or a constant for another of its kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import BUILTINS, Function, parameters
from repair.source.file import OffsetEdit

#: Names that are taken for each other: in each group any for any other.
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("append", "extend", "insert", "appendleft", "add"),
    ("add", "update", "discard", "remove"),
    ("pop", "popleft", "popitem", "get", "remove", "peek"),
    ("get", "setdefault", "pop"),
    ("lower", "upper", "title", "capitalize", "casefold", "swapcase"),
    ("startswith", "endswith"),
    ("strip", "lstrip", "rstrip"),
    ("removeprefix", "removesuffix", "lstrip", "rstrip"),
    ("find", "rfind", "index", "rindex"),
    ("split", "rsplit", "splitlines"),
    ("partition", "rpartition"),
    ("ljust", "rjust", "center", "zfill"),
    ("isdigit", "isalpha", "isalnum", "isnumeric", "isdecimal", "isspace", "isidentifier"),
    ("isupper", "islower"),
    ("keys", "values", "items"),
    ("union", "intersection", "difference", "symmetric_difference"),
    ("issubset", "issuperset", "isdisjoint"),
    ("min", "max", "sum"),
    ("any", "all"),
    ("sorted", "reversed", "list", "set", "tuple"),
    ("int", "float", "round", "str", "bool"),
    ("str", "repr"),
    ("floor", "ceil", "trunc"),
    ("sin", "cos", "tan"),
    ("log", "log2", "log10", "exp"),
    ("match", "search", "fullmatch"),
    ("findall", "finditer"),
    ("read", "readline", "readlines"),
    ("read_text", "read_bytes"),
    ("write_text", "write_bytes"),
    ("write", "writelines"),
    ("loads", "load"),
    ("dumps", "dump"),
    ("weekday", "isoweekday"),
    ("days", "seconds", "hours", "minutes", "weeks", "microseconds"),
    ("year", "month", "day"),
    ("hour", "minute", "second"),
    ("now", "utcnow", "today"),
    ("heappush", "heappop", "heapify", "heappushpop"),
    ("nlargest", "nsmallest"),
    ("bisect_left", "bisect_right", "bisect"),
    ("deepcopy", "copy"),
    ("islice", "takewhile", "dropwhile"),
    ("permutations", "combinations", "product", "combinations_with_replacement"),
    ("put", "put_nowait"),
    ("real", "imag"),
    ("dirname", "basename"),
    ("name", "stem", "suffix"),
    ("exists", "is_file", "is_dir"),
    ("list", "dict", "set", "int", "str", "tuple", "float"),
    ("encode", "decode"),
    ("setUp", "tearDown"),
    ("left", "right"),
    ("first", "last"),
    ("next", "prev", "previous"),
    ("start", "end", "stop"),
    ("low", "high"),
    ("width", "height"),
    ("x", "y"),
    ("parent", "child"),
    ("head", "tail"),
    ("row", "col", "column"),
    (
        *("ROUND_HALF_UP", "ROUND_HALF_EVEN", "ROUND_HALF_DOWN", "ROUND_UP", "ROUND_DOWN"),
        *("ROUND_FLOOR", "ROUND_CEILING"),
    ),
)


#: Of those, the ones that are the other side of each other.
_OPPOSITES: tuple[tuple[str, str], ...] = (
    *(("append", "extend"), ("pop", "popleft"), ("lower", "upper"), ("startswith", "endswith")),
    *(("lstrip", "rstrip"), ("removeprefix", "removesuffix"), ("find", "rfind")),
    *(("index", "rindex"), ("split", "rsplit"), ("partition", "rpartition"), ("ljust", "rjust")),
    *(("isdigit", "isalpha"), ("keys", "values"), ("union", "intersection")),
    *(("issubset", "issuperset"), ("min", "max"), ("floor", "ceil"), ("match", "fullmatch")),
    *(("days", "seconds"), ("nlargest", "nsmallest"), ("bisect_left", "bisect_right")),
    *(("encode", "decode"), ("dirname", "basename"), ("name", "stem"), ("low", "high")),
)
_MOST_IMPORTED = 6
#: Exceptions of the language that are caught and raised most often.
COMMON_EXCEPTIONS = (
    "ValueError",
    "TypeError",
    "KeyError",
    "IndexError",
    "AttributeError",
    "ZeroDivisionError",
    "FileNotFoundError",
    "OSError",
    "StopIteration",
    "UnicodeDecodeError",
    "NotImplementedError",
    "LookupError",
    "RuntimeError",
)
#: What an attribute is worth that shares a word with the one that is read, among three.
_LOOKS_ALIKE = 1.6
_OPPOSITE, _PARTNERS_TOGETHER, _PARTNER = 0.4, 0.6, 0.3


def _partners(name: str) -> dict[str, float]:
    """Names that ``name`` is taken for, with priors: one of many is less likely than the only
    one or the other side."""
    found = [other for group in _GROUPS if name in group for other in group if other != name]
    usual = min(_PARTNER, _PARTNERS_TOGETHER / max(1, len(set(found))))
    opposite = {other for pair in _OPPOSITES if name in pair for other in pair}
    only = len(set(found)) == 1
    return {other: _OPPOSITE if other in opposite or only else usual for other in found}


def variables(program: SuspectProgram) -> Iterator[Proposal]:
    """Another variable of the function, or a constant or function of the module."""
    for node in program.of(ast.Name):
        assert isinstance(node, ast.Name)
        if not isinstance(node.ctx, ast.Load) or node.id in ("self", "cls"):
            continue
        called = _is_called(program, node)
        local = program.variables(node)
        hidden = program.comprehension_names(node)
        if not called:
            others = [n for n in local if n != node.id and n not in hidden]
            prior = 1.2 / (2 + len(others))
            for name in others:
                yield program.replace(node, name, "variable", prior)
            for name in program.module_names:
                if name.isupper() and name != node.id:
                    yield program.replace(node, name, "variable", 0.08)
            yield from _as_attribute(program, node)
        else:
            yield from _other_function(program, node)
        named = called and _is_named_after(program, node)
        for name in () if named else _partners(node.id):
            if name in local or name in BUILTINS or name in program.module_names:
                yield program.replace(node, name, "function", 0.3)


def imported(program: SuspectProgram) -> Iterator[Proposal]:
    """A name of another module where its partner is meant, which is not imported yet."""
    for node in program.tree.body:
        if not isinstance(node, ast.ImportFrom):
            continue
        known = {alias.asname or alias.name for alias in node.names}
        for alias in node.names:
            uses = [n for n in program.of(ast.Name) if getattr(n, "id", "") == alias.name]
            if alias.asname is not None or not uses:
                continue
            start = program.source.offset(alias.lineno, alias.col_offset)
            end = start + len(alias.name)
            everywhere = [
                program.source.span(n)
                for n in program.inside(program.tree)
                if isinstance(n, ast.Name) and n.id == alias.name
            ]
            place = max(uses, key=program.weight)
            for other, prior in _partners(alias.name).items():
                if other in known:
                    continue
                edits = [
                    OffsetEdit(start, end, other),
                    *(OffsetEdit(*span, other) for span in everywhere),
                ]
                yield Proposal("function", prior, tuple(edits), place)
                if len(everywhere) > 1:
                    added = OffsetEdit(end, end, f", {other}")
                    for use in uses:
                        edits = [added, OffsetEdit(*program.source.span(use), other)]  # type: ignore[arg-type]
                        yield Proposal("function", 0.7 * prior, tuple(edits), use)


def _is_called(program: SuspectProgram, node: ast.expr) -> bool:
    parent = program.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node


def _is_named_after(program: SuspectProgram, node: ast.Name) -> bool:
    """Whether the name that it is kept under says what is called: ``ids_set = set(…)``."""
    statement = program.parents.get(program.parents[node])
    return isinstance(statement, ast.Assign) and any(
        node.id in target.id.split("_")
        for target in statement.targets
        if isinstance(target, ast.Name)
    )


def _as_attribute(program: SuspectProgram, node: ast.Name) -> Iterator[Proposal]:
    """``name`` for ``self.name``."""
    function = program.function(node)
    if (
        function is not None
        and parameters(function)[:1] == ["self"]
        and node.id in program.attributes("self", node)
    ):
        yield program.replace(node, f"self.{node.id}", "missing self", 0.4)


def _other_function(program: SuspectProgram, node: ast.Name) -> Iterator[Proposal]:
    """A function of the module that takes as many arguments, or one that it imports by name."""
    call = program.parents[node]
    assert isinstance(call, ast.Call)
    for other in program.tree.body:
        if (
            isinstance(other, Function)
            and other.name != node.id
            and len(parameters(other)) == len(call.args) + len(call.keywords)
        ):
            yield program.replace(node, other.name, "function", 0.15)
        elif isinstance(other, ast.ImportFrom):
            names = [alias.asname or alias.name for alias in other.names]
            for name in [n for n in names if n.islower() and n != node.id][:_MOST_IMPORTED]:
                yield program.replace(node, name, "function", 0.3 / (4 + len(names)))


def attributes(program: SuspectProgram) -> Iterator[Proposal]:
    """Another attribute of the same receiver, or a method that is taken for another."""
    for node in program.of(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if not isinstance(node.ctx, ast.Load):
            continue
        start, end = program.source.span(node)
        name_start = end - len(node.attr)
        if program.source.text[name_start:end] != node.attr:
            continue
        others = _partners(node.attr)
        if isinstance(node.value, ast.Name):
            shown = [
                a
                for a in program.attributes(node.value.id, node)
                if a != node.attr and _is_method(program, node, a) == _is_called(program, node)
            ]
            for name in shown[:20]:
                prior = _LOOKS_ALIKE if _shares_a_word(name, node.attr) else 1.0
                others[name] = max(others.get(name, 0.0), prior / (3 + len(shown)))
            called = _is_called(program, node)
            of_its_like = [
                a
                for a in _of_its_like(program, node.value.id, node.attr)
                if a not in (node.attr, *shown) and _is_method(program, node, a) == called
            ]
            for name in of_its_like[:20]:
                prior = _LOOKS_ALIKE if _shares_a_word(name, node.attr) else 0.7
                others[name] = max(others.get(name, 0.0), prior / (3 + len(of_its_like)))
        for name, prior in others.items():
            yield Proposal("attribute", prior, (OffsetEdit(name_start, end, name),), node)
        if (
            isinstance(node.value, ast.Name)
            and node.value.id == "self"
            and node.attr in program.variables(node)
        ):
            yield Proposal("superfluous self", 0.2, (OffsetEdit(start, name_start, ""),), node)


def _shares_a_word(one: str, other: str) -> bool:
    """Whether two names look alike, like those that are taken for each other."""
    return any(len(word) > 2 for word in {*one.split("_")} & {*other.split("_")})


def _of_its_like(program: SuspectProgram, receiver: str, name: str) -> list[str]:
    """Attributes of other variables that have one of this ``name``, as ``receiver`` has: they may
    be of one class. For ``self`` the class says what there is."""
    if receiver in ("self", "cls"):
        return []
    found: dict[str, None] = {}
    for other, shown in program.shown.items():
        if other not in (receiver, "self", "cls") and name in shown:
            found |= shown
    return list(found)


def _is_method(program: SuspectProgram, node: ast.AST, name: str) -> bool:
    scope = program.class_of(node)
    if scope is None:
        return any(
            isinstance(p, ast.Call) and p.func is a
            for a in program.inside(program.tree)
            if isinstance(a, ast.Attribute) and a.attr == name
            for p in [program.parents.get(a)]
        )
    for function in scope.body:
        if isinstance(function, Function) and function.name == name:
            decorators = [ast.unparse(d) for d in function.decorator_list]
            return not any("property" in d for d in decorators)
    return False


def targets(program: SuspectProgram) -> Iterator[Proposal]:
    """A result that is put into the wrong variable, or not into the object."""
    for node in program.of(ast.Assign, ast.AugAssign):
        assert isinstance(node, ast.Assign | ast.AugAssign)
        places = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in places:
            if isinstance(target, ast.Name):
                others = [n for n in program.variables(node) if n != target.id]
                for name in others:
                    yield program.replace(target, name, "target", 0.5 / (2 + len(others)))
                if target.id in program.attributes("self", node):
                    yield program.replace(target, f"self.{target.id}", "missing self", 0.4)
            elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                others = program.attributes(target.value.id, node)
                for name in others[:12]:
                    if name != target.attr and not _is_method(program, node, name):
                        yield program.replace(
                            target, f"{target.value.id}.{name}", "target", 0.4 / (2 + len(others))
                        )


def own_exceptions(program: SuspectProgram) -> list[str]:
    """The exceptions that the module defines."""
    return [
        n.name
        for n in program.tree.body
        if isinstance(n, ast.ClassDef) and n.name.endswith(("Error", "Exception"))
    ]


def exceptions(program: SuspectProgram) -> Iterator[Proposal]:
    """The wrong exception, caught or raised."""
    own = own_exceptions(program)
    for node in program.suspicious:
        places: list[ast.expr] = []
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            places = [raised]
        elif isinstance(node, ast.Try):
            places = [h.type for h in node.handlers if h.type is not None]
        for place in places:
            text = program.text(place)
            for name in (*own, *COMMON_EXCEPTIONS):
                if name != text:
                    prior = 0.15 if isinstance(node, ast.Raise) else 0.12
                    yield program.replace(place, name, "exception", prior)
                    if isinstance(node, ast.Try) and isinstance(place, ast.Name):
                        yield program.replace(place, f"({text}, {name})", "exception", 0.1)
