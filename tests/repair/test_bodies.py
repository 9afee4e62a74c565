"""Bodies are looked for until enough of them pass, in the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.views.plan import block_plan
from repair.aids import Aid
from repair.bodies import BodySearch
from repair.candidates.candidate import Candidate
from repair.sandbox.interpreter import Interpreter
from repair.trace.story import story
from repair.trials import Kind
from repair.written import Written
from tests.repair.stubbed import Stubbed, stubbed

pytestmark = pytest.mark.sandbox

TEXT = 'def total(prices):\n    """The sum of all prices."""\n    ...\n\n\nAFTER = 1\n'
TESTS = "from m import total\n\n\ndef test_total():\n    assert total([2, 3, 5]) == 10\n"
RIGHT = "return sum(prices)"
LOOP = "result = 0\n    for price in prices:\n        result += price\n    return result"
WRONG = LOOP.replace("+=", "*=")


@pytest.fixture
def bench(workspace: Path, interpreter: Interpreter) -> Iterator[Stubbed]:
    with stubbed(workspace, interpreter, TEXT, TESTS, "total") as opened:
        yield opened


def _search(bench: Stubbed, bodies: list[str], *without: Aid) -> tuple[BodySearch, list[str]]:
    """A search through what a model would have written; and what it left unread."""
    left = list(bodies)

    def written() -> Iterator[Candidate | None]:
        while left:
            text = left.pop(0)
            yield bench.body(text) if text else None

    search = BodySearch(
        bench.job.source,
        bench.trials,
        written(),
        lambda candidate: "10" in candidate.edits[0].new,
        Deadline.after(60),
        lambda _said: None,
        None if Aid.REPAIR in without else bench.retoucher(*without),
    )
    search.run()
    return search, left


def test_what_the_model_writes_again_counts_again_and_three_are_enough(bench: Stubbed) -> None:
    """White space and comments make no other body, and what is no body does no harm."""
    bodies = ["", RIGHT, LOOP, f"# All of them.\n    {RIGHT}  ", LOOP]
    search, left = _search(bench, bodies, Aid.REPAIR)
    assert left == [LOOP]
    assert [(vote.candidate, vote.weight) for vote in search.votes()] == [
        (bench.body(RIGHT), 2.0),
        (bench.body(LOOP), 1.0),
    ]


def test_a_body_that_fails_is_edited_and_what_passes_then_counts_less(bench: Stubbed) -> None:
    search, _ = _search(bench, [WRONG])
    (vote, *_) = search.votes()
    assert vote.voter == bench.body(WRONG)
    assert 0 < vote.weight < 1
    assert "result += price" in vote.candidate.edits[0].new
    assert bench.trials.run(vote.candidate).kind is Kind.PLAUSIBLE


def test_nothing_is_edited_where_that_is_left_out(bench: Stubbed) -> None:
    for without in (Aid.REPAIR, Aid.MUTATION):
        search, left = _search(bench, [WRONG, WRONG], without)
        assert (search.votes(), left) == ([], [])
        assert [body.draws for body in search.bodies.values()] == [2]


def test_a_body_written_to_order_is_none(bench: Stubbed) -> None:
    search, _ = _search(bench, ["return 10", RIGHT], Aid.REPAIR)
    assert [vote.candidate for vote in search.votes()] == [bench.body(RIGHT)]


def test_what_a_test_did_in_a_body_is_told(bench: Stubbed) -> None:
    """The body is not on the disk: its blocks are those of the file with it."""
    written = Written(bench.stub, bench.body(WRONG))
    (failing,) = [r for r in bench.trials.traced(written.body) if r.outcome.bad]
    plan = block_plan(written.source.text)
    trace = bench.trials.followed(written.body, plan, failing)
    assert trace is not None
    told = story(written.source, plan, trace, written.lines.start)
    assert told.startswith("total(prices = [2, 3, 5]):")
    assert "result *= price" in told
    assert told.endswith("It returned 0")
