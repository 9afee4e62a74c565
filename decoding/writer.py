"""Completions, and the protocol of a model that writes them.

:class:`Written` is a text as the model wrote it, with the events and times of its making;
:class:`StopRule` says where it ends. :func:`filled` corrects it and says how sure it is: a
:class:`Completion`. A :class:`Writer` is the facade of this room: a model that fills holes, scores
texts and answers, under guidance.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import tree_sitter

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot
from analysis.syntax.tree import parse

if TYPE_CHECKING:
    # A front door that shows completions loads nothing of what makes them.
    from decoding.guidance.evidence import Evidence
    from decoding.guidance.text_around import CursorSite

# --------------------------------------------------------------------------------------------------
# What a finished completion is: its text, how sure the model was, and what guidance did.
# --------------------------------------------------------------------------------------------------


#: How the reason of an event begins that abstained since analysis was late.
NO_ANSWER = "no answer within"


@dataclass(frozen=True, slots=True)
class Event:
    """One trigger of a monitor while writing.

    ``rejected`` is the name that evidence ruled out (or ``""``), ``chosen`` the one written.
    ``disputed`` marks a name that was left standing against a closed set; such a
    name counts as invented in every measurement. ``offset`` counts code points from the cursor.
    """

    monitor: str
    tier: str
    reason: str = ""
    rejected: str = ""
    chosen: str = ""
    disputed: bool = False
    offset: int = 0
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall time in milliseconds. ``total`` is from the request on, what a prompt's hint was waited
    for included; ``analysis`` is what the loop waited for, not what overlapped."""

    total: float = 0.0
    prefill: float = 0.0
    decode: float = 0.0
    analysis: float = 0.0

    def rounded(self) -> Timing:
        """The same to the microsecond, as it is shown."""
        return Timing(*(round(ms, 3) for ms in astuple(self)))


@dataclass(frozen=True, slots=True)
class Piece:
    """One token of what is inserted: its span in code points, and how probable it was (0…1) to the
    model, unconstrained."""

    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class Completion:
    """What is to be inserted at the cursor; ``text`` is ``""`` for silence.

    ``confidence`` is the geometric mean of the token probabilities of ``text`` (0…1). ``tokens``
    counts the tokens of the text; ``prompt_tokens`` the prompt's, ``reused_tokens`` those that
    were in the KV cache already. ``stopped`` says why it ended. ``pieces`` are the tokens of
    ``text``, in order; what was put there for the model (closing brackets) has none. ``preamble``
    is what the prompt began with besides the file: the hint, or the caller's words.
    """

    text: str
    tokens: int = 0
    confidence: float = 0.0
    events: tuple[Event, ...] = ()
    ms: Timing = field(default=Timing())
    model: str = ""
    prompt_tokens: int = 0
    reused_tokens: int = 0
    stopped: str = ""
    pieces: tuple[Piece, ...] = ()
    preamble: str = ""

    @property
    def unchecked(self) -> bool:
        """Whether a name in the text was not looked up in time."""
        return any(event.reason.startswith(NO_ANSWER) for event in self.events)


# --------------------------------------------------------------------------------------------------
# What the decode loop gives back, and the rule by which a text ends: values of the loop's edge.
#
# Knows no model and no monitor. :class:`StopRule` is implemented in
# ``decoding.guidance.text_around``.
# --------------------------------------------------------------------------------------------------


class StopRule(Protocol):
    """Decides when a text is complete."""

    def cut(self, text: str) -> int | None:
        """How many code points of ``text`` to keep when it is to end here, else ``None``.

        ``text`` is everything written so far. It is asked after every token, also after a
        rollback, so the answer depends on ``text`` alone.
        """
        ...


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """One token of a text: where what it completed begins and ends, in code points (nothing for one
    that ends inside a character), and how probable it was to the model, unconstrained (nats)."""

    start: int
    end: int
    logprob: float


