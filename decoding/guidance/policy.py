"""Guidance policy: which holes are tracked, and what to do when a monitor rejects a name."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from typing import Protocol, TypedDict, Unpack

from analysis.deadline import Cancellation
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import HoleKind
from analysis.syntax.holes import calls_at
from analysis.syntax.lexer import Lexer
from analysis.syntax.tree import SyntaxTree, parsed, reparse
from decoding.guidance.active_hole import (
    ActiveHole,
    CallPlace,
    Calls,
    begin_of_call,
    end_of_call,
    may_begin,
    open_holes,
)
from decoding.guidance.evidence import Evidence
from decoding.guidance.text_around import known_words, lexer_after, probe_text
from decoding.monitors.monitor import Guarded, Monitor, Passage, Verdict
from decoding.vocabulary.tokens import Constraint
from decoding.writer import NO_ANSWER, Event

# --------------------------------------------------------------------------------------------------
# What the guidance policy needs of a writer: the text so far, and a way to replace a name.
# --------------------------------------------------------------------------------------------------


class GeneratedText(Protocol):
    """What is being written. Positions are code points of ``text``."""

    @property
    def text(self) -> str:
        """All of it."""
        ...

    def before(self, at: int) -> tuple[int, bytes]:
        """How many pieces end before or at ``at``, and the bytes of the next one that still belong
        before it."""
        ...

    def probability(self, start: int, end: int) -> float:
        """How probable the model found the pieces between two positions."""
        ...

    def mean(self, start: int, end: int) -> float:
        """The geometric mean of their probabilities."""
        ...


class NoOtherNameError(Exception):
    """Why another name cannot be written, for people."""


class Replacer(Protocol):
    """Writes another name where one was rejected."""

    def instead(self, active: ActiveHole, constraint: Constraint) -> Iterable[str]:
        """Cut the text where ``active`` has its base and write what ``constraint`` allows; the text
        of each piece as it is written, nothing where it comes later.

        Raises :class:`NoOtherNameError` before anything is cut.
        """
        ...


# --------------------------------------------------------------------------------------------------
# Which holes of a text are watched while it is written.
#
# Looks at every character with the lexer and at the syntax behind it; asks, and knows nothing of
# what is answered. What is made of the answers, :mod:`decoding.guidance.policy` says.
# --------------------------------------------------------------------------------------------------


#: Where a call as a whole is judged.
_CALLS = frozenset({HoleKind.CALL, HoleKind.CALL_END})
#: Holes by where their name begins and what kind they are of.
Holes = Set[tuple[int, HoleKind]]


class HoleTracker:
    """The active holes of one text. ``active_holes`` are the holes that are still open."""

    def __init__(
        self,
        generated: GeneratedText,
        snapshot: Snapshot,
        offset: int,
        evidence: Evidence | None,
        monitors: tuple[Monitor, ...],
        seconds: float,
    ) -> None:
        """As for :class:`~decoding.guidance.policy.Guidance`."""
        self._generated = generated
        self._snapshot, self._offset = snapshot, offset
        self._evidence, self._seconds = evidence, seconds
        guarded = [Guarded(monitor) for monitor in monitors]
        self._monitors = tuple(m for m in guarded if not m.unfamiliar_only)
        self._late = tuple(m for m in guarded if m.unfamiliar_only)
        #: By how much of the text stands before it.
        self._lexers = {0: Lexer()}
        #: Of the text that was looked at last.
        self._tree: SyntaxTree | None = None
        watched = any(monitor.kinds & _CALLS for monitor in monitors)
        self._calls = Calls(evidence, seconds) if evidence is not None and watched else None
        #: Words that need not be looked up.
        self._familiar: Set[str] | None = None
        self.active_holes: list[ActiveHole] = []

    def close(self) -> None:
        """No answer is wanted any more."""
        for active in self.active_holes:
            active.query.drop()
        if self._calls is not None:
            self._calls.close()

    def begin(self, done: Holes = frozenset()) -> None:
        """Look at the text before the cursor and ask about the hole at the cursor."""
        if self._evidence is not None:
            self._lexers[0] = lexer_after(self._snapshot.text[: self._offset])
            self._open(self._evidence, self._monitors, 0, self._lexers[0], done)
            if self._calls is not None and "(" in self._lexers[0].frames:
                snapshot, tree = self._asked(0, self._lexers[0])
                for call in calls_at(snapshot.text, self._offset, tree):
                    self._calls.opened(snapshot, call)

    def observe(self, text: str, done: Holes) -> None:
        """``text`` was written: activate the holes that begin in it, but for those in ``done``."""
        if self._evidence is None or not text:
            return
        at = len(self._generated.text) - len(text)
        lexer = self._lexers[at]
        for character in text:
            before, lexer, at = lexer, lexer.advance(character), at + 1
            if before.word and not lexer.word and character not in "'\"":
                self._look_back(self._evidence, before, at - 1, done)
            if (
                character == ")"
                and before.frames[-1:] == ("(",)
                and len(lexer.frames) < len(before.frames)
            ):
                self._look_back_at_call(before, at - 1)
            if may_begin(self._monitors, lexer):
                self._open(self._evidence, self._monitors, at, lexer, done)
        self._lexers[at] = lexer

    def _look_back(self, evidence: Evidence, lexer: Lexer, end: int, done: Holes) -> None:
        """A word ended at ``end``, where ``lexer`` stands: activate it if nobody knows it."""
        word = lexer.word
        if not self._late or lexer.number or not may_begin(self._late, replace(lexer, word="")):
            return
        if self._familiar is None:
            self._familiar = known_words(self._snapshot.text, self._offset)
        if word not in self._familiar:
            self._open(evidence, self._late, end - len(word), lexer, done)

    def _look_back_at_call(self, lexer: Lexer, end: int) -> None:
        """A bracket closed at ``end``, where ``lexer`` stands: ask whether it may."""
        if self._calls is None or (not lexer.word and lexer.before in ("(", ",")):
            return
        snapshot, tree = self._asked(end, lexer)
        active = end_of_call(
            self._monitors, self._calls, snapshot.text, self._offset + end, end, tree
        )
        if active is not None:
            self._move(active, end)
            self.active_holes.append(active)

    def _asked(self, at: int, lexer: Lexer) -> tuple[Snapshot, SyntaxTree]:
        """The text that is asked about at ``at``, and its tree."""
        snapshot = probe_text(self._snapshot, self._offset, self._generated.text[:at], lexer)
        text = snapshot.text
        self._tree = reparse(self._tree, text) if self._tree is not None else parsed(text)
        return snapshot, self._tree

    def _open(
        self,
        evidence: Evidence,
        monitors: Sequence[Monitor],
        at: int,
        lexer: Lexer,
        done: Holes,
    ) -> None:
        # A name that was begun before the cursor is watched from the cursor on.
        at = max(at, 0)
        start = self.active_holes[-1].start if self.active_holes else -1
        if 0 <= start < at and not self._generated.text[start:at].strip():
            # Blanks before the name: the hole is the same, it only begins later.
            for active in self.active_holes:
                if active.start == start:
                    self._move(active, at)
            return
        snapshot, tree = self._asked(at, lexer)
        known = done | {(active.start, active.hole.kind) for active in self.active_holes}
        for active in open_holes(
            monitors, evidence, snapshot, self._offset + at, at, self._seconds, tree, self._calls
        ):
            if (active.start, active.hole.kind) in known:
                active.query.drop()
                continue
            self._move(active, active.start)
            self.active_holes.append(active)
        if self._calls is not None and at > 0 and self._generated.text[at - 1] == "(":
            call = begin_of_call(monitors, self._calls, snapshot.text, self._offset + at, at, tree)
            if call is not None and (call.start, call.hole.kind) not in known:
                self._move(call, call.start)
                # Blanks behind the bracket move the hole that was opened last.
                self.active_holes.insert(0, call)

    def _move(self, active: ActiveHole, start: int) -> None:
        active.start = start
        active.base, active.literal = self._generated.before(max(start, 0))
        active.root, active.joint = None, None

    def ends(self, kept: int, done: Holes) -> None:
        """The text is to end at ``kept``: activate the word that ends there, too."""
        if self._evidence is not None and kept == len(self._generated.text):
            lexer = self._lexers[kept]
            if lexer.word:
                self._look_back(self._evidence, lexer, kept, done)

    def cut(self, active: ActiveHole) -> None:
        """Drop ``active`` and the holes that begin after it."""
        for other in self.active_holes:
            if other.start > active.start:
                other.query.drop()
        if self._calls is not None:
            self._calls.forget(self._offset + active.start)
        self.active_holes = [
            w for w in self.active_holes if w.start <= active.start and w is not active
        ]


# --------------------------------------------------------------------------------------------------
# Guidance policy: what to do when a monitor rejects a name.
#
# The policy serves every way of writing. It knows active holes and their evidence, nothing of
# tokens or models. The tracker decides which holes are active, and a ``Replacer`` writes the
# other name. Invariant 8 is kept here: only a closed set rejects, a rejected name is replaced only
# where there is another, and everything else is an event.
# --------------------------------------------------------------------------------------------------


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
                late = NameSet.abstain(active.hole.kind.value, f"{NO_ANSWER} the time left for it")
                self._close(active, late, passage.name)
            elif stopped == "length" and _unfinished(names, passage):
                self._close(active, names, passage.name)
            elif self._judge(active, names, passage):
                return False
        return True

    def _last_answer(self, active: ActiveHole, cancellation: Cancellation) -> NameSet | None:
        """What is said of a hole at the end. A question that came up late is waited for less."""
        waiting = time.monotonic()
        names = (
            active.query.wait_briefly(cancellation, LATE)
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
        told = active.start <= 0 or not isinstance(active.query, CallPlace)
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
        if constraint is None and active.typed:
            # Whatever is written makes a name that does not exist.
            return self._give_up(active, names, name, line, "no name begins with what is typed")
        if constraint is None:
            dispute = "nothing else can be written here"
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
            return self._give_up(active, names, name, line, "the line is given up")
        self._close(
            active, names, name, rejected=name, disputed=True, reason=f"{names.reason}; {dispute}"
        )
        return False

    def _give_up(
        self, active: ActiveHole, names: NameSet, name: str, line: int, reason: str
    ) -> bool:
        """End the text before its last line, which begins at ``line``; ``True``."""
        self._close(active, names, "", rejected=name, reason=reason)
        self.ended, self._shortened = ("gave_up", max(line - 1, 0)), False
        return True

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
