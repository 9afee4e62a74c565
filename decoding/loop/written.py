"""What the decode loop gives back, and the rule by which a text ends: values of the loop's edge.

Knows no model and no monitor. :class:`StopRule` is implemented by ``decoding.postprocess``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from decoding.completion import Event, Timing


class StopRule(Protocol):
    """Decides when a text is complete."""

    def cut(self, text: str) -> int | None:
        """How many code points of ``text`` to keep when it is to end here, else ``None``.

        ``text`` is everything written so far. It is asked after every token, also after a
        rollback, so the answer depends on ``text`` alone.
        """
        ...


@dataclass(frozen=True, slots=True)
class Span:
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
    spans: tuple[Span, ...] = ()
    events: tuple[Event, ...] = ()
    timing: Timing = field(default=Timing())
    stopped: str = ""
    prompt_tokens: int = 0
    reused_tokens: int = 0

    def within(self, start: int, end: int) -> list[Span]:
        """The tokens that hold text between two code points, each cut to what lies there."""
        found = []
        for span in self.spans:
            begin, stop = max(span.start, start), min(span.end, end)
            if begin < stop or start <= span.start == span.end < end:
                found.append(Span(begin, stop, span.logprob))
        return found
