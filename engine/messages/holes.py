"""What whoever writes at a cursor should know, and what is wrong with a draft."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.findings import Finding
from analysis.holes.context import HoleContext
from analysis.snapshot import Snapshot
from engine.messages.request import Request


@dataclass(frozen=True, slots=True)
class HoleRequest(Request["HoleAnswer"]):
    """What is expected at a position (0-based line, 0-based code point), and with ``types`` and
    ``headers`` what is relevant to it, each in at most ``budget`` characters?"""

    snapshot: Snapshot
    line: int
    character: int
    types: bool = False
    headers: bool = False
    budget: int = 2000
    deadline_ms: int = 5000


@dataclass(frozen=True, slots=True)
class HoleAnswer:
    """What is known, and how long it took in milliseconds."""

    context: HoleContext
    ms: float


@dataclass(frozen=True, slots=True)
class ErrorReportRequest(Request["ErrorReportAnswer"]):
    """What is wrong with ``draft``, the whole text that is to replace that of ``snapshot``, and was
    not wrong before?"""

    snapshot: Snapshot
    draft: str
    ruff: bool = True


@dataclass(frozen=True, slots=True)
class ErrorReportAnswer:
    """The findings, at positions of the draft, in order."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class TutorialRequest(Request["TutorialAnswer"]):
    """How should an assistant ask, and write Python here?"""


@dataclass(frozen=True, slots=True)
class TutorialAnswer:
    """Plain text for a prompt."""

    text: str
