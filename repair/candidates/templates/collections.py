"""Collections: indices, slices, ranges, order, comprehensions, literals, tuples and keys."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import is_number
from repair.source.file import OffsetEdit

# Indices, slices, ranges, order, and the shape of comprehensions and tuples.


_SLICEABLE = (ast.Name, ast.Attribute, ast.Call, ast.ListComp, ast.Subscript, ast.BinOp)


def indices(program: SuspectProgram) -> Iterator[Proposal]:
    """The first for the last, the wrong end of a slice, a slice that is not needed."""
    for node in program.of(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        head, index = program.text(node.value), node.slice
        if isinstance(index, ast.Slice):
            lower = program.text(index.lower) if index.lower else ""
            upper = program.text(index.upper) if index.upper else ""
            step = program.text(index.step) if index.step else ""
            tail = f":{step}" if step else ""
            variants = {
                f"{head}[{lower}:{tail}]": 0.2,
                f"{head}[:{upper}{tail}]": 0.2,
                f"{head}[{upper}:{lower}{tail}]": 0.15,
                f"{head}[1:{upper}{tail}]": 0.12,
                f"{head}[{lower}:-1{tail}]": 0.1,
                f"{head}[{lower}:{upper}]": 0.15,
                f"{head}[{lower}:{upper}:-1]": 0.1,
                f"{head}[{lower}:{upper}:2]": 0.04,
                head: 0.1,
            }
            if lower and upper:
                variants[f"{head}[{lower}:{lower} + {upper}{tail}]"] = 0.15
            if lower:
                variants[f"{head}[-{lower}:{upper}{tail}]"] = 0.06
            if upper:
                variants[f"{head}[{lower}:-{upper}{tail}]"] = 0.06
        elif isinstance(node.ctx, ast.Load):
            text = program.text(index)
            variants = {f"{head}[-1]": 0.2, f"{head}[0]": 0.2, head: 0.15}
            variants |= {f"{head}[:{text}]": 0.05, f"{head}[{text}:]": 0.05}
            if is_number(index) or isinstance(index, ast.UnaryOp):
                # One element where all of them were meant.
                variants |= {f"{name}({head})": 0.05 for name in ("sum", "max", "min", "len")}
            if not isinstance(index, ast.UnaryOp):
                variants[f"{head}[-{text}]"] = 0.06
        else:
            continue
        old = program.text(node)
        for new, prior in variants.items():
            if new != old:
                yield program.replace(node, new, "index", prior)
    yield from _sliced(program)


def _sliced(program: SuspectProgram) -> Iterator[Proposal]:
    """A part for the whole where a sequence is gone through, passed on, copied or returned."""
    places = [*program.of(ast.For, ast.Return, ast.Call, ast.Assign)]
    for scoped in program.of(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp):
        places += getattr(scoped, "generators", ())
    for node in places:
        values: list[ast.expr | None]
        if isinstance(node, ast.For | ast.comprehension):
            values = [node.iter]
        elif isinstance(node, ast.Call):
            values = list(node.args[:3])
        else:
            values = [getattr(node, "value", None)]
        for value in values:
            if isinstance(value, _SLICEABLE):
                text = program.tight(value)
                for part, prior in (("[1:]", 0.1), ("[:-1]", 0.1), ("[::-1]", 0.12), ("[:]", 0.12)):
                    yield program.replace(value, text + part, "slice", prior)
                for part in ("[0]", "[-1]", "[1]"):
                    yield program.replace(value, text + part, "index", 0.05)
                if isinstance(value, ast.Name | ast.Attribute):
                    names = [name for name in program.variables(value) if name != text]
                    for name in names:
                        prior = 0.3 / (3 + len(names))
                        yield program.replace(value, f"{text}[{name}:]", "slice", prior)
                        yield program.replace(value, f"{text}[:{name}]", "slice", prior)


def ranges(program: SuspectProgram) -> Iterator[Proposal]:
    """A range that begins or ends one too early or too late, or runs the wrong way."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if not (isinstance(node.func, ast.Name) and node.func.id == "range"):
            continue
        texts = [program.text(a) for a in node.args]
        if len(texts) == 1:
            stop = texts[0]
            new = {
                f"range(1, {stop})": 0.4,
                f"range(1, {stop} + 1)": 0.4,
                f"range({stop} - 1, -1, -1)": 0.15,
                f"range(0, {stop}, 2)": 0.06,
                f"range(2, {stop})": 0.08,
                f"range(len({stop}))": 0.1,
            }
            for name in program.variables(node):
                if name != stop:
                    new[f"range({name}, {stop})"] = 0.1
        else:
            start, stop = texts[0], texts[1]
            step = f", {texts[2]}" if len(texts) > 2 else ""
            new = {
                f"range({stop})": 0.2,
                f"range({start} + 1, {stop} + 1{step})": 0.15,
                f"range({start}, {stop}, -1)": 0.15,
                f"range({stop}, {start}{step})": 0.1,
                f"range({start}, {stop}, 2)": 0.08,
                f"range({start}, {stop})": 0.1,
            }
        for text, prior in new.items():
            yield program.replace(node, text, "range", prior)


