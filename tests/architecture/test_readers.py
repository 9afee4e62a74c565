"""Whatever a workspace or another user can put on the disk is read by one bounded reader.

A file may be a FIFO, a link to ``/dev/zero`` or a terabyte. The reader is
``analysis/text/files.py``; a file that is opened otherwise must be ours, and stands below with the
reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("analysis", "decoding", "repair", "engine", "lsp_server", "pilotfish")

OURS = {
    "analysis/text/files.py": "the bounded reader",
    "analysis/private.py": "makes our own files, and reads none",
    "analysis/semantics/jedi_provider/patches/parsing.py": "our cache, in the user's cache folder",
    "repair/sandbox/cores.py": "/proc and /sys of the kernel",
    "repair/sandbox/watch.py": "/proc of the kernel",
    "repair/sandbox/visible.py": "/proc of the kernel",
    "repair/optimizing/rewriting.py": "a module of our own installation",
    "engine/trust.py": "the user's own list, in the user's configuration folder",
    "pilotfish/report/page/document.py": "a resource of our own installation",
    "decoding/vocabulary/tokens.py": "our cache, in the user's cache folder",
    "decoding/models/wheels.py": "downloads, in the user's data folder",
    "decoding/models/store.py": "models, in the user's data folder or named by the user",
    "decoding/models/pull.py": "downloads, in the user's data folder",
}


def unbounded(source: str) -> Iterator[int]:
    """The lines on which a file is opened for reading, but for the null device."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        said = ast.unparse(node.func)
        words = [a.value for a in node.args if isinstance(a, ast.Constant)]
        mode = next((w for w in words if isinstance(w, str)), "r" if not words else "")
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("read_text", "read_bytes"):
            yield node.lineno
        elif said in ("open", "io.open", "tokenize.open", "codecs.open", "linecache.getlines"):
            if mode not in ("w", "wb", "a", "ab", "x", "xb"):
                yield node.lineno
        elif said == "os.open":
            if "os.devnull" not in ast.unparse(node):
                yield node.lineno
        elif said.endswith(".open") and (mode.startswith("r") and (words or not node.args)):
            yield node.lineno


def test_files_are_read_by_the_bounded_reader() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        # Runs in the sandbox, on the user's Python, without our modules.
        if "sandbox/probe" not in path.as_posix()
        and any(unbounded(path.read_text(encoding="utf-8")))
    }
    assert found - OURS.keys() == set(), "read them with analysis.text.files"
    assert OURS.keys() - found == set(), "these open nothing any more: take them off the list"


@pytest.mark.parametrize(
    "line",
    [
        "open(p)",
        "open(p, 'rb')",
        "Path(p).open()",
        "p.open('r+b')",
        "p.read_text()",
        "Path(p).read_bytes()",
        "os.open(p, os.O_RDONLY)",
        "tokenize.open(p)",
    ],
)
def test_a_new_reader_is_found(line: str) -> None:
    assert list(unbounded(f"\n{line}\n")) == [2]


@pytest.mark.parametrize("line", ["p.open('wb')", "read_text(p)", "ledger.open(request, None)"])
def test_what_reads_nothing_is_passed_over(line: str) -> None:
    assert not list(unbounded(line))


def test_links_are_followed_where_they_may_lead_to_themselves() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "sandbox/probe" not in path.as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if node.func.attr == "resolve" and not node.args and not node.keywords
    ]
    assert found == [], "use analysis.text.files.real_path"
