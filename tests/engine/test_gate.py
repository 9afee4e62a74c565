"""Whose turn it is: order, stepping back, and giving up while waiting."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from analysis.deadline import Cancellation
from decoding.errors import CancelledError
from engine.gate import Claim, Gate
from tests.engine.conftest import PATIENCE


def _take(gate: Gate, claim: Claim, cancellation: Cancellation, order: list[Claim]) -> int:
    with gate.turn(claim, cancellation) as turn:
        order.append(claim)
        return turn.granted


def test_the_highest_claim_goes_first_whenever_it_came() -> None:
    gate, order = Gate(), list[Claim]()
    with ThreadPoolExecutor() as threads:
        with gate.turn(Claim.UNLOAD, Cancellation()) as turn:
            waiting: list[Future[int]] = []
            for claim in (Claim.WARM, Claim.REPAIR, Claim.COMPLETION):
                # Each asks the holder to step back, which says that it has arrived.
                arrived = threading.Event()
                turn.step_back = Cancellation()
                turn.step_back.on_cancel(arrived.set)
                waiting.append(threads.submit(_take, gate, claim, Cancellation(), order))
                assert arrived.wait(PATIENCE)
        for future in waiting:
            future.result(PATIENCE)
    assert order == [Claim.COMPLETION, Claim.REPAIR, Claim.WARM]


def test_a_holder_is_asked_to_step_back_by_higher_claims_only() -> None:
    gate = Gate()
    with ThreadPoolExecutor() as threads:
        with gate.turn(Claim.REPAIR, Cancellation()) as turn:
            equal = Cancellation()
            future = threads.submit(_take, gate, Claim.REPAIR, equal, [])
            equal.cancel()
            with pytest.raises(CancelledError):
                future.result(PATIENCE)
            assert not turn.step_back.cancelled
            asked = threading.Event()
            turn.step_back.on_cancel(asked.set)
            future = threads.submit(_take, gate, Claim.COMPLETION, Cancellation(), [])
            assert asked.wait(PATIENCE)
        assert future.result(PATIENCE) == turn.granted + 1


def test_who_is_cancelled_gives_its_place_up() -> None:
    gate = Gate()
    cancelled = Cancellation()
    cancelled.cancel()
    with gate.turn(Claim.WARM, Cancellation()), pytest.raises(CancelledError):
        _take(gate, Claim.COMPLETION, cancelled, [])
    assert not gate.is_wanted()
    with gate.turn(Claim.WARM, Cancellation()):
        assert gate.is_wanted()


def test_a_failure_within_a_turn_ends_the_turn() -> None:
    gate = Gate()
    with pytest.raises(ZeroDivisionError), gate.turn(Claim.REPAIR, Cancellation()):
        raise ZeroDivisionError
    assert _take(gate, Claim.WARM, Cancellation(), []) == 1


def test_a_long_request_collects_no_callbacks() -> None:
    gate, cancellation = Gate(), Cancellation()
    calls: list[str] = []
    forget = cancellation.on_cancel(lambda: calls.append("forgotten"))
    cancellation.on_cancel(lambda: calls.append("kept"))
    assert cancellation.registered == 2
    forget()
    forget()
    for _ in range(3):
        _take(gate, Claim.REPAIR, cancellation, [])
    assert cancellation.registered == 1
    cancellation.cancel()
    assert calls == ["kept"]
