"""Texts, files and dates: formats and codes, parts that are cut out, encodings, zones."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.candidates.templates.tree import is_number
from repair.source.file import OffsetEdit

# How values become text: templates without their ``f``, format and date codes, joined values.


_FIELD = re.compile(r"(?<!\{)\{([A-Za-z_]\w*)[^{}]*\}")
_CODE = re.compile(r"(?<=:)[^{}:'\"\n]*?(?=\})")
#: Letters of dates that are taken for one another (the library reference, "Format Codes").
_DATES = ("mM", "dm", "yY", "HI", "bB", "aA", "jd", "MS")


def unmarked(program: SuspectProgram) -> Iterator[Proposal]:
    """``"{name}"`` that was to be an f-string."""
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        parent = program.parents.get(node)
        if not isinstance(node.value, str) or isinstance(parent, ast.JoinedStr):
            continue
        at_hand = {*program.variables(node), *program.module_names, "self"}
        fields = set(_FIELD.findall(node.value))
        if fields and fields <= at_hand and not _is_formatted(program, node):
            start = program.source.span(node)[0]
            yield Proposal("string", 0.6, (OffsetEdit(start, start, "f"),), node)


def dropped(program: SuspectProgram) -> Iterator[Proposal]:
    """A value that was to be shown in an f-string too: at its begin, at its end, or between."""
    for node in program.of(ast.JoinedStr):
        assert isinstance(node, ast.JoinedStr)
        text = program.text(node)
        opened = re.match(r"[A-Za-z]+(\"\"\"|'''|\"|')", text)
        names = _shown_elsewhere(program, node)
        if opened is None or not names:
            continue
        start, end = program.source.span(node)
        places = [start + opened.end(), end - len(opened[1])]
        for match in re.finditer(r"(?<!\})\}(?!\})(?=\{)", text):
            places.append(start + match.end())
        for name, prior in names.items():
            for place in dict.fromkeys(places):
                edit = OffsetEdit(place, place, f"{{{name}}}")
                yield Proposal("string", prior, (edit,), node)


def _shown_elsewhere(program: SuspectProgram, node: ast.JoinedStr) -> dict[str, float]:
    """Names at hand that this text does not show, likelier where the function shows them in another
    one, or keeps a text in them."""
    function = program.function(node)
    if function is None:
        return {}
    here = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    other: set[str] = set()
    texts: set[str] = set()
    for inner in program.inside(function):
        if isinstance(inner, ast.JoinedStr) and inner is not node:
            other |= {n.id for n in ast.walk(inner) if isinstance(n, ast.Name)}
        elif isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
            value = inner.value
            if isinstance(value, ast.JoinedStr) or (
                isinstance(value, ast.Constant) and isinstance(value.value, str)
            ):
                texts.add(inner.targets[0].id)
    found = {}
    for name in program.variables(node):
        if name not in here:
            found[name] = 0.3 if name in other & texts else 0.2 if name in other | texts else 0.04
    return found


def _is_formatted(program: SuspectProgram, node: ast.AST) -> bool:
    parent = program.parents.get(node)
    return isinstance(parent, ast.Attribute) and parent.attr in ("format", "format_map")


def codes(program: SuspectProgram) -> Iterator[Proposal]:
    """Another number of digits, a width filled with zeros, a thousands separator."""
    for node in program.of(ast.JoinedStr, ast.Call):
        text = program.text(node)  # type: ignore[arg-type]
        whole = isinstance(node, ast.JoinedStr)
        if not whole and not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name | ast.Attribute)
            and program.text(node.func).endswith("format")
        ):
            continue
        start = program.source.span(node)[0]  # type: ignore[arg-type]
        for found in _CODE.finditer(text):
            for new, prior in _other_codes(found.group()).items():
                edit = OffsetEdit(start + found.start(), start + found.end(), new)
                yield Proposal("string", prior, (edit,), node)


def _other_codes(code: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for number in re.finditer(r"\d+", code):
        value = int(number.group())
        for other in (value + 1, value - 1):
            if other >= 0:
                kept = str(other).rjust(len(number.group()), "0")
                found[code[: number.start()] + kept + code[number.end() :]] = 0.25
    if re.fullmatch(r"[1-9]\d*d?", code):
        found[f"0{code}"] = 0.3
    if re.fullmatch(r"\.\d+f", code):
        found[f",{code}"] = 0.08
    for sign, another in (("<", ">"), (">", "<"), ("^", "<"), ("x", "X"), ("f", "g")):
        if sign in code:
            found[code.replace(sign, another)] = 0.1
    return found


def quoted(program: SuspectProgram) -> Iterator[Proposal]:
    """A value that was to be shown as it is written: ``{name!r}``."""
    for node in program.of(ast.JoinedStr):
        assert isinstance(node, ast.JoinedStr)
        start = program.source.span(node)[0]
        for found in re.finditer(r"(?<!\{)\{[\w.]+(?=\})", program.text(node)):
            at = start + found.end()
            yield Proposal("string", 0.1, (OffsetEdit(at, at, "!r"),), node)


def dates(program: SuspectProgram) -> Iterator[Proposal]:
    """A letter of a date format that is taken for another, or two in each other's place."""
    for node in program.of(ast.Constant):
        assert isinstance(node, ast.Constant)
        if not isinstance(node.value, str) or node.value.count("%") < 1:
            continue
        text, start = program.text(node), program.source.span(node)[0]
        places = [m.start() + 1 for m in re.finditer(r"%[A-Za-z]", text)]
        for index, place in enumerate(places):
            letter = text[place]
            for pair in _DATES:
                if letter in pair:
                    new = pair[1 - pair.index(letter)]
                    edit = OffsetEdit(start + place, start + place + 1, new)
                    yield Proposal("string", 0.15, (edit,), node)
            for other in places[index + 1 :]:
                if text[other] != letter:
                    edits = (
                        OffsetEdit(start + place, start + place + 1, text[other]),
                        OffsetEdit(start + other, start + other + 1, letter),
                    )
                    yield Proposal("string", 0.2, edits, node)


