"""A report as JSON: what ``pilotfish debug --json`` prints and ``pilotfish/trace`` answers.

Lines are 0-based everywhere. Described for its readers in docs/debug.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from analysis.views.plan import CodePlan, TextBlock
from repair.sandbox.run import TestResult
from repair.trace.debugging import Report
from repair.trace.model_feedback import ModelFeedback
from repair.trace.record import Loop, TestTrace, TracedCall, Visit
from repair.trace.way import is_test, way_of


def document(
    report: Report, path: str, test: str, feedback: ModelFeedback | None = None
) -> dict[str, Any]:
    """``report`` on the file ``path`` for the command ``test``, with what a model thinks of it."""
    feedback = feedback or ModelFeedback()
    return {
        "path": path,
        "test": test,
        "status": report.status,
        "reason": report.reason,
        "seconds": report.seconds,
        "tests": [_test(result) for result in report.results],
        "flaky": list(report.flaky),
        "lines": [
            {
                "line": line - 1,
                "suspicion": round(report.lines.lines[line], 4),
                **_surprise(feedback, line),
            }
            for line in report.lines.ranked()
        ],
        "expressions": [asdict(found) for found in report.expressions],
        "codes": [
            _code(index, code, path in report.test_files)
            for index, code in enumerate(report.plan.codes)
        ],
        "blocks": _blocks(report, feedback),
        "runs": [_run(trace, report, path) for trace in report.traces],
    }


def _test(result: TestResult) -> dict[str, Any]:
    failure = result.failure
    found: dict[str, Any] = {
        "id": result.id,
        "outcome": result.outcome.value,
        "seconds": result.seconds,
        "lines": sorted(line - 1 for line in result.lines),
    }
    if failure is not None:
        found["exception"] = failure.exception
        found["message"] = failure.message.encode("utf-8", "backslashreplace").decode()
        found["frames"] = [
            {"path": frame, "line": line - 1, "function": name}
            for frame, line, name in failure.frames
        ]
        # Where it broke in the file itself, if it did so there.
        found["line"] = failure.lines[-1] - 1 if failure.lines else None
    return found


def _code(index: int, code: CodePlan, tests: bool) -> dict[str, Any]:
    return {
        "id": index,
        "name": code.name,
        "kind": code.kind.value,
        "first_line": code.first_line,
        "last_line": code.last_line,
        "parameters": list(code.parameters),
        "test": tests and is_test(code),
    }


def _surprise(feedback: ModelFeedback, line: int) -> dict[str, float]:
    found = feedback.surprise.get(line)
    return {} if found is None else {"surprise": round(found, 4)}


def _blocks(report: Report, feedback: ModelFeedback) -> list[dict[str, Any]]:
    verdicts = {(v.code, v.block): v for v in feedback.verdicts}
    known = {(found.code, found.block): found for found in report.blocks}
    blocks = []
    for index, code in enumerate(report.plan.codes):
        for block in code.blocks:
            described = _block(index, block)
            found = known.get((index, block.id))
            described["suspicion"] = found.suspicion if found else 0.0
            described["ochiai"] = found.ochiai if found else 0.0
            described["failing"] = found.failing if found else 0
            described["passing"] = found.passing if found else 0
            if verdict := verdicts.get((index, block.id)):
                described["verdict"] = {"right": verdict.right, "confidence": verdict.confidence}
            blocks.append(described)
    return blocks


def _block(code: int, block: TextBlock) -> dict[str, Any]:
    return {
        "code": code,
        "id": block.id,
        "kind": block.kind.value,
        "first_line": block.first_line,
        "last_line": block.last_line,
        "statements": [list(span) for span in block.statements],
        "loops": list(block.loops),
        "next": [{"to": way.to, "kind": way.kind.value} for way in block.next],
    }


def _run(trace: TestTrace, report: Report, path: str) -> dict[str, Any]:
    outcomes: Mapping[str, str] = {r.id: r.outcome.value for r in report.results}
    way = way_of(trace, report, path)
    return {
        "test": trace.test,
        "outcome": outcomes.get(trace.test, ""),
        "calls_made": trace.calls_made,
        "steps": trace.steps,
        "cut": trace.cut,
        "way": [{"path": s.path, "line": s.line, "function": s.function} for s in way],
        "focus": way[-1].call if way else 0,
        "calls": [_call(call) for call in trace.calls],
    }


def _call(call: TracedCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "code": call.code,
        "parent": call.parent,
        "depth": call.depth,
        "thread": call.thread,
        "how": call.how,
        "line": call.line,
        "arguments": dict(call.arguments),
        "value": call.value,
        "exception": call.exception,
        "visits": [_visit(visit) for visit in call.visits],
        "loops": [_loop(loop) for loop in call.loops],
    }


def _visit(visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = {
        "block": visit.block,
        "iteration": list(visit.iteration),
        "entry": dict(visit.entry),
        "exit": dict(visit.exit),
    }
    if visit.raised:
        found["raised"], found["line"] = visit.raised, visit.line
    if visit.yielded:
        found["yielded"] = visit.yielded
    return found


def _loop(loop: Loop) -> dict[str, Any]:
    return {
        "header": loop.header,
        "count": loop.count,
        "told": list(loop.told),
        "iteration": list(loop.iteration),
        "open": loop.open,
    }
