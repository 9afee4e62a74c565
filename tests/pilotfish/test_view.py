"""``pilotfish view``: its contract (docs/command-line.md), and what it says of wrong names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pilotfish.main import main

SOURCE = """\
class Basket:
    def total(self):
        def inner():
            return 1
        return inner()

    def total_of(self):
        pass
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a b.py"
    path.write_text(SOURCE)
    return path


def test_a_function_is_named_by_its_qualified_name(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("Basket.total.inner", "Basket.total.<locals>.inner"):
        assert main(["view", "cfg", f"{file}:{name}", "--format", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert [s["name"] for s in document["graph"]["scopes"]] == ["Basket.total.<locals>.inner"]
        spans = [n["span"] for n in document["nodes"] if n["kind"] == "statement"]
        assert spans == [{"line": 3, "character": 12, "end_line": 3, "end_character": 20}]


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("Basket.totl", "Basket.total"), ("inner", "Basket.total.inner"), ("x", "Basket")],
)
def test_a_wrong_name_gets_the_nearest(
    wrong: str, meant: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["view", "cfg", f"{file}:{wrong}"]) == 2
    assert meant in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [("x = (", "does not parse"), ("x = 1\0", "null bytes"), (None, "cannot be read")],
)
def test_what_cannot_be_parsed_is_explained(
    text: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.py"
    if text is not None:
        path.write_text(text)
    assert main(["view", "cfg", str(path)]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert "Traceback" not in printed


def test_a_file_too_large_to_draw_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "large.py"
    path.write_text("x = 1\n" * 3000)
    assert main(["view", "cfg", str(path), "--format", "svg"]) == 2
    assert "--format json" in capsys.readouterr().err


def test_views_are_laid_on_one_another(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["view", "cfg+dfg+calls", str(file), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["graph"]["view"] == "cfg+dfg+calls"
    assert {"next", "def-use", "call"} <= {link["kind"] for link in document["links"]}
    use = next(link for link in document["links"] if link["kind"] == "def-use")
    assert use["label"] == "inner"
    assert use["definition"] == {"line": 2, "character": 12, "end_line": 2, "end_character": 17}
    assert use["use"] == {"line": 4, "character": 15, "end_line": 4, "end_character": 20}


def test_a_wrong_view_gets_the_nearest(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["view", "cfg+dgf", str(file)])
    assert "did you mean dfg" in capsys.readouterr().err
