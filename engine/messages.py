"""Requests and answers of the engine, as values. All are frozen and survive the wire.

This is the contract of the front doors with everything below; the value types that answers are
made of are exported here too. A request says by its base which answer it gets:
``class InspectRequest(Request[InspectAnswer])``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from analysis.findings import Edit, Finding, Mend, Severity
from analysis.names import Name, NameSet, Tier
from analysis.signatures import Arity, Signature
from analysis.snapshot import Snapshot, Workspace
from analysis.symbols import Link, Symbol
from decoding.completion import Completion, Event, Timing
from engine.settings.values import MachineSettings, ProjectSettings

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Request(Generic[Answer]):
    """Something the engine is asked for; ``Answer`` is what it answers unless it fails.

    ``repeatable`` requests are asked once more when the engine dies over them.
    """

    repeatable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class InspectRequest(Request["InspectAnswer"]):
    """Which names may stand at a position (0-based line, 0-based code point)?"""

    snapshot: Snapshot
    line: int
    character: int
    deadline_ms: int = 5000


@dataclass(frozen=True, slots=True)
class InspectAnswer:
    """The names, and how long it took in milliseconds."""

    names: NameSet
    ms: float


@dataclass(frozen=True, slots=True)
class CompleteRequest(Request["CompleteAnswer"]):
    """What should be inserted at a position? ``deadline_ms`` bounds each wait for evidence."""

    snapshot: Snapshot
    line: int
    character: int
    guidance: bool = True
    max_tokens: int = 48
    multiline: bool = False
    deadline_ms: int = 300


@dataclass(frozen=True, slots=True)
class CompleteAnswer:
    """The completion, ``text`` empty for silence."""

    completion: Completion


@dataclass(frozen=True, slots=True)
class CheckRequest(Request["CheckAnswer"]):
    """Diagnostics of one snapshot (an open document)."""

    snapshot: Snapshot
    ruff: bool = True


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """The findings, in order of position."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FilesRequest(Request["FilesAnswer"]):
    """Which Python files of the workspace at ``root`` are to be checked?"""

    root: str


@dataclass(frozen=True, slots=True)
class FilesAnswer:
    """Their absolute paths."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FixRequest(Request["FixAnswer"]):
    """Repair the file of ``snapshot`` until ``test`` passes. ``test`` is a shell command line."""

    repeatable: ClassVar[bool] = False

    snapshot: Snapshot
    test: str = ""
    suite: str = ""
    time_limit: float = 120.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()
    use_model: bool = True


@dataclass(frozen=True, slots=True)
class RankedPatch:
    """One plausible patch as a unified diff that ``git apply`` takes from the workspace root."""

    patch: str
    strategy: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class FixAnswer:
    """The outcome of a repair.

    ``status``: ``verified``, ``unverified``, ``none``, ``passing`` or ``error`` (design.md,
    invariant 9 and §5). ``blocks`` are suspicious spans ``(first_line, last_line, suspicion)``,
    0-based. ``not_run`` lists tests that the time limit left out. ``reason`` explains the status,
    ``notes`` are what a person should know of the patch: weak tests, what else it changes.
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
    compared. ``rejected`` says why other versions were not offered.
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


class GraphQuestion(StrEnum):
    """What can be asked of the code graph about the symbol at a position."""

    PREPARE = "prepare"
    """Which symbol is it?"""
    CALLERS = "callers"
    CALLEES = "callees"
    REFERENCES = "references"
    SUPERTYPES = "supertypes"
    SUBTYPES = "subtypes"
    IMPACT = "impact"
    """What calls it, and how many tests a change of it may reach?"""
    SYMBOLS = "symbols"
    """Which symbols have ``query`` in their name? Asks about no position."""


@dataclass(frozen=True, slots=True)
class GraphRequest(Request["GraphAnswer"]):
    """A question about the symbol at a position (0-based line, 0-based code point) of ``path``,
    as it is on disk."""

    workspace: Workspace
    question: GraphQuestion
    path: str = ""
    line: int = 0
    character: int = 0
    query: str = ""


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """The symbol (``None``: no symbol of the graph stands there) and what it is linked to.
    ``tests`` counts tests that a change may reach, where that was asked."""

    symbol: Symbol | None = None
    links: tuple[Link, ...] = ()
    tests: int = 0


@dataclass(frozen=True, slots=True)
class PullRequest(Request["Done"]):
    """Download a model, by role or name. The answer's note is the model's name."""

    repeatable: ClassVar[bool] = False

    model: str = "complete"


