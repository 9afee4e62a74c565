"""The search for bodies that pass: written, edited and written anew, by turns (``repair.ways``).

Bodies that the model wrote count how often it did: what it writes again and again is what it means,
and which of the bodies that pass is right, the others tell (``repair.agreement``).
"""

from __future__ import annotations

import ast
import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from analysis.deadline import Deadline
from repair.agreement import Vote
from repair.candidates.candidate import Candidate
from repair.retouching import Retoucher
from repair.rewriting import Manner, Rewriter
from repair.source import Source
from repair.trials import Kind, Trial, Trials
from repair.ways import Way, Ways

#: The search ends when so many bodies that the model wrote pass; one it wrote twice counts twice.
_ENOUGH = 3
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

    ``written`` gives what the model writes, ``None`` for what is no body. ``refused`` says whether
    one that passes was written to order. Without ``retoucher`` and ``rewriter`` bodies are written
    and nothing else.
    """

    source: Source
    trials: Trials
    written: Iterator[Candidate | None]
    refused: Callable[[Candidate], bool]
    until: Deadline
    report: Callable[[str], None]
    retoucher: Retoucher | None = None
    rewriter: Rewriter | None = None
    bodies: dict[str, Body] = field(default_factory=dict, init=False)
    _edited: list[Vote] = field(default_factory=list, init=False)
    _exhausted: bool = field(default=False, init=False)

    def run(self) -> None:
        """Search until there are enough, or time is up.

        Raises :class:`~decoding.errors.DecodingError`, when cancelled too, and
        :class:`~repair.sandbox.forkserver.SandboxDiedError`.
        """
        ways, began = Ways(), time.monotonic()
        read, ends = math.inf, [self.until]
        open_ways = [Way.WRITE]
        while open_ways:
            way, before, start = ways.best(open_ways), self._found(), time.monotonic()
            self._try(way)
            now, found = time.monotonic(), self._found()
            # With the first body the model reads the question, for all that follow.
            ways.spent(way, 0.0 if start < read else now - start, int(found > before))
            read = min(read, now)
            for share, new, old in zip((_ON, _ON_EDITED), found, before, strict=True):
                if new and not old:
                    ends.append(Deadline.after(max(_ON_LEAST_S, share * (now - began))))
            self._tell()
            if found[0] >= _ENOUGH or any(end.expired() for end in ends):
                return
            open_ways = self._open()

    def votes(self) -> list[Vote]:
        """The bodies that pass, with what each counts."""
        passing = [body for body in self.bodies.values() if body.passes]
        own = [(body.candidate, body.draws * body.candidate.value) for body in passing]
        return [*(Vote(body, body, weight) for body, weight in own), *self._edited]

    def repeated(self) -> int:
        """How many of the bodies that the model wrote were failing ones again."""
        return sum(body.draws - 1 for body in self.bodies.values() if not body.passes)

    def _found(self) -> tuple[int, int]:
        """How many that the model wrote pass, and how many edited ones."""
        return self._written_passing(), len(self._edited)

    def _written_passing(self) -> int:
        return sum(body.draws for body in self.bodies.values() if body.passes)

    def _open(self) -> list[Way]:
        """The ways on which there is something left to do; a new body is edited at once, since its
        likeliest edits take a moment."""
        to_edit = self._to_edit()
        if to_edit is not None and not to_edit.edits:
            return [Way.EDIT]
        found = [] if self._exhausted else [Way.WRITE]
        if to_edit is not None:
            found.append(Way.EDIT)
        if not self._written_passing():
            # A body that passes needs rivals, and those are to be as independent as can be.
            found += [way for way, manner in _MANNERS.items() if self._to_rewrite(manner)]
        return found

    def _try(self, way: Way) -> None:
        if way is Way.WRITE:
            self._write()
        elif way is Way.EDIT:
            self._edit()
        else:
            self._rewrite(_MANNERS[way])

    def _write(self) -> None:
        for candidate in itertools.islice(self.written, 1):
            if candidate is not None:
                self._take(candidate)
            return
        self._exhausted = True

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
        self.bodies[essence] = Body(candidate, trial)

    def _to_edit(self) -> Body | None:
        """The body to edit next: each once, then those with which the tests come furthest more
        often."""
        if self.retoucher is None:
            return None
        failing = [b for b in self.bodies.values() if not b.passes]
        failing = [b for b in failing if self.retoucher.can(b.candidate)]
        furthest = max((b.trial.gained for b in failing), default=0)
        return min(
            failing,
            key=lambda b: (b.edits > 0, b.edits - _AHEAD * (b.trial.gained == furthest)),
            default=None,
        )

    def _edit(self) -> None:
        body = self._to_edit()
        if body is None or self.retoucher is None:
            return
        body.edits += 1
        for found in self.retoucher.passing(body.candidate, self.until, body.trial.gained):
            if not self.refused(found):
                self._edited.append(Vote(found, body.candidate, body.draws * found.value))

    def _to_rewrite(self, manner: Manner) -> Body | None:
        """The body with which the tests come furthest, of those that can still be written anew."""
        if self.rewriter is None:
            return None
        failing = [b for b in self.bodies.values() if not b.passes]
        failing = [b for b in failing if self.rewriter.can(b.candidate, manner)]
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

    def _tell(self) -> None:
        edited = f", {len(self._edited)} more edited" if self._edited else ""
        count = sum(body.draws for body in self.bodies.values())
        self.report(f"{count} bodies written, {self._written_passing()} pass{edited}")


_MANNERS = {Way.FILL: Manner.PLACES, Way.TELL: Manner.TOLD}
