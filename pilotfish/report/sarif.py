"""Findings as a SARIF 2.1.0 log (OASIS Static Analysis Results Interchange Format)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.findings import Edit, Finding, Fix, Severity
from analysis.lint.rules import RULES

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ROOT = "WORKSPACE"


def document(findings: Sequence[Finding], root: Path) -> str:
    """One log with a run for Pilotfish's own findings and one for ruff's.

    Paths below ``root`` are relative to it, columns are code points counted from 1.
    """
    runs = [
        _run(source, [f for f in findings if f.source == source], root)
        for source in ("pilotfish", "ruff")
    ]
    return json.dumps({"version": "2.1.0", "runs": runs})


def _run(source: str, findings: Sequence[Finding], root: Path) -> dict[str, Any]:
    return {
        "tool": {
            "driver": {
                "name": source,
                "version": version(source),
                "rules": _rules(source, findings),
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"uri": root.as_uri() + "/"}},
        "results": [_result(finding, root) for finding in findings],
    }


def _rules(source: str, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    if source != "pilotfish":
        return [{"id": code} for code in sorted({finding.code for finding in findings})]
    ours = [
        {
            "id": rule.CODE,
            "name": rule.NAME,
            "shortDescription": {"text": (rule.__doc__ or rule.NAME).partition("\n")[0]},
        }
        for rule in RULES
    ]
    known = {rule.CODE for rule in RULES}
    return ours + [{"id": c} for c in sorted({f.code for f in findings} - known)]


def _result(finding: Finding, root: Path) -> dict[str, Any]:
    location = _artifact(finding.path, root)
    result = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": location,
                    "region": _region(
                        finding.line,
                        finding.character,
                        finding.end_line,
                        finding.end_character,
                    ),
                }
            }
        ],
    }
    if finding.fixes:
        result["fixes"] = [_fix(fix, location) for fix in finding.fixes if fix.edits]
    return result


def _artifact(path: str, root: Path) -> dict[str, str]:
    place = Path(path)
    if place.is_relative_to(root):
        return {"uri": quote(place.relative_to(root).as_posix()), "uriBaseId": _ROOT}
    return {"uri": place.as_uri()}


def _region(line: int, character: int, end_line: int, end_character: int) -> dict[str, int]:
    return {
        "startLine": line + 1,
        "startColumn": character + 1,
        "endLine": end_line + 1,
        "endColumn": end_character + 1,
    }


def _fix(fix: Fix, location: dict[str, str]) -> dict[str, Any]:
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {"artifactLocation": location, "replacements": [_replacement(e) for e in fix.edits]}
        ],
    }


def _replacement(edit: Edit) -> dict[str, Any]:
    return {
        "deletedRegion": _region(edit.line, edit.character, edit.end_line, edit.end_character),
        "insertedContent": {"text": edit.text},
    }
