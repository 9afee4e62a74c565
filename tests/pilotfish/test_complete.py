"""``pilotfish complete`` by docs/command-line.md, with the real model where one is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")
#: What is asserted of guidance must not depend on how busy the machine is.
PATIENT = ("--deadline-ms", "60000")


def _run(*words: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PILOTFISH, "complete", *words],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **env},
        check=False,
    )


def _lines(questions: Sequence[dict[str, Any] | str], *words: str) -> tuple[int, list[Any], str]:
    asked = "".join(f"{q if isinstance(q, str) else json.dumps(q)}\n" for q in questions)
    done = _run("--jsonl", *words, stdin=asked)
    return (
        done.returncode,
        [json.loads(line) for line in done.stdout.split("\n") if line],
        done.stderr,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "my file 100%.py"
    path.write_text("import os\n\n\ndef parent(path):\n    return os.path.\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "either FILE:LINE:COL or --jsonl"),
        (["{file}:5:20", "--jsonl"], "either FILE:LINE:COL or --jsonl"),
        (["{file}"], "expected FILE:LINE:COL"),
        (["{file}:0:1"], "expected FILE:LINE:COL"),
        (["{file}:99:1"], "past the end: there are 6 lines"),
        (["{file}:5:99"], "past the end: there are 19 characters in this line"),
        (["{file}.absent:1:1"], "cannot be read"),
        (["{file}:5:20", "--max-tokens", "0"], "--max-tokens"),
        (["{file}:5:20", "--deadline-ms", "-1"], "--deadline-ms"),
        (["{file}:5:20", "--model", "absent.gguf"], "no such model file"),
        (["{file}:5:20", "--model", "qwen"], "unknown model 'qwen'"),
        (["{file}:5:20", "--model", "none"], "a completion needs a model"),
    ],
)
def test_what_cannot_be_done_is_explained(words: list[str], said: str, file: Path) -> None:
    done = _run(*[word.replace("{file}", str(file)) for word in words])
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_model_says_how_to_get_it(file: Path, tmp_path: Path) -> None:
    done = _run(f"{file}:5:20", XDG_DATA_HOME=str(tmp_path))
    assert done.returncode == 2
    assert "is not on this machine" in done.stderr
    assert "help: pilotfish model pull complete" in done.stderr


def test_a_corrupt_model_is_refused(file: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken model.gguf"
    broken.write_bytes(b"GGUF\x03\x00\x00\x00" + b"\xff" * 100)
    done = _run(f"{file}:5:20", "--model", str(broken))
    assert done.returncode == 2
    assert "corrupt" in done.stderr
    assert "--model PATH.gguf" in done.stderr


@pytest.mark.model
def test_the_base_package_says_what_is_missing(file: Path) -> None:
    script = (
        "import sys\n"
        "sys.modules['llama_cpp'] = None\n"
        "from pilotfish.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "complete", f"{file}:5:20"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "llama_cpp is not installed" in done.stderr
    assert "help: pip install '.[model]'" in done.stderr


@pytest.mark.model
def test_a_model_without_fill_in_the_middle_is_refused(file: Path) -> None:
    done = _run(f"{file}:5:20", "--model", "quick")
    assert done.returncode == 2
    assert "no fill-in-the-middle tokens" in done.stderr


@pytest.mark.model
def test_one_location_prints_the_text_or_its_json(file: Path) -> None:
    plain = _run(f"{file}:5:20", *PATIENT)
    assert plain.returncode == 0
    document = json.loads(_run(f"{file}:5:20", "--json", *PATIENT).stdout)
    assert plain.stdout == document["text"] + "\n"
    assert document["text"]
    assert document.keys() >= {"text", "tokens", "confidence", "events", "ms"}
    assert document["ms"].keys() == {"total", "prefill", "decode", "analysis"}
    assert {event["monitor"] for event in document["events"]} >= {"attribute"}


@pytest.mark.model
def test_guidance_asks_the_analysis(file: Path) -> None:
    # On a machine that is busy elsewhere the first answers may come too late.
    question = {"path": str(file), "line": 4, "character": 19}
    code, answers, _ = _lines([question] * 6, *PATIENT)
    assert code == 0
    (first, *_) = answers[-1]["events"]
    assert (first["monitor"], first["tier"]) == ("attribute", "closed")
    assert first["chosen"]
    assert hasattr(os.path, first["chosen"])


@pytest.mark.model
def test_without_guidance_nothing_is_asked(file: Path) -> None:
    document = json.loads(_run(f"{file}:5:20", "--json", "--no-guidance").stdout)
    assert document["text"]
    assert document["events"] == []
    assert document["ms"]["analysis"] == 0


@pytest.mark.model
def test_lines_are_answered_in_order_whatever_they_hold(file: Path, tmp_path: Path) -> None:
    latin = tmp_path / "latin.py"
    latin.write_bytes("# coding: latin-1\nname = 'é'\nprint(na".encode("latin-1"))
    undecodable = tmp_path / "undecodable.py"
    undecodable.write_bytes(b"x = '\xe9'\n")
    marked = tmp_path / "mark.py"
    marked.write_bytes(b"\xef\xbb\xbfvalue = 1\r\nprint(va")
    long = "value = compute(other)\n" * 50_000
    text = {"path": str(file)}
    good: list[dict[str, Any]] = [
        {**text, "line": 4, "character": 19},
        {"path": str(latin), "line": 2, "character": 8},
        {"path": str(marked), "line": 1, "character": 8},
        {**text, "line": 0, "character": 0, "text": ""},
        {**text, "line": 1, "character": 4, "text": "x = 1\r\ny = \rz = 2\n"},
        {**text, "line": 1, "character": 6, "text": "s = '\u2028\f\x00'\nt = s."},
        {**text, "line": 0, "character": 7, "text": "名前 = ñandú"},
        {**text, "line": 0, "character": 9, "text": "def broken(:\n ]]] (((\n"},
        {**text, "line": 1, "character": 4, "text": "'''<|fim_middle|><|endoftext|>'''\nx = "},
        {**text, "line": 50_000, "character": 8, "text": long + "print(va"},
    ]
    bad: list[dict[str, Any] | str] = [
        "{not json",
        '["a list"]',
        {**text, "line": 900, "character": 0},
        {**text, "line": 0, "character": 900},
        {**text, "line": -1, "character": 0},
        {"path": str(undecodable), "line": 0, "character": 0},
        {"path": str(tmp_path / "absent.py"), "line": 0, "character": 0},
        {**text, "line": 0, "character": 0, "max_tokens": 0},
    ]
    questions = [q for pair in zip(good, [*bad, *bad], strict=False) for q in pair]
    code, answers, complaint = _lines(questions, "--max-tokens", "6")
    assert code == 1
    assert len(answers) == len(questions)
    assert "Traceback" not in complaint
    for question, answer in zip(questions, answers, strict=True):
        if question in bad:
            assert answer.keys() == {"error"}, question
        else:
            assert isinstance(answer["text"], str), question
            assert 0 <= answer["confidence"] <= 1


@pytest.mark.model
def test_a_line_may_override_the_options(file: Path) -> None:
    text = "def double(items):\n    result = []\n    \n"
    base = {"path": str(file), "line": 2, "character": 4, "text": text}
    code, answers, _ = _lines(
        [base, {**base, "multiline": True, "guidance": False, "max_tokens": 64}]
    )
    assert code == 0
    one, block = answers
    assert "\n" not in one["text"]
    assert "\n" in block["text"]
    assert block["events"] == []
