"""The search for bodies that pass: written, edited and written anew, by turns (``ways``).

The model writes several at a time, and those that are there and fail are edited beside that: the
model waits for no edit, and an edit for the model only where none promises as much as writing does.
Bodies that the model wrote count how often it did: what it writes again and again is what it means,
and which of the bodies that pass is right, the others tell (``repair.choice.agreement``).
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from analysis.deadline import Deadline
from repair.candidates.candidate import Candidate
from repair.choice.agreement import Vote
from repair.implementing.background_groups import BackgroundGroups
from repair.implementing.decomposing import Decomposer
from repair.implementing.retouching import Retoucher
from repair.implementing.rewriting import Manner, Rewriter
from repair.implementing.ways import Way, Ways
from repair.search.trials import Kind, Trial, Trials
from repair.source.file import Source

#: The search ends when so many bodies that the model wrote pass; one it wrote twice counts twice.
_ENOUGH = 3
#: Or so many, where they do not agree.
_PLENTY = 8
#: Nor does it go on for longer than this share of what it took to find the first one, or one that
#: passes edited; but for so many seconds at least.
_ON, _ON_EDITED, _ON_LEAST_S = 1.0, 3.0, 5.0
#: Bodies that are written anew at a time: reading the question takes the model the longest.
_AT_A_TIME = 3
#: How much longer a body may take that ran out of time.
_PATIENCE = 8.0
#: How often a body is edited until others that come less far are edited as often.
_AHEAD = 2


@dataclass
class Body:
    """A body that the model wrote ``draws`` times; edited ``edits`` times."""

    candidate: Candidate
    trial: Trial
    draws: int = 1
    edits: int = 0

    @property
    def passes(self) -> bool:
        """Whether the tests pass with it."""
        return self.trial.kind is Kind.PLAUSIBLE


@dataclass
class BodySearch:
    """Looks for bodies of a function in ``source``; to be run once.

    ``background_groups`` gives what the model writes, ``None`` for what is no body. ``refused``
    says whether one that passes was written to order. Without ``retoucher``, ``rewriter`` and
    ``decomposer`` bodies are written and nothing else. ``settled`` says whether those that pass
    leave no doubt; the search goes on for longer while they do.
    """

    source: Source
    trials: Trials
    background: BackgroundGroups[Candidate | None]
    refused: Callable[[Candidate], bool]
    until: Deadline
    report: Callable[[str], None]
    retoucher: Retoucher | None = None
    rewriter: Rewriter | None = None
    decomposer: Decomposer | None = None
    settled: Callable[[], bool] = lambda: True
    bodies: dict[str, Body] = field(default_factory=dict, init=False)
    _edited: list[Vote] = field(default_factory=list, init=False)
    _ways: Ways = field(default_factory=Ways, init=False)
    #: When it ends: earlier than ``until`` once there is something to choose.
    end: Deadline = field(default=Deadline.never(), init=False)
    _began: float = field(default=0.0, init=False)
    _while: float = field(default=0.0, init=False)
    _longer: bool = field(default=False, init=False)

    def run(self) -> None:
        """Search until there are enough, or time is up.

        Raises :class:`~decoding.errors.DecodingError`, when cancelled too, and
        :class:`~repair.errors.SandboxDiedError`.
        """
        self._began, self.end = time.monotonic(), self.until
        try:
            while (way := self._next()) is not None:
                self._try(way)
                if self._is_over():
                    return
        finally:
            self.background.close()
            self.trials.beside_model = False

    def _is_over(self) -> bool:
        """Whether there is enough, or time is up: the first body of all, where that is believed, or
        several; where those that pass do not agree there is more time, once, for more of them."""
        passing = self._written_passing()
        if passing == 1 == len(self.bodies) and self.settled():
            # What the model holds for the likeliest: nothing else was written before.
            return True
        if passing < _ENOUGH and not self.end.expired():
            return False
        if not passing or passing >= _PLENTY or self.until.expired() or self.settled():
            return True
        if self.end.expired():
            if self._longer:
                return True
            self._longer = True
            self.end = self.until.earlier(Deadline.after(self._while))
        return False

    def votes(self) -> list[Vote]:
        """The bodies that pass, with what each counts."""
        passing = [body for body in self.bodies.values() if body.passes]
        own = [(body.candidate, body.draws * body.candidate.value) for body in passing]
        return [*(Vote(body, body, weight) for body, weight in own), *self._edited]

    def failing(self) -> list[Body]:
        """The bodies that do not pass as they were written."""
        return [body for body in self.bodies.values() if not body.passes]

    def nearest(self) -> Candidate | None:
        """The failing body with which the tests come furthest; of several, the one that the model
        wrote most often."""
        best = max(self.failing(), key=lambda b: (b.trial.gained, b.draws), default=None)
        return best.candidate if best is not None else None

    def repeated(self) -> int:
        """How many of the bodies that the model wrote were failing ones again."""
        return sum(body.draws - 1 for body in self.failing())

    def _written_passing(self) -> int:
        return sum(body.draws for body in self.bodies.values() if body.passes)

    def _next(self) -> Way | None:
        """What the model does next, or what is done without it."""
        ways = [] if self.background.ended else [Way.WRITE]
        if not self._written_passing():
            # A body that passes needs rivals, and those are to be as independent as can be.
            ways += [way for way, manner in _MANNERS.items() if self._to_rewrite(manner)]
            if self.decomposer is not None and self.decomposer.can():
                ways.append(Way.DIVIDE)
        best = self._ways.best(ways) if ways else None
        # Beside writing there is time for edits.
        return Way.EDIT if best is not Way.WRITE and self._is_edit_due(best) else best

    def _is_edit_due(self, otherwise: Way | None) -> bool:
        """Whether there is a body to edit, and that promises more than the ``otherwise`` best way;
        a new one is edited at once, since its likeliest edits take a moment. None is where a body
        passes as it was written: that needs rivals of its own kind."""
        body = None if self._written_passing() else self._to_edit()
        if body is None or otherwise is None:
            return body is not None
        return not body.edits or self._ways.best([otherwise, Way.EDIT]) is Way.EDIT

    def _try(self, way: Way) -> None:
        before, start = self._written_passing(), time.monotonic()
        # With the first body the model reads the question, for all that follow.
        free = way is Way.WRITE and not self.bodies
        if way is Way.WRITE:
            self._write()
        elif way is Way.EDIT:
            self._edit()
        elif way is Way.DIVIDE:
            self._divide()
        else:
            self._rewrite(_MANNERS[way])
        if way is not Way.EDIT:
            spent = 0.0 if free else time.monotonic() - start
            self._ways.spent(way, spent, int(self._written_passing() > before))
            self._tell()

    def _write(self) -> None:
        """Let the model write a group, trying each as it comes, and edit what fails meanwhile; what
        is begun goes on being written where enough pass before."""
        end, before = self.end, self._written_passing()
        self.background.begin()
        self.trials.beside_model = True
        while self.background.busy:
            for candidate in self.background.take():
                if candidate is not None:
                    self._take(candidate)
            if before < self._written_passing() >= _ENOUGH or not self.background.busy:
                break
            if end.expired():
                # The model ends by itself then, and some may be ready.
                self.background.wait(None)
            elif self.end.expired():
                return
            elif self._is_edit_due(Way.WRITE):
                self._edit()
            else:
                self.background.wait(self.end)
        self.trials.beside_model = self.background.busy

    def _go_on(self, share: float) -> None:
        """There is something to choose: go on for this share of what it took to find it."""
        self._while = max(_ON_LEAST_S, share * (time.monotonic() - self._began))
        self.end = self.end.earlier(Deadline.after(self._while))

    def _take(self, candidate: Candidate) -> None:
        """Run a body that the model wrote, or count it again."""
        essence = ast.dump(ast.parse(self.source.apply(candidate.edits)))
        if known := self.bodies.get(essence):
            known.draws += 1
            return
        trial = self.trials.run(candidate)
        if trial.kind is Kind.SLOW:
            trial = self.trials.run(candidate, patience=_PATIENCE)
        if trial.kind is Kind.PLAUSIBLE and self.refused(candidate):
            return
        if trial.kind is Kind.PLAUSIBLE and not self._written_passing():
            self._go_on(_ON)
        self.bodies[essence] = Body(candidate, trial)

    def _to_edit(self) -> Body | None:
        """The body to edit next: each once, then those with which the tests come furthest more
        often; of two alike, the one that the model means more."""
        if self.retoucher is None:
            return None
        failing = [b for b in self.failing() if self.retoucher.can(b.candidate)]
        furthest = max((b.trial.gained for b in failing), default=0)
        return min(
            failing,
            key=lambda b: (
                b.edits > 0,
                b.edits - _AHEAD * (b.trial.gained == furthest),
                -b.trial.gained,
                -b.draws,
            ),
            default=None,
        )

    def _edit(self) -> None:
        body = self._to_edit()
        if body is None or self.retoucher is None:
            return
        start = time.monotonic()
        body.edits += 1
        found = self.retoucher.passing(body.candidate, self.until, body.trial.gained)
        found = [each for each in found if not self.refused(each)]
        if found and not self._edited:
            self._go_on(_ON_EDITED)
        self._edited += [Vote(one, body.candidate, body.draws * one.value) for one in found]
        self._ways.spent(Way.EDIT, time.monotonic() - start, int(bool(found)))
        self._tell()

    def _to_rewrite(self, manner: Manner) -> Body | None:
        """The body with which the tests come furthest, of those that can still be written anew."""
        if self.rewriter is None:
            return None
        failing = [b for b in self.failing() if self.rewriter.can(b.candidate, manner)]
        return max(failing, key=lambda b: (b.trial.gained, b.draws), default=None)

    def _rewrite(self, manner: Manner) -> None:
        body = self._to_rewrite(manner)
        if body is None or self.rewriter is None:
            return
        for _ in range(_AT_A_TIME):
            new = self.rewriter.next(body.candidate, manner)
            if new is not None:
                self._take(new)
            if self.until.expired() or self._written_passing():
                return

    def _divide(self) -> None:
        if self.decomposer is not None:
            for composed in self.decomposer.next():
                self._take(composed)

    def _tell(self) -> None:
        edited = f", {len(self._edited)} more edited" if self._edited else ""
        count = sum(body.draws for body in self.bodies.values())
        bodies = "1 body" if count == 1 else f"{count} bodies"
        passing = self._written_passing()
        self.report(f"{bodies} written, {passing} pass{'es' if passing == 1 else ''}{edited}")


_MANNERS = {Way.FILL: Manner.PLACES, Way.TELL: Manner.TOLD}