def order(program: SuspectProgram) -> Iterator[Proposal]:
    """Two elements of a tuple, a list or an unpacking the wrong way round."""
    for node in program.of(ast.Tuple, ast.List):
        assert isinstance(node, ast.Tuple | ast.List)
        for one, other in zip(node.elts, node.elts[1:], strict=False):
            edits = (
                OffsetEdit(*program.source.span(one), program.text(other)),
                OffsetEdit(*program.source.span(other), program.text(one)),
            )
            yield Proposal("swapped elements", 0.25, edits, node)
        if isinstance(node.ctx, ast.Load) and isinstance(node, ast.List) and len(node.elts) == 1:
            yield program.replace(node, program.text(node.elts[0]), "container", 0.1)
    for node in program.of(ast.Dict):
        assert isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None and len(node.keys) == 1:
                new = f"{{{program.text(value)}: {program.text(key)}}}"
                yield program.replace(node, new, "swapped elements", 0.2)


def comprehensions(program: SuspectProgram) -> Iterator[Proposal]:
    """A filter missing or superfluous, key and value swapped, another kind of container."""
    for node in program.of(ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp):
        assert isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp)
        for generator in node.generators:
            for condition in generator.ifs:
                start = program.source.text.rfind("if", 0, program.source.span(condition)[0])
                end = program.source.span(condition)[1]
                edit = OffsetEdit(start, end, "")
                yield Proposal("superfluous condition", 0.25, (edit,), node)
            if not generator.ifs:
                end = program.source.span(generator.iter)[1]
                for name in _bound(generator.target):
                    for test, prior in (
                        (name, 0.12),
                        (f"{name} is not None", 0.1),
                        (f"not {name}", 0.03),
                    ):
                        edit = OffsetEdit(end, end, f" if {test}")
                        yield Proposal("missing condition", prior, (edit,), node)
                kept = node.value if isinstance(node, ast.DictComp) else node.elt
                if isinstance(kept, ast.Call | ast.Attribute | ast.Subscript):
                    edit = OffsetEdit(end, end, f" if {program.text(kept)}")
                    yield Proposal("missing condition", 0.08, (edit,), node)
        if isinstance(node, ast.DictComp):
            edits = (
                OffsetEdit(*program.source.span(node.key), program.text(node.value)),
                OffsetEdit(*program.source.span(node.value), program.text(node.key)),
            )
            yield Proposal("swapped elements", 0.25, edits, node)
        elif isinstance(node, ast.ListComp | ast.SetComp):
            inner = program.text(node)[1:-1]
            ends = "{}" if isinstance(node, ast.ListComp) else "[]"
            yield program.replace(node, f"{ends[0]}{inner}{ends[1]}", "container", 0.1)


