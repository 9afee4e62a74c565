"""What became of a corpus of bugs, counted: a table by kind and span, and the same as JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import median

from benchmarks.models import MODELS
from benchmarks.report import save, show

#: Up to which confidence patches are counted together: a measure that is honest is right about so
#: often.
_BANDS = (0.25, 0.5, 0.75, 0.9, 1.0)
#: Columns of the table of results.
_COLUMNS = (
    *("", "bugs", "verified", "right", "exact", "verified but wrong"),
    *("ambiguous", "of them right"),
    *("median s", "longest s", "median candidates"),
)


@dataclass(frozen=True)
class Result:
    """What became of one bug. ``exact``: the program is again what it was before the bug."""

    bug: str
    kind: str
    span: str
    status: str
    right: bool
    exact: bool
    tests_given: int
    tests_held_back: int
    seconds: float
    candidates: int
    model_tokens: int
    strategy: str
    plausible: int = 0
    reason: str = ""
    patch: str = ""
    confidence: float = 0.0
    rivals: float = 0.0
    questions: int = 0

    @property
    def verified_but_wrong(self) -> bool:
        """Whether the tool vouched for a wrong patch."""
        return self.status == "verified" and not self.right


def _row(name: str, results: Sequence[Result]) -> list[str]:
    return [
        name,
        str(len(results)),
        str(sum(result.status == "verified" for result in results)),
        str(sum(result.right for result in results)),
        str(sum(result.exact for result in results)),
        str(sum(result.verified_but_wrong for result in results)),
        str(sum(result.status == "ambiguous" for result in results)),
        str(sum(result.status == "ambiguous" and result.right for result in results)),
        f"{median(result.seconds for result in results):.1f}",
        f"{max(result.seconds for result in results):.1f}",
        f"{median(result.candidates for result in results):.0f}",
    ]


def show_results(title: str, results: Sequence[Result]) -> None:
    """Print the results by kind, by span, and together; and the names of those not right."""
    rows: list[Sequence[object]] = []
    for attribute in ("kind", "span"):
        groups: defaultdict[str, list[Result]] = defaultdict(list)
        for result in results:
            groups[getattr(result, attribute)].append(result)
        if len(groups) < 2:
            continue
        for name, members in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])):
            rows.append(_row(name, members))
        rows.append([""] * len(_COLUMNS))
    rows.append(_row("all", results))
    show(title, _COLUMNS, rows)
    if sure := [result for result in results if result.confidence]:
        _show_confidence(sure)
    print("not right:", ", ".join(r.bug for r in results if not r.right) or "none")


def _show_confidence(results: Sequence[Result]) -> None:
    """Print how often patches are right that are said to be so likely."""
    rows = []
    for least, most in pairwise((0.0, *_BANDS)):
        some = [r for r in results if least < r.confidence <= most]
        if some:
            mean = sum(r.confidence for r in some) / len(some)
            right = sum(r.right for r in some)
            rows.append([f"up to {most:g}", f"{mean:.2f}", str(len(some)), str(right)])
    show("How sure", ("confidence", "mean", "patches", "right"), rows)


def save_results(name: str, model: str, limit: float, results: Sequence[Result]) -> None:
    """Write ``results`` as JSON, with the machine, as ``NAME_MODEL.json``."""
    save(
        f"{name}_{model}",
        {
            "model": MODELS.get(model, model),
            "time_limit_s": limit,
            "bugs": len(results),
            "verified": sum(result.status == "verified" for result in results),
            "right": sum(result.right for result in results),
            "exact": sum(result.exact for result in results),
            "verified_but_wrong": sum(result.verified_but_wrong for result in results),
            "median_seconds": median(result.seconds for result in results),
            "longest_seconds": max(result.seconds for result in results),
            "model_tokens": sum(result.model_tokens for result in results),
            "results": [asdict(result) for result in results],
        },
    )
