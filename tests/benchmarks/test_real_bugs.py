"""A folder of cases in the documented format: loaded, laid out, judged; a bad one costs itself."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fixing import BenchmarkError
from benchmarks.real_bugs import Figures, Ranks, RealBug, judge, load, main, parts, summary

FIXED = """\
def total(numbers):
    found = 0
    for n in numbers:
        found += n
    return found
"""
BUGGY = FIXED.replace("found += n", "found -= n")
TEST = "from sums import total\n\n\ndef test_one():\n    assert total([2]) == 2\n"
HIDDEN = "from sums import total\n\n\ndef test_two():\n    assert total([2, 3]) == 5\n"


def case(home: Path, *, hidden: bool = True, **more: Any) -> Path:
    """Write a case at ``home``."""
    (home / "tree").mkdir(parents=True)
    (home / "tree" / "sums.py").write_text(BUGGY)
    (home / "tree" / "test_sums.py").write_text(TEST)
    (home / "fixed.py").write_text(FIXED)
    (home / "hidden").mkdir()
    (home / "hidden" / "test_hidden.py").write_text(HIDDEN)
    entry = {
        "name": home.name,
        "kind": "wrong operator",
        "tree": "tree",
        "files": ["sums.py"],
        "interpreter": sys.executable,
        "test": "python -m pytest test_sums.py",
        "failing": ["test_sums.py::test_one"],
        "fixed": {"sums.py": "fixed.py"},
        "hidden": "hidden" if hidden else "",
        "hidden_test": "python -m pytest",
        **more,
    }
    (home / "case.json").write_text(json.dumps(entry))
    return home


def test_a_later_folder_lies_over_an_earlier_one(tmp_path: Path) -> None:
    home = case(tmp_path / "one", tree=["tree", "hidden"])
    bug = load(home)
    task = bug.lay_out(tmp_path / "work")
    assert (tmp_path / "work" / "test_hidden.py").is_file()
    assert (task.file, task.python) == ("sums.py", sys.executable)
    assert not bug.read


@pytest.mark.parametrize(
    "wrong",
    [{"files": []}, {"unknown": 1}, {"fixed": {}, "hidden_test": ""}, {"failing": None}],
)
def test_what_is_no_case_is_said_with_its_place(tmp_path: Path, wrong: dict[str, Any]) -> None:
    home = case(tmp_path / "one", **wrong)
    with pytest.raises(BenchmarkError) as raised:
        load(home)
    assert raised.value.where == str(home / "case.json")


def _judged(bug: RealBug, folder: Path, text: str) -> tuple[bool, bool]:
    work, scratch = folder / "work", folder / "scratch"
    bug.lay_out(work)
    (work / "sums.py").write_text(text)
    scratch.mkdir()
    return judge(bug, work, scratch)


def test_the_same_program_is_exact(tmp_path: Path) -> None:
    bug = load(case(tmp_path / "one"))
    assert _judged(bug, tmp_path, FIXED.replace("0\n", "0  # nothing yet\n")) == (True, True)


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("old", "new", "right"),
    [("found += n", "found = found + n", True), ("found += n", "found = n", False)],
)
@pytest.mark.parametrize("hidden", [True, False])
def test_hidden_tests_judge_or_where_there_are_none_the_answers(
    tmp_path: Path, old: str, new: str, right: bool, hidden: bool
) -> None:
    bug = load(case(tmp_path / "one", hidden=hidden))
    assert _judged(bug, tmp_path, FIXED.replace(old, new)) == (right, False)


def test_cases_that_were_read_are_counted_apart_and_broken_ones_are_no_failures() -> None:
    def figures(status: str, right: bool, **more: Any) -> Figures:
        return Figures("x", "", "k", False, status, right, **more)

    results = [
        figures("verified", True, strategy="a", spectrum=Ranks(1, 1), traced=Ranks(4, 1)),
        figures("verified", False, strategy="a", spectrum=Ranks(None, 2), traced=Ranks(2, 1)),
        figures("ambiguous", True, strategy="b"),
        figures("broken", False),
    ]
    counts = summary(results)
    assert (counts["cases"], counts["broken"], counts["right"]) == (4, 1, 2)
    assert (counts["verified_but_wrong"], counts["ambiguous_and_right"]) == (1, 1)
    assert counts["spectrum_statement"] == {"top 1": 0.5, "top 3": 0.5, "top 5": 0.5}
    assert counts["traced_function"] == {"top 1": 1.0, "top 3": 1.0, "top 5": 1.0}
    assert parts(results)["a"] == {"patches": 2, "right": 1, "verified_but_wrong": 1}


@pytest.mark.sandbox
def test_one_bad_case_costs_that_case(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.real_bugs.save", lambda *_: None)
    case(tmp_path / "good")
    case(tmp_path / "gone", tree="nowhere")
    (tmp_path / "no" / "case.json").parent.mkdir()
    (tmp_path / "no" / "case.json").write_text("{")
    code = main(["--data", str(tmp_path), "--json", "--time-limit", "20"])
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    by_name = {result["name"]: result for result in found["results"]}
    assert by_name["good"]["exact"]
    assert by_name["good"]["traced"]["function"] == 1
    assert by_name["good"]["timings"]["first_candidate"] > 0
    assert by_name["gone"]["status"] == by_name["no"]["status"] == "broken"