@dataclass(frozen=True, slots=True)
class WarmRequest(Request["Done"]):
    """Prepare for work in a workspace: load the model, start the worker, pre-warm its caches."""

    workspace: Workspace
    model: bool = True


@dataclass(frozen=True, slots=True)
class StatusRequest(Request["StatusAnswer"]):
    """What is loaded and running?"""


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """State for a status bar: model name (or why there is none), worker pids, engine pid.

    ``model_state`` is ``unloaded``, ``loading``, ``loaded`` or ``missing``; ``model_reason`` says
    why it is missing and ``model_mend`` what helps. ``waiting`` counts requests not yet answered.
    """

    engine_pid: int
    model: str
    model_state: str
    worker_pids: tuple[int, ...] = ()
    resident_bytes: int = 0
    model_reason: str = ""
    model_mend: str = ""
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class ConfigureRequest(Request["ConfigureAnswer"]):
    """Options of the front door, over the user's own file: an editor's initialization options.

    ``options`` is the JSON object as the client sent it, in camel case; what is wrong with it
    comes back as problems and is otherwise left at its default.
    """

    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConfigureAnswer:
    """The machine's settings in force, and what is wrong with them (``path`` may be ``""``)."""

    machine: MachineSettings
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectRequest(Request["ProjectAnswer"]):
    """What does the project at ``root`` (an absolute path) decide, and is it trusted?"""

    root: str


@dataclass(frozen=True, slots=True)
class ProjectAnswer:
    """The project's settings, what is wrong with them, and whether the user trusts the folder.

    ``problems`` lie in its ``pyproject.toml``; ``python`` is the interpreter that the machine's
    settings name, for :class:`~analysis.snapshot.Workspace`.
    """

    project: ProjectSettings
    problems: tuple[Finding, ...] = ()
    trusted: bool = False
    python: str | None = None


@dataclass(frozen=True, slots=True)
class TrustRequest(Request["Done"]):
    """Remember that the user trusts the folder ``root``, or takes it back."""

    root: str
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class Hello:
    """The first word of an engine that is ready to be asked."""

    pid: int
    version: str


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Stop the request with this id; it answers with a :class:`Failure` of kind ``cancelled``."""

    request_id: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is; ``fraction`` in 0…1 or negative when unknown."""

    message: str
    fraction: float = -1.0


@dataclass(frozen=True, slots=True)
class Failure:
    """A request failed alone; the engine goes on. ``kind``: cancelled, explained, bug, gone."""

    kind: str
    what: str
    where: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of a request that has nothing to say."""

    notes: tuple[str, ...] = field(default=())


#: Every message by the name that the wire gives it.
REGISTRY: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        CancelRequest,
        CheckAnswer,
        CheckRequest,
        CompleteAnswer,
        CompleteRequest,
        ConfigureAnswer,
        ConfigureRequest,
        Done,
        Failure,
        FilesAnswer,
        FilesRequest,
        FixAnswer,
        FixRequest,
        GraphAnswer,
        GraphRequest,
        Hello,
        ImplementRequest,
        InspectAnswer,
        InspectRequest,
        OptimizeAnswer,
        OptimizeRequest,
        Progress,
        ProjectAnswer,
        ProjectRequest,
        PullRequest,
        StatusAnswer,
        StatusRequest,
        TraceAnswer,
        TraceRequest,
        TrustRequest,
        WarmRequest,
    )
}

__all__ = [
    "REGISTRY",
    "Arity",
    "CancelRequest",
    "CheckAnswer",
    "CheckRequest",
    "CompleteAnswer",
    "CompleteRequest",
    "Completion",
    "ConfigureAnswer",
    "ConfigureRequest",
    "Done",
    "Edit",
    "Event",
    "Failure",
    "FasterPatch",
    "FilesAnswer",
    "FilesRequest",
    "Finding",
    "FixAnswer",
    "FixRequest",
    "GraphAnswer",
    "GraphQuestion",
    "GraphRequest",
    "Hello",
    "ImplementRequest",
    "InspectAnswer",
    "InspectRequest",
    "Link",
    "MachineSettings",
    "Mend",
    "Name",
    "NameSet",
    "OptimizeAnswer",
    "OptimizeRequest",
    "Progress",
    "ProjectAnswer",
    "ProjectRequest",
    "ProjectSettings",
    "PullRequest",
    "RankedPatch",
    "Request",
    "Severity",
    "Signature",
    "Snapshot",
    "StatusAnswer",
    "StatusRequest",
    "Symbol",
    "Tier",
    "Timing",
    "TraceAnswer",
    "TraceRequest",
    "TrustRequest",
    "WarmRequest",
    "Workspace",
]
