"""What a prompt begins with besides the file: what is known of the hole at the cursor.

Knows when a hint is worth its tokens: it takes the room of other context, but at the start of the
prompt it makes the model read all of it again. So one is formed where the cursor comes to rest and
stays while somebody types there; elsewhere it changes only where little of the prompt was in the
cache anyway.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TypeVar

from analysis.deadline import Cancellation, Deadline
from analysis.holes.context import ExpectedType, HoleContext
from analysis.names import NameSet, Tier
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence, Surroundings
from decoding.guidance.probe_text import probe_text
from decoding.monitors.attribute import OWN
from decoding.prompts.anchor import Prompter
from decoding.prompts.header import acquaintances, call_line, import_line, member_line
from decoding.prompts.surroundings import Part, lines
from decoding.prompts.window import Tokenize
from decoding.writer import InfillRequest

#: Seconds between two looks at the cancellation while waiting.
_SLICE = 0.01
#: Seconds that looking around takes at most.
_LONGEST = 5.0
#: Where no value is written.
_NO_VALUE = frozenset({HoleKind.NONE, HoleKind.IMPORT_MODULE, HoleKind.IMPORT_MEMBER})
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class HintRules:
    """For which holes a hint is formed, and what it may cost.

    ``parts`` are what is told besides of every hole in code, ``tokens`` and ``part_tokens`` the
    sizes of the two at most. ``patience`` is how many seconds more a prompt may take because
    it begins with another hint. Kinds and size are measured: ``benchmarks.dotprompts``.
    """

    kinds: frozenset[HoleKind] = frozenset(
        {HoleKind.ATTRIBUTE, HoleKind.KEYWORD, HoleKind.ARGUMENT}
        | {HoleKind.IMPORT_MODULE, HoleKind.IMPORT_MEMBER}
    )
    #: Members of a class are told where fewer of them are used near the hole: from as many the
    #: model knows what it deals with, and a list leads it astray (at 204 attributes and stores
    #: with one 5 won and 1 lost where fewer are used or it is a module, 5 and 16 elsewhere).
    acquainted: int = 2
    tokens: int = 80
    #: None has shown its worth: at 52 sites the best holds 2 names that the prompt then lacks
    #: (``docs/decisions.md``).
    parts: frozenset[Part] = frozenset()
    part_tokens: int = 80
    patience: float = 0.25


@dataclass(slots=True)
class Pace:
    """How fast this machine reads a prompt, in seconds a token, from the prompts so far."""

    #: Before anything was read: two cores of a laptop (``docs/decisions.md``).
    seconds: float = 0.005
    #: Shorter ones say more about the overhead of a call than about reading.
    smallest: int = 64

    def note(self, tokens: int, seconds: float) -> None:
        """A prompt of so many new tokens took so long."""
        if tokens >= self.smallest:
            self.seconds = (self.seconds + seconds / tokens) / 2


@dataclass(slots=True)
class Once:
    """Evidence that hands on the question that was asked for the hint, so that the monitors do not
    ask it again."""

    evidence: Evidence
    _asked: list[tuple[Snapshot, Hole, Future[NameSet]]] = field(default_factory=list)

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """The answer that is under way or there already, or a new question."""
        for before, about, future in self._asked:
            if before == snapshot and about == hole and not future.cancelled():
                return future
        future = self.evidence.start(snapshot, hole)
        if not self._asked:
            self._asked.append((snapshot, hole, future))
        return future

    def answered(self) -> Once:
        """Another one for somebody else. It hands on what is answered; what is still under way its
        first asker may drop."""
        known = [each for each in self._asked if each[2].done() and not each[2].cancelled()]
        return Once(self.evidence, known)


def hint_for(
    snapshot: Snapshot,
    offset: int,
    evidence: Evidence,
    rules: HintRules,
    tokenize: Tokenize,
    deadline: Deadline,
    cancellation: Cancellation,
) -> str | None:
    """The hint for the hole at ``offset``; ``""`` where nothing is known of it, ``None`` where the
    hole is of a kind that has none.

    ``evidence`` that is ``Surroundings``, too, is asked for the parts that
    the rules want. Waits until ``deadline``. Raises :class:`~decoding.errors.CancelledError`;
    whatever goes wrong with evidence is no hint.
    """
    snapshot = probe_text(snapshot, offset, "")
    hole = hole_at(snapshot.text, offset)
    listed = hole.kind in rules.kinds
    knows = _surroundings(evidence) if rules.parts and hole.kind not in _NO_VALUE else None
    if not listed and knows is None:
        return None
    waiting, left = (deadline, cancellation), min(deadline.remaining(), _LONGEST)
    # Begun first: it takes longer, and another worker answers the other question meanwhile.
    around = _begun(lambda: knows.around(snapshot, offset, left)) if knows is not None else None
    names = None
    if listed:
        # As the watches ask: whether it may yet be assigned is their business.
        guards = tuple(guard for guard in hole.guards if guard != "may_store")
        about = replace(hole, guards=guards)
        names = _answer(_begun(lambda: evidence.start(snapshot, about)), *waiting)
    context = _answer(around, *waiting) or HoleContext(ExpectedType())
    parts, line = rules.parts, ""
    if names is not None and names.tier is not Tier.ABSTAIN:
        fitting = _fitting(context) if Part.HEADERS in parts else frozenset()
        line = _line(hole, names, snapshot.text, rules, tokenize, fitting)
        if line and hole.kind is HoleKind.ATTRIBUTE:
            parts -= {Part.HEADERS}  # they have come first among the members
    return "\n".join(filter(None, [line, *lines(context, parts, rules.part_tokens, tokenize)]))


def _line(
    hole: Hole,
    names: NameSet,
    text: str,
    rules: HintRules,
    tokenize: Tokenize,
    fitting: frozenset[str],
) -> str:
    budget = rules.tokens
    if hole.kind is HoleKind.ATTRIBUTE:
        own = hole.receiver_text in OWN
        before, behind = text[: hole.start], text[hole.end :]
        if acquaintances(names, before, behind) >= rules.acquainted:
            return ""
        return member_line(names, before, behind, budget, tokenize, own=own, fitting=fitting)
    if hole.kind in (HoleKind.KEYWORD, HoleKind.ARGUMENT):
        return call_line(names, budget, tokenize)
    return import_line(names, budget, tokenize)


def _fitting(context: HoleContext) -> frozenset[str]:
    """The members that give what is expected."""
    return frozenset(header.name.rpartition(".")[2] for header in context.headers)


def _surroundings(evidence: Evidence) -> Surroundings | None:
    source = evidence.evidence if isinstance(evidence, Once) else evidence
    return source if isinstance(source, Surroundings) else None


def _begun(start: Callable[[], Future[Value]]) -> Future[Value] | None:
    try:
        return start()
    except Exception:  # noqa: BLE001  # invariant 8: whatever evidence dies of, we go without
        return None


def _answer(
    future: Future[Value] | None, deadline: Deadline, cancellation: Cancellation
) -> Value | None:
    if future is None:
        return None
    try:
        while not future.done():
            if cancellation.cancelled:
                future.cancel()
                raise CancelledError
            if deadline.expired():
                return None
            concurrent.futures.wait([future], timeout=min(_SLICE, deadline.remaining()))
        return future.result()
    except CancelledError:
        raise
    except concurrent.futures.CancelledError:
        return None
    except Exception:  # noqa: BLE001  # invariant 8: whatever evidence dies of, we go without
        return None


def preamble(
    request: InfillRequest,
    evidence: Evidence | None,
    rules: HintRules,
    prompter: Prompter,
    tokenize: Tokenize,
    *,
    deadline: Deadline,
    cancellation: Cancellation,
    cheap: Callable[[], bool] = lambda: True,
) -> str:
    """The preamble of the prompt for ``request``.

    A hint is formed where the cursor comes to rest and stays while somebody types there. ``cheap``
    says whether a prompt that begins with another one may be read anew; where not, the last one
    stays. Waits for evidence as long as the request allows, but not past ``deadline``. Raises
    :class:`~decoding.errors.CancelledError`.
    """
    snapshot = request.snapshot
    if request.preamble or evidence is None or not (rules.kinds or rules.parts):
        return request.preamble
    offset = min(max(request.offset, 0), len(snapshot.text))
    held = prompter.held(snapshot.path, snapshot.text, offset)
    if held is not None:
        return held
    if not cheap():
        return prompter.last(snapshot.path)
    waiting = Deadline.after(min(request.query_ms / 1000, deadline.remaining()))
    hint = hint_for(snapshot, offset, evidence, rules, tokenize, waiting, cancellation)
    return prompter.last(snapshot.path) if hint is None else hint
