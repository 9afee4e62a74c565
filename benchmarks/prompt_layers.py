"""What more of the code in a prompt could bring at most: which layer holds the author's next name.

``python -m benchmarks.prompt_layers --seed N [--draw 14] [--sites 11] [--budget S]``

At the sites of ``benchmarks.beside``, without a model's answer (its tokenizer alone is used): does
the prompt of a length hold the name that the author wrote next, and where it does not, does what
else is known hold it? *File* is the file around the cursor within so many tokens. The others are
asked where the shortest prompt lacks the name, each with a quarter of the longest: the parts of
``benchmarks.dotprompts --variants with:PART``, and *imported*, the beginnings of the package's
files that the file imports. A name that stands in a prompt is not written for that; one that does
not is hardly ever.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator

from analysis.deadline import Deadline
from analysis.graph import Graph
from analysis.snapshot import Snapshot, Workspace
from analysis.text.files import read_file
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from benchmarks.beside import packages, window
from benchmarks.dot_sites import DotSite, sites
from benchmarks.report import RESULTS, save, show
from decoding.models import store
from decoding.prompts.hint import Part, lines
from decoding.prompts.templates import fitting_behind
from decoding.runtimes.llama_cpp import LlamaTokens
from engine.graphs import Graphs
from engine.knowledge import Knowledge

LENGTHS = (416, 832, 2048, 4096)
_PATIENCE_S = 20.0


def imported(site: DotSite) -> Iterator[str]:
    """The package's own files that the site's file imports, in their order."""
    folder = site.path.parent
    for node in ast.walk(ast.parse(site.text)):
        if isinstance(node, ast.ImportFrom) and node.lineno != site.line + 1:
            base, module = site.root.parent, node.module or ""
            if node.level:
                base = folder.joinpath(*[".."] * (node.level - 1)).resolve()
            place = base.joinpath(*module.split("."))
            for name in (place.with_suffix(".py"), place / "__init__.py"):
                if name.is_file() and name.is_relative_to(site.root):
                    yield read_file(name).text


def main() -> int:
    """Draw, look, print and save."""
    parser = argparse.ArgumentParser(prog="benchmarks.prompt_layers")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--draw", type=int, default=14, help="how many packages")
    parser.add_argument("--sites", type=int, default=11, help="of each package")
    parser.add_argument("--budget", type=float, default=0.0, metavar="S", help="look no longer")
    parser.add_argument("--model", default="complete")
    options = parser.parse_args()
    where = packages(options)
    chosen = [s for n in where for s in sites(n, where[n], options.sites, options.seed)]
    random.Random(options.seed).shuffle(chosen)
    tokens = LlamaTokens(store.resolve(options.model).path)
    deadline = Deadline.after(options.budget) if options.budget else Deadline.never()
    folder, read = RESULTS / "graphs", set[str]()
    holds: Counter[str] = Counter()
    count = 0
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        knowledge = Knowledge(pool, Graphs(folder))
        for site in chosen:
            if deadline.expired():
                break
            count += 1
            says = re.compile(rf"\b{re.escape(site.name)}\b").search
            seen = [n for n in LENGTHS if says(window(site, n, tokens.tokenize))]
            holds.update(f"file {n}" for n in seen)
            holds["file, all"] += bool(says(site.with_text("")))
            if LENGTHS[0] in seen:
                continue
            root = site.root.parent
            workspace = Workspace(str(root), python=options.python)
            if site.package not in read and site.root.is_dir():
                read.add(site.package)
                with Graph(workspace, folder) as graph:
                    graph.refresh(map(str, sorted(site.root.rglob("*.py"))))
            snapshot = Snapshot(str(site.path), site.with_text(""), workspace)
            context = knowledge.around(snapshot, site.start, _PATIENCE_S).result()
            room = LENGTHS[2] // 4
            told = {
                str(part): "\n".join(lines(context, frozenset({part}), room, tokens.tokenize))
                for part in Part
            }
            told["imported"] = "".join(
                fitting_behind(text, room // 4, tokens.tokenize) for text in imported(site)
            )
            for name, text in told.items():
                found = bool(says(text))
                holds[f"{name}, not in file {LENGTHS[0]}"] += found
                holds[f"{name}, not in file {LENGTHS[2]}"] += found and LENGTHS[2] not in seen
    rows = [[name, number] for name, number in sorted(holds.items())]
    show(f"The author's next name, {count} sites, seed {options.seed}", ["held by", "sites"], rows)
    save(f"prompt_layers-{options.seed}", {"sites": count, "holds": dict(holds)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
