"""A body that fails by one small thing is fixed where its tests are held, in the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from repair.components import Component
from repair.sandbox.interpreter import Interpreter
from tests.repair.implementing.stubbed import Stubbed, stubbed

pytestmark = pytest.mark.sandbox

TEXT = 'def above(values, least):\n    """Values above the least."""\n    ...\n\n\nAFTER = 1\n'
TESTS = (
    "import m\n\n\ndef test_above():\n    assert m.above([1, 5, 3], 2) == [5, 3]\n"
    "    assert m.above([2], 2) == []\n    assert m.AFTER == 1\n"
)
WRONG = "found = []\n    for value in values:\n        if value < least:\n"
BODY = f"{WRONG}            found.append(value)\n    return found"
#: Wrong in two places.
TWICE = BODY.replace("found = []", "found = [0]")


@pytest.fixture
def bench(workspace: Path, interpreter: Interpreter) -> Iterator[Stubbed]:
    with stubbed(workspace, interpreter, TEXT, TESTS, "above") as opened:
        yield opened


def _passing(bench: Stubbed, body: str, *without: Component) -> list[str]:
    found = bench.retoucher(*without).passing(bench.body(body), Deadline.after(20))
    return [bench.job.source.apply(each.edits) for each in found]


def test_one_edit_fixes_a_body_and_nothing_around_it(bench: Stubbed) -> None:
    found = _passing(bench, BODY)
    assert any("if value > least:" in text for text in found)
    assert all(text.startswith(TEXT[:50]) and text.endswith("\n\n\nAFTER = 1\n") for text in found)


def test_it_can_be_left_out(bench: Stubbed) -> None:
    assert _passing(bench, BODY, Component.MUTATION) == []
    assert any("if value > least:" in text for text in _passing(bench, BODY, Component.TRACE))


def test_it_goes_on_where_it_ended_and_comes_to_an_end(bench: Stubbed) -> None:
    """What was tried is not tried again, and when nothing is left that is known."""
    retoucher, body = bench.retoucher(), bench.body("return values and None")
    ran = []
    for _ in range(200):
        if not retoucher.can(body):
            break
        before = bench.trials.ran
        retoucher.passing(body, Deadline.after(20))
        ran.append(bench.trials.ran - before)
    assert not retoucher.can(body)
    assert retoucher.passing(body, Deadline.after(20)) == []
    again = bench.trials.ran
    retoucher.passing(bench.body("return values and None"), Deadline.after(20))
    assert bench.trials.ran == again
