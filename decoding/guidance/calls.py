"""The calls of a text that is being written: one question for each, whatever place in it is judged.

What a call takes does not change while its arguments are written. So it is asked about when the
bracket opens, and every later place counts from that answer what is still missing or left.
"""

from __future__ import annotations

from dataclasses import replace

from analysis.deadline import Cancellation
from analysis.names import NameSet
from analysis.signatures import NOTHING, Arguments, arity_of
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from decoding.guidance.evidence import Evidence
from decoding.guidance.known_words import BUILTINS
from decoding.guidance.query import Query


class Place:
    """A place in a call, as the answer about the call has it; used like a
    :class:`~decoding.guidance.query.Query`."""

    def __init__(self, call: Query, given: Arguments) -> None:
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
        """As :meth:`Query.ask`; what a call takes does not depend on what is written in it."""
        del written
        self.call.ask()

    def poll(self) -> NameSet | None:
        """As :meth:`Query.poll`."""
        return self._from_here(self.call.poll())

    def wait(self, cancellation: Cancellation) -> NameSet:
        """As :meth:`Query.wait`."""
        return self._here(self.call.wait(cancellation))

    def linger(self, cancellation: Cancellation, share: float) -> NameSet | None:
        """As :meth:`Query.linger`."""
        return self._from_here(self.call.linger(cancellation, share))

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
        self._asked: dict[int, Query] = {}

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
        query = Query(self._evidence, snapshot, argument, self._seconds)
        query.ask()
        self._asked[hole.receiver[1]] = query

    def place(self, hole: Hole) -> Place | None:
        """What is known of the call of ``hole`` there; ``None`` if it was not asked about."""
        call = self._asked.get(hole.receiver[1]) if hole.receiver else None
        return Place(call, hole.given) if call is not None else None

    def forget(self, end: int) -> None:
        """What stood from ``end`` on is another text now."""
        for at in [at for at in self._asked if at > end]:
            self._asked.pop(at).drop()

    def close(self) -> None:
        """No answer is wanted any more."""
        self.forget(-1)
