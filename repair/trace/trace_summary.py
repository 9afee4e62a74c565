"""What a failing run did in one function, block by block, as words for a model.

The form is LDB's (Zhong, Wang, Shang, "Debug like a Human", ACL 2024, §3.2): each block with the
values before and after it. Long runs tell their beginning and their end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.views.plan import BlockPlan, CodePlan
from repair.source.file import Source
from repair.trace.record import TestTrace, TracedCall, Visit

#: Visits that are told of the beginning and of the end, and how long a block or its values may be.
_FIRST, _LAST = 6, 6
_CODE, _VALUES = 160, 160


def summary(source: Source, plan: BlockPlan, trace: TestTrace, line: int) -> str:
    """The last call in ``trace`` of the function around the 1-based ``line``; ``""`` where none was
    followed."""
    code = plan.code_at(line - 1)
    calls = [c for c in trace.calls if code is not None and plan.codes[c.code] is code]
    if code is None or not calls:
        return ""
    call = calls[-1]
    told = [f"{code.name}({_values(call.arguments)}):"]
    told += [_block(source, code, visit) for visit in call.visits[:_FIRST]]
    left = call.visits[_FIRST:]
    if len(left) > _LAST:
        told.append("...")
    told += [_block(source, code, visit) for visit in left[-_LAST:]]
    return "\n".join([*told, _end(call)])


def _block(source: Source, code: CodePlan, visit: Visit) -> str:
    spans = code.blocks[visit.block].statements
    text = " ; ".join(_lines(source, spans))[:_CODE]
    raised = f" raised {visit.raised}" if visit.raised else ""
    return f"before: {_values(visit.entry)} | {text} | after: {_values(visit.exit)}{raised}"


def _lines(source: Source, spans: Sequence[tuple[int, int]]) -> list[str]:
    return [source.line(n + 1).strip() for first, last in spans for n in range(first, last + 1)]


def _values(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items())[:_VALUES] or "nothing"


def _end(call: TracedCall) -> str:
    if call.exception:
        return f"It raised {call.exception}"
    return f"It returned {call.value}" if call.how == "returned" else f"It was {call.how}"
