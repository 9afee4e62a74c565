"""Bodies of a function as the model writes them: the greedy one first, then many by chance.

What is written side by side is handed over as each ends, so that it can be run at once.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot
from decoding.guidance.evidence import Evidence
from decoding.writer import Completion, InfillRequest, Writer
from repair.candidates.candidate import Candidate
from repair.implementing.writing_speed import WritingSpeed
from repair.source.stub import Stub

STRATEGY = "body by the model"
#: Bodies that are written at most, the first greedily.
_SAMPLES = 200
#: How many of them are asked for at once, at most: the model writes four side by side at 1.6 times
#: the rate of one and eight at 2.3 times (docs/decisions.md). The first four are there sooner,
#: and are enough most of the time.
_FIRST, _AT_ONCE = 4, 8
#: How many each of the eight lanes writes in one go, on average, where what ends is followed by
#: another; and how many seconds that should take at most, after which other ways may have a turn.
_TURNS, _ROUND_S = 3, 10.0
#: How much by chance: more for each body that fails and was written again, which is time lost.
_TEMPERATURE, _HOTTER, _HOTTEST = 0.8, 0.1, 1.2
#: Tokens of the first, and of each of several, for which there must be room beside each other.
BODY_TOKENS, _TOKENS_EACH = 400, 320


@dataclass
class BodyWriter:
    """Lets ``writer`` write bodies of ``stub``, whose file is in ``snapshot``: one only unless it
    ``draws``. ``tokens`` are those that were written."""

    stub: Stub
    snapshot: Snapshot
    writer: Writer
    evidence: Evidence | None
    draws: bool
    tokens: int = field(default=0, init=False)

    def groups(
        self,
        told: str,
        until: Callable[[], Deadline],
        at_most: Deadline,
        stop: Cancellation,
        repeated: Callable[[], int] = lambda: 0,
    ) -> Iterator[Iterable[Candidate | None]]:
        """Bodies as the model writes them, ``None`` for what is none: the greedy one alone, which
        may take all the time that there is (``at_most``), then several at once ``until`` a moment
        that may come nearer. ``told`` is what the failing test says; ``repeated`` tells how many
        were of no use, being known. Raises :class:`~decoding.errors.DecodingError`, when ``stop``
        is cancelled too."""
        stub = self.stub
        text, offset = stub.opened
        request = InfillRequest(
            self.snapshot.with_text(text),
            offset,
            max_tokens=BODY_TOKENS,
            multiline=True,
            preamble=told,
            task=f"Complete the function `{stub.node.name}` in place of `...`. It must do what its "
            "docstring says in every case.",
        )
        first = self.writer.complete(request, self.evidence, deadline=at_most, cancellation=stop)
        # The model may have been loaded for it, and has read the question.
        speed = WritingSpeed(first.ms.decode / 1000)
        yield [self._written(first)]
        if not self.draws:
            return
        done = 0
        while done < _SAMPLES and not (end := until()).expired():
            temperature = min(_HOTTEST, _TEMPERATURE + _HOTTER * repeated())
            again = replace(
                request,
                max_tokens=_TOKENS_EACH,
                temperature=temperature,
                seed=stub.node.lineno + done,
            )
            count = speed.fitting(end.remaining(), _AT_ONCE if done else _FIRST)
            turns = speed.turns(count, _ROUND_S, _TURNS) if count == _AT_ONCE else 1
            seeds = range(again.seed, again.seed + count * turns)
            done += len(seeds)
            yield self._streamed(again, seeds, count, speed, end, stop)

    def _streamed(
        self,
        request: InfillRequest,
        seeds: range,
        at_once: int,
        speed: WritingSpeed,
        end: Deadline,
        stop: Cancellation,
    ) -> Iterator[Candidate | None]:
        """Bodies with ``seeds``, each when it is written."""
        began, written = time.monotonic(), 0
        found = self.writer.stream(request, seeds, self.evidence, deadline=end, cancellation=stop)
        with contextlib.closing(found):
            for _, sample in found:
                written += 1
                yield self._written(sample)
        if written:
            speed.note(at_once, (time.monotonic() - began) * at_once / max(written, at_once))

    def _written(self, completion: Completion) -> Candidate | None:
        self.tokens += completion.tokens
        return self._candidate(completion.text.rstrip())

    def _candidate(self, body: str) -> Candidate | None:
        """``body`` as a candidate; ``None`` where it is no body of this function."""
        if not body:
            return None
        edit = self.stub.edit(body)
        if not self.stub.is_written(self.stub.source.apply([edit])):
            edit = self.stub.edit(self.stub.realigned(body))
            if not self.stub.is_written(self.stub.source.apply([edit])):
                return None
        return Candidate((edit,), STRATEGY, 1.0, self.stub.node.lineno)
