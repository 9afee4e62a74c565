"""A function is written in parts, in the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from decoding.writer import Writer
from repair.aids import Aid
from repair.decomposing import STRATEGY, Decomposer, plan_of
from repair.sandbox.interpreter import Interpreter
from repair.trials import Kind
from tests.repair.planner import Planner
from tests.repair.stubbed import Stubbed, stubbed

pytestmark = pytest.mark.sandbox

TEXT = '''\
def spread(prices):
    """The highest price without the lowest one; 0 where there is none."""
    ...


AFTER = 1
'''
TESTS = """\
from m import spread


def test_spread():
    assert spread([2, 7, 3]) == 5
    assert spread([]) == 0
"""
PLAN = '''\
def highest(prices):
        """The highest price."""
        ...

    def lowest(prices):
        """The lowest price."""
        ...

    def unused():
        ...

    if not prices:
        return 0
    return highest(prices) - lowest(prices)'''
HELPERS = {
    "highest": ("return prices[-1]", "return max(prices)"),
    "lowest": ("return 0", "return prices[0]", "return prices[1]"),
}


@pytest.fixture
def bench(workspace: Path, interpreter: Interpreter) -> Iterator[Stubbed]:
    with stubbed(workspace, interpreter, TEXT, TESTS, "spread") as opened:
        yield opened


def _decomposer(bench: Stubbed, writer: Writer, until: float = 60.0) -> Decomposer:
    return Decomposer(
        bench.stub,
        bench.job,
        bench.trials,
        "",
        writer,
        None,
        Deadline.after(until),
        Cancellation(),
    )


def test_a_plan_is_helpers_that_are_called_and_the_code_behind_them(bench: Stubbed) -> None:
    plan = plan_of(bench.stub, PLAN)
    assert plan is not None
    assert list(plan.helpers) == ["highest", "lowest"]
    assert plan.calling[-1] == "return highest(prices) - lowest(prices)"
    for body in (
        "return max(prices) - min(prices)",
        "def highest(prices):\n        ...\n    return 3",
        "def highest(prices:",
        "",
    ):
        assert plan_of(bench.stub, body) is None


def test_helpers_of_helpers_belong_to_the_plan(bench: Stubbed) -> None:
    body = "def a():\n        return b()\n    def b():\n        return 1\n    return a()"
    plan = plan_of(bench.stub, body)
    assert plan is not None
    assert list(plan.helpers) == ["a", "b"]


def test_what_the_helpers_make_together_is_run_and_what_passes_is_kept(bench: Stubbed) -> None:
    """No text that was written passes by itself: the right ones were written with different
    seeds."""
    writer = Planner(PLAN, HELPERS)
    decomposer = _decomposer(bench, writer)
    (found,) = decomposer.next()
    text = bench.job.source.apply(found.edits)
    assert (found.strategy, found.value) == (STRATEGY, 1.0)
    assert "return max(prices)" in text
    assert "return prices[0]" in text
    assert "unused" not in text
    assert text.endswith("\n\n\nAFTER = 1\n")
    assert bench.trials.run(found).kind is Kind.PLAUSIBLE
    assert decomposer.tokens == 5 + 2 * 8
    # A helper is written with the others as they were planned.
    asked = next(each for each in writer.asked if "`lowest`" in each.task)
    before, behind = (
        asked.snapshot.text[: asked.offset],
        asked.snapshot.text[asked.offset :],
    )
    assert '"""The highest price."""\n        ...' in before
    assert before.endswith('"""The lowest price."""\n        ')
    assert behind.lstrip().startswith("if not prices:")


def test_a_helper_that_was_planned_with_a_body_keeps_it_among_others(bench: Stubbed) -> None:
    plan = PLAN.replace(
        '"""The lowest price."""\n        ...',
        '"""The lowest price."""\n        return prices[0]',
    )
    writer = Planner(plan, {**HELPERS, "lowest": ("return 9",)})
    (found,) = _decomposer(bench, writer).next()
    assert "return prices[0]" in found.edits[0].new


def test_what_comes_furthest_is_there_to_be_edited_where_nothing_passes(bench: Stubbed) -> None:
    writer = Planner(PLAN, {"highest": ("return 4",), "lowest": ("return 0",)})
    (found,) = _decomposer(bench, writer).next()
    assert bench.trials.run(found).kind is not Kind.PLAUSIBLE
    assert _decomposer(bench, Planner("return 1", {})).next() == []


def test_it_can_be_left_out(bench: Stubbed) -> None:
    decomposer = _decomposer(bench, Planner(PLAN, HELPERS))
    assert decomposer.can()
    decomposer.job = replace(bench.job, without=frozenset({Aid.DECOMPOSITION}))
    assert not decomposer.can()


def test_a_model_that_does_not_plan_is_asked_twice_and_no_more(bench: Stubbed) -> None:
    writer = Planner("return max(prices) - min(prices)", {})
    decomposer = _decomposer(bench, writer)
    while decomposer.can():
        assert decomposer.next() == []
    assert [asked.temperature > 0 for asked in writer.asked] == [False, True]
    planning = _decomposer(bench, Planner(PLAN, HELPERS))
    for _ in range(3):
        assert planning.can()
        planning.next()
