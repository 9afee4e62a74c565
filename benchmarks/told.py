"""What the parts of a hint could bring at most: whether they hold a name that the prompt lacks.

``python -m benchmarks.told [--packages rich httpx …] [--sites 20] [--seed 5] [--budget S]``

At the sites of ``benchmarks.dotprompts`` each part of what is known around a hole is formed as for
a prompt, and looked through for the name that the author wrote. A part that says something takes
the room of as much of the file; only where it holds the name and what is left of the file does not
can the model have it from there. Asks no model: tokens are counted as pieces of words of at most
five characters.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from collections import Counter
from dataclasses import replace

from analysis.deadline import Deadline
from analysis.holes.context import HoleContext
from analysis.snapshot import Snapshot, Workspace
from analysis.worker.pool import AnalysisPool
from analysis.worker.process import WorkerSettings, cache_folder
from benchmarks.dot_desk import read_graphs
from benchmarks.dot_sites import DotSite, roots, sites
from benchmarks.dotprompts import PACKAGES, in_turns
from benchmarks.installed import python_with
from benchmarks.report import save, show
from decoding.prompts import window
from decoding.prompts.anchor import Budget
from decoding.prompts.hint import HintRules
from decoding.prompts.surroundings import Part, lines
from engine.knowledge import Knowledge

_PATIENCE_S = 10.0
_PIECE = re.compile(r"\w{1,5}|\n|[^\w\s]")


def pieces(text: str) -> list[int]:
    """About as many as there are tokens."""
    return list(range(len(_PIECE.findall(text))))


def count(site: DotSite, context: HoleContext, counts: dict[str, Counter[str]]) -> None:
    """Add what each part says at ``site``."""
    text, budget = site.with_text(""), Budget()
    room = HintRules().part_tokens
    left = window.before(text[: site.start], budget.before - room, pieces)
    seen = left + window.behind(text[site.start :], budget.behind, pieces)
    name = re.compile(rf"\b{re.escape(site.name)}\b")
    for part, only in [*((p.value, {p}) for p in Part), ("all", set(Part))]:
        told = "\n".join(lines(context, only, room, pieces))
        counts[part]["sites"] += 1
        counts[part]["says"] += bool(told)
        if name.search(told):
            counts[part]["holds"] += 1
            counts[part]["only there"] += not name.search(seen)


def main() -> int:
    """Form, look, print, save."""
    parser = ArgumentParser(prog="benchmarks.told")
    parser.add_argument("--packages", nargs="+", default=PACKAGES)
    parser.add_argument("--sites", type=int, default=20, help="of each package")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--budget", type=float, default=0.0, metavar="S", help="ask no longer")
    options = parser.parse_args()
    python = str(python_with(options.packages, "dotprompts"))
    where = roots(python, options.packages)
    drawn = [sites(n, where[n], options.sites, options.seed) for n in options.packages]
    chosen = [s for s in in_turns(drawn) if not s.kind.startswith("import")]
    graphs = read_graphs(chosen, python)
    counts: dict[str, Counter[str]] = {part: Counter() for part in [*Part, "all"]}
    deadline = Deadline.after(options.budget) if options.budget else Deadline.never()
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        knowledge = Knowledge(pool, graphs)
        for site in chosen:
            if deadline.expired():
                break
            workspace = Workspace(str(site.root.parent), python=python)
            snapshot = Snapshot(str(site.path), site.text, workspace)
            cut = replace(snapshot, text=site.with_text(""))
            count(site, knowledge.around(cut, site.start, _PATIENCE_S).result(), counts)
    graphs.close()
    columns = ["part", "sites", "says", "holds", "only there"]
    rows = [[part, *(found[column] for column in columns[1:])] for part, found in counts.items()]
    show("What a part of the hint tells", columns, rows)
    save("told", {"packages": list(options.packages), "columns": columns, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
