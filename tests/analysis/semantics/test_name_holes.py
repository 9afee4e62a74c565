"""Bare names through the provider: star imports, builtins, tiers, exceptions, packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.names import NameSet, Tier
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


def _names(provider: ReferenceProvider, path: Path, source: str) -> NameSet:
    text = source.replace("$0", "", 1)
    snapshot = Snapshot(str(path), text, Workspace(str(path.parent), python=sys.executable))
    return provider.names(snapshot, hole_at(text, source.index("$0")), Deadline.after(60))


@pytest.mark.parametrize(
    ("source", "tier", "has", "lacks"),
    [
        ("import os\nx = $0", Tier.CLOSED, "os x print __name__", "path return"),
        ("from os.path import *\nx = $0", Tier.CLOSED, "join", "_get_sep"),
        ("from nowhere import *\nx = $0", Tier.OPEN, "x", ""),
        ("exec(a)\nx = $0", Tier.OPEN, "x", ""),
        ("$0", Tier.OPEN, "print", ""),
        ("$0 = 1", Tier.OPEN, "print", ""),
        ("try:\n    x = $0\nexcept NameError:\n    x = str", Tier.OPEN, "str", ""),
        ("if PY2:\n    x = $0", Tier.OPEN, "str", ""),
        ("class A($0)", Tier.OPEN, "object", ""),
        ("def f(a):\n    own = $0\n    late = a", Tier.CLOSED, "a f", "own late"),
        ("def f(a):\n    g(x.y for x in a if $0)\n    x = y = 1", Tier.CLOSED, "a x", "y"),
        ("def f(a): ...\nb = 1\nf($0)", Tier.CLOSED, "a b f", "c"),
        ("def f(**k): ...\nb = 1\nf($0)", Tier.OPEN, "b f", ""),
        ("def f(:\n    size = 1\n    y = (\n    return $0", Tier.CLOSED, "size y f", "sizes"),
        ("@$0\ndef f(): ...", Tier.CLOSED, "property f", "fset"),
        ("class E(OSError): ...\nclass F(E): ...\nv = 1\nraise $0", Tier.CLOSED,
         "E F v ValueError type", "int print"),
        ("class E(OSError): ...\ntry: ...\nexcept (A, $0", Tier.CLOSED, "E KeyError", "str"),
    ],
)  # fmt: skip
def test_case(
    provider: ReferenceProvider, tmp_path: Path, source: str, tier: Tier, has: str, lacks: str
) -> None:
    answer = _names(provider, tmp_path / "case.py", source)
    assert answer.tier is tier, answer.reason
    assert set(has.split()) <= answer.spellings()
    assert not set(lacks.split()) & answer.spellings()


def test_exceptions_of_the_file_come_first(provider: ReferenceProvider, tmp_path: Path) -> None:
    source = "import os\nclass A: ...\nclass F(E): ...\nclass E(Exception): ...\nraise $0"
    answer = _names(provider, tmp_path / "case.py", source)
    assert {name.name for name in answer.names[:2]} == {"E", "F"}
    assert [n.name for n in answer.names if n.type and n.origin != "builtins"] == ["F", "E"]


def test_a_package_sees_its_modules(provider: ReferenceProvider, tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text("")
    source = "from .inner import *\nx = $0"
    assert "inner" in _names(provider, tmp_path / "__init__.py", source).spellings()
    assert "inner" not in _names(provider, tmp_path / "other.py", "x = $0").spellings()
