"""Findings as workflow commands that GitHub Actions shows beside the changed lines."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from analysis.findings import Finding, Severity

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def document(findings: Sequence[Finding]) -> str:
    """One command a line; lines and columns from 1, paths relative to the checkout."""
    base = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    return "\n".join(_command(finding, base) for finding in findings)


def _command(finding: Finding, base: Path) -> str:
    path = Path(finding.path)
    shown = path.relative_to(base) if path.is_relative_to(base) else path
    properties = {
        "title": f"{finding.source} {finding.code}",
        "file": shown.as_posix(),
        "line": str(finding.line + 1),
        "col": str(finding.character + 1),
        "endLine": str(finding.end_line + 1),
    }
    if finding.line == finding.end_line:  # GitHub refuses columns that span lines
        properties["endColumn"] = str(finding.end_character + 1)
    else:
        del properties["col"]
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_LEVELS[finding.severity]} {listed}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
