"""Repairs, traces, bodies and faster versions: what runs the user's code in a sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from analysis.snapshot import Snapshot
from engine.messages.request import Request


@dataclass(frozen=True, slots=True)
class FixRequest(Request["FixAnswer"]):
    """Repair the file of ``snapshot`` until ``test`` passes. ``test`` is a shell command line.

    Where patches that pass differ, at most so many ``questions`` are asked: of a person, where the
    handler has one, or of ``answers``, the text of the file as it is meant.
    """

    repeatable: ClassVar[bool] = False

    snapshot: Snapshot
    test: str = ""
    suite: str = ""
    time_limit: float = 120.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()
    use_model: bool = True
    questions: int = 3
    answers: str = ""


@dataclass(frozen=True, slots=True)
class RankedPatch:
    """One plausible patch as a unified diff that ``git apply`` takes from the workspace root."""

    patch: str
    strategy: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class PatchOption:
    """What ``answer`` to a question means: ``patch``, a diff as in :class:`RankedPatch`, and the
    absolute path of the ``file`` that it changes."""

    answer: str
    patch: str
    file: str


@dataclass(frozen=True, slots=True)
class PatchQuestion:
    """A ``call`` on which patches that pass part; ``before`` is what the program answers as it is.

    The first of the ``options`` is the answer's own patch.
    """

    call: str
    before: str
    options: tuple[PatchOption, ...]


@dataclass(frozen=True, slots=True)
class PatchReply:
    """What was said of a ``call``, ``""`` for none of what patches answer; ``test`` asks for it as
    a test of pytest, ``""`` where none can be written down."""

    call: str
    answer: str
    test: str = ""


@dataclass(frozen=True, slots=True)
class FixAnswer:
    """The outcome of a repair.

    ``status``: ``verified``, ``ambiguous``, ``unverified``, ``none``, ``passing`` or ``error``
    (invariant 9). ``blocks`` are suspicious spans
    ``(first_line, last_line, suspicion)``, 0-based. ``not_run`` lists tests that the time limit
    left out. ``reason`` explains the status, ``notes`` are what a person should know of the patch:
    weak tests, what else it changes. ``file`` is the absolute path of the file that the patch
    changes. ``confidence`` is how likely it is right, by all that speaks for it. ``timings`` are
    seconds until the tests had run for the first (``first_run``) and the second time
    (``second_run``), and until the ``first_candidate`` was tried. ``question`` is what an
    ``ambiguous`` patch leaves open, ``replies`` what was asked and answered, ``rivals`` how likely
    one of the patches that pass and behave differently is right. ``changes`` are calls that the
    patch answers differently: the call, the answer before and after. ``attempt`` is the diff of
    the nearest attempt where none passes (``implement``).
    """

    status: str
    patch: str = ""
    alternatives: tuple[RankedPatch, ...] = ()
    strategy: str = ""
    blocks: tuple[tuple[int, int, float], ...] = ()
    candidates_run: int = 0
    not_run: tuple[str, ...] = ()
    seconds: float = 0.0
    model_tokens: int = 0
    model: str = ""
    reason: str = ""
    rejected: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    file: str = ""
    confidence: float = 0.0
    timings: tuple[tuple[str, float], ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
    attempt: str = ""
    question: PatchQuestion | None = None
    replies: tuple[PatchReply, ...] = ()
    rivals: float = 0.0

    @classmethod
    def failed(cls, reason: str) -> FixAnswer:
        """What could not be tried, and why."""
        return cls("error", reason=reason)


@dataclass(frozen=True, slots=True)
class ImplementRequest(Request["FixAnswer"]):
    """Write the body of ``function``, a stub of ``snapshot``'s file, so that ``test`` passes.

    Without ``test`` its tests or its docstring's examples are found.
    """

    repeatable: ClassVar[bool] = False

    snapshot: Snapshot
    function: str
    test: str = ""
    suite: str = ""
    time_limit: float = 90.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptimizeRequest(Request["OptimizeAnswer"]):
    """Write ``function`` of ``snapshot``'s file anew so that it is faster and ``test`` passes."""

    repeatable: ClassVar[bool] = False

    snapshot: Snapshot
    function: str
    test: str = ""
    time_limit: float = 120.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()
    use_model: bool = True


@dataclass(frozen=True, slots=True)
class FasterPatch:
    """A patch with how many times faster it was measured to be, and the 95 % interval."""

    patch: str
    strategy: str
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OptimizeAnswer:
    """The outcome; ``status`` as in :class:`FixAnswer`.

    ``calls`` of the tests were noted, on ``inputs`` calls (those and larger ones) the answers were
    compared. ``rejected`` says why other versions were not offered. ``hot`` are the lines of the
    file that take most of the time, 0-based, with their shares.
    """

    status: str
    reason: str = ""
    best: FasterPatch | None = None
    alternatives: tuple[FasterPatch, ...] = ()
    rejected: tuple[str, ...] = ()
    calls: int = 0
    inputs: int = 0
    candidates_run: int = 0
    seconds: float = 0.0
    model_tokens: int = 0
    model: str = ""
    hot: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TraceRequest(Request["TraceAnswer"]):
    """What does the file of ``snapshot`` do, block by block, while ``test`` fails?

    With ``verdicts`` a model is asked what it thinks of the lines and blocks that ran.
    """

    repeatable: ClassVar[bool] = False

    snapshot: Snapshot
    test: str = ""
    time_limit: float = 30.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()
    verdicts: bool = False


@dataclass(frozen=True, slots=True)
class TraceAnswer:
    """The report as JSON, as docs/debug.md describes it."""

    document: dict[str, Any]
