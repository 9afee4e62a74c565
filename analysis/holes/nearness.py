"""The code graph's order: what the code around a place has most to do with comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.holes.context import HoleContext, RelevantHeader
from analysis.holes.relevant_headers import Fit


def ranked(
    context: HoleContext, scores: Mapping[str, float], related: Sequence[str]
) -> HoleContext:
    """``context`` with ``related``, and its headers in the order of ``scores`` (by qualified name)
    where they fit equally well; what has no score stays in its order behind those that have."""

    def place(header: RelevantHeader) -> tuple[int, float]:
        own = f"{header.origin}.{header.name.rpartition('.')[2]}"
        return -Fit[header.fit.upper()], -scores.get(own, 0.0)

    headers = tuple(sorted(context.headers, key=place))
    return replace(context, headers=headers, related=tuple(related))
