"""Mistakes in a real repository: dozens of modules, hundreds of tests, files as people keep them.

``python -m benchmarks.real_repo [--model none|0.5b|1.5b] [--only NAME] [--budget S]
[--resume FILE]``; ``--check`` verifies the items and repairs nothing.

Each item of ``benchmarks/corpora/real_repo.toml`` names a package whose source distribution brings
its tests, a mistake put into one file, and the test command that fails by it; a ``shape`` first
turns the file into one with carriage returns, a byte order mark, tabs or no final newline. The
package is installed in place, from ``sources``, in a ``.venv`` of the checkout, beside what its
tests need. ``fix`` is asked as a person asks: FILE and ``--test``, the suite it finds itself.
*Right*: the patch applies with ``git apply``, the command passes, all tests that passed before the
mistake do (of ``suite``, or else of the test files of ``tests``), and every line that the patch did
not touch kept its bytes. Sources are fetched with pip into ``.benchmarks/packages``.
"""

from __future__ import annotations

import ast
import difflib
import shutil
import sys
import tarfile
import tomllib
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from analysis.errors import ExplainedError
from benchmarks.bug_corpus import CorpusError
from benchmarks.fixing import Case, Task, folder, options, passes, run_corpus
from benchmarks.installed import install
from benchmarks.release_bugs import fetch
from pilotfish.console import explain

ITEMS = Path(__file__).parent / "corpora" / "real_repo.toml"
_BOM = b"\xef\xbb\xbf"
#: What the tests of the packages need.
_NEEDED = (
    "pytest", "hypothesis", "pytest-cov", "pytest-xdist", "pytest-regressions", "anyio", "trio",
    "trustme", "uvicorn", "httpcore", "certifi", "idna", "chardet", "zstandard", "brotli", "rich",
    "pretend", "mdurl", "linkify-it-py", "wcwidth", "wcag-contrast-ratio", "ruff",
)  # fmt: skip
#: Those of them that a test command starts by name.
_PROGRAMS = ("ruff",)
#: Lines that a patch may touch besides those of the mistake and their replacement.
_STRAYED = 3


@dataclass(frozen=True)
class Item:
    """One mistake; ``edits`` are pairs of what stands in ``file`` and what is put in its place."""

    name: str
    package: str
    version: str
    kind: str
    file: str
    edits: tuple[tuple[str, str], ...]
    command: str
    sources: str
    shape: str = ""
    suite: str = ""


def load_items(path: Path = ITEMS) -> list[Item]:
    """The items in ``path``. Raises :class:`CorpusError` where the file is not of the form."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["items"]
        return [
            Item(**{**entry, "edits": tuple((old, new) for old, new in entry["edits"])})
            for entry in entries
        ]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise CorpusError(f"not a list of items: {error}", where=str(path)) from error


def unpack(item: Item, root: Path) -> None:
    """The repository as it was before the mistake, its file in the item's shape."""
    with folder() as scratch:
        with tarfile.open(fetch(item.package, item.version, source=True)) as archive:
            archive.extractall(scratch, filter="data")
        shutil.copytree(next(scratch.iterdir()), root, dirs_exist_ok=True)
    path = root / item.file
    path.write_bytes(shaped(path.read_bytes(), item.shape))
    _install_in_place(root, root / item.sources)


def _install_in_place(root: Path, sources: Path) -> None:
    """Give the checkout an environment in which ``sources`` come before what its tests need."""
    needed = install(_NEEDED, "real_repo")
    venv.create(root / ".venv")
    (root / ".venv" / ".gitignore").write_text("*\n", encoding="utf-8")
    (packages,) = (root / ".venv").glob("lib/python*/site-packages")
    (packages / "in_place.pth").write_text(f"{sources}\n{needed.folders[0]}\n", encoding="utf-8")
    for name in _PROGRAMS:
        shutil.copy2(needed.program(name), root / ".venv" / "bin" / name)


def _python(root: Path) -> str:
    return str(root / ".venv" / "bin" / "python")


def _pass(root: Path, command: str, seconds: float) -> bool:
    return passes(root, command, seconds, _python(root))


