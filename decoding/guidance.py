"""What monitors make of a text while it is written: which holes are watched, and what is done when
evidence rules a name out.

One policy for every way of writing; knows watches and their evidence, nothing of tokens or models.
How another name gets there, a :class:`Mender` knows. Invariant 8 is kept here: only a closed set
rejects, a rejected name is replaced only where there is another, and whatever else happens is an
event.
"""

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
from decoding.asked import asked
from decoding.calls import Calls, Place
from decoding.completion import Event
from decoding.constraint import Constraint
from decoding.evidence import Evidence
from decoding.familiar import familiar
from decoding.lexed import lexed
from decoding.monitors.monitor import Monitor, Passage, Verdict, unfamiliar_only
from decoding.watch import Watch, end_of_call, may_begin, open_watches

#: A name that the model gives at least this probability stays even against a closed set: there
#: the model was right as often as analysis (the experiment of issue C).
SURE = 0.9
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


class Script(Protocol):
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


class Mender(Protocol):
    """Writes another name where one was rejected."""

    def instead(self, watch: Watch, constraint: Constraint) -> Iterable[str]:
        """Cut the text where ``watch`` has its base and write what ``constraint`` allows; the text
        of each piece as it is written, nothing where it comes later.

        Raises :class:`NoOtherNameError` before anything is cut.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Mending:
    """A hole whose name is being chosen anew."""

    watch: Watch
    names: NameSet
    rejected: str


class Guidance:
    """The watches of one text.

    ``waited`` is in seconds; ``ended`` says that the text ends in any case, why (as
    :class:`~decoding.written.Written`) and how much is kept; ``watches`` are the holes that are
    still open.
    """

    def __init__(
        self,
        script: Script,
        mender: Mender,
        snapshot: Snapshot,
        offset: int,
        evidence: Evidence | None,
        monitors: tuple[Monitor, ...],
        seconds: float,
    ) -> None:
        """``offset`` is in code points of ``snapshot.text``; evidence has ``seconds`` a hole."""
        self._script, self._mender = script, mender
        self._snapshot, self._offset = snapshot, offset
        self._evidence, self._seconds = evidence, seconds
        self._monitors = tuple(m for m in monitors if not unfamiliar_only(m))
        self._late = tuple(m for m in monitors if unfamiliar_only(m))
        #: By how much of the text stands before it.
        self._lexers = {0: Lexer()}
        #: By where the name begins and what kind of hole it is in.
        self._events: dict[tuple[int, HoleKind], Event] = {}
        #: Of the text that was looked at last.
        self._tree: SyntaxTree | None = None
        ends = any(HoleKind.CALL_END in monitor.kinds for monitor in monitors)
        self._calls = Calls(evidence, seconds) if evidence is not None and ends else None
        self._replaced: list[int] = []
        self._mending: _Mending | None = None
        #: Whether a call ends before an argument that could not be.
        self._shortened = False
        #: Words that need not be looked up.
        self._familiar: Set[str] | None = None
        self.watches: list[Watch] = []
        self.waited = 0.0
        self.ended: tuple[str, int] | None = None

    def events(self, kept: int) -> tuple[Event, ...]:
        """What happened in the first ``kept`` code points, in order, and what was rejected."""
        seen = sorted(self._events.items())
        return tuple(e for (start, _), e in seen if start < kept or start <= 0 or e.rejected)

    @property
    def mending(self) -> bool:
        """Whether a name that was asked for is not all there yet."""
        return self._mending is not None

    def close(self) -> None:
        """No answer is wanted any more."""
        for watch in self.watches:
            watch.query.drop()
        if self._calls is not None:
            self._calls.close()

    # -- watching -------------------------------------------------------------------------------

    def begin(self) -> None:
        """Look at the text before the cursor and ask about the hole at the cursor."""
        if self._evidence is not None:
            self._lexers[0] = lexed(self._snapshot.text[: self._offset])
            self._open(self._evidence, self._monitors, 0, self._lexers[0])
            if self._calls is not None and "(" in self._lexers[0].frames:
                snapshot, tree = self._asked(0, self._lexers[0])
                for call in calls_at(snapshot.text, self._offset, tree):
                    self._calls.opened(snapshot, call)

    def observe(self, text: str) -> None:
        """``text`` was written: open the watches that begin in it."""
        if self._evidence is None or not text:
            return
        at = len(self._script.text) - len(text)
        lexer = self._lexers[at]
        for character in text:
            before, lexer, at = lexer, lexer.advance(character), at + 1
            if before.word and not lexer.word and character not in "'\"":
                self._look_back(self._evidence, before, at - 1)
            if (
                character == ")"
                and before.frames[-1:] == ("(",)
                and len(lexer.frames) < len(before.frames)
            ):
                self._look_back_at_call(before, at - 1)
            if may_begin(self._monitors, lexer):
                self._open(self._evidence, self._monitors, at, lexer)
        self._lexers[at] = lexer

    def _look_back(self, evidence: Evidence, lexer: Lexer, end: int) -> None:
        """A word ended at ``end``, where ``lexer`` stands: watch it if nobody knows it."""
        word = lexer.word
        if not self._late or lexer.number or not may_begin(self._late, replace(lexer, word="")):
            return
        if self._familiar is None:
            self._familiar = familiar(self._snapshot.text, self._offset)
        if word not in self._familiar:
            self._open(evidence, self._late, end - len(word), lexer)

    def _look_back_at_call(self, lexer: Lexer, end: int) -> None:
        """A bracket closed at ``end``, where ``lexer`` stands: watch whether it may."""
        if self._calls is None or (not lexer.word and lexer.before in ("(", ",")):
            return
        snapshot, tree = self._asked(end, lexer)
        watch = end_of_call(
            self._monitors, self._calls, snapshot.text, self._offset + end, end, tree
        )
        if watch is not None:
            self._move(watch, end)
            self.watches.append(watch)

    def _asked(self, at: int, lexer: Lexer) -> tuple[Snapshot, SyntaxTree]:
        """The text that is asked about at ``at``, and its tree."""
        snapshot = asked(self._snapshot, self._offset, self._script.text[:at], lexer)
        text = snapshot.text
        self._tree = reparse(self._tree, text) if self._tree is not None else parsed(text)
        return snapshot, self._tree

    def _open(self, evidence: Evidence, monitors: Sequence[Monitor], at: int, lexer: Lexer) -> None:
        # A name that was begun before the cursor is watched from the cursor on.
        at = max(at, 0)
        start = self.watches[-1].start if self.watches else -1
        if 0 <= start < at and not self._script.text[start:at].strip():
            # Blanks before the name: the hole is the same, it only begins later.
            for watch in self.watches:
                if watch.start == start:
                    self._move(watch, at)
            return
        snapshot, tree = self._asked(at, lexer)
        known = self._events.keys() | {(watch.start, watch.hole.kind) for watch in self.watches}
        if self._mending is not None:
            known |= {(self._mending.watch.start, self._mending.watch.hole.kind)}
        for watch in open_watches(
            monitors, evidence, snapshot, self._offset + at, at, self._seconds, tree, self._calls
        ):
            if (watch.start, watch.hole.kind) in known:
                watch.query.drop()
                continue
            self._move(watch, watch.start)
            self.watches.append(watch)

    def _move(self, watch: Watch, start: int) -> None:
        watch.start = start
        watch.base, watch.literal = self._script.before(max(start, 0))
        watch.root, watch.joint = None, None

    # -- judging --------------------------------------------------------------------------------

    def check(self) -> bool:
        """Judge what can be judged without waiting; whether a name was rejected, so that the text
        is another now or is given up."""
        self._note_mended(ended=False)
        for watch in list(self.watches):
            if not watch.query.asked and not self._turned_out(watch, self.passage(watch)):
                continue
            names = watch.query.poll()
            if names is not None and self._judge(watch, names, self.passage(watch)):
                return True
        return False

    def _turned_out(self, watch: Watch, passage: Passage) -> bool:
        """Whether a hole turned out to be what is watched for; it is asked about then, and not
        watched any longer if it did not."""
        so = watch.turned_out(passage)
        if so:
            watch.query.ask(watch.filled(passage))
        elif so is False:
            self.watches.remove(watch)
        return bool(so)

    def settle(self, stopped: str, kept: int, cancellation: Cancellation) -> bool:
        """The text is to end at ``kept``: judge all of it, waiting for what is still unanswered.

        Whether it may end; not so if a name was rejected, since then the text is another. Raises
        :class:`~decoding.errors.CancelledError`.
        """
        self._note_mended(ended=True)
        if self._evidence is not None and kept == len(self._script.text):
            lexer = self._lexers[kept]
            if lexer.word:
                self._look_back(self._evidence, lexer, kept)
        for watch in list(self.watches):
            if watch.start >= kept and watch.start > 0:
                continue
            passage = self.passage(watch, kept)
            if not watch.query.asked and not self._turned_out(watch, passage):
                continue
            names = self._last_answer(watch, cancellation)
            if names is None:
                continue
            if stopped == "length" and _unfinished(names, passage):
                self._close(watch, names, passage.name)
            elif self._judge(watch, names, passage):
                return False
        return True

    def _last_answer(self, watch: Watch, cancellation: Cancellation) -> NameSet | None:
        """What is said of a hole at the end. A question that came up late is waited for less."""
        waiting = time.monotonic()
        names = (
            watch.query.linger(cancellation, LATE)
            if watch.waiting
            else watch.query.wait(cancellation)
        )
        self.waited += time.monotonic() - waiting
        return names

    def passage(self, watch: Watch, kept: int | None = None) -> Passage:
        """What stands in the hole of ``watch``; all that will where the text ends at ``kept``."""
        written = self._script.text[:kept]
        return watch.passage(self._snapshot, self._offset, written, ended=kept is not None)

    def _judge(self, watch: Watch, names: NameSet, passage: Passage) -> bool:
        """Whether the name was rejected, so that the text is another now."""
        if not passage.ended and (passage.growing or not passage.written.strip()):
            return False
        impossible = watch.impossible(passage)
        if impossible:
            return self.reject(watch, names, _shown(passage), sure=False)
        if watch.decides(names):
            verdict, _ = watch.judge(names, passage)
            if verdict is Verdict.UNDECIDED:
                return False
            if verdict is Verdict.REJECTED:
                name = _shown(passage)
                start, end = max(watch.start, 0), watch.start + len(name)
                sure = end > 0 and self._script.probability(start, end) > SURE
                return self.reject(watch, names, name, sure=sure)
        if impossible is None:
            return False
        self._close(watch, names, passage.name)
        return False

    def _close(self, watch: Watch, names: NameSet, chosen: str, **seen: Unpack[_Seen]) -> None:
        """Nothing more is to be said of a hole; what was said becomes its event."""
        self.watches.remove(watch)
        # What a call takes was not asked for this argument alone.
        told = watch.start <= 0 or not isinstance(watch.query, Place)
        if (chosen and told) or seen.get("rejected") or not self._script.text:
            self._record(watch, names, chosen, **seen)

    def _record(self, watch: Watch, names: NameSet, chosen: str, **seen: Unpack[_Seen]) -> None:
        fields: _Seen = {"reason": names.reason, **seen}
        self._events[watch.start, watch.hole.kind] = Event(
            monitor=watch.hole.kind.value,
            tier=names.tier.value,
            chosen=chosen,
            offset=watch.start,
            ms=watch.query.ms,
            **fields,
        )

    # -- replacing ------------------------------------------------------------------------------

    def reject(self, watch: Watch, names: NameSet, name: str, *, sure: bool) -> bool:
        """Replace a name that cannot be, or let it stand and say why; whether the text is another
        now or is given up. ``sure`` says that the model is."""
        line = self._script.text.rfind("\n", 0, max(watch.start, 0)) + 1
        end = watch.start + len(name)
        constraint = watch.constraint(names)
        if constraint is None and end <= 0:
            self._close(watch, names, name, reason=f"{names.reason}; the name was typed")
            return False
        if constraint is None:
            dispute = "no name begins with what is typed"
        elif sure:
            dispute = "the model is sure of it"
        elif (stop := watch.ending(self.passage(watch)) - self._offset) > 0:
            self._close(watch, names, "", rejected=name, reason="the list ends before it")
            self.ended = "rule", stop
            return True
        elif sum(line <= start for start in self._replaced) < PRUNES_PER_LINE:
            try:
                self._replace(watch, names, name, constraint)
            except NoOtherNameError as reason:
                dispute = str(reason)
            else:
                return True
        elif self._script.mean(line, end) < LET_BE:
            stop = self._call_before(watch, names, line)
            done = "the call ends before it" if stop > line else "the line is given up"
            self._close(watch, names, "", rejected=name, reason=done)
            self.ended = ("rule", stop) if stop > line else ("gave_up", max(line - 1, 0))
            self._shortened = stop > line
            return True
        else:
            dispute = "the line was mended often enough"
        if self._shortened:
            # What is left of a line that was all but given up has to be beyond dispute.
            self._close(watch, names, "", rejected=name, reason="the line is given up")
            self.ended, self._shortened = ("gave_up", max(line - 1, 0)), False
            return True
        self._close(
            watch, names, name, rejected=name, disputed=True, reason=f"{names.reason}; {dispute}"
        )
        return False

    def _call_before(self, watch: Watch, names: NameSet, line: int) -> int:
        """Where a call can end that has what is required before the argument of ``watch``; 0 where
        none can, or where something from ``line`` on stands against the evidence."""
        arity = names.arity
        if watch.hole.kind not in _OF_CALLS or arity is None or arity.missing or not arity.closed:
            return 0
        if any(event.disputed and line <= start for (start, _), event in self._events.items()):
            return 0
        before = self._script.text[: max(watch.start, 0)].rstrip()
        return len(before) - 1 if before.endswith(",") else 0

    def _replace(self, watch: Watch, names: NameSet, name: str, constraint: Constraint) -> None:
        """Have another name written where the rejected one began, and forget what came after."""
        written = self._mender.instead(watch, constraint)
        for other in self.watches:
            if other.start > watch.start:
                other.query.drop()
        if self._calls is not None:
            self._calls.forget(self._offset + watch.start)
        # Not watched again: what is written now is chosen from the same evidence. The other
        # readings of this hole are looked at anew, since its name is another now.
        self.watches = [w for w in self.watches if w.start <= watch.start and w is not watch]
        self._events = {key: event for key, event in self._events.items() if key[0] < watch.start}
        self._replaced = [at for at in self._replaced if at <= watch.start] + [watch.start]
        self._mending, self.ended = _Mending(watch, names, name), None
        self._shortened = False
        for text in written:
            self.observe(text)
        self._note_mended(ended=False)

    def _note_mended(self, *, ended: bool) -> None:
        """Once the name that was asked for is there, say so."""
        mending = self._mending
        if mending is None:
            return
        passage = self.passage(mending.watch)
        chosen = _shown(passage)
        if chosen and (ended or not passage.growing):
            self._mending = None
            self._record(mending.watch, mending.names, chosen, rejected=mending.rejected)


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
