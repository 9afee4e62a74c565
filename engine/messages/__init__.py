"""Requests and answers of the engine, as values. All are frozen and survive the wire.

This is the contract of the front doors with everything below; the value types that answers are
made of are exported here too. A request says by its base which answer it gets:
``class InspectRequest(Request[InspectAnswer])``.
"""

from __future__ import annotations

from typing import Any

from analysis.findings import Edit, Finding, Fix, Severity
from analysis.holes.context import ExpectedType, HoleContext, RelevantHeader, RelevantType
from analysis.names import Name, NameSet, Tier
from analysis.signatures import Arity, ParameterKind, Signature
from analysis.snapshot import Snapshot, Workspace
from analysis.symbols import Link, Symbol
from decoding.completion import Completion, Event, Timing
from engine.messages.frames import CancelRequest, Failure, Hello, Progress
from engine.messages.graph import (
    FilesChanged,
    GraphAnswer,
    GraphQuestion,
    GraphRequest,
    LocalAnswer,
    LocalRequest,
)
from engine.messages.holes import (
    ErrorReportAnswer,
    ErrorReportRequest,
    HoleAnswer,
    HoleRequest,
    TutorialAnswer,
    TutorialRequest,
)
from engine.messages.life import (
    ConfigureAnswer,
    ConfigureRequest,
    ProjectAnswer,
    ProjectRequest,
    PullRequest,
    StatusAnswer,
    StatusRequest,
    TrustRequest,
    WarmRequest,
)
from engine.messages.request import Done, Request
from engine.messages.running import (
    FasterPatch,
    FixAnswer,
    FixRequest,
    ImplementRequest,
    OptimizeAnswer,
    OptimizeRequest,
    PatchOption,
    PatchQuestion,
    PatchReply,
    RankedPatch,
    TraceAnswer,
    TraceRequest,
)
from engine.messages.writing import (
    CheckAnswer,
    CheckRequest,
    CompleteAnswer,
    CompleteRequest,
    FilesAnswer,
    FilesRequest,
    InspectAnswer,
    InspectRequest,
)
from engine.settings.values import MachineSettings, ProjectSettings

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
        ErrorReportAnswer,
        ErrorReportRequest,
        Failure,
        FilesAnswer,
        FilesChanged,
        FilesRequest,
        FixAnswer,
        FixRequest,
        GraphAnswer,
        GraphRequest,
        Hello,
        HoleAnswer,
        HoleRequest,
        ImplementRequest,
        InspectAnswer,
        InspectRequest,
        LocalAnswer,
        LocalRequest,
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
        TutorialAnswer,
        TutorialRequest,
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
    "ErrorReportAnswer",
    "ErrorReportRequest",
    "Event",
    "ExpectedType",
    "Failure",
    "FasterPatch",
    "FilesAnswer",
    "FilesChanged",
    "FilesRequest",
    "Finding",
    "Fix",
    "FixAnswer",
    "FixRequest",
    "GraphAnswer",
    "GraphQuestion",
    "GraphRequest",
    "Hello",
    "HoleAnswer",
    "HoleContext",
    "HoleRequest",
    "ImplementRequest",
    "InspectAnswer",
    "InspectRequest",
    "Link",
    "LocalAnswer",
    "LocalRequest",
    "MachineSettings",
    "Name",
    "NameSet",
    "OptimizeAnswer",
    "OptimizeRequest",
    "ParameterKind",
    "PatchOption",
    "PatchQuestion",
    "PatchReply",
    "Progress",
    "ProjectAnswer",
    "ProjectRequest",
    "ProjectSettings",
    "PullRequest",
    "RankedPatch",
    "RelevantHeader",
    "RelevantType",
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
    "TutorialAnswer",
    "TutorialRequest",
    "WarmRequest",
    "Workspace",
]
