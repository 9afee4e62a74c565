"""What a model's measure counts in the choice: something, but not everything."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from analysis.deadline import Cancellation, Deadline
from decoding.writer import Completion, InfillRequest
from repair.candidates.candidate import Candidate
from repair.choice.ranking import Ranked, rank
from repair.source.file import OffsetEdit, Source
from tests.scripted import Scripted

SOURCE = Source("m.py", "def mean(items):\n    return sum(items) / 2 + items.count(None) * 0.5\n")


class _Reader(Scripted):
    """Finds a code point as likely as the other, but for what it ``knows``."""

    def __init__(self, knows: Mapping[str, float]) -> None:
        super().__init__()
        self._knows = knows
        self.scored: list[str] = []

    def answer(self, request: InfillRequest, cancellation: Cancellation) -> Completion:
        raise AssertionError("it only reads")

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        self.scored.append(text)
        known = sum(nats for word, nats in self._knows.items() if word in text)
        return known - 0.3 * len(text)


def _candidate(old: str, new: str, value: float) -> Candidate:
    start = SOURCE.text.index(old)
    edit = OffsetEdit(start, start + len(old), new)
    return Candidate((edit,), "template: expression", value, 2)


def _ranked(knows: Mapping[str, float], *candidates: Candidate) -> list[Ranked]:
    return rank(SOURCE, candidates, _Reader(knows), Deadline.never(), Cancellation())


REPLACED = _candidate("2", "3", 0.5)
SHORTENED = _candidate(" + items.count(None) * 0.5", "", 0.2)


def test_what_the_model_finds_likelier_comes_first() -> None:
    other = _candidate("2", "4", 0.5)
    assert _ranked({"/ 4": 2.0}, REPLACED, other)[0].candidate == other
    assert _ranked({"/ 3": 2.0}, REPLACED, other)[0].candidate == REPLACED


def test_that_less_is_written_is_no_merit() -> None:
    assert _ranked({}, REPLACED, SHORTENED)[0].candidate == REPLACED


def test_a_model_that_is_very_sure_does_not_outweigh_everything_else() -> None:
    likelier, sure = _candidate("2", "3", 0.9), _candidate("2", "4", 0.02)
    first, second = _ranked({"/ 4": 500.0}, likelier, sure)
    assert first.candidate == likelier
    assert second.share > 0.1


def test_what_the_model_had_no_time_for_may_be_as_likely_all_the_same() -> None:
    first, second = _candidate("2", "3", 0.5), _candidate("2", "4", 0.4)
    model = _Reader({"/ 3": 1.0})
    hurried = rank(SOURCE, [first, second], model, Deadline.after(0), Cancellation())
    assert [ranked.candidate for ranked in hurried] == [first, second]
    assert len(model.scored) == 2  # the old text and one of the new ones
    assert hurried[1].share > 0.3
    assert hurried[0].share + hurried[1].share == pytest.approx(1.0)
