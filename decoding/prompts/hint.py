"""What a prompt says before the file: imports, types, headers and what stands around the hole."""

from __future__ import annotations

import concurrent.futures
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from analysis.deadline import Cancellation, Deadline
from analysis.holes.context import ExpectedType, HoleContext, RelevantHeader, RelevantType
from analysis.names import Name, NameSet, Parameter, ParameterKind, Signature, Tier
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence, Surroundings
from decoding.guidance.text_around import probe_text
from decoding.monitors.names import OWN
from decoding.prompts.templates import Prompter, Tokenize
from decoding.writer import InfillRequest

# --------------------------------------------------------------------------------------------------
# What is known of a hole, as one comment line for the start of a prompt.
#
# The model cannot see the class behind ``receiver.``, the parameters of what it calls or the
# names that still lack their import, so they are listed: the likeliest that fit a budget of
# tokens. At the start of the prompt, since right above the hole it hurts (measured in the
# experiment of issue C).
# --------------------------------------------------------------------------------------------------


#: Of the text before the cursor, how much says what the author is about, in code points: the
#: statement and the few before it; and how much is the statement's own.
_NEAR, _NEARER = 600, 80
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z]+")
_MEMBER = re.compile(r"\.[ \t]*([^\W\d]\w*)")
_SEPARATOR = ", "
#: What a prompt shows of a file before and behind a hole, about, in code points.
_SHOWN = (1_300, 400)
#: Parameters in a hint at most. A small model that is shown twenty gives all of them (seen at the
#: sites of ``benchmarks.dotprompts``); the author's is mostly among the first.
_PARAMETERS = 8


def member_line(
    names: NameSet,
    before: str,
    behind: str,
    budget: int,
    tokenize: Tokenize,
    *,
    own: bool = False,
    fitting: Collection[str] = (),
) -> str:
    """The members of a receiver; without ``#``, ``""`` where nothing of use is known.

    ``before`` and ``behind`` are the file on both sides of the hole: they say which come first,
    behind those that are known to be ``fitting``. ``budget`` is in tokens. ``own`` says that the
    code is the class's own: it uses private names as often as public ones.
    """
    if not names.receiver_type:
        return ""
    likely = ranked(names.names, before, behind, own=own)
    likely.sort(key=lambda name: name not in fitting)
    return _listed(f"{names.receiver_type}: ", likely, "", budget, tokenize)


def acquaintances(names: NameSet, before: str, behind: str) -> int:
    """How many members of a class are used within what a prompt shows of both sides of the hole; 0
    for a module, of which a file uses what it needs, here one thing and there another."""
    if names.module is not None:
        return 0
    used = {*_MEMBER.findall(before[-_SHOWN[0] :]), *_MEMBER.findall(behind[: _SHOWN[1]])}
    return sum(name.name in used for name in names.names)


def import_line(names: NameSet, budget: int, tokenize: Tokenize) -> str:
    """The names that the file reads and that still lack their import, of those that could be meant
    here; ``""`` where there are none."""
    head = f"{names.receiver_type or 'import'}: "
    return _listed(head, names.wanted, "", budget, tokenize)


def call_line(names: NameSet, budget: int, tokenize: Tokenize) -> str:
    """The parameters that a call can still be given, the first of them in their order; ``""`` where
    not all that may be called is known."""
    arity = names.arity
    if arity is None or not arity.closed or not arity.signatures or not names.receiver_type:
        return ""
    given = arity.given
    left = [
        parameter
        for parameter in _after(arity.signatures[0], given.positional)
        if parameter.name not in given.keywords
    ]
    return _listed(
        f"{names.receiver_type}(", map(_spelled, left[:_PARAMETERS]), ")", budget, tokenize
    )


def ranked(names: Iterable[Name], before: str, behind: str = "", *, own: bool = False) -> list[str]:
    """Public names (with ``own`` private ones too, and those that the file uses), the likeliest
    first: those that the file uses as a member, and that share a word with the text around.

    Of equals, constants last, those of the module that most of the type comes from first (its own
    members, not what it inherits), then by name, so that the order does not change from key to
    key. Measured on development packages: 173 of 193 authors' names are among the first 80 tokens
    (163 by shared words alone), at place 3 in the mean (5).
    """
    used = {*_MEMBER.findall(before), *_MEMBER.findall(behind)}
    near, nearer = _words(before[-_NEAR:]), _words(before[-_NEARER:])
    hidden = "__" if own else "_"
    shown = [
        name
        for name in names
        if not name.name.startswith(hidden)
        or (name.name in used and not name.name.startswith("__"))
    ]
    home = _commonest([name.origin for name in shown])

    def rank(name: Name) -> tuple[int, bool, bool, str]:
        words = _words(name.name)
        signs = (name.name in used) + bool(words & near) + bool(words & nearer)
        return -signs, name.name.isupper(), name.origin != home, name.name

    return [name.name for name in sorted(shown, key=rank)]


