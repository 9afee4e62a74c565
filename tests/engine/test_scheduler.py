"""What runs when: lanes, superseding, cancellation, and failing alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import ExplainedError
from analysis.snapshot import Snapshot, Workspace
from decoding.errors import CancelledError
from engine.context import Context
from engine.features import ROUTES
from engine.features.complete import CompleteRequest
from engine.features.status import StatusAnswer, StatusRequest
from engine.request import Caller, Done, Failure, Lane, Progress, Request, Route
from engine.scheduler import BACKGROUND_THREADS, Scheduler
from tests.engine.conftest import PATIENCE


@dataclass(frozen=True)
class Ask(Request[Done]):
    """A request whose handler is the test's."""

    work: Callable[[Caller], object]
    document: str = ""


@dataclass(frozen=True)
class AskLong(Ask):
    """The same in the lane of repairs."""


@dataclass(frozen=True)
class AskBackground(Ask):
    """The same in the lane of checks."""


@dataclass(frozen=True)
class AskForward(Ask):
    """The same in the lane of what a person waits for."""


def _work(request: Ask, context: Context, caller: Caller) -> object:
    return request.work(caller)


ASKED: dict[type[Request[Any]], Route[Any]] = {
    Ask: Route(Ask, Done, _work, Lane.MODEL, document=lambda request: request.document or None),
    AskLong: Route(AskLong, Done, _work, Lane.REPAIR, partial_result=True),
    AskBackground: Route(AskBackground, Done, _work, Lane.BACKGROUND),
    AskForward: Route(AskForward, Done, _work, Lane.FORWARD),
    **ROUTES,
}


@dataclass
class Replies:
    """What a scheduler replied to one request."""

    bodies: list[object] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def __call__(self, body: object) -> None:
        self.bodies.append(body)
        if not isinstance(body, Progress):
            self.done.set()

    def last(self) -> object:
        """The answer."""
        assert self.done.wait(PATIENCE)
        return self.bodies[-1]


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    made = Scheduler(Context(), ASKED)
    yield made
    made.close()


def _ask(scheduler: Scheduler, id: int, request: Request[Any]) -> Replies:  # noqa: A002
    replies = Replies()
    scheduler.submit(id, request, replies)
    return replies


