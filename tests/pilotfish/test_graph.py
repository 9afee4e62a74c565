"""``pilotfish graph``: the contract of its JSON, and what it says when it cannot answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilotfish.main import main

SOURCE = """\
class Basket:
    def total(self) -> int:
        return sum(self.prices())

    def prices(self) -> list[int]:
        return []


class Gift(Basket):
    def prices(self) -> list[int]:
        return [0]


def bill(basket: Basket) -> int:
    return basket.total()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    (root / "shop.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.chdir(root)
    return root


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    assert main(["graph", *words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == ["rows"]
    found: list[dict[str, object]] = answer["rows"]
    return found


def test_callers_are_named_as_python_names_them(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [row] = rows(capsys, "callers", "Basket.total")
    assert row == {
        "qualified_name": "shop.bill",
        "label": "FUNCTION",
        "kind": "call",
        "how": "exact",
        "path": str(project / "shop.py"),
        "line": 14,
        "character": 18,
        "end_line": 14,
        "end_character": 23,
    }


def test_a_function_that_is_called_as_its_module_is_meant_by_who_asks_for_callers(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "total.py").write_text("def total():\n    return 1\n\n\ntotal()\n")
    [row] = rows(capsys, "callers", "total.total")
    (project / "shop.py").unlink()
    assert rows(capsys, "callers", "total") == [row]


def test_a_call_on_self_may_mean_a_subclass(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [row] = rows(capsys, "callers", "Gift.prices")
    assert (row["qualified_name"], row["how"]) == ("shop.Basket.total", "by name")
    [sure] = rows(capsys, "callers", "Basket.prices")
    assert sure["how"] == "exact"


def test_the_everyday_questions(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [r["qualified_name"] for r in rows(capsys, "subclasses", "Basket")] == ["shop.Gift"]
    assert [r["qualified_name"] for r in rows(capsys, "impact", "Basket.prices")] == [
        "shop.Basket.total",
        "shop.bill",
    ]
    steps = [r["qualified_name"] for r in rows(capsys, "path", "bill", "Basket.prices")]
    assert steps == ["shop.Basket.total", "shop.Basket.prices"]
    assert "builtins.sum" in {r["qualified_name"] for r in rows(capsys, "callees", "total")}


def test_an_edit_is_seen(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(rows(capsys, "callers", "Basket.total")) == 1
    with (project / "shop.py").open("a", encoding="utf-8") as file:
        file.write("\n\nbill(Basket())\nBasket().total()\n")
    assert len(rows(capsys, "callers", "Basket.total")) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["callers", "Basket.totl"], "did you mean shop.Basket.total"),
        (["callers", "prices"], "may be any of 2"),
        (["callers"], "takes NAME"),
        (["build", "nowhere"], "no such folder"),
    ],
)
def test_what_cannot_be_answered_is_explained(
    project: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["graph", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_pipe_gets_one_line_a_row(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a_function_with_a_long_name" * 6
    (project / "long.py").write_text(f"def {name}():\n    pass\n\n\n{name}()\n")
    (project / "user.py").write_text(
        f"from long import {name}\n\n\ndef {name}_user():\n    {name}()\n"
    )
    capsys.readouterr()
    assert main(["graph", "callers", f"long.{name}"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    said = told.out.splitlines()
    assert [line for line in said if f"user.{name}_user " in line]
    assert len(said) == 3


def test_a_cache_that_cannot_be_written_is_done_without(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "no-folder").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-folder"))
    assert main(["graph", "callers", "Basket.total"]) == 0
    told = capsys.readouterr()
    assert "shop.bill" in told.out
    assert "the graph is not kept" in told.err
