"""The graph follows the disk: edits, new and removed files, kills, two processes at once."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.graph import Graph, indexing
from analysis.graph.store import generation
from analysis.snapshot import Workspace

BUILD = (
    "import sys, pathlib; from analysis.graph import Graph; "
    "from analysis.snapshot import Workspace; "
    "Graph(Workspace(sys.argv[1]), pathlib.Path(sys.argv[2])).refresh()"
)


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def generated(count: int) -> dict[str, str]:
    """Modules that use each other: bases, calls, fields, star imports."""
    files = {"pkg/__init__.py": "from .m0 import *\n"}
    for number in range(count):
        other, third = (number * 7 + 1) % count, (number * 3 + 2) % count
        files[f"pkg/m{number}.py"] = (
            f"from pkg import m{other}\nfrom .m{third} import C{third} as Other\n\n"
            f"class C{number}({'Other' if third < number else ''}):\n"
            f"    def __init__(self):\n        self.part = m{other}.make{other}()\n\n"
            f"    def run(self):\n        return self.part.run() or self.step{number}()\n\n"
            f"    def step{number}(self):\n        return 1\n\n"
            f"def make{number}():\n    return C{number}()\n"
        )
    return files


def dump(graph: Graph) -> list[tuple[object, ...]]:
    """All that the graph says, in names."""
    db = graph.store.db
    nodes = db.execute(
        "SELECT kind, qualified_name, line, character, end_line, signature FROM node"
    ).fetchall()
    edges = db.execute(
        "SELECT a.qualified_name, e.type, b.qualified_name, e.virtual, e.line, e.character "
        "FROM edge e JOIN node a ON a.id = e.source JOIN node b ON b.id = e.target "
        "WHERE b.file != 0"
    ).fetchall()
    loose = db.execute(
        "SELECT a.qualified_name, l.name, l.type, l.line FROM loose l JOIN node a ON a.id=l.source"
    ).fetchall()
    known = [n for n in nodes if n[0] != "EXTERNAL"]
    return [*sorted(known), *sorted(edges), *sorted(loose)]


def fresh(root: Path, cache: Path) -> list[tuple[object, ...]]:
    with Graph(Workspace(str(root)), cache) as graph:
        graph.refresh()
        return dump(graph)


EDITS: list[dict[str, str | None]] = [
    {"pkg/m3.py": "def make3():\n    return None\n"},
    {"pkg/m3.py": "from .m4 import C4\n\nclass C3(C4): ...\n\ndef make3():\n    return C3()\n"},
    {"pkg/m5.py": None},
    {"pkg/m5.py": "class C5:\n    def run(self):\n        pass\n\ndef make5() -> C5:\n    ...\n"},
    {"pkg/__init__.py": "from .m1 import make1 as f\n", "app.py": "import pkg\npkg.f().run()\n"},
    {"pkg/m1.py": "__all__ = ['C1']\n\nclass C1:\n    run = 3\n\nclass C2: ...\n"},
    {"pkg/m4.py": "from pkg.late import Late\n\nclass C4(Late): ...\n"},
    {"pkg/late.py": "class Late:\n    def run(self):\n        return self\n"},
    {"pkg/m4.py": "def broken(:\n  class"},
]  # fmt: skip


def test_after_every_edit_it_is_what_a_new_one_would_be(tmp_path: Path) -> None:
    root = tmp_path / "project"
    write(root, generated(12))
    with Graph(Workspace(str(root)), tmp_path / "kept") as graph:
        graph.refresh()
        for number, edit in enumerate(EDITS):
            for name, text in edit.items():
                if text is None:
                    (root / name).unlink()
                else:
                    write(root, {name: text})
            graph.refresh([str(root / name) for name in edit])
            assert dump(graph) == fresh(root, tmp_path / f"new{number}"), f"edit {number}: {edit}"


LIBRARY = """\
import random
{imports}

class Base:
    {field}
    def __init__(self, given=None):
        {local}
        self.kept = {kept}

    def made(self){annotation}:
        {before}
        return {result}

    @{role}
    def shared(first):
        return {result}

class Other({base}):
    def only(self):
        return self
    made_by = {member}

def make({parameter}):
    {before}
    held = {kept}
    {after}
    return held

some = {first}
{early}
{condition}
{late}
picked = some
"""
#: What each part of the library may be; any of them together is a program.
CHOICES = {
    "imports": ["from typing import Any", "from far import far as some", "from far import *"],
    "field": ["field = None", "field = 1", "def field(self): return Other()", "only = 3"],
    "local": ["pass", "given = Other()", "made = Other"],
    "kept": ["given", "Other()", "Base()", "''", "make", "some", "Other.made_by"],
    "annotation": ["", " -> 'Other'", " -> 'Base'", " -> Any"],
    "before": ["pass", "held = Other()", "given = Base()", "if random: return Other()"],
    "result": ["Other()", "Base()", "make()", "self", "None", "given"],
    "role": ["property", "staticmethod", "classmethod"],
    "base": ["", "Base", "some", "far.Far"],
    "member": ["Base", "make", "1", "Base.field"],
    "parameter": ["given=None", "given: Base = None", "given: 'Other' = None"],
    "after": ["pass", "held = Other()", "return Base()", "del held"],
    "first": ["Base", "Other", "make", "Other()"],
    "early": ["", "class Kept(some): ...", "early = some"],
    "late": ["", "class Kept(some): ...", "early = some"],
    "condition": ["", "some = Other", "if random:\n    some = make", "class Base(Other): ..."],
}
USER = """\
import library, far
from library import *
from library import Base as Renamed, picked

