"""As many texts are written at once as will be ready in time."""

from __future__ import annotations

import pytest

from repair.implementing.writing_speed import WritingSpeed


@pytest.mark.parametrize(
    ("alone", "left", "count"),
    [(2.0, 60.0, 4), (2.0, 6.7, 4), (2.0, 5.5, 3), (2.0, 4.3, 2), (2.0, 1.0, 1), (30.0, 51.0, 1)],
)
def test_as_many_as_fit_and_at_least_one(alone: float, left: float, count: int) -> None:
    speed = WritingSpeed()
    speed.note(1, alone)
    assert speed.fitting(left, 4) == count


def test_before_anything_was_written_all_are_asked_for() -> None:
    assert WritingSpeed().fitting(0.1, 4) == 4


def test_what_several_took_tells_what_one_takes() -> None:
    speed = WritingSpeed()
    speed.note(6, 6.0)
    assert speed.seconds == pytest.approx(2.0)
    speed.note(1, 4.0)
    assert speed.seconds == pytest.approx(3.0)


@pytest.mark.parametrize(("alone", "turns"), [(0.5, 3), (1.0, 2), (3.0, 1)])
def test_as_many_turns_as_end_soon_and_at_least_one(alone: float, turns: int) -> None:
    speed = WritingSpeed()
    speed.note(1, alone)
    assert speed.turns(8, 10.0, 3) == turns
    assert WritingSpeed().turns(8, 10.0, 3) == 3
