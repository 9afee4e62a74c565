"""Places in real code where the rest of a line is to be written again.

Sites come from :mod:`benchmarks.sites`. Of a site's line everything from the name on is
removed, so that the answer is nowhere to be seen in it; the lines before and behind stay.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.snapshot import Snapshot, Workspace
from analysis.text.files import read_file
from benchmarks.sites import Site, files_of, sites_of

#: Larger files are left out: their prompts are cut to the same size anyway.
_LARGEST = 60_000


@dataclass(frozen=True, slots=True)
class CutLine:
    """A file without the rest of one line; ``wanted`` stood there, ``name`` is its beginning."""

    package: str
    site: Site
    snapshot: Snapshot
    offset: int
    name: str
    wanted: str


def cut_lines(
    packages: Sequence[str], count: int, kinds: Collection[str], seed: int
) -> list[CutLine]:
    """Up to ``count`` sites of each package, drawn with ``seed``, at most one a line."""
    workspace = Workspace(str(Path.cwd()), python=sys.executable)
    found: list[CutLine] = []
    for package in packages:
        cuts: dict[tuple[Path, int], CutLine] = {}
        for path in files_of(package):
            try:
                text = read_file(path).text
            except AnalysisError:
                continue
            if len(text) > _LARGEST:
                continue
            for site in sites_of(path, text):
                end = text.find("\n", site.start)
                wanted = text[site.start : end if end >= 0 else len(text)]
                if site.kind not in kinds or site.end > site.start + len(wanted):
                    continue
                snapshot = Snapshot(
                    str(path), text[: site.start] + text[site.start + len(wanted) :], workspace
                )
                line = text.count("\n", 0, site.start)
                cuts[path, line] = CutLine(package, site, snapshot, site.start, site.name, wanted)
        chosen = sorted(cuts.values(), key=lambda cut: (str(cut.site.path), cut.offset))
        random.Random(f"{seed} {package}").shuffle(chosen)
        found += chosen[:count]
    return found
