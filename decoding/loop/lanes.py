"""Several texts written side by side, each by the loop that writes one, in joint passes.

Each writer works in a *lane*: a runtime of its own to whoever writes, a branch of one cache in
truth. Lanes are threads, since a loop that is to wait in the middle of its work has to be one; but
they take turns, so that no two run at once and nothing that they use needs to be thread-safe. In
each round every lane runs until it wants something computed or has ended, in the same order; then
all that is wanted is computed. So it does not depend on time which tokens are computed beside
which, and neither do the last bits of logits: the same seeds write the same texts.

A lane that has ended is refilled while there is more to write: the longest text of several takes
about twice as long as most, and a pass for one lane costs more than a third of one for eight.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

from analysis.deadline import Cancellation
from decoding.errors import CancelledError, DecodingError
from decoding.runtimes.runtime import Branching, Growth, Runtime

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

Value = TypeVar("Value")


def refilled(
    runtime: Branching,
    works: Iterable[Callable[[Runtime], Value]],
    at_once: int,
    room: int,
    cancellation: Cancellation,
) -> Generator[tuple[int, Value | Exception], None, None]:
    """What each of ``works`` returned or raised, with its number, as soon as it has ended; of them
    ``at_once`` are under way at a time, and the next one begins when one has ended.

    Each has a runtime that holds what ``runtime`` does and ``room`` tokens more, and is done with
    it when it returns. ``at_once`` is at most as many as the runtime has branches. ``cancellation``
    stops the computing, which raises :class:`~decoding.errors.CancelledError` in the works, and no
    more are begun; they active it themselves otherwise. Between two outcomes others are under way:
    nobody else may use the runtime until this ended or was closed, and then all of them have ended.
    """
    runtime.branch(at_once)
    waiting = enumerate(works)
    lanes: dict[int, tuple[int, _Lane[Value]]] = {}
    answers: dict[int, Logits | Exception] = {}
    try:
        while True:
            growths: list[Growth] = []
            for number in range(at_once):
                wanted = None
                while wanted is None:
                    if number not in lanes:
                        if cancellation.cancelled or (more := next(waiting, None)) is None:
                            break
                        index, work = more
                        lanes[number] = index, _Lane(runtime, number, room, work)
                    index, lane = lanes[number]
                    wanted = lane.turn(answers.pop(number, None))
                    if wanted is None:
                        del lanes[number]
                        lane.end()
                        yield index, lane.outcome()
                if wanted is not None:
                    growths.append(wanted)
            if not growths:
                return
            answers = _computed(runtime, growths, cancellation)
    finally:
        for _, lane in lanes.values():
            lane.end()
        runtime.unbranch()


def _computed(
    runtime: Branching, growths: Sequence[Growth], cancellation: Cancellation
) -> dict[int, Logits | Exception]:
    """What each branch wanted."""
    try:
        rows = runtime.grow(growths, cancellation)
    except Exception as error:  # noqa: BLE001  # raised where it was asked for, in each lane
        return {growth.branch: error for growth in growths}
    return {g.branch: row for g, row in zip(growths, rows, strict=True)}


class _Lane(Generic[Value]):
    """One writer: its thread, and the two places where it and the rounds hand over."""

    def __init__(
        self, runtime: Branching, number: int, room: int, work: Callable[[Runtime], Value]
    ) -> None:
        self.number = number
        self._work = work
        self._runtime = LaneRuntime(runtime, number, room, self._want)
        self._answers: SimpleQueue[Logits | Exception | None] = SimpleQueue()
        self._wants: SimpleQueue[Growth | None] = SimpleQueue()
        self._outcome: Value | Exception = CancelledError()
        self._thread: threading.Thread | None = None
        self._over = False

    def turn(self, answer: Logits | Exception | None) -> Growth | None:
        """Go on with the ``answer`` to what was wanted last, nothing at first; what is wanted now,
        or ``None`` when the work has ended. To be called by the rounds, until then."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, name=f"lane-{self.number}", daemon=True)
            thread.start()
            self._thread = thread
        self._answers.put(answer)
        wanted = self._wants.get()
        self._over = wanted is None
        return wanted

    def end(self) -> None:
        """Let the work end, where it has not: whatever it wants is cancelled."""
        while self._thread is not None and not self._over:
            self.turn(CancelledError())
        if self._thread is not None:
            self._thread.join()

    def outcome(self) -> Value | Exception:
        """What the work returned or raised."""
        return self._outcome

    def _run(self) -> None:
        self._answers.get()
        try:
            self._outcome = self._work(self._runtime)
        except Exception as error:  # noqa: BLE001  # an outcome like another
            self._outcome = error
        finally:
            self._wants.put(None)

    def _want(self, growth: Growth) -> Logits:
        """Ask for it, and wait for the next turn."""
        self._wants.put(growth)
        answer = self._answers.get()
        if isinstance(answer, CancelledError):
            raise CancelledError
        if isinstance(answer, Exception):
            raise answer
        assert answer is not None, "only the first turn has no answer"
        return answer


