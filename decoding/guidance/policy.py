"""Guidance policy: what to do when a monitor rejects a name.

The policy serves every way of writing. It knows active holes and their evidence, nothing of
tokens or models. ``hole_tracker`` decides which holes are active, and a ``Replacer`` writes the
other name. Invariant 8 is kept here: only a closed set rejects, a rejected name is replaced only
where there is another, and everything else is an event.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TypedDict, Unpack

from analysis.deadline import Cancellation
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import HoleKind
from decoding.completion import Event
from decoding.guidance.active_hole import ActiveHole
from decoding.guidance.calls import Place
from decoding.guidance.evidence import Evidence
from decoding.guidance.hole_tracker import Holes, HoleTracker
from decoding.guidance.replacer import GeneratedText, NoOtherNameError, Replacer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint

#: Names replaced in one line before the line is given up or let be.
PRUNES_PER_LINE = 2
#: Geometric mean of the token probabilities of a line that is let be rather than given up. Not
#: tuned: a line in which three names were wrong is rare.
LET_BE = 0.7
#: The share of its time that a question has which the last word of a line raised. Not tuned: of the
#: arguments of ``benchmarks.soundness`` half are answered within 22 ms, 19 in 20 within 370 ms.
LATE = 0.5
#: Where an argument begins.
_OF_CALLS = frozenset({HoleKind.ARGUMENT, HoleKind.KEYWORD})


@dataclass(frozen=True, slots=True)
class _Replacement:
    """A hole whose name is being chosen anew."""

    active: ActiveHole
    names: NameSet
    rejected: str


class Guidance:
    """The active holes of one text.

    ``waited`` is in seconds. ``ended`` says that the text ends in any case, why (see ``Written``)
    and how much is kept. ``active_holes`` are the holes that are still open.
    """

    def __init__(
        self,
        generated: GeneratedText,
        replacer: Replacer,
        snapshot: Snapshot,
        offset: int,
        evidence: Evidence | None,
        monitors: tuple[Monitor, ...],
        seconds: float,
    ) -> None:
        """``offset`` is in code points of ``snapshot.text``; evidence has ``seconds`` a hole."""
        self._generated, self._replacer = generated, replacer
        self._snapshot, self._offset = snapshot, offset
        self._tracker = HoleTracker(generated, snapshot, offset, evidence, monitors, seconds)
        #: By where the name begins and what kind of hole it is in.
        self._events: dict[tuple[int, HoleKind], Event] = {}
        self._replaced: list[int] = []
        self._replacement: _Replacement | None = None
        #: Whether a call ends before an argument that could not be.
        self._shortened = False
        self.waited = 0.0
        self.ended: tuple[str, int] | None = None

    def events(self, kept: int) -> tuple[Event, ...]:
        """What happened in the first ``kept`` code points, in order, and what was rejected."""
        seen = sorted(self._events.items())
        return tuple(e for (start, _), e in seen if start < kept or start <= 0 or e.rejected)

    @property
    def replacing(self) -> bool:
        """Whether a name that was asked for is not all there yet."""
        return self._replacement is not None

    def close(self) -> None:
        """No answer is wanted any more."""
        self._tracker.close()

    @property
    def active_holes(self) -> list[ActiveHole]:
        """The holes that are still open."""
        return self._tracker.active_holes

    # -- watching -------------------------------------------------------------------------------

    def begin(self) -> None:
        """Look at the text before the cursor and ask about the hole at the cursor."""
        self._tracker.begin()

    def observe(self, text: str) -> None:
        """``text`` was written: activate the holes that begin in it."""
        self._tracker.observe(text, self._done())

    def _done(self) -> Holes:
        """The holes of which nothing more is to be said, and the one that is being replaced."""
        replaced = self._replacement.active if self._replacement is not None else None
        return self._events.keys() | ({(replaced.start, replaced.hole.kind)} if replaced else set())

    # -- judging --------------------------------------------------------------------------------

    def check(self) -> bool:
        """Judge what can be judged without waiting; whether a name was rejected, so that the text
        is another now or is given up."""
        self._note_replaced(ended=False)
        for active in list(self.active_holes):
            if not active.query.asked and not self._turned_out(active, self.passage(active)):
                continue
            names = active.query.poll()
            if names is not None and self._judge(active, names, self.passage(active)):
                return True
        return False

    def _turned_out(self, active: ActiveHole, passage: Passage) -> bool:
        """Whether a hole turned out to be what is watched for; it is asked about then, and not
        watched any longer if it did not."""
        so = active.turned_out(passage)
        if so:
            active.query.ask(active.filled(passage))
        elif so is False:
            self.active_holes.remove(active)
        return bool(so)

    def settle(self, stopped: str, kept: int, cancellation: Cancellation) -> bool:
        """The text is to end at ``kept``: judge all of it, waiting for what is still unanswered.

        Whether it may end; not so if a name was rejected, since then the text is another. Raises
        :class:`~decoding.errors.CancelledError`.
        """
        self._note_replaced(ended=True)
        self._tracker.ends(kept, self._done())
        for active in list(self.active_holes):
            if active.start >= kept and active.start > 0:
                continue
            passage = self.passage(active, kept)
            if not active.query.asked and not self._turned_out(active, passage):
                continue
            names = self._last_answer(active, cancellation)
            if names is None:
                continue
            if stopped == "length" and _unfinished(names, passage):
                self._close(active, names, passage.name)
            elif self._judge(active, names, passage):
                return False
        return True

    def _last_answer(self, active: ActiveHole, cancellation: Cancellation) -> NameSet | None:
        """What is said of a hole at the end. A question that came up late is waited for less."""
        waiting = time.monotonic()
        names = (
            active.query.linger(cancellation, LATE)
            if active.waiting
            else active.query.wait(cancellation)
        )
        self.waited += time.monotonic() - waiting
        return names

    def passage(self, active: ActiveHole, kept: int | None = None) -> Passage:
        """What stands in the hole of ``active``; all that will where the text ends at ``kept``."""
        written = self._generated.text[:kept]
        return active.passage(self._snapshot, self._offset, written, ended=kept is not None)

    def _judge(self, active: ActiveHole, names: NameSet, passage: Passage) -> bool:
        """Whether the name was rejected, so that the text is another now."""
        if not passage.ended and (passage.growing or not passage.written.strip()):
            return False
        impossible = active.impossible(passage)
        if impossible:
            return self.reject(active, names, _shown(passage))
        if active.decides(names):
            verdict, _ = active.judge(names, passage)
            if verdict is Verdict.UNDECIDED:
                return False
            if verdict is Verdict.REJECTED:
                return self.reject(active, names, _shown(passage))
        if impossible is None:
            return False
        self._close(active, names, passage.name)
        return False

    def _close(
        self, active: ActiveHole, names: NameSet, chosen: str, **seen: Unpack[_Seen]
    ) -> None:
        """Nothing more is to be said of a hole; what was said becomes its event."""
        self.active_holes.remove(active)
        # What a call takes was not asked for this argument alone.
        told = active.start <= 0 or not isinstance(active.query, Place)
        if (chosen and told) or seen.get("rejected") or not self._generated.text:
            self._record(active, names, chosen, **seen)

    def _record(
        self, active: ActiveHole, names: NameSet, chosen: str, **seen: Unpack[_Seen]
    ) -> None:
        fields: _Seen = {"reason": names.reason, **seen}
        self._events[active.start, active.hole.kind] = Event(
            monitor=active.hole.kind.value,
            tier=names.tier.value,
            chosen=chosen,
            offset=active.start,
            ms=active.query.ms,
            **fields,
        )

    # -- replacing ------------------------------------------------------------------------------

    def reject(self, active: ActiveHole, names: NameSet, name: str) -> bool:
        """Replace a name that cannot be, or let it stand and say why; whether the text is another
        now or is given up.

        How sure the model is of it does not matter: of a thousand closed sets three at most are
        wrong (``benchmarks.soundness``), and a model that repeats what it read elsewhere is sure.
        """
        line = self._generated.text.rfind("\n", 0, max(active.start, 0)) + 1
        end = active.start + len(name)
        constraint = active.constraint(names)
        if constraint is None and end <= 0:
            self._close(active, names, name, reason=f"{names.reason}; the name was typed")
            return False
        if constraint is None:
            dispute = "no name begins with what is typed"
        elif (stop := active.ending(self.passage(active)) - self._offset) > 0:
            self._close(active, names, "", rejected=name, reason="the list ends before it")
            self.ended = "rule", stop
            return True
        elif sum(line <= start for start in self._replaced) < PRUNES_PER_LINE:
            try:
                self._replace(active, names, name, constraint)
            except NoOtherNameError as reason:
                dispute = str(reason)
            else:
                return True
        elif self._generated.mean(line, end) < LET_BE:
            stop = self._call_before(active, names, line)
            done = "the call ends before it" if stop > line else "the line is given up"
            self._close(active, names, "", rejected=name, reason=done)
            self.ended = ("rule", stop) if stop > line else ("gave_up", max(line - 1, 0))
            self._shortened = stop > line
            return True
        else:
            dispute = "too many names were replaced in this line"
        if self._shortened:
            # What is left of a line that was all but given up has to be beyond dispute.
            self._close(active, names, "", rejected=name, reason="the line is given up")
            self.ended, self._shortened = ("gave_up", max(line - 1, 0)), False
            return True
        self._close(
            active, names, name, rejected=name, disputed=True, reason=f"{names.reason}; {dispute}"
        )
        return False

    def _call_before(self, active: ActiveHole, names: NameSet, line: int) -> int:
        """Where a call can end that has what is required before the argument of ``active``; 0 where
        none can, or where something from ``line`` on stands against the evidence."""
        arity = names.arity
        if active.hole.kind not in _OF_CALLS or arity is None or arity.missing or not arity.closed:
            return 0
        if any(event.disputed and line <= start for (start, _), event in self._events.items()):
            return 0
        before = self._generated.text[: max(active.start, 0)].rstrip()
        return len(before) - 1 if before.endswith(",") else 0

    def _replace(
        self, active: ActiveHole, names: NameSet, name: str, constraint: Constraint
    ) -> None:
        """Have another name written where the rejected one began, and forget what came after."""
        written = self._replacer.instead(active, constraint)
        # Not watched again: what is written now is chosen from the same evidence. The other
        # readings of this hole are looked at anew, since its name is another now.
        self._tracker.cut(active)
        self._events = {key: event for key, event in self._events.items() if key[0] < active.start}
        self._replaced = [at for at in self._replaced if at <= active.start] + [active.start]
        self._replacement, self.ended = _Replacement(active, names, name), None
        self._shortened = False
        for text in written:
            self.observe(text)
        self._note_replaced(ended=False)

    def _note_replaced(self, *, ended: bool) -> None:
        """Once the name that was asked for is there, say so."""
        replacement = self._replacement
        if replacement is None:
            return
        passage = self.passage(replacement.active)
        chosen = _shown(passage)
        if ended or (chosen and not passage.growing):
            self._replacement = None
            self._record(
                replacement.active, replacement.names, chosen, rejected=replacement.rejected
            )


class _Seen(TypedDict, total=False):
    """What an event says beyond its hole and its name."""

    reason: str
    rejected: str
    disputed: bool


def _shown(passage: Passage) -> str:
    """The name that was written, or what stands in its place: where one was missing, what came
    instead; where none was left, the end of the call."""
    return passage.name or passage.written.strip()[:1]


def _unfinished(names: NameSet, passage: Passage) -> bool:
    """Whether a name that was cut by the limit on tokens could still become one of ``names``."""
    whole = passage.name == passage.written
    return whole and any(name.startswith(passage.name) for name in names.spellings())
