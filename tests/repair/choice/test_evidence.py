"""How likely right a patch is: each kind of evidence by itself, and which tests come to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from repair.choice.evidence import SURE, PatchEvidence, SuiteReach, checks
from repair.failure.diagnosis import Diagnosis
from repair.localization import Suspicion
from repair.sandbox.run import Outcome, Plan, TestResult
from repair.source.file import OffsetEdit, Source

PLAIN = PatchEvidence(share=0.8, likely=1e-3, tried=800, rivals=1, checks=2, untried=0.3, told=1)

#: What makes a patch likelier right, each alone.
BETTER = {
    "likelier than its rivals": replace(PLAIN, share=0.9),
    "likelier than most that there is": replace(PLAIN, likely=3e-3),
    "less was left to try": replace(PLAIN, untried=0.1),
    "nothing else passes": replace(PLAIN, rivals=0),
    "more is checked": replace(PLAIN, checks=6),
}


@pytest.mark.parametrize("why", BETTER)
def test_what_speaks_for_a_patch(why: str) -> None:
    assert BETTER[why].confidence > PLAIN.confidence


def test_others_that_come_there_and_fail_as_before_speak_against_it() -> None:
    one, two = (replace(PLAIN, still=count).confidence for count in (1, 2))
    assert two < one < PLAIN.confidence


def test_a_parameter_that_nothing_reads_with_it_either_speaks_against_it() -> None:
    ignoring = replace(PLAIN, ignored=frozenset({"tax"}))
    assert ignoring.confidence < SURE < PLAIN.confidence
    assert "tax is still not used" in ignoring.doubt()


def test_what_changes_most_answers_of_a_program_in_use_is_doubted() -> None:
    changing = replace(PLAIN, share=1.0, rivals=0, changed=0.8)
    assert changing.confidence < SURE < replace(changing, changed=0.0).confidence
    assert "changes many other results" in changing.doubt()


def test_a_last_resort_after_thousands_against_one_check_is_no_evidence() -> None:
    alone = replace(PLAIN, share=1.0, rivals=0, checks=1)
    assert replace(alone, likely=1e-5, tried=5000).confidence < SURE
    assert replace(alone, likely=2e-2, tried=50).confidence > 0.9


def test_how_much_of_what_is_less_likely_was_tried_says_nothing() -> None:
    """On a quick machine ten times as much is, of which most is as good as worthless."""
    assert replace(PLAIN, tried=5000).confidence == PLAIN.confidence


def test_the_greatest_doubt_is_named() -> None:
    assert "other patches that behave differently" in replace(PLAIN, share=0.3).doubt()
    late = replace(PLAIN, share=1.0, likely=1e-5, tried=5000, rivals=0, told=0).doubt()
    assert "5000 candidates were tried" in late
    assert "no other test reaches what it changes" in late


TEXT = "LIMIT = 3\n\n\ndef one(a):\n    return a + 1\n\n\ndef two(a):\n    return a + LIMIT\n"


def _ran(test: str, lines: set[int], outcome: Outcome = Outcome.PASSED) -> TestResult:
    return TestResult(test, outcome, lines=frozenset(lines))


def _diagnosis(contrast: tuple[TestResult, ...], ending: tuple[TestResult, ...]) -> Diagnosis:
    return Diagnosis(
        target="/w/m.py",
        plan=Plan("pytest", "pytest", (), "/w"),
        results=(),
        failing=(),
        passing=(),
        flaky=(),
        unknown=(),
        suspicion=Suspicion({}),
        imported=frozenset(),
        warm_seconds=0.0,
        cold_seconds=0.0,
        hold_seconds=0.0,
        writes=False,
        hung=False,
        test_files=(),
        output="",
        contrast=contrast,
        ending=ending,
    )


def test_only_tests_that_ran_the_changed_function_come_there() -> None:
    contrast = (
        _ran("t.py::one", {5}),
        _ran("t.py::two", {9}),
        _ran("t.py::both", {5, 9}),
        _ran("t.py::neither", set()),
        _ran("t.py::failing", {5}, Outcome.FAILED),
    )
    ending = (_ran("t.py::late", {5}, Outcome.FAILED), _ran("t.py::other", {9}, Outcome.ERROR))
    reach = SuiteReach(Source("/w/m.py", TEXT), _diagnosis(contrast, ending))
    place = TEXT.index("1\n\n\ndef two")
    inside = (OffsetEdit(place, place + 1, "2"),)
    assert reach.passing(inside) == {"t.py::one", "t.py::both"}
    assert reach.ending(inside) == {"t.py::late"}
    at_import = (OffsetEdit(TEXT.index("3"), TEXT.index("3") + 1, "4"),)
    assert reach.passing(at_import) == {"t.py::one", "t.py::two", "t.py::both"}


def test_checks_are_counted_once_for_each_case(tmp_path: Path) -> None:
    file = tmp_path / "test_m.py"
    file.write_text(
        "import pytest\n\n\ndef test_a(x):\n    assert x\n    assert x > 1\n\n\nclass T:\n"
        "    def test_b(self):\n        self.assertEqual(1, 1)\n        with pytest.raises(E):\n"
        "            f()\n\n    def test_c(self):\n        f()\n"
    )
    tests = ["test_m.py::test_a[1]", "test_m.py::test_a[2]", "test_m.py::T::test_b"]
    assert checks([str(file)], tests) == 2 * 2 + 2
    assert checks([str(file)], ["test_m.py::T::test_c"]) == 1
    assert checks([str(tmp_path / "gone.py")], ["m.T.test_a"]) == 1
