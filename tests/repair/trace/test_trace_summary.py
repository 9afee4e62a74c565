"""A traced run as words for a model: the probe's own traces of real code."""

from __future__ import annotations

import sys
from pathlib import Path

from analysis.views.plan import block_plan
from repair.source.file import Source
from repair.trace.trace_summary import summary
from tests.repair.trace.following import follow

COUNTS = """\
def longest(words):
    best = ""
    for word in words:
        if len(word) < len(best):
            best = word
    return best
"""


def _told(folder: Path, text: str, calls: str, line: int, fails: str = "") -> list[str]:
    trace = follow(sys.executable, folder, text, calls, fails=fails)
    return summary(Source("target.py", text), block_plan(text), trace, line).split("\n")


def test_each_block_is_told_with_the_values_on_both_sides(tmp_path: Path) -> None:
    told = _told(tmp_path, COUNTS, "longest(['a', 'bcd'])", 4)
    assert told[0] == "longest(words = ['a', 'bcd']):"
    assert told[1] == "before: words = ['a', 'bcd'] | best = \"\" | after: best = ''"
    assert any("if len(word) < len(best):" in line and "word = 'a'" in line for line in told)
    assert told[-1] == "It returned ''"


def test_a_long_run_tells_its_beginning_and_its_end(tmp_path: Path) -> None:
    text = "def walk(n):\n" + "".join(f"    if n > {i}:\n        n += 1\n" for i in range(20))
    told = _told(tmp_path, text + "    return n\n", "walk(50)", 2)
    assert told.count("...") == 1
    assert told.index("...") == 7
    assert len(told) == 15
    assert told[-1] == "It returned 70"


def test_the_exception_that_ended_it_is_told(tmp_path: Path) -> None:
    text = "def first(rows):\n    return rows[0]\n"
    told = _told(tmp_path, text, "first([])", 2, fails="IndexError")
    assert told[-1].startswith("It raised IndexError")


def test_another_function_has_its_own_story(tmp_path: Path) -> None:
    text = f"{COUNTS}\n\ndef other(x):\n    return longest(x)\n\n\ndef unused():\n    return 1\n"
    assert _told(tmp_path, text, "other(['a'])", 10)[0] == "other(x = ['a']):"
    assert _told(tmp_path, text, "other(['a'])", 14) == [""]
