"""What monitors make of a text that a server writes: the text-only half of ``decoding.guidance``.

The same watches, evidence and policy; but nobody here sees the alternatives of a token, so a
rejected name is not searched for. It becomes a :class:`Refusal`, which says what to ask for.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from analysis.deadline import Cancellation
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import HoleKind
from analysis.syntax.lexer import Lexer
from decoding.completion import Event
from decoding.evidence import Evidence
from decoding.guidance import LET_BE, PRUNES_PER_LINE, SURE
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.remote.forms import MOST_NAMES
from decoding.remote.script import Script
from decoding.watch import Watch, closed, may_begin, open_watches


@dataclass(frozen=True, slots=True)
class Refusal:
    """A name that cannot be: it began at ``start`` (code points from the cursor, 0 at least), of
    which ``typed`` stood before the cursor; one of ``names`` is to be written instead."""

    start: int
    typed: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Mending:
    """A hole whose name is being chosen anew."""

    watch: Watch
    names: NameSet
    rejected: str


class Watching:
    """The watches of one text. ``waited`` is in seconds; ``given_up`` is the length of the text
    before a line that could not be made true."""

    def __init__(
        self,
        script: Script,
        snapshot: Snapshot,
        offset: int,
        evidence: Evidence | None,
        monitors: tuple[Monitor, ...],
        seconds: float,
    ) -> None:
        self._script = script
        self._snapshot, self._offset = snapshot, offset
        self._evidence, self._monitors, self._seconds = evidence, monitors, seconds
        self._watches: list[Watch] = []
        self._events: dict[tuple[int, HoleKind], Event] = {}
        #: By how much of the text stands before it.
        self._lexers: dict[int, Lexer] = {}
        self._replaced: list[int] = []
        self._mending: _Mending | None = None
        self.waited = 0.0
        self.given_up: int | None = None

    def events(self, kept: int) -> tuple[Event, ...]:
        """What happened in the first ``kept`` code points, in order, and what was rejected."""
        seen = sorted(self._events.items())
        return tuple(e for (start, _), e in seen if start < kept or start <= 0 or e.rejected)

    def begin(self) -> None:
        """Look at the text before the cursor and ask about the hole at the cursor."""
        if self._evidence is not None:
            self._lexers[0] = Lexer().advance(self._snapshot.text[: self._offset])
            self._open(self._evidence, 0)

    @property
    def mending(self) -> bool:
        """Whether a name that was asked for is not all there yet."""
        return self._mending is not None

    def close(self) -> None:
        """No answer is wanted any more."""
        for watch in self._watches:
            watch.query.drop()

    def observe(self, text: str) -> Refusal | None:
        """``text`` was written: open the watches that begin in it, and judge what can be judged
        without waiting."""
        if self._evidence is None or not text:
            return None
        at = len(self._script.text) - len(text)
        lexer = self._lexers[at]
        for character in text:
            lexer, at = lexer.advance(character), at + 1
            if may_begin(self._monitors, lexer):
                self._open(self._evidence, at)
        self._lexers[at] = lexer
        self._note_mended(ended=False)
        for watch in list(self._watches):
            passage = self._passage(watch)
            if not watch.query.asked and not self._turned_out(watch, passage):
                continue
            names = watch.query.poll()
            if names is not None and (refused := self._judge(watch, names, passage)):
                return refused
        return None

    def settle(self, stopped: str, kept: int, cancellation: Cancellation) -> Refusal | None:
        """The text is to end at ``kept``: judge all of it, waiting for what is unanswered."""
        self._note_mended(ended=True)
        for watch in list(self._watches):
            if watch.start >= kept and watch.start > 0:
                continue
            passage = self._passage(watch, kept)
            if not watch.query.asked and not self._turned_out(watch, passage):
                continue
            waiting = time.monotonic()
            names = watch.query.wait(cancellation)
            self.waited += time.monotonic() - waiting
            if stopped == "length" and passage.name == passage.written:
                # Cut off inside a name: it may still have become a right one.
                self._close(watch, names, passage.name)
            elif refused := self._judge(watch, names, passage):
                return refused
        return None

    def _open(self, evidence: Evidence, at: int) -> None:
        start = self._watches[-1].start if self._watches else -1
        if 0 <= start < at and not self._script.text[start:at].strip():
            # Blanks before the name: the hole is the same, it only begins later.
            for watch in self._watches:
                if watch.start == start:
                    watch.start = at
            return
        written, offset = self._script.text[:at], self._offset
        text = self._snapshot.text[:offset] + written + self._snapshot.text[offset:]
        snapshot = self._snapshot.with_text(text) if written else self._snapshot
        known = self._events.keys() | {(watch.start, watch.hole.kind) for watch in self._watches}
        if self._mending is not None:
            known |= {(self._mending.watch.start, self._mending.watch.hole.kind)}
        for watch in open_watches(
            self._monitors, evidence, snapshot, offset + at, at, self._seconds
        ):
            if (watch.start, watch.hole.kind) in known:
                watch.query.drop()
            else:
                self._watches.append(watch)

    def _turned_out(self, watch: Watch, passage: Passage) -> bool:
        so = watch.turned_out(passage)
        if so:
            watch.query.ask()
        elif so is False:
            self._watches.remove(watch)
        return bool(so)

    def _passage(self, watch: Watch, kept: int | None = None) -> Passage:
        written = self._script.text[:kept]
        return watch.passage(self._snapshot, self._offset, written, ended=kept is not None)

    def _judge(self, watch: Watch, names: NameSet, passage: Passage) -> Refusal | None:
        if not passage.ended and (passage.growing or not passage.written.strip()):
            return None
        if closed(names):
            verdict, _ = watch.judge(names, passage)
            if verdict is Verdict.UNDECIDED:
                return None
            if verdict is Verdict.REJECTED:
                return self._reject(watch, names, passage.name)
        self._close(watch, names, passage.name)
        return None

    def _reject(self, watch: Watch, names: NameSet, name: str) -> Refusal | None:
        """What to ask for instead of a name that cannot be; or it stands, and an event says why."""
        script = self._script
        line = script.text.rfind("\n", 0, max(watch.start, 0)) + 1
        end = watch.start + len(name)
        constraint = watch.constraint(names)
        spelled = [n.decode() for n in constraint.names.spelled] if constraint else []
        left = tuple(other for other in spelled if other.startswith(watch.typed))
        reason = names.reason
        if not left and end <= 0:
            self._close(watch, names, name, reason=f"{reason}; the name was typed")
            return None
        if not left:
            dispute = "no name begins with what is typed"
        elif len(left) > MOST_NAMES:
            dispute = "there are too many names to ask for one of them"
        elif end > 0 and script.probability(max(watch.start, 0), end) > SURE:
            dispute = "the model is sure of it"
        elif sum(line <= start for start in self._replaced) < PRUNES_PER_LINE:
            return self._mend(watch, names, name, left)
        elif script.mean(line, end) < LET_BE:
            self._close(watch, names, "", rejected=name, reason="the line is given up")
            self.given_up = max(line - 1, 0)
            return None
        else:
            dispute = "the line was mended often enough"
        self._close(watch, names, name, rejected=name, disputed=True, reason=f"{reason}; {dispute}")
        return None

    def _mend(self, watch: Watch, names: NameSet, name: str, left: tuple[str, ...]) -> Refusal:
        for other in self._watches:
            if other.start > watch.start:
                other.query.drop()
        self._watches = [w for w in self._watches if w.start <= watch.start and w is not watch]
        self._events = {key: e for key, e in self._events.items() if key[0] < watch.start}
        self._replaced = [at for at in self._replaced if at <= watch.start] + [watch.start]
        self.given_up = None
        self._mending = _Mending(watch, names, name)
        return Refusal(max(watch.start, 0), watch.typed, left)

    def _note_mended(self, *, ended: bool) -> None:
        """Once the name that was asked for is there, say so."""
        mending = self._mending
        if mending is None:
            return
        passage = self._passage(mending.watch)
        if passage.name and (ended or not passage.growing):
            self._mending = None
            self._record(mending.watch, mending.names, passage.name, rejected=mending.rejected)

    def _close(
        self,
        watch: Watch,
        names: NameSet,
        chosen: str,
        *,
        rejected: str = "",
        disputed: bool = False,
        reason: str = "",
    ) -> None:
        self._watches.remove(watch)
        if chosen or rejected or not self._script.text:
            self._record(watch, names, chosen, rejected=rejected, disputed=disputed, reason=reason)

    def _record(
        self,
        watch: Watch,
        names: NameSet,
        chosen: str,
        *,
        rejected: str = "",
        disputed: bool = False,
        reason: str = "",
    ) -> None:
        self._events[watch.start, watch.hole.kind] = Event(
            monitor=watch.hole.kind.value,
            tier=names.tier.value,
            reason=reason or names.reason,
            rejected=rejected,
            chosen=chosen,
            disputed=disputed,
            offset=watch.start,
            ms=watch.query.ms,
        )