def _bound(target: ast.expr) -> list[str]:
    return [n.id for n in ast.walk(target) if isinstance(n, ast.Name)]


# Literals that hold several things: an element too many, a sign for its counterpart, a variable's
# name in quotes, two results in each other's place.


_MOST_ELEMENTS = 16
#: Signs that are taken for each other: a bracket of another kind or direction.
_COUNTERPARTS = (
    *("()", "[]", "{}", "<>", "([", "([", "[{", "({", ")]", "]}", ")}"),
    *("'\"", "+-", ",;", ".,", "/\\", "-_"),
)


def elements(program: SuspectProgram) -> Iterator[Proposal]:
    """An element too many in a list, a tuple or a set, a letter too many in a string of signs."""
    for node in program.of(ast.List, ast.Tuple, ast.Set):
        assert isinstance(node, ast.List | ast.Tuple | ast.Set)
        if isinstance(getattr(node, "ctx", None), ast.Store) or len(node.elts) < 2:
            continue
        if len(node.elts) > _MOST_ELEMENTS:
            continue
        constants = all(isinstance(e, ast.Constant) for e in node.elts)
        prior = (0.5 if constants else 0.25) / len(node.elts)
        for index in range(len(node.elts)):
            yield Proposal("superfluous element", prior, (_without(program, node, index),), node)
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        value = node.value
        if isinstance(value, str) and 3 <= len(value) <= _MOST_ELEMENTS and " " not in value:
            if len(set(value)) < len(value) or not _is_searched(program, node):
                continue
            for index in range(len(value)):
                new = repr(value[:index] + value[index + 1 :])
                yield program.replace(node, new, "superfluous element", 0.4 / len(value))


def _without(
    program: SuspectProgram, node: ast.List | ast.Tuple | ast.Set, index: int
) -> OffsetEdit:
    span = program.source.span
    if index:
        return OffsetEdit(span(node.elts[index - 1])[1], span(node.elts[index])[1], "")
    return OffsetEdit(span(node.elts[0])[0], span(node.elts[1])[0], "")


def _is_searched(program: SuspectProgram, node: ast.Constant) -> bool:
    """Whether a string is looked at letter by letter, as far as one can see."""
    parent = program.parents.get(node)
    if isinstance(parent, ast.Compare):
        return any(isinstance(op, ast.In | ast.NotIn) for op in parent.ops)
    return isinstance(parent, ast.Assign | ast.For | ast.comprehension)


def counterparts(program: SuspectProgram) -> Iterator[Proposal]:
    """A bracket, a quote or a separator for its counterpart."""
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        if not isinstance(node.value, str) or len(node.value) != 1:
            continue
        for pair in dict.fromkeys(_COUNTERPARTS):
            if node.value in pair:
                other = pair[1 - pair.index(node.value)]
                quote = '"' if other != '"' else "'"
                text = repr(other) if other == "\\" else f"{quote}{other}{quote}"
                yield program.replace(node, text, "string", 0.2)


def swapped_results(program: SuspectProgram) -> Iterator[Proposal]:
    """Two constants that a function returns, each where the other belongs."""
    groups: dict[ast.AST, dict[str, list[ast.Constant]]] = {}
    for node in program.of(ast.Return):
        assert isinstance(node, ast.Return)
        function = program.function(node)
        if function is not None and isinstance(node.value, ast.Constant):
            by_text = groups.setdefault(function, {})
            by_text.setdefault(program.text(node.value), []).append(node.value)
    for by_text in groups.values():
        if len(by_text) == 2:
            one, other = by_text
            edits = [OffsetEdit(*program.source.span(node), other) for node in by_text[one]]
            edits += [OffsetEdit(*program.source.span(node), one) for node in by_text[other]]
            edits.sort(key=lambda edit: edit.start)
            yield Proposal("swapped results", 0.5, tuple(edits), by_text[one][0])
