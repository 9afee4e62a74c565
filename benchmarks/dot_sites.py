"""Places where a line of a real package is cut and written again: the sites of ``dotprompts``.

Everything behind the cut goes, so that the answer is nowhere in its own line; what stands before
and behind stays. Only statements of one line are cut, since half of a longer one would be left.
"""

from __future__ import annotations

import ast
import json
import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.text.document import LineIndex
from analysis.text.files import read_file

#: The kinds of eleven sites of a package, in their order.
ORDER = (
    "attribute", "midline", "attribute", "keyword", "import_member",
    "attribute", "store", "midline", "attribute", "import_module", "argument",
)  # fmt: skip
#: Larger files are left out: their prompts are cut to the same size anyway.
_LARGEST = 60_000
#: What a line is cut behind where the model is to write the dots itself.
_VALUE = re.compile(r"(?:= |return |\bif |\bin |\band |\bor |[(,] ?)(?=[^()=,]*\.[a-z])")
#: A name, and not the prefix of a string.
_IDENTIFIER = re.compile(r"[^\W\d]\w*+(?!['\"])")


@dataclass(frozen=True, slots=True)
class DotSite:
    """One cut. ``start`` is the offset of the cut in ``text``, the whole file; ``wanted`` is what
    stood from there to the end of the line, ``name`` its first identifier. ``hard`` says that the
    name stands nowhere else in the file."""

    package: str
    root: Path
    path: Path
    line: int
    kind: str
    start: int
    name: str
    wanted: str
    text: str
    hard: bool

    @property
    def key(self) -> str:
        """What it is called in results."""
        inside = self.path.relative_to(self.root.parent)
        return f"{inside}:{self.line + 1}:{self.kind}:{self.name}"

    def with_text(self, written: str) -> str:
        """The file with ``written`` in place of what was cut."""
        return self.text[: self.start] + written + self.text[self.start + len(self.wanted) :]


def roots(python: str, packages: Sequence[str]) -> dict[str, Path]:
    """The folder (or file) of each importable package under an interpreter.

    Raises :class:`~analysis.errors.AnalysisError` naming one that is not there.
    """
    program = (
        "import importlib.util as u, json, sys\n"
        "specs = {n: u.find_spec(n) for n in sys.argv[1:]}\n"
        "print(json.dumps({n: s.origin for n, s in specs.items() if s and s.origin}))"
    )
    command = [python, "-I", "-c", program, *packages]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    origins = json.loads(answer.stdout)
    for package in packages:
        if package not in origins:
            raise AnalysisError(
                f"there is no package '{package}' under {python}",
                where="--packages",
                help="install it there",
            )
    found = {name: Path(origin) for name, origin in origins.items()}
    return {n: p.parent if p.name == "__init__.py" else p for n, p in found.items()}


def sites(package: str, root: Path, count: int, seed: int) -> list[DotSite]:
    """``count`` sites of a package, drawn with ``seed``, of all kinds in turn, one a line."""
    files = [root] if root.is_file() else sorted(root.rglob("*.py"))
    by_kind: dict[str, list[DotSite]] = {kind: [] for kind in ORDER}
    for path in files:
        if "_vendor" in path.parts or "tests" in path.parts:
            continue
        try:
            text = read_file(path).text
        except AnalysisError:
            continue
        if len(text) <= _LARGEST and "\r" not in text:
            for site in _cuts(package, root, path, text):
                by_kind[site.kind].append(site)
    chosen: list[DotSite] = []
    taken: set[tuple[Path, int]] = set()
    for found in by_kind.values():
        random.Random(f"{seed} {package}").shuffle(found)
    while len(chosen) < count and any(by_kind.values()):
        for kind in ORDER:
            while by_kind[kind]:
                site = by_kind[kind].pop()
                if (site.path, site.line) not in taken:
                    taken.add((site.path, site.line))
                    chosen.append(site)
                    break
    return chosen[:count]


def _cuts(package: str, root: Path, path: Path, text: str) -> Iterator[DotSite]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    lines = LineIndex(text)

    def offset(line: int, column: int) -> int:
        start = lines.line(line - 1).encode("utf-8", "surrogatepass")[:column]
        return lines.start(line - 1) + len(start.decode("utf-8", "replace"))

    def cut(kind: str, start: int) -> DotSite | None:
        line = text.count("\n", 0, start)
        stop = text.find("\n", start)
        wanted = text[start : stop if stop >= 0 else len(text)]
        name = _IDENTIFIER.match(wanted)
        if name is None or (kind == "midline" and "." not in wanted):
            return None
        others = text[:start] + " " + text[start + len(name.group()) :]
        hard = not re.search(rf"\b{name.group()}\b", others)
        return DotSite(package, root, path, line, kind, start, name.group(), wanted, text, hard)

    found: list[DotSite | None] = []
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.stmt) or isinstance(statement, _COMPOUND):
            continue
        if statement.lineno != statement.end_lineno:
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Del):
                end = offset(node.end_lineno or 0, node.end_col_offset or 0)
                kind = "attribute" if isinstance(node.ctx, ast.Load) else "store"
                found.append(cut(kind, end - len(node.attr)))
            elif isinstance(node, ast.Call):
                for given in node.args:
                    if isinstance(given, ast.Name | ast.Attribute):
                        found.append(cut("argument", offset(given.lineno, given.col_offset)))
            elif isinstance(node, ast.keyword) and node.arg is not None:
                found.append(cut("keyword", offset(node.lineno, node.col_offset)))
            elif isinstance(node, ast.alias) and node.name != "*":
                start = offset(node.lineno, node.col_offset)
                if isinstance(statement, ast.ImportFrom):
                    found.append(cut("import_member", start))
                else:
                    last = node.name.rpartition(".")[2]
                    found.append(cut("import_module", start + len(node.name) - len(last)))
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr | ast.Assert):
            begin = offset(statement.lineno, statement.col_offset)
            end = offset(statement.end_lineno or 0, statement.end_col_offset or 0)
            if match := _VALUE.search(text, begin, end):
                found.append(cut("midline", match.end()))
    yield from (site for site in found if site is not None)


_COMPOUND = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.AsyncFor, ast.While,
    ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match,
)  # fmt: skip