def shaped(data: bytes, shape: str) -> bytes:
    """A file of LF and spaces as somebody else keeps it."""
    for word in filter(None, shape.split(", ")):
        if word == "crlf":
            data = data.replace(b"\n", b"\r\n")
        elif word == "bom":
            data = _BOM + data
        elif word == "tabs":
            data = b"".join(map(_tabbed, data.splitlines(keepends=True)))
        elif word == "no final newline":
            data = data.rstrip(b"\r\n")
        else:
            raise CorpusError(f"there is no shape {word!r}", where=str(ITEMS))
    return data


def _tabbed(line: bytes) -> bytes:
    rest = line.lstrip(b" ")
    deep, over = divmod(len(line) - len(rest), 4)
    return b"\t" * deep + b" " * over + rest


def spoil(item: Item, root: Path) -> None:
    """Put the mistake in. Raises :class:`CorpusError` where its text is not there once."""
    path = root / item.file
    data = path.read_bytes()
    for old, new in item.edits:
        before, after = (shaped(text.encode(), _of_parts(item.shape)) for text in (old, new))
        if data.count(before) != 1:
            raise CorpusError(f"stands there {data.count(before)} times: {old!r}", where=item.name)
        data = data.replace(before, after)
    path.write_bytes(data)


def _of_parts(shape: str) -> str:
    """What of a shape touches every line."""
    return ", ".join(word for word in shape.split(", ") if word in ("crlf", "tabs"))


def lay_out(item: Item, root: Path) -> Task:
    """The repository with the mistake."""
    unpack(item, root)
    spoil(item, root)
    return Task(item.file, item.command, python=_python(root))


def judge(item: Item, patched: Path, root: Path) -> tuple[bool, bool]:
    """Whether the patched repository is right, and whether the file is exactly what it was."""
    unpack(item, root)
    known, new = (root / item.file).read_bytes(), (patched / item.file).read_bytes()
    spoil(item, root)
    mistaken = (root / item.file).read_bytes()
    (root / item.file).write_bytes(new)
    # Lines that differ from the mistaken file: no more than the mistake and a little.
    allowed = _changed(mistaken, known) + _STRAYED
    right = (
        _changed(mistaken, new) <= allowed
        and new.startswith(_BOM) == known.startswith(_BOM)
        and _pass(root, item.command, 120.0)
        and _pass(root, item.suite or _suite(root), 180.0)
    )
    return right, ast.dump(ast.parse(new)) == ast.dump(ast.parse(known))


def _suite(root: Path) -> str:
    files = sorted(str(path.relative_to(root)) for path in (root / "tests").glob("test_*.py"))
    return " ".join(["python -m pytest -q -p no:cacheprovider", *files])


def _changed(one: bytes, other: bytes) -> int:
    before, after = ([repr(line) for line in d.splitlines(keepends=True)] for d in (one, other))
    return sum(line.startswith("+") for line in difflib.ndiff(before, after))


def check(item: Item) -> list[str]:
    """What is wrong with ``item``: nothing, where it is what it claims."""
    with folder() as root:
        unpack(item, root)
        suite = item.suite or _suite(root)
        wrong = [] if _pass(root, suite, 180.0) else ["the suite fails as it was"]
        spoil(item, root)
        if _pass(root, item.command, 120.0):
            wrong.append("the command passes with the mistake")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; exit code 2 where it cannot."""
    parser = options(__doc__)
    parser.add_argument("--check", action="store_true", help="verify the items only")
    parser.set_defaults(time_limit=120.0)
    chosen = parser.parse_args(arguments)
    try:
        items = load_items()
        if chosen.check:
            bad = 0
            for item in [i for i in items if not chosen.only or {i.name, i.kind} & {*chosen.only}]:
                wrong = check(item)
                print(f"{item.name:30} {'ok' if not wrong else '; '.join(wrong)}", flush=True)
                bad += bool(wrong)
            return 1 if bad else 0
        cases = [Case(i.name, i.kind, partial(lay_out, i), partial(judge, i)) for i in items]
        run_corpus("real_repo", "Mistakes in a real repository", cases, chosen)
    except ExplainedError as error:
        explain(error.what, where=error.where, help=error.help)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
