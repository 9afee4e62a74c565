"""Names, completions and diagnostics: what is asked while somebody types."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.findings import Finding
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.text.overlay import Reads
from decoding.completion import Completion
from engine.messages.request import Request


@dataclass(frozen=True, slots=True)
class InspectRequest(Request["InspectAnswer"]):
    """Which names may stand at a position (0-based line, 0-based code point)?"""

    snapshot: Snapshot
    line: int
    character: int
    deadline_ms: int = 5000


@dataclass(frozen=True, slots=True)
class InspectAnswer:
    """The names, and how long it took in milliseconds.

    ``late`` says that they were not there in time: the same question may have an answer soon.
    """

    names: NameSet
    ms: float
    late: bool = False


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
    """The findings, in order of position, and what they were read from: they hold as long as it
    does."""

    findings: tuple[Finding, ...]
    reads: Reads = field(default_factory=Reads)


@dataclass(frozen=True, slots=True)
class FilesRequest(Request["FilesAnswer"]):
    """Which Python files of the workspace at ``root`` are to be checked?"""

    root: str


@dataclass(frozen=True, slots=True)
class FilesAnswer:
    """Their absolute paths."""

    paths: tuple[str, ...]
