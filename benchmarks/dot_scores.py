"""The numbers of ``dotprompts``: matches, what was invented, what was gained and lost.

Intervals are of the percentile bootstrap over sites (Efron 1979), 2,000 resamples, 95 %.
"""

from __future__ import annotations

import difflib
import random
import re
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.dot_sites import DotSite
from benchmarks.judging import PROBE
from benchmarks.report import quantile

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_RESAMPLES = 2_000
#: The group of all sites.
ALL = "ALL"
_THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Score:
    """One site as one variant wrote it. ``judged``: the judge knows what exists there; ``errors``
    are the rules that the line breaks and the author's does not."""

    site: DotSite
    text: str
    next: bool
    sequence: bool
    exact: bool
    similarity: float
    judged: bool
    invented: bool
    errors: tuple[str, ...]
    confidence: float
    disputed: bool
    rejected: bool
    ms: float


Table = tuple[str, list[str], list[list[object]]]


def report(
    sites: Sequence[DotSite],
    lines: Sequence[Mapping[str, Any]],
    said: Mapping[str, Any],
    variants: Sequence[str],
) -> tuple[list[Table], dict[str, object]]:
    """Tables to print and the same as values, over the sites that every variant has written."""
    written = {(line["site"], line["variant"]): line for line in lines}
    complete = [s for s in sites if all((s.key, v) in written for v in variants)]
    scores = {v: [_score(s, written[s.key, v], said) for s in complete] for v in variants}
    groups = _groups(complete)
    columns = [
        "sites", "variant", "n", "next", "sequence", "exact", "similar", "invented", "errors",
        "disputed", "silent", "gained", "lost", "ms",
    ]  # fmt: skip
    rows: list[list[object]] = []
    result: dict[str, object] = {}
    for name, belongs in groups.items():
        first = [s for s in scores[variants[0]] if belongs(s.site)]
        if not first:
            continue
        for variant in variants:
            some = [s for s in scores[variant] if belongs(s.site)]
            numbers = summary(some, first)
            rows.append([name, variant, *numbers.values()])
            result[f"{name}: {variant}"] = numbers
    tables: list[Table] = [("What was written", columns, rows)]
    if complete:
        against = _against(scores, variants, groups)
        tables += [
            against, _losses(against), _by_rule(scores), shown_above(scores), silence(scores),
        ]  # fmt: skip
        named = ("against", "losses", "rules", "shown", "silence")
        result |= {name: table[2] for name, table in zip(named, tables[1:], strict=True)}
    return tables, {"scores": result}


def silence(scores: Mapping[str, Sequence[Score]]) -> Table:
    """What is won by saying nothing, told apart from what is won by writing something else.

    A line that is not shown has no error. So: at how many sites a variant is silent where the first
    one wrote something, and what that was; and of the sites where both wrote something, the errors
    of the first and of the variant.
    """
    (first, base), *others = scores.items()
    rows: list[list[object]] = []
    for variant, some in others:
        pairs = list(zip(base, some, strict=True))
        hushed = [a for a, b in pairs if a.text and not b.text]
        both = [(a, b) for a, b in pairs if a.text and b.text]
        rows.append(
            [
                variant,
                len(hushed),
                sum(len(a.errors) for a in hushed),
                sum(a.next for a in hushed),
                len(both),
                sum(len(a.errors) for a, _ in both),
                sum(len(b.errors) for _, b in both),
            ]
        )
    columns = [
        "variant", "silent instead", f"errors of {first} there", "right there",
        "both wrote", f"errors of {first}", "its errors",
    ]  # fmt: skip
    return f"Silence, where {first} wrote something", columns, rows


def shown_above(scores: Mapping[str, Sequence[Score]]) -> Table:
    """If only what the model is surer of were shown: how much of it that is, and how much of what
    is shown is right."""
    rows: list[list[object]] = []
    for variant, some in scores.items():
        for least in _THRESHOLDS:
            shown = [s for s in some if s.text and s.confidence >= least]
            count = max(1, len(shown))
            rows.append(
                [
                    variant,
                    least,
                    f"{len(shown) / max(1, len(some)):.2f}",
                    f"{sum(s.next for s in shown) / count:.3f}",
                    f"{sum(s.exact for s in shown) / count:.3f}",
                    f"{sum(bool(s.errors) for s in shown) / count:.3f}",
                ]
            )
    columns = ["variant", "confidence", "share shown", "next", "exact", "with an error"]
    return "Precision against share shown", columns, rows


def summary(scores: Sequence[Score], first: Sequence[Score]) -> dict[str, object]:
    """The numbers of one variant over some sites; gained and lost against ``first``."""
    count = max(1, len(scores))
    judged = [s for s in scores if s.judged]
    pairs = list(zip(first, scores, strict=True))
    return {
        "n": len(scores),
        "next": round(sum(s.next for s in scores) / count, 3),
        "sequence": round(sum(s.sequence for s in scores) / count, 3),
        "exact": round(sum(s.exact for s in scores) / count, 3),
        "similar": round(sum(s.similarity for s in scores) / count, 3),
        "invented": f"{sum(s.invented for s in judged)}/{len(judged)}",
        "errors": sum(len(s.errors) for s in scores),
        "disputed": sum(s.disputed for s in scores),
        "silent": sum(not s.text for s in scores),
        "gained": sum(b.next and not a.next for a, b in pairs),
        "lost": sum(a.next and not b.next for a, b in pairs),
        "ms": round(statistics.median(s.ms for s in scores)) if scores else 0,
    }