def _listed(head: str, names: Iterable[str], tail: str, budget: int, tokenize: Tokenize) -> str:
    room = budget - len(tokenize(head + tail))
    chosen: list[str] = []
    for name in names:
        room -= len(tokenize(name + _SEPARATOR))
        if room < 0:
            break
        chosen.append(name)
    return head + _SEPARATOR.join(chosen) + tail if chosen else ""


def _after(signature: Signature, positional: int) -> list[Parameter]:
    filled = {parameter.name for parameter in signature.positional[:positional]}
    return [parameter for parameter in signature.parameters if parameter.name not in filled]


def _spelled(parameter: Parameter) -> str:
    stars = {ParameterKind.VAR_POSITIONAL: "*", ParameterKind.VAR_KEYWORD: "**"}
    return stars.get(parameter.kind, "") + parameter.name


def _words(text: str) -> set[str]:
    """The words that names are made of: ``readLine`` and ``read_line`` are both two."""
    return {word.lower() for word in _WORD.findall(text) if len(word) > 2}


def _commonest(origins: list[str]) -> str:
    return max(sorted(set(origins)), key=origins.count, default="")


# --------------------------------------------------------------------------------------------------
# What is known around a hole, as comment lines for the start of a prompt.
# --------------------------------------------------------------------------------------------------


#: Headers that are listed at most: more are a haystack.
_MOST_HEADERS = 6
_MOST_TYPES = 2
_MOST_RELATED = 6


class Part(StrEnum):
    """What a hint may tell; ``benchmarks.dotprompts`` measures each alone and all together."""

    EXPECTED = "expected"
    """The type that is wanted."""
    HEADERS = "headers"
    """What gives a value of that type."""
    TYPES = "types"
    """The classes that it speaks of, with their members."""
    RELATED = "related"
    """Definitions in other files, ranked by the code graph."""


def lines(
    context: HoleContext, parts: Collection[Part], budget: int, tokenize: Tokenize
) -> list[str]:
    """The text of the lines without ``#``, the most telling first, as far as ``budget`` tokens go.

    A line that does not fit is left out.
    """
    kept: list[str] = []
    for line in _told(context, parts):
        cost = len(tokenize(f"# {line}\n"))
        if cost <= budget:
            budget -= cost
            kept.append(line)
    return kept


def _told(context: HoleContext, parts: Collection[Part]) -> Iterator[str]:
    expected = context.expected
    if Part.EXPECTED in parts and expected.type and expected.classes:
        of = f"{expected.of.partition(' of ')[0]}: " if expected.of else ""
        yield f"expected {of}{expected.type}"
    if Part.HEADERS in parts:
        yield from map(_header, context.headers[:_MOST_HEADERS])
    if Part.TYPES in parts:
        yield from map(_type, context.types[:_MOST_TYPES])
    if Part.RELATED in parts:
        yield from context.related[:_MOST_RELATED]


def _header(header: RelevantHeader) -> str:
    """How it is written at the hole, with its parameters and its result."""
    begin, paren, rest = header.header.partition("(")
    called = begin.startswith(("def ", "async def ", "class "))
    return f"{header.name}({rest}" if called and paren else header.header


def _type(one: RelevantType) -> str:
    header, _, members = one.definition.partition("\n")
    shown = [line.strip() for line in members.split("\n") if line.strip()]
    return f"{header} {'; '.join(shown)}" if shown else header


# --------------------------------------------------------------------------------------------------
# What a prompt begins with besides the file: what is known of the hole at the cursor.
#
# Knows when a hint is worth its tokens: it takes the room of other context, but at the start of
# the prompt it makes the model read all of it again. So one is formed where the cursor comes to
# rest and stays while somebody types there; elsewhere it changes only where little of the prompt
# was in the cache anyway.
# --------------------------------------------------------------------------------------------------


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
class MemoizedEvidence:
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

    def answered(self) -> MemoizedEvidence:
        """Another one for somebody else. It hands on what is answered; what is still under way its
        first asker may drop."""
        known = [each for each in self._asked if each[2].done() and not each[2].cancelled()]
        return MemoizedEvidence(self.evidence, known)


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
    source = evidence.evidence if isinstance(evidence, MemoizedEvidence) else evidence
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
