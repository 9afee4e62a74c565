"""What is to be repaired, and what came of it: the values before and behind a repair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from analysis.snapshot import Snapshot
from repair.components import Component
from repair.failure.command import TestCommand
from repair.sandbox.policy import Policy
from repair.source.file import Source


@dataclass(frozen=True, slots=True)
class Question:
    """What ``call`` is to answer: one of ``answers``, of which the first is the likeliest patch's.

    ``before`` is what the program answers as it is. ``index`` is the call's number. ``splits``
    tells whether patches that pass part here; else the last of ``answers`` is ``before``.
    """

    call: str
    answers: tuple[str, ...]
    before: str
    index: int
    splits: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """What was said of a ``call``: its right ``answer``, or that it is none of those ``shown``."""

    call: str
    answer: str | None
    shown: tuple[str, ...] = ()


Report = Callable[[str, float], None]
#: Asks a person; ``None`` where nobody knows.
Ask = Callable[[Question], Reply | None]


@dataclass(frozen=True)
class Job:
    """What to repair. ``base`` are unsaved texts that stand for files while tests run; ``without``
    leaves parts out, to measure them."""

    source: Source
    snapshot: Snapshot
    original: bytes
    command: TestCommand
    suite: TestCommand | None
    policy: Policy
    time_limit: float
    base: Mapping[str, bytes] = field(default_factory=dict)
    without: frozenset[Component] = frozenset()
    #: Whether time is left for other files where the mistake may be.
    gives_way: bool = False
    #: Who is asked where patches that pass differ, ``questions`` times at most; a program that
    #: does what is meant may answer instead, the text of which is ``answers``.
    ask: Ask | None = None
    questions: int = 0
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Patch:
    """A plausible patch: the diff, the new bytes of the file ``path``, and how it was found."""

    diff: str
    data: bytes
    strategy: str
    score: float
    path: str


@dataclass(frozen=True, slots=True)
class Parting:
    """The ``question`` on which patches that pass part, and the best patch for each answer."""

    question: Question
    patches: tuple[Patch, ...]


@dataclass(frozen=True)
class Healing:
    """The outcome; the words are those of the command line's contract (docs/command-line.md).

    ``elsewhere`` are other files in which the mistake may be, the likeliest first. ``confidence``
    is how likely the patch is right (``repair.choice.evidence``). ``changes`` are calls like those
    of the tests that it answers differently: the call, and what it did before and after.
    ``attempt`` is the diff of the nearest attempt where none passes.
    """

    status: str
    reason: str = ""
    patch: Patch | None = None
    alternatives: tuple[Patch, ...] = ()
    blocks: tuple[tuple[int, int, float], ...] = ()
    not_run: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    candidates_run: int = 0
    model_tokens: int = 0
    seconds: float = 0.0
    elsewhere: tuple[str, ...] = ()
    confidence: float = 0.0
    #: Seconds until the tests had run for the first and the second time, and until the first
    #: candidate was tried.
    timings: Mapping[str, float] = field(default_factory=dict)
    changes: tuple[tuple[str, str, str], ...] = ()
    attempt: str = ""
    #: What nobody was asked, and what was asked and answered.
    parting: Parting | None = None
    replies: tuple[Reply, ...] = ()
    #: How likely one of the patches that behave differently is the right one.
    rivals: float = 0.0
