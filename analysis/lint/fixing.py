"""Applying quick fixes to a text: safe ones only, none upon another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from analysis.findings import Edit, Finding
from analysis.syntax.tree import parse
from analysis.text.document import LineIndex

#: ruff itself gives up after 100 passes; what needs more than these is two fixes undoing another.
_PASSES = 30


def fixed(text: str, findings: Iterable[Finding]) -> tuple[str, int]:
    """``text`` with the safe fixes of ``findings``, and how many were applied.

    Of fixes that overlap the first in the text is applied; its neighbour may fit the next time.
    """
    lines = LineIndex(text)
    chosen: list[tuple[int, int, str]] = []
    applied = 0
    for finding in sorted(findings, key=lambda f: (f.line, f.character)):
        fix = next((fix for fix in finding.fixes if fix.safe), None)
        if fix is None:
            continue
        spans = [_span(lines, edit) for edit in fix.edits]
        if any(_overlap(span, other) for span in spans for other in chosen):
            continue
        chosen += spans
        applied += 1
    for start, end, replacement in sorted(chosen, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text, applied


def _span(lines: LineIndex, edit: Edit) -> tuple[int, int, str]:
    start = lines.offset(edit.line, edit.character)
    return start, lines.offset(edit.end_line, edit.end_character), edit.text


def _overlap(a: tuple[int, int, str], b: tuple[int, int, str]) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def apply_fixes(
    text: str,
    findings: Sequence[Finding],
    again: Callable[[str], Sequence[Finding]],
) -> tuple[str, int]:
    """``text`` after all safe fixes, those of ``findings`` first, and how many were applied.

    ``again`` gives the findings of a changed text: a fix may make another possible. Fixes whose
    union breaks the syntax (each may be safe only alone) are applied one by one, and one that
    breaks it by itself is left out.
    """
    total = 0
    for _ in range(_PASSES):
        changed, applied = fixed(text, findings)
        if not applied:
            break
        if _breaks(text, changed):
            changed, applied = _one_by_one(text, findings)
            if not applied:
                break
        text, total = changed, total + applied
        findings = again(text)
    return text, total


def _one_by_one(text: str, findings: Sequence[Finding]) -> tuple[str, int]:
    for finding in findings:
        changed, applied = fixed(text, (finding,))
        if applied and not _breaks(text, changed):
            return changed, applied
    return text, 0


def _breaks(before: str, after: str) -> bool:
    return len(parse(after).errors) > len(parse(before).errors)
