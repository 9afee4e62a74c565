"""What else must change after an edit: real graph, real workers, judged edits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.next_edits import EditReading, Parameter, Renamed, applied
from analysis.snapshot import Snapshot, Workspace
from analysis.text.overlay import Content
from engine.client import EngineProcess
from engine.features.check import CheckRequest
from engine.features.next_edits import NextEditsAnswer, NextEditsRequest
from tests.engine.conftest import PATIENCE

CORE = """\
LIMIT = 3


def load_item(name, count=LIMIT):
    label = name + str(count)
    return label


class Box:
    def open(self, key, mode="r"):
        return load_item(key, count=1), mode


class Small(Box):
    def open(self, key, mode="w"):
        return super().open(key, mode=mode)
"""
FILES = {
    "pyproject.toml": "",
    "pkg/__init__.py": 'from .core import Box, load_item\n\n__all__ = ["Box", "load_item"]\n',
    "pkg/core.py": CORE,
    "app.py": """\
import pkg
from pkg import core
from pkg.core import load_item as li

print(pkg.load_item("a", count=2), li("b"), core.load_item(name="d"))
pkg.Box().open(1, "r")
load_item = 3  # another one
print(core.LIMIT, load_item)
""",
    "tests/test_core.py": """\
from pkg import load_item

def test():
    assert load_item('é', count=2)
""",
}
#: What is edited in ``pkg/core.py``, and what the other lines should become, in all files.
CASES = [
    (
        ("def load_item(", "def fetch("),
        {
            "pkg/core.py": [("return load_item(key", "return fetch(key")],
            "pkg/__init__.py": [("Box, load_item", "Box, fetch"), ('"load_item"', '"fetch"')],
            "app.py": [
                ("import load_item as", "import fetch as"),
                ("pkg.load_item(", "pkg.fetch("),
                ("core.load_item(", "core.fetch("),
            ],
            "tests/test_core.py": [("load_item", "fetch")],
        },
    ),
    (
        ("count=LIMIT", "times=LIMIT"),
        {
            "pkg/core.py": [("str(count)", "str(times)"), ("count=1", "times=1")],
            "app.py": [("count=2", "times=2")],
            "tests/test_core.py": [("count=2", "times=2")],
        },
    ),
    (
        ("load_item(name, count=LIMIT)", "load_item(name)"),
        {
            "pkg/core.py": [(", count=1", "")],
            "app.py": [(", count=2", "")],
            "tests/test_core.py": [(", count=2", "")],
        },
    ),
    (
        ('def open(self, key, mode="r")', 'def unpack(self, key, mode="r")'),
        {
            "pkg/core.py": [('def open(self, key, mode="w")', 'def unpack(self, key, mode="w")'),
                            ("super().open(", "super().unpack(")],
            "app.py": [(".open(", ".unpack(")],
        },
    ),
    (("LIMIT = 3", "MOST = 3"), {
        "pkg/core.py": [("count=LIMIT", "count=MOST")], "app.py": [("core.LIMIT", "core.MOST")],
    }),
    (("label = name", "text = name"), {"pkg/core.py": [("return label", "return text")]}),
    # It may be another thing: its value or its type is another, too.
    (("label = name + str(count)", "text = name"), {}),
    (("count=LIMIT", "times=None"), {}),
    # Nothing that others use has changed, or it is not known into what.
    (("str(count)", "repr(count)"), {}),
    (("    return label", "    return label.strip()"), {}),
    (("def load_item(name, count=LIMIT):\n    label = name + str(count)\n    return label",
      "def other():\n    return 1"), {}),
    (("def load_item(", "def load item("), {}),
]  # fmt: skip


@pytest.fixture(scope="module")
def engine(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        client = EngineProcess()
        for name in ("pkg/core.py", "app.py"):  # what is judged late is not proposed
            snapshot = Snapshot(str(project / name), FILES[name], Workspace(str(project)))
            client.submit(CheckRequest(snapshot)).future.result(PATIENCE)
        yield client
        client.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def ask(engine: EngineProcess, root: Path, before: str, after: str) -> NextEditsAnswer:
    snapshot = Snapshot(str(root / "pkg" / "core.py"), after, Workspace(str(root)))
    return engine.submit(NextEditsRequest(snapshot, (Content(before),))).future.result(PATIENCE)


@pytest.mark.process
@pytest.mark.parametrize(("edit", "expected"), CASES)
def test_places_that_must_follow_an_edit(
    engine: EngineProcess,
    project: Path,
    edit: tuple[str, str],
    expected: dict[str, list[tuple[str, str]]],
) -> None:
    assert edit[0] in CORE
    texts = FILES | {"pkg/core.py": CORE.replace(*edit, 1)}
    answer = ask(engine, project, CORE, texts["pkg/core.py"])
    shown = {
        str(Path(file.path).relative_to(project)): applied(
            texts[str(Path(file.path).relative_to(project))], file.edits
        )
        for file in answer.files
    }
    wanted = {}
    for name, changes in expected.items():
        wanted[name] = texts[name]
        for change in changes:
            assert change[0] in wanted[name]
            wanted[name] = wanted[name].replace(*change)
    if "app.py" in wanted:  # a name of its own that is spelled alike
        wanted["app.py"] = wanted["app.py"].replace("fetch = 3", "load_item = 3")
    assert shown == wanted
    assert [file.path for file in answer.files[:1]] == [
        str(project / name) for name in list(expected)[:1]
    ]


@pytest.mark.process
def test_what_was_changed_already_is_not_proposed_again(
    engine: EngineProcess, project: Path
) -> None:
    done = CORE.replace("load_item", "fetch")
    answer = ask(engine, project, CORE, done)
    assert str(project / "pkg" / "core.py") not in {file.path for file in answer.files}
    assert ask(engine, project, done, done) == NextEditsAnswer()


def test_an_edit_says_what_was_renamed() -> None:
    change = EditReading(
        "def f(a):\n    é = a\n    return é\n", "def f(b):\n    é = a\n    return é\n"
    )
    assert change.renamed == Renamed("a", "b", ((0, 6), (1, 8)))
    assert change.parameter == Parameter("a", "b", (0, 4), 0)
