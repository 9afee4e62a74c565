"""Every public callable of the standard library, called in every form that its stub allows.

The calls are generated from jedi's copy of typeshed, read by ``ast`` alone: each overload with its
required arguments by position, by name, and with all it takes. Nothing of it may be reported.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import jedi
import pytest

from tests.analysis.lint.conftest import Look

STUBS = Path(jedi.__file__).parent / "third_party" / "typeshed" / "stdlib"
#: Modules that programs import much, picked by hand.
MODULES = [
    "abc",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "base64",
    "bisect",
    "calendar",
    "collections",
    "concurrent.futures",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "datetime",
    "decimal",
    "difflib",
    "email.message",
    "enum",
    "fnmatch",
    "fractions",
    "functools",
    "glob",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http.client",
    "importlib",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "logging",
    "math",
    "mimetypes",
    "multiprocessing",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "pprint",
    "queue",
    "random",
    "re",
    "secrets",
    "shlex",
    "shutil",
    "signal",
    "smtplib",
    "socket",
    "sqlite3",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "traceback",
    "types",
    "unicodedata",
    "urllib.parse",
    "urllib.request",
    "uuid",
    "warnings",
    "weakref",
    "xml.etree.ElementTree",
    "zipfile",
    "zlib",
]


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a stub that hold under the Python that runs this."""
    for statement in body:
        if isinstance(statement, ast.If):
            held = eval(  # a version or platform test of typeshed
                compile(ast.Expression(statement.test), "stub", "eval"), {"sys": sys}
            )
            yield from statements(statement.body if held else statement.orelse)
        else:
            yield statement


Function = ast.FunctionDef | ast.AsyncFunctionDef


def forms(function: Function, *, bound: bool) -> Iterator[str]:
    """The argument lists of the calls that ``function`` allows."""
    taken = function.args
    by_place = [*taken.posonlyargs, *taken.args]
    required = len(by_place) - len(taken.defaults)
    if bound:
        by_place, required = by_place[1:], max(0, required - 1)
    # Before PEP 570 a stub names what goes by position alone with two underscores.
    old = [a for a in by_place if a.arg.startswith("__") and not a.arg.endswith("__")]
    only = max(len(taken.posonlyargs) - bound, len(old), 0)
    must = [a.arg for a, d in zip(taken.kwonlyargs, taken.kw_defaults, strict=True) if d is None]
    may = [a.arg for a in taken.kwonlyargs]
    named = [a.arg for a in by_place[only:]]
    for places, names in (
        (required, must),
        (len(by_place), must),
        (len(by_place), may),
        (min(only, required), [*named[: max(0, required - only)], *must]),
        (only, [*named, *may]),
    ):
        yield ", ".join([*("x" for _ in range(places)), *(f"{name}=x" for name in names)])
    if taken.vararg:
        yield ", ".join([*("x" for _ in range(len(by_place) + 2)), *(f"{name}=x" for name in must)])


def calls(module: str) -> Iterator[str]:
    """The calls of the public functions and classes that ``module``'s stub defines itself."""
    base = STUBS.joinpath(*module.split("."))
    path = base / "__init__.pyi" if base.is_dir() else base.with_suffix(".pyi")
    real = __import__(module, fromlist=["*"])
    for statement in statements(ast.parse(path.read_text("utf-8")).body):
        name = getattr(statement, "name", "_")
        if name.startswith("_") or not hasattr(real, name):
            continue
        if isinstance(statement, Function):
            makers, bound = [statement], False
        elif isinstance(statement, ast.ClassDef) and not _special(statement):
            inner = [s for s in statements(statement.body) if isinstance(s, Function)]
            makers = [s for s in inner if s.name == "__init__"]
            makers = makers or [s for s in inner if s.name == "__new__"]
            bound = True
        else:
            continue
        for maker in makers:
            yield from (f"{module}.{name}({form})" for form in forms(maker, bound=bound))


def _special(cls: ast.ClassDef) -> bool:
    """Whether a class is not called with what its constructor takes."""
    return any("Enum" in ast.unparse(base) or "Flag" in ast.unparse(base) for base in cls.bases)


@pytest.mark.slow
def test_no_form_that_a_stub_allows_is_reported(look_at: Look) -> None:
    wrong = []
    for module in MODULES:
        lines = list(dict.fromkeys(calls(module)))
        text = f"import {module}\n\n\ndef probe(x):\n" + "".join(f"    {line}\n" for line in lines)
        found = look_at(text + "    return x\n").findings
        for finding in found:
            if finding.code == "PF108":  # deprecated, and there
                continue
            line = text.split("\n")[finding.line].strip()
            wrong.append(f"{line}: {finding.code} {finding.message}")
    assert not wrong, "\n".join(wrong)
