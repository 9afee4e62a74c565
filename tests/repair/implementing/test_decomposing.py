"""A function is written in parts, in the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from decoding.opening import OpenWriter
from decoding.writer import Writer
from repair.components import Component
from repair.implementing.decomposing import STRATEGY, Decomposer, plan_of
from repair.sandbox.interpreter import Interpreter
from repair.search.trials import Kind
from tests.repair.implementing.planner import Guided, Planner
from tests.repair.implementing.stubbed import Stubbed, stubbed

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


def test_the_code_that_calls_helpers_may_be_the_function_once_more(bench: Stubbed) -> None:
    body = """\
def highest(prices):
        return max(prices)

    import math

    def spread(prices):
        if not prices:
            return 0
        return highest(prices) - min(prices)

    return spread(prices)"""
    plan = plan_of(bench.stub, body)
    assert plan is not None
    assert list(plan.helpers) == ["highest"]
    assert plan.calling == (
        "import math",
        "if not prices:\n        return 0",
        "return highest(prices) - min(prices)",
    )
    other = plan_of(bench.stub, "def spread(a, b):\n        ...\n    return spread(0, 1)")
    assert other is not None
    assert list(other.helpers) == ["spread"]


def test_what_was_planned_whole_is_run_before_more_is_written(bench: Stubbed) -> None:
    plan = PLAN.replace("...", "return max(prices)", 1).replace("...", "return min(prices)", 1)
    writer = Planner(plan, HELPERS)
    (found,) = _decomposer(bench, writer).next()
    assert bench.trials.run(found).kind is Kind.PLAUSIBLE
    assert len(writer.asked) == 1


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
    # A helper is written with what was written already, and no stub to imitate.
    asked = next(each for each in writer.asked if "`lowest`" in each.task)
    before, behind = asked.snapshot.text[: asked.offset], asked.snapshot.text[asked.offset :]
    assert '"""The highest price."""\n        return prices[-1]' in before
    assert "..." not in before
    assert before.endswith('"""The lowest price."""\n        ')
    assert behind.lstrip().startswith("if not prices:")
    first = next(each for each in writer.asked if "`highest`" in each.task)
    assert "def lowest" not in first.snapshot.text


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
    decomposer.job = replace(bench.job, without=frozenset({Component.DECOMPOSITION}))
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


@pytest.mark.model
@pytest.mark.slow
def test_what_a_model_writes_of_the_helpers_is_composed(writer: OpenWriter, bench: Stubbed) -> None:
    decomposer = _decomposer(bench, Guided(PLAN, writer), 200.0)
    found = decomposer.next()
    assert found
    assert {bench.trials.run(each).kind for each in found} == {Kind.PLAUSIBLE}
    assert decomposer.tokens > 5