def _groups(sites: Sequence[DotSite]) -> dict[str, Callable[[DotSite], bool]]:
    """What sites are looked at together: all, each kind, the hard ones, each package."""
    groups: dict[str, Callable[[DotSite], bool]] = {ALL: lambda _: True}
    groups |= {k: lambda s, k=k: s.kind == k for k in _values(sites, "kind")}  # type: ignore[misc]
    groups["hard"] = lambda site: site.hard
    groups |= {p: lambda s, p=p: s.package == p for p in _values(sites, "package")}  # type: ignore[misc]
    return groups


def _against(
    scores: Mapping[str, Sequence[Score]],
    variants: Sequence[str],
    groups: Mapping[str, Callable[[DotSite], bool]],
) -> Table:
    """Differences to the first variant with their intervals; of parts of the sites, the next
    identifier's alone."""
    rows: list[list[object]] = []
    for variant in variants[1:]:
        every = list(zip(scores[variants[0]], scores[variant], strict=True))
        for group, belongs in groups.items():
            pairs = [(a, b) for a, b in every if belongs(a.site)]
            measures: dict[str, list[float]] = {"next": [b.next - a.next for a, b in pairs]}
            if group == ALL:
                measures |= {
                    "sequence": [b.sequence - a.sequence for a, b in pairs],
                    "exact": [b.exact - a.exact for a, b in pairs],
                    "similarity": [b.similarity - a.similarity for a, b in pairs],
                    "invented": [b.invented - a.invented for a, b in pairs if a.judged],
                    "errors": [float(len(b.errors) - len(a.errors)) for a, b in pairs],
                }
            for name, values in measures.items():
                if values:
                    low, high = interval(values)
                    mean = f"{statistics.mean(values):+.3f}"
                    rows.append([group, variant, name, mean, f"{low:+.3f}", f"{high:+.3f}"])
    columns = ["sites", "variant", "measure", "difference", "from", "to"]
    return f"Against {variants[0]}", columns, rows


def _losses(against: Table) -> Table:
    """Where a variant is worse and chance does not explain it. Of many groups one in forty looks
    like that by chance alone."""
    fewer = ("invented", "errors")
    rows = [
        row
        for row in against[2]
        if (float(str(row[4])) > 0 if row[2] in fewer else float(str(row[5])) < 0)
    ]
    title = "Significant losses" if rows else "Significant losses: none"
    return title, against[1], rows


def _by_rule(scores: Mapping[str, Sequence[Score]]) -> Table:
    """New errors by the judge's rule."""
    counts = {v: Counter(rule for s in some for rule in s.errors) for v, some in scores.items()}
    rules = sorted(set().union(*counts.values()))
    rows: list[list[object]] = [[rule, *(counts[v][rule] for v in counts)] for rule in rules]
    return "New errors by rule", ["rule", *counts], rows


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of the mean."""
    chosen = random.Random(1)
    means = [statistics.fmean(chosen.choices(values, k=len(values))) for _ in range(_RESAMPLES)]
    return quantile(means, 0.025), quantile(means, 0.975)


def _score(site: DotSite, line: Mapping[str, Any], said: Mapping[str, Any]) -> Score:
    text: str = line["text"]
    names, wanted = _IDENTIFIER.findall(text), _IDENTIFIER.findall(_plain(site.wanted))
    author = _of(said, site, site.wanted)
    known = {(f["rule"], f["message"]) for f in author}
    new = [f for f in _of(said, site, text) if (f["rule"], f["message"]) not in known]
    probe = _of(said, site, PROBE + site.wanted[len(site.name) :])
    # Where the author's own line is at fault the judge does not know the package well enough.
    sure = not any(f["invented"] for f in author)
    judged = sure and (site.kind in ("midline", "argument") or any(f["invented"] for f in probe))
    return Score(
        site,
        text,
        next=bool(names) and text.startswith(names[0]) and names[0] == site.name,
        sequence=names == wanted,
        exact=_plain(text) == _plain(site.wanted),
        similarity=difflib.SequenceMatcher(None, text, site.wanted, autojunk=False).ratio(),
        judged=judged,
        invented=any(f["invented"] for f in new) if text else False,
        errors=tuple(f["rule"] for f in new) if text else (),
        confidence=line["confidence"],
        disputed=any(event["disputed"] for event in line["events"]),
        rejected=any(event["rejected"] for event in line["events"]),
        ms=line["ms"],
    )


def _of(said: Mapping[str, Any], site: DotSite, text: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = said.get(f"{site.key}\n{text}", [])
    return found


def _plain(text: str) -> str:
    """Without a comment at the end, and with blanks as they do not matter."""
    return " ".join(re.sub(r"\s+#[^'\"]*$", "", text).split())


def _values(sites: Sequence[DotSite], field: str) -> list[str]:
    return list(dict.fromkeys(getattr(site, field) for site in sites))
