"""Names and calls that do not exist, put into code that works.

Each invention is one that people and models make: a slip, a synonym, an affix, another case, a
name of a neighbouring API, an argument too many or too few. That it does not exist is asked of the
packages at run time (``benchmarks/real_api.py``) where they can tell, and else made sure of by a
name that occurs nowhere in them. Places are chosen from the syntax tree of the standard library,
by a seed; what Pilotfish would look at plays no part.
"""

from __future__ import annotations

import ast
import builtins
import json
import keyword
import random
import re
import subprocess
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis.syntax.holes import hole_at
from analysis.syntax.tree import SyntaxTree, parse
from benchmarks import real_api
from benchmarks.installed import Installed
from benchmarks.lint_names import wrong_names

#: Kinds of invention, by the copies of the files that they are put into. What is known of a name
#: hangs on the others: a wrong import or base class hides what is wrong behind it, and of two wrong
#: members of one class each makes the other doubtful. So they are spread.
COPIES = (
    ("attribute", "keyword", "arity"),
    ("attribute", "keyword", "arity"),
    ("name",),
    ("import_member", "import_module"),
)
KINDS = tuple(dict.fromkeys(kind for kinds in COPIES for kind in kinds))
#: Lines between two inventions, so that one does not hide another.
_APART = 4
#: Ways to get a name wrong that are tried for a place.
_PROPOSED = 4
#: Arguments too many; more would not happen.
_SURPLUS = 2
_PROBE_SECONDS = 300.0
_WORD = re.compile(r"[^\W\d]\w*")
_STORED = re.compile(r"\.(\w+)\s*(?::[^=\n]+)?=(?!=)|^\s+(\w+)\s*:", re.MULTILINE)
_SILENT = re.compile(r"#.*\b(?:noqa|type:|pyright:)")
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Invention:
    """What was put into a file. ``line`` and ``last`` count from 1; ``end`` is the offset behind
    what stood there, in the file as it was. ``way`` is how it is wrong."""

    path: str
    line: int
    last: int
    end: int
    kind: str
    way: str
    was: str
    name: str


