"""What a finished completion is: its text, how sure the model was, and what guidance did."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field


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