@dataclass(frozen=True, slots=True)
class Written:
    """One pass of the decode loop.

    ``text`` is what was kept; ``tokens`` are those that hold at least one byte of it, where they
    are known, and ``spans`` what each stands for.
    ``stopped`` is one of ``end`` (the model ended it), ``rule`` (the stop rule), ``length``
    (``max_tokens``) and ``gave_up`` (the line could not be made true; ``text`` ends before it).
    ``prompt_tokens`` counts the prompt, ``reused_tokens`` those found in the KV cache.
    """

    text: str
    tokens: tuple[int, ...] = ()
    spans: tuple[TokenSpan, ...] = ()
    events: tuple[Event, ...] = ()
    timing: Timing = field(default=Timing())
    stopped: str = ""
    prompt_tokens: int = 0
    reused_tokens: int = 0

    def within(self, start: int, end: int) -> list[TokenSpan]:
        """The tokens that hold text between two code points, each cut to what lies there."""
        found = []
        for span in self.spans:
            begin, stop = max(span.start, start), min(span.end, end)
            if begin < stop or start <= span.start == span.end < end:
                found.append(TokenSpan(begin, stop, span.logprob))
        return found


@dataclass(frozen=True, slots=True)
class InfillRequest:
    """Write what goes at ``offset`` (code points) of ``snapshot.text``, given both sides.

    ``preamble`` is put before the file in the prompt as a comment (for instance the failing test).
    ``task`` is what is wanted, in words: a model that was trained for chat is asked for it, with
    ``preamble``, and its answer begun with what stands before the hole; any other one fills in.
    ``multiline`` lets it go on past the end of the line, to the end of a block. ``temperature`` 0
    is greedy; otherwise ``seed`` decides. ``query_ms`` bounds each wait for evidence.
    """

    snapshot: Snapshot
    offset: int
    max_tokens: int = 48
    multiline: bool = False
    temperature: float = 0.0
    seed: int = 0
    preamble: str = ""
    task: str = ""
    query_ms: int = 300


