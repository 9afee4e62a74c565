"""Whose turn it is: order, stepping back, and giving up while waiting."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from analysis.deadline import Cancellation
from decoding.errors import CancelledError
from engine.lease import ModelLock, Priority
from tests.engine.conftest import PATIENCE


def _take(
    lock: ModelLock, priority: Priority, cancellation: Cancellation, order: list[Priority]
) -> int:
    with lock.lease(priority, cancellation) as lease:
        order.append(priority)
        return lease.granted


def test_the_highest_claim_goes_first_whenever_it_came() -> None:
    lock, order = ModelLock(), list[Priority]()
    with ThreadPoolExecutor() as threads:
        with lock.lease(Priority.UNLOAD, Cancellation()) as lease:
            waiting: list[Future[int]] = []
            for priority in (Priority.WARM, Priority.REPAIR, Priority.COMPLETION):
                # Each asks the holder to step back, which says that it has arrived.
                arrived = threading.Event()
                lease.step_back = Cancellation()
                lease.step_back.on_cancel(arrived.set)
                waiting.append(threads.submit(_take, lock, priority, Cancellation(), order))
                assert arrived.wait(PATIENCE)
        for future in waiting:
            future.result(PATIENCE)
    assert order == [Priority.COMPLETION, Priority.REPAIR, Priority.WARM]


def test_a_holder_is_asked_to_step_back_by_higher_claims_only() -> None:
    lock = ModelLock()
    with ThreadPoolExecutor() as threads:
        with lock.lease(Priority.REPAIR, Cancellation()) as lease:
            equal = Cancellation()
            future = threads.submit(_take, lock, Priority.REPAIR, equal, [])
            equal.cancel()
            with pytest.raises(CancelledError):
                future.result(PATIENCE)
            assert not lease.step_back.cancelled
            asked = threading.Event()
            lease.step_back.on_cancel(asked.set)
            future = threads.submit(_take, lock, Priority.COMPLETION, Cancellation(), [])
            assert asked.wait(PATIENCE)
        assert future.result(PATIENCE) == lease.granted + 1


def test_who_is_cancelled_gives_its_place_up() -> None:
    lock = ModelLock()
    cancelled = Cancellation()
    cancelled.cancel()
    with lock.lease(Priority.WARM, Cancellation()), pytest.raises(CancelledError):
        _take(lock, Priority.COMPLETION, cancelled, [])
    assert not lock.is_wanted()
    with lock.lease(Priority.WARM, Cancellation()):
        assert lock.is_wanted()


def test_a_failure_within_a_turn_ends_the_turn() -> None:
    lock = ModelLock()
    with pytest.raises(ZeroDivisionError), lock.lease(Priority.REPAIR, Cancellation()):
        raise ZeroDivisionError
    assert _take(lock, Priority.WARM, Cancellation(), []) == 1


def test_a_long_request_collects_no_callbacks() -> None:
    lock, cancellation = ModelLock(), Cancellation()
    calls: list[str] = []
    forget = cancellation.on_cancel(lambda: calls.append("forgotten"))
    cancellation.on_cancel(lambda: calls.append("kept"))
    assert cancellation.registered == 2
    forget()
    forget()
    for _ in range(3):
        _take(lock, Priority.REPAIR, cancellation, [])
    assert cancellation.registered == 1
    cancellation.cancel()
    assert calls == ["kept"]
