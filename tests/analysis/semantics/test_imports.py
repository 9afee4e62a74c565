"""Imports: what the index of folders and syntax knows, and what it says it does not know."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.names import NameSet
from analysis.semantics.module_members import of_source
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at
from analysis.text.overlay import Buffer, Content

_FILES = {
    "pkg/__init__.py": "from .inner import *\nfrom . import other as alias\n"
    "__all__ = ['made_up']\n",
    "pkg/inner.py": "a: int = 1\nb, (c, *d) = 1, (2, 3)\n_hidden = 1\ndef f(): ...\n"
    "class K: ...\nif a:\n    yes = 1\nelse:\n    no = 1\nfor i in []: pass\n"
    "with open(b) as handle: pass\ntry: pass\nexcept OSError as error: pass\n"
    "import os.path, sys as system\ndef g():\n    global declared\n    declared = 1\n",
    "pkg/other.py": "x = 1\n",
    "pkg/sub/__init__.py": "",
    "lazy.py": "known = 1\ndef __getattr__(name): ...\n",
    "given.py": "# exec(code) is not used\ndef run(code, names):\n    exec(code, names)\n",
    "runs.py": "exec(open('x').read())\n",
    "writes.py": "known = 1\nglobals()['more'] = 2\n",
    "reads.py": "known = 1\nknown in globals()\nglobals()['known'].real\n"
    "def get(name):\n    return globals()[name]\n",
    "hands_on.py": "known = 1\nfill(globals())\n",
    "stars.py": "from nowhere import *\nknown = 1\n",
    "loop_a.py": "from loop_b import *\na = 1\n",
    "loop_b.py": "from loop_a import *\nb = 1\n",
    "stubbed.py": "shown = 1\n",
    "stubbed.pyi": "from typing import Any\nshown: int\ntyped: int\n",
    "space/part.py": "p = 1\n",
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("workspace")
    for name, text in _FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Workspace(str(root), python=sys.executable)


def _ask(
    provider: ReferenceProvider,
    workspace: Workspace,
    source: str,
    file: str = "app.py",
    buffers: tuple[Buffer, ...] = (),
) -> NameSet:
    offset = source.index("$0")
    text = source.replace("$0", "", 1)
    path = str(Path(workspace.root) / file)
    snapshot = Snapshot(path, text, workspace, buffers=buffers)
    return provider.names(snapshot, hole_at(text, offset), Deadline.after(60))


@pytest.mark.parametrize(
    ("source", "file", "tier", "has", "lacks"),
    [
        ("from pkg.inner import $0", "app.py", "closed",
         "a b c d _hidden f K yes no i handle error os system declared g", "path nope"),
        ("from pkg import $0", "app.py", "closed", "a f alias other sub made_up inner", "x p"),
        ("from . import $0", "pkg/other.py", "closed", "inner sub other a", "nope"),
        ("from .inner import $0", "pkg/other.py", "closed", "f K", "x"),
        ("from ..inner import $0", "pkg/sub/__init__.py", "closed", "f K", "x"),
        ("from lazy import $0", "app.py", "open", "known", "nope"),
        ("from given import $0", "app.py", "closed", "run", "nope"),
        ("from runs import $0", "app.py", "abstain", "", "nope"),
        ("from writes import $0", "app.py", "open", "known", "nope"),
        ("from reads import $0", "app.py", "closed", "known get", "nope"),
        ("from hands_on import $0", "app.py", "open", "known", "nope"),
        ("from stars import $0", "app.py", "open", "known", "nope"),
        ("from loop_a import $0", "app.py", "closed", "a b", "nope"),
        ("from stubbed import $0", "app.py", "closed", "shown typed", "Any"),
        ("from space import $0", "app.py", "closed", "part", "p"),
        ("from nowhere import $0", "app.py", "abstain", "", "a"),
        ("from math import $0", "app.py", "closed", "sqrt pi", "nope"),
        ("from os.path import $0", "app.py", "closed", "join", "nope"),
        ("from typing import $0", "app.py", "closed", "Any Protocol", "nope"),
        ("from pkg.inner import f, $0\nx = 1", "app.py", "closed", "K", "nope"),
        ("from pkg.inner import (\n    f,\n    $0\n)\n", "app.py", "closed", "K", "nope"),
        ("try:\n    from math import $0\nexcept ImportError: ...", "app.py", "open", "sqrt", "x"),
        ("import $0", "app.py", "closed", "pkg space lazy os sys math _typeshed rich", "nope"),
        ("import pkg.$0", "app.py", "closed", "inner other sub", "a f nope"),
        ("import os.$0", "app.py", "closed", "path", "getcwd"),
        ("from pkg.$0", "app.py", "closed", "inner sub", "f"),
        ("from .$0", "pkg/other.py", "closed", "inner sub", "f"),
        ("def f():\n    import $0", "app.py", "open", "pkg", "nope"),
        ("import math.$0", "app.py", "abstain", "", "sqrt"),
    ],
)  # fmt: skip
def test_import(
    provider: ReferenceProvider,
    workspace: Workspace,
    source: str,
    file: str,
    tier: str,
    has: str,
    lacks: str,
) -> None:
    answer = _ask(provider, workspace, source, file)
    assert answer.tier.value == tier, answer.reason
    assert set(has.split()) <= answer.spellings()
    assert not set(lacks.split()) & answer.spellings()


def test_the_unsaved_text_of_another_file_counts(
    provider: ReferenceProvider, workspace: Workspace
) -> None:
    other = str(Path(workspace.root) / "pkg" / "other.py")
    buffers = (Buffer(other, Content("typed_just_now = 1\n")),)
    answer = _ask(provider, workspace, "from pkg.other import $0", buffers=buffers)
    assert "typed_just_now" in answer.spellings()
    assert "x" not in answer.spellings()


def test_the_version_of_what_was_looked_at(
    provider: ReferenceProvider, workspace: Workspace
) -> None:
    standard = _ask(provider, workspace, "from json import $0")
    assert standard.looked_at == f"Python 3.{sys.version_info.minor} standard library"
    assert _ask(provider, workspace, "from rich import $0").looked_at.startswith("rich ")
    assert _ask(provider, workspace, "from pkg import $0").looked_at == ""


def test_a_stub_is_read_for_the_version_asked() -> None:
    stub = (
        b"import sys\nif sys.version_info >= (3, 12):\n    new: int\nelse:\n    old: int\n"
        b"if sys.platform == 'win32':\n    windows: int\nfrom a import b, c as c, d as e\n"
    )
    assert set(of_source(stub, (3, 12)).names) == {"new", "c", "windows"}
    assert "old" in of_source(stub, (3, 11)).names


@pytest.mark.parametrize("source", [b"", b"\x00\xff", b"def (", b"x = (\n" * 50, b"from . import"])
def test_broken_sources_bind_what_is_seen(source: bytes) -> None:
    assert isinstance(of_source(source).names, dict)
