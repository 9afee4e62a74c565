"""Bodies are looked for until enough of them pass, in the real sandbox."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.views.plan import block_plan
from decoding.errors import CancelledError
from repair.candidates.candidate import Candidate
from repair.choice.agreement import Vote
from repair.components import Component
from repair.implementing.background_groups import BackgroundGroups
from repair.implementing.bodies import Body, BodySearch
from repair.implementing.decomposing import STRATEGY, Decomposer
from repair.implementing.electing import Elected, Election
from repair.implementing.written import WrittenBody
from repair.sandbox.interpreter import Interpreter
from repair.search.trials import Kind
from repair.trace.trace_summary import summary
from tests.repair.implementing.planner import Planner
from tests.repair.implementing.stubbed import Stubbed, stubbed

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


Groups = Iterator[Iterable[Candidate | None]]


def _search(bench: Stubbed, groups: Groups, *without: Component) -> BodySearch:
    """A search through what a model would write."""
    search = BodySearch(
        bench.job.source,
        bench.trials,
        BackgroundGroups(groups, Cancellation()),
        lambda candidate: "10" in candidate.edits[0].new,
        Deadline.after(60),
        lambda _said: None,
        None if Component.REPAIR in without else bench.retoucher(*without),
    )
    search.run()
    return search


def _groups(bench: Stubbed, groups: list[list[str]]) -> Groups:
    """Bodies of these texts; a group is taken out of the list when it is asked for."""
    while groups:
        yield [bench.body(text) if text else None for text in groups.pop(0)]


def test_what_the_model_writes_again_counts_again_and_three_are_enough(bench: Stubbed) -> None:
    """White space and comments make no other body, and what is no body does no harm."""
    groups = [["", WRONG, RIGHT], [LOOP, f"# All of them.\n    {RIGHT}  "], [LOOP]]
    search = _search(bench, _groups(bench, groups), Component.REPAIR)
    assert groups == [[LOOP]]
    assert [(vote.candidate, vote.weight) for vote in search.votes()] == [
        (bench.body(RIGHT), 2.0),
        (bench.body(LOOP), 1.0),
    ]


def test_the_first_of_all_is_enough_where_it_is_believed(bench: Stubbed) -> None:
    """What the model holds for the likeliest is right most often when it passes."""
    groups = [[RIGHT], [LOOP], [LOOP]]
    assert len(_search(bench, _groups(bench, groups), Component.REPAIR).votes()) == 1
    assert groups == [[LOOP], [LOOP]]
    groups = [[WRONG], [RIGHT], [LOOP]]
    assert len(_search(bench, _groups(bench, groups), Component.REPAIR).votes()) == 2


def test_a_body_that_fails_is_edited_and_what_passes_then_counts_less(bench: Stubbed) -> None:
    search = _search(bench, _groups(bench, [[WRONG]]))
    (vote, *_) = search.votes()
    assert vote.voter == bench.body(WRONG)
    assert 0 < vote.weight < 1
    assert "result += price" in vote.candidate.edits[0].new
    assert bench.trials.run(vote.candidate).kind is Kind.PLAUSIBLE


def test_nothing_is_edited_where_that_is_left_out(bench: Stubbed) -> None:
    for without in (Component.REPAIR, Component.MUTATION):
        search = _search(bench, _groups(bench, [[WRONG], [WRONG]]), without)
        assert search.votes() == []
        assert [body.draws for body in search.bodies.values()] == [2]


def test_a_body_written_to_order_is_none(bench: Stubbed) -> None:
    search = _search(bench, _groups(bench, [["return 10", RIGHT]]), Component.REPAIR)
    assert [vote.candidate for vote in search.votes()] == [bench.body(RIGHT)]


def test_what_fails_is_edited_while_the_model_writes_others(bench: Stubbed) -> None:
    edited = threading.Event()

    def written() -> Groups:
        yield [bench.body(WRONG)]
        yield [bench.body(RIGHT if edited.wait(30) else WRONG)]

    search = BodySearch(
        bench.job.source,
        bench.trials,
        BackgroundGroups(written(), Cancellation()),
        lambda _candidate: False,
        Deadline.after(60),
        lambda said: edited.set() if "edited" in said else None,
        bench.retoucher(),
    )
    search.run()
    assert bench.body(RIGHT) in [vote.candidate for vote in search.votes()]


def test_a_body_is_tried_while_the_rest_of_its_group_is_written(bench: Stubbed) -> None:
    tried = threading.Event()

    def group() -> Iterator[Candidate | None]:
        yield bench.body(RIGHT)
        yield bench.body(LOOP if tried.wait(30) else WRONG)

    def refused(_candidate: Candidate) -> bool:
        tried.set()
        return False

    search = BodySearch(
        bench.job.source,
        bench.trials,
        BackgroundGroups(iter([group()]), Cancellation()),
        refused,
        Deadline.after(60),
        lambda _said: None,
    )
    search.run()
    assert [vote.candidate for vote in search.votes()] == [bench.body(RIGHT), bench.body(LOOP)]


def test_where_nothing_else_is_left_the_function_is_divided(bench: Stubbed) -> None:
    planned = "def each(prices):\n        ...\n    return sum(each(prices))"
    decomposer = Decomposer(
        *(bench.stub, bench.job, bench.trials, ""),
        Planner(planned, {"each": ("return prices",)}),
        *(None, Deadline.after(60), Cancellation()),
    )
    search = BodySearch(
        bench.job.source,
        bench.trials,
        BackgroundGroups(_groups(bench, [["return 3"]]), Cancellation()),
        lambda _candidate: False,
        Deadline.after(60),
        lambda _said: None,
        decomposer=decomposer,
    )
    search.run()
    (vote, *_) = search.votes()
    assert vote.candidate.strategy == STRATEGY
    assert "return prices" in vote.candidate.edits[0].new


def test_when_there_is_enough_the_model_is_stopped(bench: Stubbed) -> None:
    stop, stopped = Cancellation(), threading.Event()
    stop.on_cancel(stopped.set)

    def written() -> Groups:
        yield [bench.body(RIGHT)] * 3
        yield []

    search = BodySearch(
        bench.job.source,
        bench.trials,
        BackgroundGroups(written(), stop),
        lambda _candidate: False,
        Deadline.after(60),
        lambda _said: None,
    )
    search.run()
    assert stopped.is_set()
    assert [vote.weight for vote in search.votes()] == [3.0]


def test_what_a_test_did_in_a_body_is_told(bench: Stubbed) -> None:
    """The body is not on the disk: its blocks are those of the file with it."""
    written = WrittenBody(bench.stub, bench.body(WRONG))
    (failing,) = [r for r in bench.trials.traced(written.body) if r.outcome.bad]
    plan = block_plan(written.source.text)
    trace = bench.trials.followed(written.body, plan, failing)
    assert trace is not None
    told = summary(written.source, plan, trace, written.lines.start)
    assert told.startswith("total(prices = [2, 3, 5]):")
    assert "result *= price" in told
    assert told.endswith("It returned 0")


def test_while_what_passes_does_not_agree_more_is_written(bench: Stubbed) -> None:
    rivals = ["return max(prices) * 2", "return prices[0] * prices[-1]", RIGHT]
    groups = [rivals, [LOOP], [RIGHT]]
    election = Election(bench.stub, bench.trials)
    search = BodySearch(
        bench.job.source,
        bench.trials,
        BackgroundGroups(_groups(bench, groups), Cancellation()),
        lambda _candidate: False,
        Deadline.after(60),
        lambda _said: None,
        settled=lambda: election.settled(search.votes()),
    )
    search.run()
    assert groups == [[RIGHT]]
    elected = _elected(election, search.votes(), search.failing())
    assert elected.ranking[0] == bench.body(RIGHT)


def test_one_alone_is_believed_unless_the_tests_are_weak(bench: Stubbed) -> None:
    alone = [Vote(bench.body(RIGHT), bench.body(RIGHT), 1.0)]
    assert Election(bench.stub, bench.trials).settled(alone)
    assert not Election(bench.stub, bench.trials, weakness="a single assertion").settled(alone)


def test_edits_that_do_different_things_are_judged(bench: Stubbed) -> None:
    wrong = bench.body("return max(prices)")
    edited = [bench.body(text) for text in ("return 2 * max(prices)", RIGHT, "return 15 - 5")]
    votes = [Vote(candidate, wrong, 0.1) for candidate in edited]
    asked: list[str] = []

    def judge(candidate: Candidate, _cancellation: Cancellation) -> float:
        asked.append(candidate.edits[0].new)
        return 0.0 if candidate == edited[1] else -5.0

    election = Election(bench.stub, bench.trials, judge)
    elected = _elected(election, votes)
    assert elected.ranking[0] == edited[1]
    assert len(asked) == 3
    # A body that passes as it was written is no edit, and beats them.
    votes.append(Vote(bench.body(LOOP), bench.body(LOOP), 1.0))
    assert _elected(election, votes).ranking[0] in (edited[1], bench.body(LOOP))
    assert len(asked) == 3


def test_judging_ends_when_its_time_does(bench: Stubbed) -> None:
    """What follows needs the rest; what was not judged weighs what it weighed before."""
    wrong = bench.body("return max(prices)")
    edited = [bench.body(text) for text in ("return 2 * max(prices)", RIGHT)]
    votes = [Vote(edited[0], wrong, 0.1), Vote(edited[1], wrong, 0.2)]

    def judge(_candidate: Candidate, cancellation: Cancellation) -> float:
        ended = threading.Event()
        cancellation.on_cancel(ended.set)
        assert ended.wait(30)
        raise CancelledError

    election = Election(bench.stub, bench.trials, judge)
    assert _elected(election, votes, seconds=0.1).ranking[0] == edited[1]
    stopped = Cancellation()
    stopped.cancel()
    with pytest.raises(CancelledError):
        election.elect(votes, [], Deadline.after(60), stopped)


def _elected(
    election: Election, votes: Sequence[Vote], failing: Sequence[Body] = (), seconds: float = 60
) -> Elected:
    return election.elect(votes, failing, Deadline.after(seconds), Cancellation())