def joined(program: SuspectProgram) -> Iterator[Proposal]:
    """``sep.join(values)`` of values that are no strings."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        method = node.func
        if isinstance(method, ast.Attribute) and method.attr == "join" and len(node.args) == 1:
            value = node.args[0]
            if isinstance(value, ast.GeneratorExp | ast.ListComp):
                new = f"str({program.text(value.elt)})"
                yield program.replace(value.elt, new, "missing call", 0.12)
            else:
                new = f"map(str, {program.text(value)})"
                yield program.replace(value, new, "missing call", 0.12)


# Parts of a text that were cut out and still have something around them.


_CUTTING = frozenset({"split", "rsplit", "partition", "rpartition"})


def trimmed(program: SuspectProgram) -> Iterator[Proposal]:
    """``key, value = line.split("=")`` with the blanks around the sign."""
    for node in program.of(ast.Assign):
        assert isinstance(node, ast.Assign)
        call, target = node.value, node.targets[0]
        if isinstance(call, ast.Subscript):
            call = call.value
        if (
            not isinstance(call, ast.Call)
            or not isinstance(call.func, ast.Attribute)
            or call.func.attr not in _CUTTING
            # Without a sign it is the blanks that it is cut at.
            or not call.args
        ):
            continue
        names = [target] if isinstance(target, ast.Name) else getattr(target, "elts", [])
        shown = [n.id for n in names if isinstance(n, ast.Name) and not _is_idle(program, n)]
        if not shown or (isinstance(target, ast.Name) and node.value is call):
            continue
        lines = [f"{name} = {name}.strip()" for name in shown]
        yield program.insert_after(node, lines, "missing normalisation", 0.25)
        for name, line in zip(shown, lines, strict=True):
            if len(shown) > 1:
                yield program.insert_after(node, [line], "missing normalisation", 0.2)
            lower = f"{name} = {name}.lower()"
            yield program.insert_after(node, [lower], "missing normalisation", 0.06)


def _is_idle(program: SuspectProgram, node: ast.Name) -> bool:
    """Whether nothing reads the name, as with the sign itself."""
    function = program.function(node)
    return node.id.startswith("_") or not any(
        isinstance(n, ast.Name) and n.id == node.id and isinstance(n.ctx, ast.Load)
        for n in program.inside(function or program.tree)
    )


# A step that a chain of calls on a text lacks: ``path.strip("/").split("/")``.


#: Methods of texts that are called on what was brought to a form before.
_ON_TEXTS = frozenset(
    {"split", "rsplit", "splitlines", "partition", "rpartition", "replace", "startswith"}
    | {"endswith", "find", "rfind", "index", "count", "encode", "isdigit", "isalpha", "title"}
)
_TRIMMING = ("strip", "lstrip", "rstrip")
#: How likely a step is missing that trims what the call asks for; and any other one.
_OF_IT, _ANY = 0.15, 0.08


def chained_steps(program: SuspectProgram) -> Iterator[Proposal]:
    """A receiver that was to be trimmed or to be brought to small letters before."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        called = node.func
        if not isinstance(called, ast.Attribute) or called.attr not in _ON_TEXTS:
            continue
        text = program.tight(called.value)
        asked = program.text(node.args[0]) if len(node.args) == 1 else ""
        found = {f"{name}()": _ANY for name in (*_TRIMMING, "lower")}
        found |= {f"{name}({asked})": _OF_IT for name in _TRIMMING if asked}
        for step, prior in found.items():
            yield program.replace(called.value, f"{text}.{step}", "missing call", prior)