class LaneRuntime:
    """A branch as the :class:`~decoding.runtimes.runtime.Runtime` of whoever writes in it."""

    def __init__(
        self, runtime: Branching, number: int, room: int, want: Callable[[Growth], Logits]
    ) -> None:
        """``want`` has something computed. There may be ``room`` tokens more than now."""
        self.name, self.family = runtime.name, runtime.family
        self.vocabulary_size = runtime.vocabulary_size
        self._runtime, self._number, self._want = runtime, number, want
        self._evaluated = list(runtime.evaluated())
        self.context_size = min(len(self._evaluated) + room, runtime.context_size)
        self._last: Logits | None = None

    def token_bytes(self) -> Sequence[bytes]:
        """As the whole runtime's."""
        return self._runtime.token_bytes()

    def control_tokens(self) -> dict[str, int]:
        """As the whole runtime's."""
        return self._runtime.control_tokens()

    def end_tokens(self) -> frozenset[int]:
        """As the whole runtime's."""
        return self._runtime.end_tokens()

    def tokenize(self, text: str) -> list[int]:
        """As the whole runtime's."""
        return self._runtime.tokenize(text)

    def evaluated(self) -> Sequence[int]:
        """The tokens of this branch, the shared ones included."""
        return self._evaluated

    def truncate(self, length: int) -> None:
        """Keep the first ``length`` of them. Takes effect with what is evaluated next."""
        if length < len(self._evaluated):
            del self._evaluated[length:]
            self._last = None

    def evaluate(self, tokens: Sequence[int], cancellation: Cancellation) -> None:
        """Append ``tokens``, beside what the other lanes want."""
        if tokens:
            self._grow(tokens, cancellation, every=False)

    def evaluate_all(self, tokens: Sequence[int], cancellation: Cancellation) -> Logits:
        """As ``evaluate``, with logits at every position: ``(len(tokens), vocab)``."""
        return self._grow(tokens, cancellation, every=True)

    def logits(self) -> Logits:
        """Logits behind the last evaluated token; they stay as they are."""
        if self._last is None:
            raise RuntimeError("logits are there only behind an evaluate that finished")
        return self._last

    def close(self) -> None:
        """Nothing: the branch goes with the others."""

    def _grow(self, tokens: Sequence[int], cancellation: Cancellation, *, every: bool) -> Logits:
        kept = len(self._evaluated)
        if kept + len(tokens) > self.context_size:
            raise DecodingError(
                f"{kept + len(tokens)} tokens do not fit a lane of {self.context_size}",
                where=self.name,
                help="ask for fewer samples at once",
            )
        if cancellation.cancelled:
            raise CancelledError
        self._last = None
        rows = self._want(Growth(self._number, kept, tuple(tokens), every))
        self._evaluated.extend(tokens)
        last: Logits = rows[-1]
        self._last = last
        return rows
