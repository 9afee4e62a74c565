"""A file named in bytes that are no UTF-8 costs one finding, not the findings of all others."""

from __future__ import annotations

import json
import os

import pytest

from tests.attacks.conftest import Victim


@pytest.fixture
def clone(victim: Victim) -> Victim:
    (victim.clone / "app.py").write_text("import os\n\n\ndef near():\n    os.invented()\n")
    names = (b"\xff.py", b"\xed\xa0\x80.py", b"\xfe/inner.py")
    for name in names:
        place = victim.clone / os.fsdecode(name)
        place.parent.mkdir(exist_ok=True)
        place.write_text("import os\n\nos.other()\n")
    return victim


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_check_says_so_of_each(clone: Victim, form: str) -> None:
    ran = clone.runs("check", ".", "--format", form)
    assert ran.code == 1
    assert "invented" in ran.out
    assert "not UTF-8" in ran.out
    if form == "json":
        found = [f for f in json.loads(ran.out) if f["code"] == "PF010"]
        names = sorted(os.path.relpath(f["path"], clone.clone) for f in found)
        assert names == ["\\xed\\xa0\\x80.py", "\\xfe/inner.py", "\\xff.py"]
    if form == "sarif":
        assert json.loads(ran.out)["version"] == "2.1.0"


def test_a_named_file_and_fixing(clone: Victim) -> None:
    name = os.fsdecode(b"\xff.py")
    ran = clone.runs("check", name, "--fix")
    assert ran.code == 1
    assert "not UTF-8" in ran.out
    assert (clone.clone / name).read_text() == "import os\n\nos.other()\n"


def test_a_graph_is_built_of_the_others(clone: Victim) -> None:
    ran = clone.runs("graph", "build", ".")
    assert ran.code == 0, ran.err
    ran = clone.runs("graph", "callers", "near")
    assert ran.code in (0, 1), ran.err


@pytest.mark.parametrize("words", [("view", "ast"), ("debug",), ("graph", "build")])
def test_other_commands_fail_or_work_in_words(clone: Victim, words: tuple[str, ...]) -> None:
    ran = clone.runs(*words, os.fsdecode(b"\xff.py"))
    assert ran.code in (0, 1, 2)