# Reading and writing: the encoding, line ends, and what is missing at the end of a line.


_TEXT_CALLS = frozenset({"open", "read_text", "write_text"})
_BINARY = frozenset({"rb", "wb", "ab", "r+b", "xb"})


def encodings(program: SuspectProgram) -> Iterator[Proposal]:
    """A text that is read or written in whatever encoding the machine has, or without care for its
    line ends."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        name = program.text(node.func).rpartition(".")[2]
        words = {keyword.arg for keyword in node.keywords}
        if name not in _TEXT_CALLS or any(
            isinstance(a, ast.Constant) and a.value in _BINARY for a in node.args
        ):
            continue
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        head = program.text(node.func)
        for word, values in (
            ("encoding", ('"utf-8"', '"utf-8-sig"', '"latin-1"')),
            ("newline", ('""', '"\\n"')),
            ("errors", ('"replace"',)),
        ):
            if word not in words and not (word == "newline" and name == "read_text"):
                for order, value in enumerate(values):
                    text = ", ".join([*whole, f"{word}={value}"])
                    prior = (0.35 if word != "errors" else 0.1) / (1 + 2 * order)
                    yield program.replace(node, f"{head}({text})", "missing argument", prior)


def line_ends(program: SuspectProgram) -> Iterator[Proposal]:
    """A line that is written without its end, or read with it."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if not isinstance(node.func, ast.Attribute) or len(node.args) != 1:
            continue
        text = program.tight(node.args[0])
        if node.func.attr in ("write", "append", "write_text"):
            yield program.replace(node.args[0], f'{text} + "\\n"', "line end", 0.12)
    for node in program.of(ast.For):
        assert isinstance(node, ast.For)
        if isinstance(node.target, ast.Name) and "line" in node.target.id:
            name = node.target.id
            yield program.insert_before(
                node.body[0], [f'{name} = {name}.rstrip("\\n")'], "line end", 0.12
            )
            yield program.insert_before(
                node.body[0], [f"{name} = {name}.strip()"], "line end", 0.12
            )


