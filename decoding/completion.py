"""What a model wrote and the completion it becomes: values, and the rule by which a text ends."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import Protocol

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
# Knows no model and no monitor. :class:`StopRule` is implemented by ``decoding.postprocess``.
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
