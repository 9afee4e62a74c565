"""Findings as the JSON array of docs/command-line.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from analysis.findings import Finding, Fix


def document(findings: Sequence[Finding]) -> str:
    """One JSON array on one line. Lines and characters are 0-based, paths absolute."""
    return json.dumps([_row(finding) for finding in findings])


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "path": finding.path,
        "line": finding.line,
        "character": finding.character,
        "end_line": finding.end_line,
        "end_character": finding.end_character,
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "source": finding.source,
        "fixes": [_fix(fix) for fix in finding.fixes],
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "safe": fix.safe,
        "edits": [asdict(edit) for edit in fix.edits],
    }