def patterns(program: SuspectProgram) -> Iterator[Proposal]:
    """A regular expression that was to ignore case, or to look at each line."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        head, _, name = program.text(node.func).rpartition(".")
        if head != "re" or name not in (
            *("compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "split"),
        ):
            continue
        if node.args:
            yield from _taken_literally(program, node.args[0])
        whole = [*map(program.text, node.args), *map(program.text, node.keywords)]
        if any("re." in word for word in whole[1:]):
            continue
        for flag in ("re.IGNORECASE", "re.MULTILINE", "re.DOTALL", "re.ASCII"):
            text = ", ".join([*whole, f"flags={flag}"])
            yield program.replace(node, f"{program.text(node.func)}({text})", "pattern", 0.08)


def _taken_literally(program: SuspectProgram, pattern: ast.expr) -> Iterator[Proposal]:
    """Parts of a pattern that come from elsewhere, with signs that mean themselves."""
    for part in program.inside(pattern):
        if isinstance(part, ast.FormattedValue):
            part = part.value
        elif part is not pattern and not isinstance(program.parents.get(part), ast.BinOp):
            continue
        if isinstance(part, ast.Name | ast.Attribute | ast.Subscript):
            new = f"re.escape({program.text(part)})"
            named = any(word in new.lower() for word in ("pattern", "regex", "_re)"))
            yield program.replace(part, new, "pattern", 0.05 if named else 0.3)


# Dates, times and their zones: what wraps round, what is aware, what is whole days.


#: Ways to name the zone of Greenwich, if the file knows the name.
_UTC = (("timezone", "timezone.utc"), ("UTC", "UTC"), ("datetime.", "datetime.timezone.utc"))


def wrapping(program: SuspectProgram) -> Iterator[Proposal]:
    """A number that counts from one and wraps round as if from nothing, or the other way."""
    for node in program.of(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if not isinstance(node.op, ast.Mod) or isinstance(node.left, ast.Constant):
            continue
        left, right = program.tight(node.left), program.tight(node.right)
        yield program.replace(node, f"({left} - 1) % {right} + 1", "wrapping", 0.12)
        yield program.replace(node, f"{left} % {right} + 1", "wrapping", 0.1)
        yield program.replace(node, f"({left} % {right} or {right})", "wrapping", 0.06)
        yield program.replace(node, f"({left} + 1) % {right}", "wrapping", 0.06)


def zones(program: SuspectProgram) -> Iterator[Proposal]:
    """A moment without its zone; a zone that is stuck on where the clock was to be moved."""
    text = program.source.text
    known = [name for sign, name in _UTC if sign in text]
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if not isinstance(node.func, ast.Attribute):
            continue
        name, receiver = node.func.attr, program.text(node.func.value)
        words = {keyword.arg: program.text(keyword.value) for keyword in node.keywords}
        if name == "replace" and set(words) == {"tzinfo"} and not node.args:
            new = f"{receiver}.astimezone({words['tzinfo']})"
            yield program.replace(node, new, "zone", 0.4)
        elif name == "astimezone" and len(node.args) == 1:
            new = f"{receiver}.replace(tzinfo={program.text(node.args[0])})"
            yield program.replace(node, new, "zone", 0.3)
        for zone in known:
            if name in ("now", "fromtimestamp") and "tz" not in words:
                arguments = [*map(program.text, node.args), zone]
                if len(arguments) == (1 if name == "now" else 2):
                    new = f"{receiver}.{name}({', '.join(arguments)})"
                    yield program.replace(node, new, "zone", 0.3)
            elif name in ("utcnow", "today") and not node.args:
                yield program.replace(node, f"{receiver}.now({zone})", "zone", 0.25)
            elif name in ("isoformat", "strftime", "date", "time", "timetuple"):
                new = f"{receiver}.astimezone({zone}).{name}"
                yield program.replace(node.func, new, "zone", 0.12)
            elif name in ("fromisoformat", "strptime", "combine"):
                new = f"{program.text(node)}.replace(tzinfo={zone})"
                yield program.replace(node, new, "zone", 0.12)


def spans(program: SuspectProgram) -> Iterator[Proposal]:
    """Whole days or the rest of a day, where the whole span was meant."""
    for node in program.of(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if node.attr in ("seconds", "days", "microseconds") and isinstance(node.ctx, ast.Load):
            if isinstance(program.parents.get(node), ast.Call) and _is_called(program, node):
                continue
            whole = f"{program.tight(node.value)}.total_seconds()"
            yield program.replace(node, whole, "span", 0.3)
            yield program.replace(node, f"int({whole})", "span", 0.2)
            if node.attr == "days":
                yield program.replace(node, f"{program.text(node)} + 1", "off by one", 0.3)
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func).rpartition(".")[2] == "timedelta":
            for keyword in node.keywords:
                if is_number(keyword.value) or isinstance(keyword.value, ast.Name):
                    for sign in ("+", "-"):
                        new = f"{program.text(keyword.value)} {sign} 1"
                        yield program.replace(keyword.value, new, "off by one", 0.12)


def fractions(program: SuspectProgram) -> Iterator[Proposal]:
    """The digits behind the point of a second, read as a number: ``.5`` is half a million
    microseconds."""
    if "datetime" not in program.source.text and "microsecond" not in program.source.text:
        return
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        if program.text(node.func) == "int" and len(node.args) == 1 and not node.keywords:
            digits = program.tight(node.args[0])
            for new in (f'{digits}.ljust(6, "0")[:6]', f'{digits}.ljust(6, "0")', f"{digits}[:6]"):
                yield program.replace(node.args[0], new, "missing normalisation", 0.1)


def _is_called(program: SuspectProgram, node: ast.Attribute) -> bool:
    parent = program.parents.get(node)
    return isinstance(parent, ast.Call) and parent.func is node
