"""Programs to run under a tracer: generated ones, the fixtures, a project, the standard library.

Each part gives the texts of its files and what to call. Nothing of it is shown.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import io
import linecache
import sys
import unittest
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from benchmarks.flow_programs import Writer
from benchmarks.flow_runs import runs

ROOT = Path(__file__).parent.parent
PROJECT = ROOT / "benchmarks" / "corpora" / "fresh_bugs" / "project"
PARTS = ("constructs", "generated", "depot", "stdlib")

#: Tests of the standard library that are full of constructs, with the modules that they test.
STDLIB: Mapping[str, Sequence[str]] = {
    "test_grammar": (),
    "test_with": (),
    "test_generators": (),
    "test_patma": (),
    "test_except_star": (),
    "test_named_expressions": (),
    "test_listcomps": (),
    "test_scope": (),
    "test_raise": (),
    "test_coroutines": (),
    "test_asyncgen": (),
    "test_contextlib": ("contextlib",),
    "test_textwrap": ("textwrap",),
    "test_configparser": ("configparser",),
    "test_argparse": ("argparse", "gettext"),
    "test_shlex": ("shlex",),
    "test_difflib": ("difflib",),
    "test_heapq": ("heapq",),
    "test_fractions": ("fractions",),
    "test_statistics": ("statistics",),
    "test_string": ("string",),
    "test_csv": ("csv",),
    "test_copy": ("copy",),
    "test_dataclasses": ("dataclasses",),
    "test_bisect": ("bisect",),
    "test_calendar": ("calendar",),
    "test_pprint": ("pprint",),
    "test_tokenize": ("tokenize",),
}


@dataclass(frozen=True)
class Program:
    """Files by their paths as code objects have them, and what to call to run them."""

    name: str
    part: str
    files: Mapping[str, str]
    calls: Sequence[Callable[[], Any]]


def programs(
    part: str, *, modules: int = 40, times: int = 40, piece: tuple[int, int] = (1, 1)
) -> Iterator[Program]:
    """The programs of a part; ``modules`` and ``times`` are for what is generated.

    ``piece`` (I, N): every Nth program from the Ith on, so that a long run can be done in slices.
    """
    makers: list[Callable[[], Program]]
    if part == "constructs":
        fixtures = sorted((ROOT / "tests" / "fixtures" / "flow").glob("*.py"))
        makers = [partial(_fixture, path) for path in fixtures]
    elif part == "generated":
        makers = [partial(_generated, seed, times) for seed in range(modules)]
    elif part == "depot":
        makers = [_project]
    else:
        makers = [partial(_stdlib, name) for name in STDLIB]
    start, step = piece
    for make in makers[start - 1 :: step]:
        yield make()


def add_piece(parser: argparse.ArgumentParser) -> None:
    """The option ``--slice I/N``, kept as ``piece``."""
    parser.add_argument(
        "--slice", dest="piece", type=_piece, default=(1, 1), metavar="I/N",
        help="every Nth program from the Ith on; all N slices are the whole",
    )  # fmt: skip


def _piece(text: str) -> tuple[int, int]:
    start, _, step = text.partition("/")
    if not (start.isdigit() and step.isdigit() and 1 <= int(start) <= int(step)):
        raise argparse.ArgumentTypeError(f"{text!r} is no slice, as 1/4 is")
    return int(start), int(step)


def _fixture(path: Path) -> Program:
    spec = importlib.util.spec_from_file_location(f"flow_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader

    def load() -> None:
        loader.exec_module(module)

    load()
    calls = [lambda f=f, a=a: f(*a) for f, a in module.RUNS]
    text = path.read_text(encoding="utf-8")
    return Program(path.stem, "constructs", {str(path): text}, [load, *calls])


def _generated(seed: int, times: int) -> Program:
    text = Writer(seed, 6).text
    file = f"<generated {seed}>"
    module = ModuleType(f"generated_{seed}")
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, file, "exec"), vars(module))
    return Program(file, "generated", {file: text}, list(runs(module, times)))


def _project() -> Program:
    files = sorted((PROJECT / "depot").rglob("*.py"))
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:warnings", str(PROJECT / "tests")]

    def run() -> None:
        sys.path.insert(0, str(PROJECT))
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            pytest.main([f"--rootdir={PROJECT}", *arguments])
        sys.path.remove(str(PROJECT))

    texts = {str(path): path.read_text(encoding="utf-8") for path in files}
    return Program("depot", "depot", texts, [run])


def _stdlib(name: str) -> Program:
    found = [importlib.import_module(f"test.{name}")]
    found += [importlib.import_module(each) for each in STDLIB[name]]
    texts = {str(m.__file__): Path(str(m.__file__)).read_text(encoding="utf-8") for m in found}

    def run() -> None:
        suite = unittest.defaultTestLoader.loadTestsFromModule(found[0])
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            unittest.TextTestRunner(stream=io.StringIO()).run(suite)

    return Program(name, "stdlib", texts, [run])