class Writer(Protocol):
    """What repair and the engine see of a model. One call at a time; not thread-safe."""

    name: str

    def complete(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Completion:
        """Fill one hole; ``evidence`` ``None`` is unguided."""
        ...

    def samples(
        self,
        request: InfillRequest,
        count: int,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Iterator[Completion]:
        """Fill the same hole ``count`` times with seeds ``request.seed + i``; the prompt stays in
        the model's cache, so it is evaluated once. Yields them in this order, each as it is ready
        or several that were written at once; the writer may be used for other things in between.
        Ends early when the deadline passes."""
        for index in range(count):
            if deadline.expired():
                return
            again = replace(request, seed=request.seed + index)
            yield self.complete(again, evidence, deadline=deadline, cancellation=cancellation)

    def stream(
        self,
        request: InfillRequest,
        seeds: Sequence[int],
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Generator[tuple[int, Completion], None, None]:
        """Fill the same hole once with each of ``seeds``: a seed and what it became, each as soon
        as it is written, in any order. Others may be under way between two: the writer is not to be
        used for anything else until this ended or was closed. None is begun that would not be ready
        at the ``deadline``."""
        for seed in seeds:
            if deadline.expired():
                return
            again = replace(request, seed=seed)
            yield seed, self.complete(again, evidence, deadline=deadline, cancellation=cancellation)

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        """Sum of the log-probabilities (nats) of ``text``'s tokens behind ``before``."""
        ...

    def tokens_within(self, seconds: float) -> int:
        """How many tokens it writes in so many seconds, by the last completions; 0 where that is
        not known."""
        return 0


# --------------------------------------------------------------------------------------------------
# How sure the model was of each part of what it wrote: token probabilities on syntax nodes.
#
# A token is no part of a program: a name may be three tokens, and one token may end a name and
# begin the next. A node's confidence is the geometric mean of the probabilities of the tokens
# that hold any of it, as in Vasconcelos et al., *Generation probabilities are not enough* (2023),
# who found that people read highlights of tokens only where they are parts that can be changed.
# --------------------------------------------------------------------------------------------------


#: Nodes that are marks, or that say no more than the one node they hold.
_DULL = frozenset({"comment", "string_start", "string_content", "string_end", "escape_sequence"})
#: Pieces tell their probability in four digits; none of them is impossible, having been written.
_LEAST = 0.00005


@dataclass(frozen=True, slots=True)
class NodeConfidence:
    """A node of the syntax tree that lies wholly in what was written.

    ``kind`` is tree-sitter's. ``start`` and ``end`` are code points from the cursor; ``text`` is
    what stands there. ``confidence`` is between 0 and 1.
    """

    kind: str
    start: int
    end: int
    text: str
    confidence: float


def of_nodes(
    text: str, offset: int, written: str, pieces: Sequence[Piece]
) -> tuple[NodeConfidence, ...]:
    """The nodes of ``written``, inserted at ``offset`` (code points) of ``text``, outer ones first.

    ``pieces`` are the tokens of ``written``. Nodes without a token, such as a bracket that was
    closed for the model, are left out; of nodes over the same text only the innermost is kept.
    """
    tree = parse(text[:offset] + written + text[offset:])
    end = offset + len(written)
    found: dict[tuple[int, int], NodeConfidence] = {}
    for node in _inside(tree.root, tree.to_byte(offset), tree.to_byte(end)):
        start, stop = (
            tree.to_offset(node.start_byte) - offset,
            tree.to_offset(node.end_byte) - offset,
        )
        logs = [
            math.log(max(p.probability, _LEAST)) for p in pieces if p.start < stop and start < p.end
        ]
        if logs and start < stop:
            mean = round(math.exp(sum(logs) / len(logs)), 4)
            found[start, stop] = NodeConfidence(node.type, start, stop, written[start:stop], mean)
    return tuple(found.values())


def _inside(node: tree_sitter.Node, start: int, end: int) -> Iterator[tree_sitter.Node]:
    """Named nodes between two bytes, in preorder, without going where there are none."""
    for child in node.named_children:
        if child.end_byte <= start or child.start_byte >= end:
            continue
        if child.start_byte >= start and child.end_byte <= end and child.type not in _DULL:
            yield child
        yield from _inside(child, start, end)


# --------------------------------------------------------------------------------------------------
# From what a loop wrote to what is inserted: corrected, with the tokens it came of.
# --------------------------------------------------------------------------------------------------


def filled(
    model: str,
    site: CursorSite,
    request: InfillRequest,
    written: Written,
    begun: float,
    preamble: str = "",
) -> Completion:
    """What ``model`` would have inserted at ``site``, asked at ``begun`` (``time.monotonic``): what
    forming the prompt took, and waiting for its hint, somebody waits for as well. The prompt began
    with ``preamble``."""
    from decoding.postprocess import finish

    done = finish(site, written.text, multiline=request.multiline, stopped=written.stopped)
    spans = written.within(done.start, done.end) if done.text else []
    mean = sum(span.logprob for span in spans) / len(spans) if spans else -math.inf
    # Line ends may be wider in the file than the one character that models write.
    wider = len(site.newline) - 1

    def shown(at: int) -> int:
        return at - done.start + written.text.count("\n", done.start, at) * wider

    return Completion(
        text=done.text,
        tokens=len(spans),
        confidence=math.exp(mean),
        events=written.events,
        ms=replace(written.timing, total=(time.monotonic() - begun) * 1e3).rounded(),
        model=model,
        prompt_tokens=written.prompt_tokens,
        reused_tokens=written.reused_tokens,
        stopped=written.stopped,
        pieces=tuple(
            Piece(shown(span.start), shown(span.end), round(math.exp(span.logprob), 4))
            for span in spans
        ),
        preamble=preamble,
    )
