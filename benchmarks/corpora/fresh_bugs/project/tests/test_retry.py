from itertools import islice

import pytest

from depot.retry import Backoff, Circuit, CircuitOpen, GaveUp, call, parse_retry_after


class Flaky:
    """Fails ``times`` times, then answers."""

    def __init__(self, times, error=OSError("down")):
        self.times = times
        self.error = error
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return "answer"


def test_backoff():
    delays = Backoff(1, 3, 20).delays()
    assert list(islice(delays, 5)) == [1, 3, 9, 20, 20]


def test_first_try():
    slept = []
    assert call(Flaky(0), sleep=slept.append) == "answer"
    assert slept == []


def test_tries_again():
    slept = []
    work = Flaky(2)
    assert call(work, attempts=3, backoff=Backoff(1, 2), sleep=slept.append) == "answer"
    assert slept == [1, 2]


def test_gives_up():
    slept = []
    work = Flaky(5)
    with pytest.raises(GaveUp) as caught:
        call(work, attempts=3, backoff=Backoff(1, 2), sleep=slept.append)
    assert work.calls == 3
    assert slept == [1, 2]
    assert caught.value.attempts == 3
    assert caught.value.last is work.error
    assert caught.value.__cause__ is work.error


def test_other_errors_pass():
    work = Flaky(1, KeyError("x"))
    with pytest.raises(KeyError):
        call(work, sleep=lambda seconds: None)
    assert work.calls == 1


def test_notes():
    notes = []
    call(Flaky(2), sleep=lambda s: None, note=lambda number, error: notes.append(number))
    assert notes == [1, 2]


def test_attempts_are_checked():
    with pytest.raises(ValueError):
        call(Flaky(0), attempts=0)


@pytest.mark.parametrize(
    "header, seconds", [(None, 1.0), ("7", 7.0), (" 2.5 ", 2.5), ("-3", 0.0), ("soon", 1.0)]
)
def test_retry_after(header, seconds):
    assert parse_retry_after(header) == seconds


def fail():
    raise OSError("down")


def trip(circuit, times):
    for _ in range(times):
        with pytest.raises(OSError):
            circuit.call(fail)


def test_circuit_opens_after_the_limit(clock):
    circuit = Circuit(3, 60, clock)
    trip(circuit, 2)
    assert circuit.state == "closed"
    trip(circuit, 1)
    assert circuit.state == "open"
    with pytest.raises(CircuitOpen):
        circuit.call(lambda: 1)


def test_success_starts_the_count_over(clock):
    circuit = Circuit(3, 60, clock)
    trip(circuit, 2)
    circuit.call(lambda: 1)
    trip(circuit, 2)
    assert circuit.state == "closed"


def test_circuit_lets_one_try_after_the_pause(clock):
    circuit = Circuit(1, 60, clock)
    trip(circuit, 1)
    clock.advance(59)
    assert circuit.state == "open"
    clock.advance(1)
    assert circuit.state == "half-open"
    assert circuit.call(lambda: "up") == "up"
    assert circuit.state == "closed"


def test_a_failed_try_opens_it_again(clock):
    circuit = Circuit(2, 60, clock)
    trip(circuit, 2)
    clock.advance(61)
    trip(circuit, 1)
    assert circuit.state == "open"
    clock.advance(59)
    assert circuit.state == "open"
