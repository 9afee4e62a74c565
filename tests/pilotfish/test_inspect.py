"""``pilotfish inspect --jsonl``: its contract (docs/command-line.md) and bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")


def _inspect(
    lines: list[object], folder: Path, *options: str
) -> tuple[int, list[dict[str, object]]]:
    raw = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    done = subprocess.run(
        [PILOTFISH, "inspect", "--jsonl", "--deadline-ms", "60000", *options],
        input=raw,
        capture_output=True,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")},
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def _spellings(answer: dict[str, object]) -> set[str]:
    names = answer["names"]
    assert isinstance(names, list)
    return {name["name"] for name in names}


def test_every_line_is_answered_in_order_and_bad_ones_fail_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a b%20c"
    folder.mkdir()
    (folder / "disk.py").write_text("import os\nos.")
    code, answers = _inspect(
        [
            {"path": "disk.py", "line": 1, "character": 3},
            b"not json",
            {"path": "disk.py", "line": 0, "character": 3, "text": "''."},
            {"path": "disk.py", "line": 7, "character": 0},
            {"path": "absent.py", "line": 0, "character": 0},
            {"path": "disk.py", "line": 0},
            b'{"path": "disk.py", "line": 0, "character": 0, "text": "\xff"}',
            {"path": "new.py", "line": 0, "character": 15, "text": "from os import getc"},
            {"path": "f.py", "line": 1, "character": 5, "text": "def f(a, b=1): ...\nf(1, )"},
        ],
        folder,
    )
    assert code == 1
    assert [set(a) == {"error"} for a in answers] == [False, True, False, *[True] * 4, *[False] * 2]
    first = answers[0]
    assert set(first) == {"monitor", "tier", "reason", "names", "receiver_type", "ms"}
    assert first["monitor"] == "attribute"
    assert first["tier"] == "closed"
    assert "getcwd" in _spellings(first)
    assert answers[-1]["arity"] == {
        "more": 1,
        "missing": [],
        "closed": True,
        "reason": "every signature of the callee is known",
        "signatures": [
            [
                {"name": "a", "kind": "positional_or_keyword", "required": True},
                {"name": "b", "kind": "positional_or_keyword", "required": False},
            ]
        ],
    }
    assert "upper" in _spellings(answers[2])
    assert "outside of the text" in str(answers[3]["error"])
    # Not filtered by what is already typed.
    assert {"getcwd", "path"} <= _spellings(answers[7])


_HEAD = "import os\nclass Ünïcode:\n    größe = 1\n"


#: Text, line, character, and a name that must be among the answers (``None``: only no failure).
_BAD_INPUT: list[tuple[str, int, int, str | None]] = [
    ("", 0, 0, None),
    ("\ufeffimport os\nos.", 1, 3, "getcwd"),
    ("import os\r\nx = 1\r\nos.\r\ny = 2\r\n", 2, 3, "getcwd"),
    ("import os\rx = 1\nos.", 2, 3, "getcwd"),
    ("import os\n\fx = 1\n\fos.", 2, 4, "getcwd"),
    ("import os\ns = 'a\u2028b'\nos.", 2, 3, "getcwd"),
    ("import os\ns = 'a\x00b'\nos.", 2, 3, None),
    (_HEAD + "Ünïcode().", 3, 10, "größe"),
    ("import os\n)))((( def class\nos.\nif else:::", 2, 3, "getcwd"),
    ("import os\nx = os.\ny = 1\n", 1, 7, "getcwd"),
    ("import os\nif os.\n    pass\n", 1, 6, "getcwd"),
    ("import os\nprint(os.pa, 'x'", 1, 11, "getcwd"),
]


def test_bad_input(tmp_path: Path) -> None:
    code, answers = _inspect(
        [
            {"path": "x.py", "line": line, "character": character, "text": text}
            for text, line, character, _ in _BAD_INPUT
        ],
        tmp_path,
    )
    assert code == 0, answers
    missing = [
        (text, answer["tier"], answer["reason"])
        for (text, _, _, has), answer in zip(_BAD_INPUT, answers, strict=True)
        if has is not None and has not in _spellings(answer)
    ]
    assert missing == []


def test_latin_1_and_a_long_file_from_disk(tmp_path: Path) -> None:
    (tmp_path / "latin.py").write_bytes(b"# -*- coding: latin-1 -*-\ns = '\xe9'\ns.")
    (tmp_path / "undeclared.py").write_bytes(b"s = '\xe9'\ns.")
    (tmp_path / "long.py").write_text("import os\n" + "x = 1\n" * 50_000 + "os.")
    code, answers = _inspect(
        [
            {"path": "latin.py", "line": 2, "character": 2},
            {"path": "undeclared.py", "line": 1, "character": 2},
            {"path": "long.py", "line": 50_001, "character": 3},
        ],
        tmp_path,
    )
    assert code == 1
    assert "upper" in _spellings(answers[0])
    assert set(answers[1]) == {"error"}
    assert "getcwd" in _spellings(answers[2])


def test_positions_come_as_json_lines_only(tmp_path: Path) -> None:
    done = subprocess.run(
        [PILOTFISH, "inspect"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 2
    assert "--jsonl" in done.stderr
