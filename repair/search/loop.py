"""The search: candidates of all sources, the likeliest per second first (``candidate_queue``).

Candidates that need no model are run, some at once where processors are to spare. The model takes
processors from that, and loading it takes longer than most searches: it writes while what it writes
is worth more by the second than what would be tried next, and what it has written is tried as soon
as it is there. The search waits for the model only when nothing else is left to try.

What came of them is looked at in the order in which they were begun, and the same number is begun
ahead everywhere: what is found depends neither on the processors nor on which run ends first.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analysis.deadline import Deadline
from repair.candidates.background_writer import BackgroundWriter
from repair.candidates.candidate import Candidate
from repair.candidates.imports import Imports
from repair.candidates.misnamed import further
from repair.search.candidate_queue import PATIENCE, CandidateQueue, Turn
from repair.search.trials import AHEAD, Begun, Kind, Trial, Trials
from repair.source.file import Source
from repair.source.units import Units, groups

#: What the model's writing is worth by the second: a line in the likeliest place, in half a second.
#: Of nine programs of QuixBugs that 450 candidates had not fixed its lines (0.5B) fixed two and
#: templates five, beside each other.
_WRITING = 1.0 / 0.5


@dataclass
class Search:
    """One search. ``queue`` holds the candidates that need no model. Where nothing has passed at
    the ``deadline``, which leaves time to validate, it goes on until ``late``."""

    source: Source
    trials: Trials
    queue: Sequence[Candidate]
    background: BackgroundWriter | None
    deadline: Deadline
    late: Deadline | None = None
    imports: Imports | None = None
    #: Whether the model writes nothing while anything else is left: what passes may be right.
    resting: bool = field(default=False, init=False)
    _passed: bool = field(default=False, init=False)
    _seen: set[str] = field(default_factory=set, init=False)
    _begun: deque[tuple[Turn, Begun]] = field(default_factory=deque, init=False)
    #: Seconds that trials were expected to take, and took.
    _expected: float = field(default=0.0, init=False)
    _taken: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        diagnosis = self.trials.diagnosis
        self._queue = CandidateQueue(
            self.queue, self.trials.cost, frozenset(diagnosis.failing), diagnosis.hung
        )
        self._units = Units(self.source)
        for unit in self._units.all:
            with self.trials.dropped.guard("parsing"):
                self._seen.add(_key(self._units.module(unit, ())))

    def run(self) -> Iterator[Trial | None]:
        """Every trial, as it ends, until the deadline or the end of ideas; ``None`` where nothing
        is left but to let a model write that rests.

        Raises :class:`~decoding.errors.CancelledError`, and
        :class:`~repair.errors.SandboxDiedError` when sandboxes keep dying.
        """
        try:
            yield from self._run()
        finally:
            for _turn, begun in self._begun:
                begun.run.cancel()

    def _run(self) -> Iterator[Trial | None]:
        while not self._until().expired():
            if self.background is not None:
                self._direct(self.background)
            while len(self._begun) < AHEAD and (turn := self._queue.pop()) is not None:
                self._begin(turn)
            if self._begun:
                yield self._finish(*self._begun.popleft())
            elif self.background is None:
                return
            elif self.resting:
                yield None
                if self.resting:
                    return
            else:
                self.background.start()
                if not self.background.writing:
                    return
                for written in itertools.islice(self.background.wait(self._until()), 1):
                    self._begin(Turn(written))

    def _direct(self, background: BackgroundWriter) -> None:
        """Let the model write where that is worth more than what is tried next; begin what it has
        written, and tell it what it asks."""
        # Slow tests make trials worth less than expected.
        slowness = max(1.0, self._taken / self._expected) if self._expected else 1.0
        if not self.resting and self._queue.worth() / slowness < _WRITING:
            background.start()
        else:
            background.rest()
        self.trials.beside_model = background.working
        if asked := background.question():
            line, told = asked
            summary = ""
            with self.trials.dropped.guard("asking the model"):
                summary = self.trials.summary(line)
            told.set_result(summary)
        for written in background.poll():
            self._begin(Turn(written))

    def _until(self) -> Deadline:
        return self.deadline if self._passed or self.late is None else self.late

    def around(self, line: int) -> None:
        """Let the model write at ``line`` next, when it writes: rivals for what passes there."""
        if self.background is not None:
            self.background.wish(line)

    def _begin(self, turn: Turn) -> None:
        fresh = turn.patience == PATIENCE[0]
        if not fresh or self._is_new(turn.candidate):
            begun = self.trials.begin(turn.candidate, patience=turn.patience)
            self._begun.append((turn, begun))

    def _finish(self, turn: Turn, begun: Begun) -> Trial:
        trial = self.trials.finish(begun)
        self._expected += self.trials.cost(turn.candidate, turn.patience)
        self._taken += trial.seconds
        if trial.kind is Kind.SLOW and trial.gained and turn.patience == PATIENCE[0]:
            # It fixes something before its time runs out.
            turn = Turn(turn.candidate, PATIENCE[1])
            trial = self.trials.run(turn.candidate, patience=turn.patience)
        self._passed = self._passed or trial.kind is Kind.PLAUSIBLE
        if trial.kind is Kind.SLOW:
            self._queue.slow(turn)
        if trial.gained and trial.kind is not Kind.PLAUSIBLE:
            self._queue.partial(trial)
        with self.trials.dropped.guard("writing"):
            for candidate in further(self.source, trial.candidate, trial.absent):
                self._begin(Turn(candidate))
            if self.imports is not None and trial.kind is not Kind.PLAUSIBLE:
                for candidate in self.imports.further(self.source, trial.candidate, trial.absent):
                    self._begin(Turn(candidate))
        return trial

    def _is_new(self, candidate: Candidate) -> bool:
        """Whether no program with this syntax tree was tried; false where it does not parse."""
        key = ""
        with self.trials.dropped.guard("parsing"), contextlib.suppress(SyntaxError):
            changed = groups(self._units, candidate.edits)
            if changed is None:
                key = ast.dump(ast.parse(self.source.apply(candidate.edits)))
            else:
                key = "".join(_key(self._units.module(unit, mine)) for unit, mine in changed)
        if not key or key in self._seen:
            return False
        self._seen.add(key)
        return True


def _key(module: str) -> str:
    """A unit's syntax, with its place but without positions."""
    tree = ast.parse(module)
    padding = len(module) - len(module.lstrip("\n"))
    return f"{padding}:{ast.dump(tree)}"
