"""The values that names had in a debug run, for hover to show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Values told at the beginning and at the end of a longer row.
_FIRST, _LAST = 3, 2
#: Characters of one value: a hover is a glance, the trace view has the whole.
_LONGEST = 80
_LEFT_OUT = "…"


@dataclass(frozen=True, slots=True)
class Traced:
    """A report of ``pilotfish/trace`` and the text that was run."""

    text: str
    report: Mapping[str, Any]

    def values(self, name: str, line: int) -> str:
        """What ``name`` was on the 0-based ``line``, one row for the first failing test; ``""``
        if nothing was seen. A value that follows its equal is told once."""
        blocks = {
            (block["code"], block["id"])
            for block in self.report["blocks"]
            if block["first_line"] <= line <= block["last_line"]
        }
        for run in self.report["runs"]:
            seen = list(_without_repeats(_seen(run, blocks, name)))
            if any(value != _LEFT_OUT for value in seen):
                test = run["test"].rpartition("::")[2]
                return f"in {test} ({run['outcome']}): {_row(seen)}"
        return ""


def _seen(run: Mapping[str, Any], blocks: set[tuple[int, int]], name: str) -> Iterator[str]:
    for call in run["calls"]:
        last = 0
        for visit in call["visits"]:
            if (call["code"], visit["block"]) not in blocks:
                continue
            now = visit["iteration"][-1] if visit["iteration"] else 0
            if now > last + 1:
                yield _LEFT_OUT  # of a long loop only some rounds are told
            last = now
            for values in (visit["entry"], visit["exit"]):
                if name in values:
                    yield values[name]


def _without_repeats(values: Iterator[str]) -> Iterator[str]:
    last: str | None = None
    for value in values:
        if value != last:
            yield value
        last = value


def _row(values: list[str]) -> str:
    short = [v if len(v) <= _LONGEST else f"{v[: _LONGEST - 1]}…" for v in values]
    if len(short) > _FIRST + _LAST + 1:
        short = [*short[:_FIRST], _LEFT_OUT, *short[-_LAST:]]
    return " → ".join(short)
