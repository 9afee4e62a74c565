"""Findings for programs: JSON, commands of GitHub Actions, and SARIF 2.1.0 (OASIS Static Analysis
Results Interchange Format)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from analysis.findings import Edit, Finding, Fix, Severity
from analysis.lint.rules import RULES


def json_array(findings: Sequence[Finding]) -> str:
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
        "fixes": [_plain_fix(fix) for fix in finding.fixes],
    }


def _plain_fix(fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "safe": fix.safe,
        "edits": [asdict(edit) for edit in fix.edits],
    }


_NOTICES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github_commands(findings: Sequence[Finding]) -> str:
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
    return f"::{_NOTICES[finding.severity]} {listed}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ROOT = "WORKSPACE"


def sarif_log(findings: Sequence[Finding], root: Path) -> str:
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
