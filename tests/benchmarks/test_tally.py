"""What is printed of a corpus of bugs."""

from __future__ import annotations

import pytest

from benchmarks.tally import Result, show_results


def _result(confidence: float, right: bool) -> Result:
    status = "verified" if confidence >= 0.5 else "unverified"
    return Result(
        *("bug", "kind", "span", status, right, False, 1, 0, 1.0, 10, 0, "template: constant"),
        confidence=confidence,
    )


def test_how_often_patches_are_right_that_are_said_to_be_so_likely(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nothing = _result(0.0, right=False)
    show_results("Bugs", [_result(0.95, True), _result(0.97, False), _result(0.4, True), nothing])
    table = capsys.readouterr().out.partition("How sure")[2]
    rows = [line.replace("up to ", "").split() for line in table.splitlines() if "up to" in line]
    assert rows == [["0.5", "0.40", "1", "1"], ["1", "0.96", "2", "1"]]


def test_nothing_is_said_of_how_sure_where_nothing_was_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_results("Bugs", [_result(0.0, right=False)])
    assert "How sure" not in capsys.readouterr().out