class Work:
    """Handler that says when it began and runs until it is let go or cancelled."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.go = threading.Event()
        self.cancelled = False

    def __call__(self, job: Caller) -> Done:
        self.began.set()
        job.cancellation.on_cancel(self.go.set)
        assert self.go.wait(PATIENCE)
        self.cancelled = job.cancellation.cancelled
        if self.cancelled:
            raise CancelledError
        return Done()


def test_a_person_does_not_wait_behind_checks(scheduler: Scheduler) -> None:
    checks = [Work() for _ in range(2 * BACKGROUND_THREADS)]
    asked = [_ask(scheduler, n, AskBackground(check)) for n, check in enumerate(checks)]
    assert all(check.began.wait(PATIENCE) for check in checks[:BACKGROUND_THREADS])
    assert _ask(scheduler, 99, AskForward(lambda job: Done(("now",)))).last() == Done(("now",))
    for check in checks:
        check.go.set()
    assert {replies.last() for replies in asked} == {Done()}


def test_a_newer_request_takes_the_place_of_one_that_runs(scheduler: Scheduler) -> None:
    running = Work()
    first = _ask(scheduler, 1, Ask(running, "a.py"))
    assert running.began.wait(PATIENCE)
    second = _ask(scheduler, 2, Ask(lambda job: Done(("new",)), "a.py"))
    failure = first.last()
    assert isinstance(failure, Failure)
    assert (failure.kind, "newer request" in failure.what) == ("cancelled", True)
    assert second.last() == Done(("new",))
    assert running.cancelled


def test_of_many_requests_for_a_document_only_the_newest_is_answered(
    scheduler: Scheduler,
) -> None:
    holding = Work()
    _ask(scheduler, 1, Ask(holding, "other.py"))
    assert holding.began.wait(PATIENCE)
    ran: list[int] = []

    def noting(number: int) -> Callable[[Caller], object]:
        def note(job: Caller) -> Done:
            ran.append(number)
            return Done((str(number),))

        return note

    asked = [_ask(scheduler, n, Ask(noting(n), "a.py")) for n in range(2, 12)]
    holding.go.set()
    *older, newest = [replies.last() for replies in asked]
    assert newest == Done(("11",))
    assert {getattr(failure, "kind", "") for failure in older} == {"cancelled"}
    assert ran == [11]
    assert all(len(replies.bodies) == 1 for replies in asked)


def test_requests_for_other_documents_stand_beside(scheduler: Scheduler) -> None:
    first = _ask(scheduler, 1, Ask(lambda job: Done(("a",)), "a.py"))
    second = _ask(scheduler, 2, Ask(lambda job: Done(("b",)), "b.py"))
    assert (first.last(), second.last()) == (Done(("a",)), Done(("b",)))


def test_a_cancelled_request_is_answered_at_once_and_its_work_told(scheduler: Scheduler) -> None:
    work = Work()
    replies = _ask(scheduler, 7, Ask(work))
    assert work.began.wait(PATIENCE)
    scheduler.cancel(7)
    assert replies.bodies == [Failure("cancelled", "the request was cancelled")]
    assert _ask(scheduler, 8, Ask(lambda job: Done())).last() == Done()
    assert work.cancelled
    assert len(replies.bodies) == 1
    scheduler.cancel(7)
    scheduler.cancel(12345)


def test_one_that_waits_is_cancelled_without_running(scheduler: Scheduler) -> None:
    work, ran = Work(), list[str]()
    _ask(scheduler, 1, AskLong(work))
    assert work.began.wait(PATIENCE)
    waiting = _ask(scheduler, 2, AskLong(lambda job: ran.append("ran")))
    scheduler.cancel(2)
    assert waiting.last() == Failure("cancelled", "the request was cancelled")
    work.go.set()
    assert _ask(scheduler, 3, AskLong(lambda job: Done())).last() == Done()
    assert ran == []


def test_a_repair_that_is_cancelled_answers_with_what_it_has(scheduler: Scheduler) -> None:
    began = threading.Event()

    def search(job: Caller) -> Done:
        found = threading.Event()
        job.cancellation.on_cancel(found.set)
        job.progress("12 candidates", 0.5)
        began.set()
        assert found.wait(PATIENCE)
        return Done(("best so far",))

    replies = _ask(scheduler, 1, AskLong(search))
    assert began.wait(PATIENCE)
    scheduler.cancel(1)
    assert replies.last() == Done(("best so far",))
    assert replies.bodies[0] == Progress("12 candidates", 0.5)


def test_a_repair_does_not_stand_in_the_way(scheduler: Scheduler) -> None:
    long = Work()
    _ask(scheduler, 1, AskLong(long))
    assert long.began.wait(PATIENCE)
    assert _ask(scheduler, 2, Ask(lambda job: Done())).last() == Done()
    status = _ask(scheduler, 3, StatusRequest()).last()
    assert isinstance(status, StatusAnswer)
    assert status.waiting == 2  # the repair and the status itself
    long.go.set()


def test_a_bug_fails_alone_and_tells_no_source(
    scheduler: Scheduler, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(job: Caller) -> object:
        raise KeyError("secret_text_of_the_user")

    failure = _ask(scheduler, 1, Ask(broken)).last()
    assert isinstance(failure, Failure)
    assert failure.kind == "bug"
    assert failure.what.startswith(f"KeyError in broken ({Path(__file__).parent.name}/")
    assert "pilotfish" in failure.where
    assert "Python" in failure.where
    assert "secret" not in repr(failure) + caplog.text
    assert _ask(scheduler, 2, Ask(lambda job: Done())).last() == Done()


def test_a_lane_survives_whatever_is_raised_in_it(scheduler: Scheduler) -> None:
    def leave(job: Caller) -> object:
        raise SystemExit(3)

    failure = _ask(scheduler, 1, Ask(leave)).last()
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.what.split()[0]) == ("bug", "SystemExit")
    assert _ask(scheduler, 2, Ask(lambda job: Done())).last() == Done()


def test_an_explained_error_keeps_its_shape(scheduler: Scheduler) -> None:
    def refuse(job: Caller) -> object:
        raise ExplainedError("the model is not here", where="m.gguf", help="pilotfish model pull")

    assert _ask(scheduler, 1, Ask(refuse)).last() == Failure(
        "explained", "the model is not here", "m.gguf", "pilotfish model pull"
    )


def test_what_nobody_answers_is_said(scheduler: Scheduler) -> None:
    failure = _ask(scheduler, 1, Request()).last()
    assert isinstance(failure, Failure)
    assert failure.kind == "explained"


def test_closing_answers_everything() -> None:
    scheduler = Scheduler(Context(), ASKED)
    work = Work()
    first, second = _ask(scheduler, 1, Ask(work)), _ask(scheduler, 2, Ask(lambda job: Done()))
    assert work.began.wait(PATIENCE)
    scheduler.close()
    for replies in (first, second):
        failure = replies.last()
        assert isinstance(failure, Failure)
        assert failure.kind == "cancelled"


def test_unsaved_buffers_of_one_folder_are_documents_of_their_own() -> None:
    document = ROUTES[CompleteRequest].document
    here = Workspace("/w")
    one, other = (CompleteRequest(Snapshot("", "", here, buffer=b), 0, 0) for b in ("u:1", "u:2"))
    assert document(one) != document(other)
    assert document(one) == document(replace(one, character=1))
    file = CompleteRequest(Snapshot("/w/a.py", "", here), 0, 0)
    assert document(file) == document(replace(file, line=1)) != document(one)


def test_a_cancellation_is_no_failure() -> None:
    """So that no handler of failures, which makes a message or tries the next thing, catches it."""
    assert not issubclass(CancelledError, ExplainedError)