@dataclass(slots=True)
class _Place:
    """Where something may be invented: the span that is replaced, and what may be put there, each
    with the question that must be answered by ``True`` (or none)."""

    kind: str
    begin: int
    end: int
    line: int
    last: int
    behind: int
    was: str
    proposed: list[tuple[str, str, _Question | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Question:
    """One question to the packages. ``about`` is ``members``, ``attributes`` or ``calls``."""

    about: str
    key: tuple[str, str, int]


class Truth:
    """What exists in an environment: every identifier of its files, and its answers at run time."""

    def __init__(self, place: Installed) -> None:
        self._place = place
        self.words: set[str] = set(_BUILTINS)
        self.stored: set[str] = set()
        for folder in place.folders:
            for file in folder.rglob("*.py"):
                if {"test", "tests", "pip"}.isdisjoint(file.relative_to(folder).parts):
                    text = file.read_text(encoding="utf-8", errors="replace")
                    self.words.update(_WORD.findall(text))
                    if folder == place.folders[0]:
                        self.stored.update(a or b for a, b in _STORED.findall(text))

    def ask(
        self, questions: Iterable[_Question], modules: Sequence[str]
    ) -> Mapping[_Question, object]:
        """The answers of the packages themselves, whose ``modules`` are imported first."""
        asked: dict[str, list[_Question]] = {"members": [], "attributes": [], "calls": []}
        for question in sorted(set(questions), key=lambda q: (q.about, q.key)):
            asked[question.about].append(question)
        document = {about: [q.key[:2] for q in some] for about, some in asked.items()}
        done = subprocess.run(
            [self._place.python, "-I", real_api.__file__],
            input=json.dumps({"modules": list(modules), **document}),
            capture_output=True,
            text=True,
            check=True,
            timeout=_PROBE_SECONDS,
        )
        answers = json.loads(done.stdout)
        return {
            question: answer
            for about, some in asked.items()
            for question, answer in zip(some, answers[about], strict=True)
        }


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    text: str
    tree: SyntaxTree
    module: ast.Module

    @property
    def dotted(self) -> str:
        """The module's name; its package is its folder."""
        parts = Path(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


#: Changed texts by their path, with what was invented in them.
Invented = dict[str, tuple[str, list[Invention]]]


def invent(texts: Mapping[str, str], truth: Truth, count: int, seed: int) -> tuple[Invented, ...]:
    """About ``count`` inventions in ``texts`` (by relative path), for each of :data:`COPIES`."""
    files = [_File(path, text, parse(text), _parsed(text)) for path, text in texts.items()]
    rngs = {f.path: random.Random(f"{seed} {f.path}") for f in files}
    places = {f.path: list(_places(f, rngs[f.path], truth)) for f in files}
    for path, of_file in places.items():
        rngs[path].shuffle(of_file)
    questions = [
        q for of in places.values() for place in of for *_, q in place.proposed if q is not None
    ]
    answers = truth.ask(questions, [f.dotted for f in files if not f.dotted.endswith("__main__")])
    quotas = _quotas({path: len(of) for path, of in places.items()}, count)
    made: tuple[Invented, ...] = tuple({} for _ in COPIES)
    for file in files:
        left = {kind: [p for p in places[file.path] if p.kind == kind] for kind in KINDS}
        for kinds, into in zip(COPIES, made, strict=True):
            edits = _chosen(file, {kind: left[kind] for kind in kinds}, answers, quotas[file.path])
            if edits:
                into[file.path] = _edited(file, edits)
    return made


def _quotas(places: Mapping[str, int], count: int) -> dict[str, int]:
    """How many inventions each copy of a file gets, by the number of its places."""
    total = max(1, sum(places.values()))
    return {path: -(-count * some // (total * len(COPIES))) for path, some in places.items()}


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _chosen(
    file: _File,
    places: Mapping[str, list[_Place]],
    answers: Mapping[_Question, object],
    quota: int,
) -> list[tuple[_Place, str, str]]:
    """Places with the way and the text that is put there, of the kinds of ``places`` in turn, up
    to ``quota``. What was looked at is taken from ``places``."""
    taken: list[tuple[int, int]] = []
    edits: list[tuple[_Place, str, str]] = []
    while len(edits) < quota and any(places.values()):
        for of_kind in places.values():
            later: list[_Place] = []
            while of_kind:
                place = of_kind.pop()
                if not _free(place, taken):
                    later.append(place)
                    continue
                found = None if _excused(file, place) else _first(place, answers)
                if found is not None:
                    taken.append((place.line, place.last))
                    edits.append((place, *found))
                    break
            of_kind[:0] = later
        if not any(_free(p, taken) for of_kind in places.values() for p in of_kind):
            break
    return edits[:quota]


def _free(place: _Place, taken: Sequence[tuple[int, int]]) -> bool:
    return all(place.line - _APART >= last or first >= place.last + _APART for first, last in taken)


def _excused(file: _File, place: _Place) -> bool:
    """Whether the place is under a test of the version, where the failure is caught, or where the
    author asked for silence."""
    lines = range(place.line - 1, place.last)
    silent = any(_SILENT.search(file.tree.lines.line(number)) for number in lines)
    return silent or bool(hole_at(file.text, place.behind, file.tree).guards)


def _first(place: _Place, answers: Mapping[_Question, object]) -> tuple[str, str] | None:
    for way, text, question in place.proposed:
        if question is None:
            return way, text
        answer = answers.get(question)
        if question.about == "members" and answer is False:
            return way, text
        if question.about == "attributes" and answer is True:
            return way, text
        if question.about == "calls" and isinstance(answer, list):
            least, most = answer
            given = question.key[2]
            if way == "missing" and least == given:
                return way, text
            if way == "surplus" and most is not None and 0 < most - given + 1 <= _SURPLUS:
                return way, text.replace("None", ", ".join(["None"] * (most - given + 1)))
    return None


def _edited(file: _File, edits: Sequence[tuple[_Place, str, str]]) -> tuple[str, list[Invention]]:
    text, made = file.text, []
    for place, way, new in sorted(edits, key=lambda e: e[0].begin, reverse=True):
        made.append(
            Invention(
                file.path, place.line, place.last, place.behind, place.kind, way, place.was, new
            )
        )
        text = text[: place.begin] + new + text[place.end :]
    _parsed(text)
    return text, made


def _places(file: _File, rng: random.Random, truth: Truth) -> Iterator[_Place]:
    imported = dict(_imported(file))
    attributes = sorted(
        {
            n.attr
            for n in ast.walk(file.module)
            if isinstance(n, ast.Attribute) and not n.attr.startswith("__")
        }
    )
    words = set(_WORD.findall(file.text)) | _BUILTINS
    starred = any(
        isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(file.module)
    )
    for node in ast.walk(file.module):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield from _attribute(file, node, imported, attributes, truth, rng)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            begin = _offset(file.tree, node.lineno, node.col_offset)
            taken = truth.words if starred else words
            yield from _named(file, "name", begin, node.id, taken, rng)
        elif isinstance(node, ast.Call):
            for argument in node.keywords:
                if argument.arg is not None:
                    begin = _offset(file.tree, argument.lineno, argument.col_offset)
                    yield from _named(file, "keyword", begin, argument.arg, truth.words, rng)
            yield from _call(file, node)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            yield from _from(file, node, truth, rng)


def _named(
    file: _File, kind: str, begin: int, name: str, taken: set[str], rng: random.Random
) -> Iterator[_Place]:
    """A place whose wrong names are those that ``taken`` lacks."""
    place = _spot(file, kind, begin, name)
    if place is not None:
        place.proposed = [(way, new, None) for way, new in _fresh(name, taken, rng)]
        yield place


def _fresh(name: str, taken: set[str], rng: random.Random) -> list[tuple[str, str]]:
    found = ((w, n) for w, n in wrong_names(name, rng) if n not in taken and _is_name(n))
    return [pair for _, pair in zip(range(_PROPOSED), found, strict=False)]


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _attribute(
    file: _File,
    node: ast.Attribute,
    imported: Mapping[str, str],
    attributes: Sequence[str],
    truth: Truth,
    rng: random.Random,
) -> Iterator[_Place]:
    if node.end_lineno is None or node.end_col_offset is None or node.attr.startswith("__"):
        return
    end = _offset(file.tree, node.end_lineno, node.end_col_offset)
    place = _spot(file, "attribute", end - len(node.attr), node.attr)
    if place is None:
        return
    root: ast.expr = node.value
    while isinstance(root, ast.Attribute):
        root = root.value
    module = imported.get(ast.unparse(node.value)) if isinstance(root, ast.Name) else None
    candidates = list(wrong_names(node.attr, rng))[:_PROPOSED]
    candidates += [("neighbour", n) for n in rng.sample(attributes, min(3, len(attributes)))]
    rng.shuffle(candidates)
    for way, new in candidates:
        if not _is_name(new) or new == node.attr:
            continue
        if module is not None:
            question = _Question("members", (module, new, 0))
        elif new in truth.stored or (isinstance(root, ast.Name) and root.id in imported):
            continue
        else:
            question = _Question("attributes", (node.attr, new, 0))
        place.proposed.append((way, new, question))
    place.proposed += [(w, n, None) for w, n in _fresh(node.attr, truth.words, rng)]
    yield place


def _imported(file: _File) -> Iterator[tuple[str, str]]:
    """What ``import`` and ``from`` bind: expressions, and the modules that they surely are (``""``
    where it is not known)."""
    for node in ast.walk(file.module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, alias.name
                if not alias.asname:
                    top = alias.name.partition(".")[0]
                    yield top, top
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, "") for alias in node.names)


def _from(file: _File, node: ast.ImportFrom, truth: Truth, rng: random.Random) -> Iterator[_Place]:
    module = _absolute(file, node)
    others = sorted(
        {
            alias.name
            for n in ast.walk(file.module)
            if isinstance(n, ast.ImportFrom) and n is not node
            for alias in n.names
            if alias.name != "*"
        }
    )
    for alias in node.names:
        if alias.name == "*":
            continue
        begin = _offset(file.tree, alias.lineno, alias.col_offset)
        place = _spot(file, "import_member", begin, alias.name)
        if place is None:
            continue
        bound = "" if alias.asname else f" as {alias.name}"
        candidates = list(wrong_names(alias.name, rng))[:_PROPOSED]
        candidates += [("neighbour", n) for n in rng.sample(others, min(2, len(others)))]
        rng.shuffle(candidates)
        place.proposed = [
            (way, new + bound, _Question("members", (module, new, 0)))
            for way, new in candidates
            if _is_name(new)
        ]
        yield place
    if node.module:
        begin = _offset(file.tree, node.lineno, node.col_offset)
        start = file.text.find(node.module, begin + len("from"))
        last = node.module.rpartition(".")[2]
        place = _spot(file, "import_module", start + len(node.module) - len(last), last)
        if place is None:
            return
        parent = module.rpartition(".")[0]
        for way, new in list(wrong_names(last, rng))[:_PROPOSED]:
            if not _is_name(new):
                continue
            if parent:
                question = _Question("members", (parent, new, 0))
                place.proposed.append((way, new, question))
            elif new not in truth.words:
                place.proposed.append((way, new, None))
        yield place


def _absolute(file: _File, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = list(Path(file.path).parent.parts)
    parts = parts[: len(parts) - node.level + 1]
    return ".".join((*parts, *((node.module,) if node.module else ())))


def _call(file: _File, node: ast.Call) -> Iterator[_Place]:
    """A call that can get an argument too many or too few, by what it calls at run time."""
    callee = ast.unparse(node.func)
    target = _target(file, node, callee)
    starred = any(isinstance(a, ast.Starred) for a in node.args)
    if target is None or starred or any(k.arg is None for k in node.keywords):
        return
    behind = _offset(file.tree, node.func.end_lineno or 0, node.func.end_col_offset or 0)
    close = _offset(file.tree, node.end_lineno or 0, node.end_col_offset or 0) - 1
    given = len(node.args)
    ends = [behind + 1] + [_offset(file.tree, a.end_lineno or 0, a.end_col_offset or 0)
                           for a in node.args]  # fmt: skip
    plain = all(a.lineno == a.end_lineno == node.lineno for a in node.args)
    if file.text[behind : behind + 1] != "(" or not plain:
        return
    question = _Question("calls", (*target, given))
    options = []
    if given and file.text[ends[-1] : ends[-1] + 1] in ("", ")"):
        gone = ends[-2] if given > 1 else behind + 1
        options.append(("missing", gone, ends[-1], ""))
    if not node.keywords and file.text[ends[-1] : close].strip() == "":
        options.append(("surplus", ends[-1], ends[-1], ", None" if given else "None"))
    options.sort(key=lambda o: hash_of(f"{file.path}{behind}{o[0]}"))
    for way, begin, end, new in options:
        place = _Place(
            "arity", begin, end, node.lineno, node.end_lineno or node.lineno, behind, callee
        )
        place.proposed = [(way, new, question)]
        yield place


def hash_of(text: str) -> int:
    """A number from a text that is the same in every process."""
    return random.Random(text).randrange(1 << 30)


def _target(file: _File, call: ast.Call, callee: str) -> tuple[str, str] | None:
    """Module and qualified name of what is called, where the file says so."""
    if isinstance(call.func, ast.Name):
        bound = [n for n in file.module.body if _binds(n, callee)]
        stores = sum(
            isinstance(n, ast.Name) and n.id == callee and not isinstance(n.ctx, ast.Load)
            for n in ast.walk(file.module)
        )
        shadowed = any(isinstance(n, ast.arg) and n.arg == callee for n in ast.walk(file.module))
        if stores or shadowed or len(bound) != 1:
            return None
        return file.dotted, callee
    if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
        return None
    owner, name = call.func.value.id, call.func.attr
    if owner == "self":
        for node in ast.walk(file.module):
            if isinstance(node, ast.ClassDef) and node in file.module.body:
                inside = any(call is n for n in ast.walk(node))
                if inside and any(_binds(n, name) for n in node.body):
                    return file.dotted, f"{node.name}.{name}"
        return None
    module = dict(_imported(file)).get(owner)
    return (module, name) if module else None


def _binds(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.ImportFrom):
        return any((alias.asname or alias.name) == name for alias in node.names)
    return (
        isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.name == name
        and not node.decorator_list
    )


def _spot(file: _File, kind: str, begin: int, name: str) -> _Place | None:
    # What the compiler renamed (``__private``) or spells otherwise is left out.
    if file.text[begin : begin + len(name)] != name:
        return None
    line = file.tree.lines.position(begin)[0] + 1
    return _Place(kind, begin, begin + len(name), line, line, begin + len(name), name)


def _offset(tree: SyntaxTree, line: int, column: int) -> int:
    """``ast`` counts lines from 1 and columns in bytes of UTF-8."""
    text = tree.lines.line(line - 1)
    return tree.lines.start(line - 1) + len(text.encode()[:column].decode(errors="ignore"))
