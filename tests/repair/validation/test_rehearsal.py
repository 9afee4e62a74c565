"""A patch is validated beside the search; another one that is chosen does not wait for it."""

from __future__ import annotations

import threading

import pytest

from repair.candidates.candidate import Candidate
from repair.source.file import OffsetEdit
from repair.validation.rehearsal import Rehearsal
from repair.validation.validator import ValidationVerdict

ONE = Candidate((OffsetEdit(0, 1, "one"),), "template: one", 0.5, 1)
OTHER = Candidate((OffsetEdit(0, 1, "other"),), "template: other", 0.5, 1)


class _Judge:
    """Judges at once, but is busy with ``ONE`` until it is let go or given up."""

    def __init__(self) -> None:
        self.judged: list[Candidate] = []
        self.go = threading.Event()
        self.abandoned = False

    def validate(self, candidate: Candidate) -> ValidationVerdict:
        self.judged.append(candidate)
        if candidate == ONE:
            assert self.go.wait(30)
            if self.abandoned:
                raise RuntimeError("given up")
        return ValidationVerdict(True, True, candidate.edits[0].new)

    def abandon(self) -> None:
        self.abandoned = True
        self.go.set()


def test_the_verdict_on_what_was_begun_is_not_sought_twice() -> None:
    judge = _Judge()
    rehearsal = Rehearsal(judge.validate, judge.abandon)
    rehearsal.begin(ONE)
    rehearsal.begin(OTHER)
    judge.go.set()
    assert rehearsal.verdict(ONE).reason == "one"
    rehearsal.close()
    assert judge.judged == [ONE]
    assert not judge.abandoned


def test_what_was_begun_is_given_up_for_another() -> None:
    judge = _Judge()
    rehearsal = Rehearsal(judge.validate, judge.abandon)
    rehearsal.begin(ONE)
    assert rehearsal.verdict(OTHER).reason == "other"
    rehearsal.close()
    assert judge.abandoned


def test_closing_ends_what_is_under_way() -> None:
    judge = _Judge()
    rehearsal = Rehearsal(judge.validate, judge.abandon)
    rehearsal.begin(ONE)
    rehearsal.close()
    assert judge.abandoned


def test_what_goes_wrong_in_validation_is_told() -> None:
    judge = _Judge()
    rehearsal = Rehearsal(judge.validate, judge.abandon)
    rehearsal.begin(ONE)
    judge.abandon()
    with pytest.raises(RuntimeError, match="given up"):
        rehearsal.verdict(ONE)
    rehearsal.close()


def test_a_verdict_is_told_once_and_makes_room_for_the_next() -> None:
    judge = _Judge()
    rehearsal = Rehearsal(judge.validate, judge.abandon)
    assert rehearsal.ended() is None
    rehearsal.begin(ONE)
    assert rehearsal.ended() is None
    judge.go.set()
    while (known := rehearsal.ended()) is None:
        pass
    assert known[0] == ONE
    assert known[1].reason == "one"
    rehearsal.begin(OTHER)
    assert rehearsal.verdict(OTHER).reason == "other"
    rehearsal.close()
    assert judge.judged == [ONE, OTHER]
