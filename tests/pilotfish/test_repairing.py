"""What commands that offer a patch answer where something of ours fails."""

from __future__ import annotations

import argparse
from typing import NoReturn

import pytest

from engine.features.fix import FixAnswer
from pilotfish.repairing import attempt

OPTIONS = {"model": "none", "quiet": False, "verbose": False}


def _broken(_work: object) -> NoReturn:
    raise SystemError("AST constructor recursion depth mismatch (before=1, after=2)")


def test_a_defect_of_ours_is_an_answer_under_json(capsys: pytest.CaptureFixture[str]) -> None:
    answer = attempt(argparse.Namespace(json=True, **OPTIONS), _broken, FixAnswer.failed)
    assert (answer.status, answer.reason) == ("error", "internal error: SystemError")
    assert "SystemError in _broken" in capsys.readouterr().err


def test_a_defect_of_ours_is_raised_without_json() -> None:
    with pytest.raises(SystemError):
        attempt(argparse.Namespace(json=False, **OPTIONS), _broken, FixAnswer.failed)