class Derived(library.Base):
    def made(self):
        return super().made().made()

def use(item: Renamed):
    item.made().only().made()
    item.kept.made()
    item.shared.only()
    library.Other.made_by().made()
    library.make().made()
    library.make(item).kept.only()
    Derived().kept.only()
    library.some().made()
    picked().only()
    library.field
    Derived().field().only()
    library.Kept().made().only()
    library.early().only()
"""


def test_after_random_edits_it_is_what_a_new_one_would_be(tmp_path: Path) -> None:
    chance = random.Random(8)
    root = tmp_path / "project"
    parts = {name: choices[0] for name, choices in CHOICES.items()}
    far = (
        "from library import make\n\nclass Far:\n    made = make\n\ndef far():\n    return Far()\n"
    )
    write(root, {"library.py": LIBRARY.format(**parts), "user.py": USER, "far.py": far})
    alone = 0
    with Graph(Workspace(str(root)), tmp_path / "kept") as graph:
        graph.refresh()
        for number in range(60):
            name = chance.choice(list(CHOICES))
            parts[name] = chance.choice(CHOICES[name])
            write(root, {"library.py": LIBRARY.format(**parts)})
            alone += graph.refresh([str(root / "library.py")]) == 1
            assert dump(graph) == fresh(root, tmp_path / f"new{number}"), (
                f"{number}: {name} {parts}"
            )
    assert alone  # what nobody rests on is nobody's to resolve anew


def test_a_body_resolves_its_file_alone_and_a_meaning_what_rests_on_it(tmp_path: Path) -> None:
    write(
        tmp_path / "p",
        {
            "a.py": "def f():\n    return 1\n\ndef g():\n    return 1\n",
            "b.py": "import a\na.f().x\n",
            "c.py": "import a\na.g().x\n",
        },
    )
    with Graph(Workspace(str(tmp_path / "p")), tmp_path / "kept") as graph:
        assert graph.refresh() == 3
        assert graph.refresh() == 0
        write(
            tmp_path / "p",
            {"a.py": "def f():\n    print()\n    return 1\n\ndef g():\n    return 1\n"},
        )
        assert graph.refresh() == 1
        write(tmp_path / "p", {"a.py": "def f():\n    return ''\n\ndef g():\n    return 1\n"})
        assert graph.refresh() == 2


def test_facts_of_what_no_file_holds_any_more_do_not_pile_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "KEPT_UNUSED", 5)
    root = tmp_path / "work"
    write(root, {"a.py": "def kept(): ...\n", "b.py": "import a\na.kept()\n"})

    def edit(number: int) -> int:
        write(root, {"b.py": f"import a\na.kept()\n{'x' * number} = 1\n"})
        graph.refresh([str(root / "b.py")])
        return int(graph.store.db.execute("SELECT count(*) FROM facts").fetchone()[0])

    with Graph(Workspace(str(root)), tmp_path / "cache") as graph:
        graph.refresh()
        assert [edit(number) for number in range(1, 13)] == [3, 4, 5, 6, 7, 2, 3, 4, 5, 6, 7, 2]
        assert [use.node.name for use in graph.callers("a.kept")] == ["b"]
        assert dump(graph) == fresh(root, tmp_path / "other")


def test_touching_a_file_reads_nothing(tmp_path: Path) -> None:
    write(tmp_path / "p", {"a.py": "def f(): ...\n"})
    with Graph(Workspace(str(tmp_path / "p")), tmp_path / "kept") as graph:
        graph.refresh()
        before = generation(graph.store.db)
        os.utime(tmp_path / "p" / "a.py", (1, 1))
        assert graph.refresh() == 0
        assert graph.refresh() == 0
        assert generation(graph.store.db) == before


def test_a_file_that_cannot_be_read_is_known_as_such(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "bad.py").write_bytes(b"x = '\xff'\n")
    write(tmp_path / "p", {"good.py": "import bad\n"})
    with Graph(Workspace(str(tmp_path / "p")), tmp_path / "kept") as graph:
        graph.refresh()
        assert graph.stats()["files that cannot be read"] == 1
        [row] = [f for f in graph.store.files().values() if f.problem]
        assert "not utf-8" in row.problem
        assert graph.refresh() == 0


@pytest.mark.process
def test_killed_at_any_moment_it_goes_on_from_there(tmp_path: Path) -> None:
    root, cache = tmp_path / "project", tmp_path / "kept"
    write(root, generated(120))
    chance = random.Random(3)
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", BUILD, str(root), str(cache)])
        time.sleep(chance.uniform(0.2, 1.2))
        process.kill()
        process.wait()
    assert fresh(root, cache) == fresh(root, tmp_path / "new")
    [place] = cache.rglob("*.sqlite")
    assert sqlite3.connect(place).execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.process
def test_two_processes_at_once(tmp_path: Path) -> None:
    root, cache = tmp_path / "project", tmp_path / "kept"
    write(root, generated(80))
    command = [sys.executable, "-c", BUILD, str(root), str(cache)]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert fresh(root, cache) == fresh(root, tmp_path / "new")
