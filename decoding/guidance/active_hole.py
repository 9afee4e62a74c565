"""An active hole: its question, the call it stands in, and what may be written there."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.deadline import Cancellation, Deadline
from analysis.names import NOTHING, Arguments, NameSet, Tier, arity_of
from analysis.snapshot import Snapshot
from analysis.syntax.guards import REFUSED_CALLS
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import calls_at, hole_at, value_at
from analysis.syntax.lexer import Lexer
from analysis.syntax.tree import SyntaxTree
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence
from decoding.guidance.text_around import BUILTINS
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.tokens import Constraint, meet
from decoding.writer import NO_ANSWER

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

# --------------------------------------------------------------------------------------------------
# One question to analysis: asked, polled, and answered in time or not at all (invariant 8).
#
# Whatever goes wrong with evidence becomes an abstaining :class:`NameSet` that says so.
# --------------------------------------------------------------------------------------------------


#: Seconds between two looks at the cancellation while waiting.
_SLICE = 0.01


class HoleQuestion:
    """A question about one hole, asked by :meth:`ask`. ``ms`` is how long its answer took."""

    def __init__(self, evidence: Evidence, snapshot: Snapshot, hole: Hole, seconds: float) -> None:
        self._evidence, self._snapshot, self._hole = evidence, snapshot, hole
        self._kind = hole.kind.value
        self._seconds = seconds
        self._asked = 0.0
        self._deadline = Deadline.never()
        self._answer: NameSet | None = None
        self._future: Future[NameSet] | None = None
        self.ms = 0.0

    @property
    def asked(self) -> bool:
        """Whether the question was asked."""
        return self._asked > 0

    def ask(self, written: str = "") -> None:
        """Ask, and let the deadline run; a second call does nothing.

        ``written`` is what stands in the hole by now, where the answer depends on it.
        """
        if self.asked:
            return
        hole = self._hole
        if written and hole.end == hole.cursor:
            text, end = self._snapshot.text, hole.start + len(written)
            self._snapshot = self._snapshot.with_text(
                text[: hole.start] + written + text[hole.end :]
            )
            self._hole = replace(hole, cursor=end, end=end, prefix=written)
        self._asked = time.monotonic()
        self._deadline = Deadline.after(self._seconds)
        try:
            self._future = self._evidence.start(self._snapshot, self._hole)
        except Exception as error:  # noqa: BLE001  # invariant 8: no evidence, no constraint
            self._settle(self._failed(error))

    def poll(self) -> NameSet | None:
        """The answer, or ``None`` while it was not asked or may still come. Never waits."""
        if self._answer is None and self._future is not None:
            if self._future.done():
                self._settle(self._result(self._future))
            elif self._deadline.expired():
                self._future.cancel()
                late = f"{NO_ANSWER} {self._seconds * 1e3:.0f} ms"
                self._settle(NameSet.abstain(self._kind, late))
        return self._answer

    def wait(self, cancellation: Cancellation) -> NameSet:
        """The answer, asking if that was not done and waiting for what is left of the deadline.

        Raises :class:`~decoding.errors.CancelledError`.
        """
        self.ask()
        while (answer := self.poll()) is None:
            if cancellation.cancelled:
                self.drop()
                raise CancelledError
            assert self._future is not None
            pause = min(_SLICE, self._deadline.remaining())
            concurrent.futures.wait([self._future], timeout=pause)
        return answer

    def wait_briefly(self, cancellation: Cancellation, share: float) -> NameSet | None:
        """The answer if it comes within a ``share`` of the time that is left for it.

        Raises :class:`~decoding.errors.CancelledError`.
        """
        ends = Deadline.after(share * self._deadline.remaining())
        while (answer := self.poll()) is None and self._future is not None and not ends.expired():
            if cancellation.cancelled:
                self.drop()
                raise CancelledError
            concurrent.futures.wait([self._future], timeout=min(_SLICE, ends.remaining()))
        return answer

    def drop(self) -> None:
        """Nobody wants the answer any more."""
        if self._future is not None:
            self._future.cancel()

    def _settle(self, answer: NameSet) -> None:
        self._answer = answer
        self.ms = (time.monotonic() - self._asked) * 1e3

    def _result(self, future: Future[NameSet]) -> NameSet:
        try:
            return future.result()
        except concurrent.futures.CancelledError as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001  # whatever analysis died of, we only abstain
            return self._failed(error)

    def _failed(self, error: BaseException) -> NameSet:
        return NameSet.abstain(self._kind, f"evidence failed: {type(error).__name__}")


# --------------------------------------------------------------------------------------------------
# The calls of a text that is being written: one question for each, whatever place in it is judged.
#
# What a call takes does not change while its arguments are written. So it is asked about when the
# bracket opens, and every later place counts from that answer what is still missing or left.
# --------------------------------------------------------------------------------------------------


class CallPlace:
    """A place in a call, as the answer about the call has it; used like a
    :class:`~decoding.guidance.active_hole.HoleQuestion`."""

    def __init__(self, call: HoleQuestion, given: Arguments) -> None:
        self.call, self._given = call, given

    @property
    def ms(self) -> float:
        """How long the answer took."""
        return self.call.ms

    @property
    def asked(self) -> bool:
        """Whether the question was asked."""
        return self.call.asked

    def ask(self, written: str = "") -> None:
        """As :meth:`HoleQuestion.ask`; a call takes the same whatever is written in it."""
        del written
        self.call.ask()

    def poll(self) -> NameSet | None:
        """As :meth:`HoleQuestion.poll`."""
        return self._from_here(self.call.poll())

    def wait(self, cancellation: Cancellation) -> NameSet:
        """As :meth:`HoleQuestion.wait`."""
        return self._here(self.call.wait(cancellation))

    def wait_briefly(self, cancellation: Cancellation, share: float) -> NameSet | None:
        """As :meth:`HoleQuestion.wait_briefly`."""
        return self._from_here(self.call.wait_briefly(cancellation, share))

    def drop(self) -> None:
        """Other places want the answer still."""

    def _from_here(self, names: NameSet | None) -> NameSet | None:
        return names and self._here(names)

    def _here(self, names: NameSet) -> NameSet:
        arity = names.arity
        if arity is None or arity.uncallable:
            return names
        counted = arity_of(arity.signatures, self._given, closed=arity.closed, reason=arity.reason)
        return replace(names, arity=counted)


class Calls:
    """The calls that were asked about, by where what is called ends in the text."""

    def __init__(self, evidence: Evidence, seconds: float) -> None:
        """A question has ``seconds``."""
        self._evidence, self._seconds = evidence, seconds
        self._asked: dict[int, HoleQuestion] = {}

    def opened(self, snapshot: Snapshot, hole: Hole) -> None:
        """Ask about the call that ``hole`` stands in, an argument or an end, unless that was done.

        Builtin functions are not asked about: models know how these are called.
        """
        if hole.receiver is None or hole.receiver[1] in self._asked:
            return
        if hole.receiver_text in BUILTINS:
            return
        guards = tuple(guard for guard in hole.guards if guard != "may_store")
        argument = replace(hole, kind=HoleKind.ARGUMENT, given=NOTHING, guards=guards)
        query = HoleQuestion(self._evidence, snapshot, argument, self._seconds)
        query.ask()
        self._asked[hole.receiver[1]] = query

    def place(self, hole: Hole) -> CallPlace | None:
        """What is known of the call of ``hole`` there; ``None`` if it was not asked about."""
        call = self._asked.get(hole.receiver[1]) if hole.receiver else None
        return CallPlace(call, hole.given) if call is not None else None

    def forget(self, end: int) -> None:
        """What stood from ``end`` on is another text now."""
        for at in [at for at in self._asked if at > end]:
            self._asked.pop(at).drop()

    def close(self) -> None:
        """No answer is wanted any more."""
        self.forget(-1)


# --------------------------------------------------------------------------------------------------
# An active hole: which monitors look at it, what they asked, and what they say.
#
# Knows monitors, evidence and text; nothing of tokens' probabilities or the model.
# --------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class ActiveHole:
    """A hole that the model fills.

    ``start`` is where the name begins, in code points from the cursor (negative or 0 for the hole
    at the cursor), ``typed`` what stood of it before the model began. ``certain`` says that syntax
    knows the hole to be of its kind; what only may turn out so (``f(na`` may become ``f(name=``) is
    asked about when it has, and so is what all monitors are ``waiting`` for. ``base`` tokens were
    written before the one that holds the name's beginning; ``literal`` is what they lack up to it,
    and ``root`` the logits behind them: where a search starts from.
    """

    hole: Hole
    monitors: tuple[Monitor, ...]
    query: HoleQuestion | CallPlace
    start: int
    typed: str = ""
    certain: bool = True
    waiting: bool = False
    base: int = 0
    literal: bytes = b""
    root: Logits | None = None
    #: What :meth:`constraint` found, for the same beginning.
    joint: Constraint | None = None

    def passage(self, around: Snapshot, offset: int, written: str, *, ended: bool) -> Passage:
        """What stands in the hole, when ``written`` was written at ``offset`` of ``around``."""
        before = around.text[: offset + min(self.start, 0)] + written[: max(self.start, 0)]
        there = self.typed + written[max(self.start, 0) :]
        return Passage(before, there, around.text[offset:], ended)

    def turned_out(self, passage: Passage) -> bool | None:
        """Whether a hole that is not certain is of this kind after all, or what its monitors wait
        for; ``None``: too early."""
        if self.waiting:
            said = [monitor.wanted(passage) for monitor in self.monitors]
            return None if None in said else any(said)
        if passage.growing or (not passage.ended and not passage.behind.strip()):
            return None
        seen = hole_at(passage.before + passage.written + passage.after, len(passage.before))
        return seen.kind is self.hole.kind

    def filled(self, passage: Passage) -> str:
        """What is written in the hole, where a monitor's question is about that."""
        return next(filter(None, (monitor.filled(passage) for monitor in self.monitors)), "")

    def decides(self, names: NameSet) -> bool:
        """Whether the monitors may judge by ``names``: their set is closed, or all that is asked is
        how many arguments a call takes, and that is known."""
        if closed(names):
            return True
        arity = names.arity
        known = (
            arity is not None
            and (arity.closed or arity.uncallable)
            and not REFUSED_CALLS.intersection(self.hole.guards)
        )
        return known and all(monitor.by_arity for monitor in self.monitors)

    def judge(self, names: NameSet, passage: Passage) -> tuple[Verdict, Monitor | None]:
        """The joint verdict, and the monitor that spoke it. Rejecting beats waiting."""
        undecided: Monitor | None = None
        for monitor in self.monitors:
            verdict = monitor.judge(self.hole, names, passage)
            if verdict is Verdict.REJECTED:
                return verdict, monitor
            if verdict is Verdict.UNDECIDED:
                undecided = monitor
        return (Verdict.UNDECIDED if undecided else Verdict.ALLOWED), undecided

    def impossible(self, passage: Passage) -> bool | None:
        """Whether some monitor says that what was written can be no code, whatever is known;
        ``None``: ask again when more is written."""
        said = [monitor.impossible(self.hole, passage) for monitor in self.monitors]
        return True if True in said else (None if None in said else False)

    def ending(self, passage: Passage) -> int:
        """Where some monitor has the text end rather than another name written, in code points of
        ``passage.before``; 0: nowhere."""
        return max((monitor.ending(self.hole, passage) for monitor in self.monitors), default=0)

    def constraint(self, names: NameSet) -> Constraint | None:
        """What the monitors together allow from the beginning of ``base`` on, or ``None`` where
        they know nothing that could be written."""
        if self.joint is not None:
            return self.joint
        joint: Constraint | None = None
        for monitor in self.monitors:
            one = monitor.constraint(self.hole, names, self.typed)
            if one is not None:
                joint = meet(joint, one) if joint else one
        self.joint = joint.behind(self.literal) if joint else None
        return self.joint


def may_begin(monitors: Sequence[Monitor], lexer: Lexer) -> bool:
    """Whether some monitor would look at a hole behind ``lexer``'s text."""
    return any(monitor.begins(lexer) for monitor in monitors)


def _watches(monitor: Monitor, hole: Hole) -> bool:
    """Whether a hole is of a monitor's kinds, and not refused by it."""
    return hole.kind in monitor.kinds and monitor.concerns(hole)


def closed(names: NameSet) -> bool:
    """Whether a name may be pruned by ``names``. A closed set without names is a contradiction
    that only mistaken evidence has."""
    return names.tier is Tier.CLOSED and bool(names.names)


def readings(hole: Hole) -> tuple[Hole, ...]:
    """What a hole is, and what it may turn out to be when more is written."""
    return (hole, *(replace(hole, kind=kind) for kind in _MAY_BE.get(hole.kind, ())))


#: What stands where the value of an argument begins, seen for itself.
_MAY_BEGIN_A_VALUE = frozenset({HoleKind.ARGUMENT, HoleKind.KEYWORD, HoleKind.NAME})
#: A positional argument may get an ``=`` behind it.
_MAY_BE = {HoleKind.ARGUMENT: (HoleKind.KEYWORD,)}


def open_holes(
    monitors: Sequence[Monitor],
    evidence: Evidence,
    snapshot: Snapshot,
    offset: int,
    start: int,
    seconds: float,
    tree: SyntaxTree | None = None,
    calls: Calls | None = None,
) -> list[ActiveHole]:
    """Activate the hole at ``offset`` of ``snapshot.text``, once for each reading that some monitor
    handles, and ask about those that are certain.

    ``start`` is the hole's, in code points from where the model began; ``tree`` the text's.
    ``calls`` are those that were asked about; what only waits for an answer about one finds it
    there.
    """
    hole = hole_at(snapshot.text, offset, tree)
    typed = snapshot.text[hole.start : offset]
    found = []
    looked = any(HoleKind.ARGUMENT_TYPE in monitor.kinds for monitor in monitors)
    looked = looked and hole.kind in _MAY_BEGIN_A_VALUE
    value = value_at(snapshot.text, offset, tree) if looked else None
    for reading in (*readings(hole), *([value] if value is not None else [])):
        watching = tuple(monitor for monitor in monitors if _watches(monitor, reading))
        if not watching:
            continue
        waiting = all(monitor.waits() for monitor in watching)
        certain = reading is hole and not waiting
        if all(m.unfamiliar_only and HoleKind.NAME in m.kinds for m in watching):
            # It has ended, so it is no keyword: whatever else the call takes, a name it is.
            reading = replace(reading, kind=HoleKind.NAME, receiver=None, receiver_text="")
        # "It may yet be assigned" is no reason for doubt here: the monitors wait and see.
        guards = tuple(guard for guard in hole.guards if guard != "may_store")
        query: HoleQuestion | CallPlace
        written = offset - start if start > 0 else -1
        asked = replace(reading, guards=guards, written=written)
        query = HoleQuestion(evidence, snapshot, asked, seconds)
        if waiting and calls is not None and all(monitor.by_arity for monitor in watching):
            calls.opened(snapshot, reading)
            query = calls.place(reading) or query
            waiting = not query.asked
        # What stands at the cursor is asked about for the hint in any case.
        if certain or (reading is hole and start <= 0):
            query.ask()
        found.append(
            ActiveHole(reading, watching, query, start - len(typed), typed, certain, waiting)
        )
    return found


def begin_of_call(
    monitors: Sequence[Monitor], calls: Calls, text: str, offset: int, start: int, tree: SyntaxTree
) -> ActiveHole | None:
    """Ask whether the call whose bracket opened right before ``offset`` of ``text`` may be a call.

    ``start`` and ``tree`` as for :func:`open_holes`."""
    opened = calls_at(text, offset, tree)[-1:]
    place = calls.place(opened[0]) if opened else None
    if place is None:
        return None
    at = offset - 1
    hole = replace(opened[0], kind=HoleKind.CALL, start=at, cursor=at, end=at)
    watching = tuple(monitor for monitor in monitors if _watches(monitor, hole))
    return ActiveHole(hole, watching, place, start - 1, certain=False) if watching else None


def end_of_call(
    monitors: Sequence[Monitor], calls: Calls, text: str, offset: int, start: int, tree: SyntaxTree
) -> ActiveHole | None:
    """Ask whether the call that was asked about may end at ``offset``, where its bracket closes.

    ``text``, ``start`` and ``tree`` as for :func:`open_holes`."""
    ending = calls_at(text, offset, tree)[-1:]
    place = calls.place(ending[0]) if ending else None
    watching = tuple(m for m in monitors if ending and _watches(m, ending[0]))
    if place is None or not watching:
        return None
    return ActiveHole(ending[0], watching, place, start, certain=False)
