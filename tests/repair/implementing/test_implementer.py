"""A function is implemented from what a model writes, in the real sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis.deadline import Cancellation
from decoding.writer import Completion, InfillRequest, Writer
from repair.implementing.implementer import Implementer
from repair.sandbox.interpreter import Interpreter
from tests.repair.implementing.stubbed import Stubbed, stubbed
from tests.scripted import Scripted

pytestmark = pytest.mark.sandbox

TEXT = 'def total(prices):\n    """The sum of all prices."""\n    ...\n'
TESTS = "from m import total\n\n\ndef test_total():\n    assert total([2, 3, 5]) == 10\n"
WRONG = "return len(prices)"
RIGHT = "return sum(prices)"


class Reciting(Scripted):
    """Writes these texts, each as the next answer, and then nothing."""

    def __init__(self, *texts: str, then: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self._texts = list(texts)
        self._then = then

    def answer(self, request: InfillRequest, cancellation: Cancellation) -> Completion:
        if not self._texts:
            self._then()
            return Completion("")
        return Completion(self._texts.pop(0), tokens=3)


@pytest.fixture
def bench(workspace: Path, interpreter: Interpreter) -> Iterator[Stubbed]:
    with stubbed(workspace, interpreter, TEXT, TESTS, "total") as opened:
        yield opened


def _implementer(
    bench: Stubbed, writer: Writer, cancellation: Cancellation | None = None
) -> Implementer:
    stop = cancellation or Cancellation()
    return Implementer(bench.stub, bench.job, writer, None, lambda _said, _share: None, stop)


def test_the_first_is_written_greedily_and_others_by_chance(bench: Stubbed) -> None:
    other = "return sum(price for price in prices)"
    writer = Reciting(WRONG, RIGHT, f"{RIGHT}  # all", other)
    healing = _implementer(bench, writer).run()
    assert (healing.status, healing.model_tokens) == ("verified", 12)
    assert healing.patch is not None
    assert healing.patch.data.decode().endswith(f"    {RIGHT}\n")
    assert healing.notes == ("the tests are weak: a single assertion",)
    heats, seeds = zip(*((asked.temperature, asked.seed) for asked in writer.asked), strict=True)
    assert heats[0] == 0.0
    assert all(heat > 0 for heat in heats[1:])
    assert len(set(seeds[1:])) == len(seeds) - 1


def test_what_is_stopped_answers_with_what_passed_and_claims_nothing(bench: Stubbed) -> None:
    stop = Cancellation()
    healing = _implementer(bench, Reciting(RIGHT, then=stop.cancel), stop).run()
    assert healing.status == "unverified"
    assert "stopped" in healing.reason
    assert healing.patch is not None
    assert RIGHT in healing.patch.data.decode()


def test_what_is_stopped_before_anything_passes_answers_with_nothing(bench: Stubbed) -> None:
    stop = Cancellation()
    healing = _implementer(bench, Reciting("return 2", then=stop.cancel), stop).run()
    assert (healing.status, healing.patch) == ("none", None)


def test_what_passes_is_not_vouched_for_where_as_much_speaks_for_others(bench: Stubbed) -> None:
    """A single assertion leaves open what is summed: each body passes and does something else."""
    rivals = ("return sum(prices[:3])", "return sum(prices[-3:])", "return sum(prices[:4])")
    healing = _implementer(bench, Reciting(*rivals)).run()
    assert healing.status == "unverified"
    assert "other patches that behave differently pass them too" in healing.reason
    assert 0 < healing.confidence < 0.5
    assert healing.patch is not None


def test_what_most_bodies_do_is_vouched_for_beside_another(bench: Stubbed) -> None:
    writer = Reciting(RIGHT, "return sum(prices[:3])", "return sum(price for price in prices)")
    healing = _implementer(bench, writer).run()
    assert healing.status == "verified", healing.reason
    assert healing.confidence > 0.5
