"""What guidance brings: Python's counterpart of DotPrompts (Agrawal et al., NeurIPS 2023).

``python -m benchmarks.dotprompts --sites 20 --budget 300 [--variants unguided,guided,…]
[--packages …] [--python PATH] [--model NAME] [--resume FILE]``

Lines of real packages are cut behind a dot, in an import, in a call or where the author was about
to write a dot, and the shipped writer writes the rest: without guidance, with it, or with a part of
it. Packages that are not here are installed into an environment of their own, unless ``--python``
says where they are. Results are kept in a JSON Lines file, so that a run goes on where the last one
ended; ``--judge-only`` writes nothing new. Afterwards basedpyright (installed likewise) says which
members, modules and keywords do not exist and what else is wrong, and whether it knows the
receiver's type at all. Variants: ``unguided``; ``prune``, the monitors without the hint; ``hint``
without the monitors; ``guided``, all that ships; ``only:MONITOR``; ``with:PART+PART``, all that
ships and more of what is known around a hole: ``expected``, ``headers``, ``types``, ``related``
(the code graph of each package is read first); ``ablation`` stands for all of them without the
parts of ``with``. A variant that must write what another wrote (``benchmarks.dot_variants``) is
not run but taken from it, unless ``--each``; where both were run the report says how many differ.
What guidance costs in time, ``benchmarks.overhead`` says: here every variant reads its prompt anew,
or with ``--warm`` finds it in the cache, as when a key is pressed; many variants take less time so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import wait
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from analysis.deadline import Cancellation, Deadline
from analysis.graph import Graph
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at
from analysis.worker.pool import AnalysisPool
from analysis.worker.process import WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks.dot_scores import report
from benchmarks.dot_sites import ORDER, DotSite, roots, sites
from benchmarks.dot_variants import agreement, guiding, in_order, meant, same_as, with_graph
from benchmarks.installed import python_with
from benchmarks.judging import PROBE, judge
from benchmarks.report import RESULTS, save, show
from decoding.completion import Completion
from decoding.evidence import Evidence
from decoding.local_writer import LocalWriter
from decoding.models import store
from decoding.opening import cache_folder as vocabulary_folder
from decoding.runtimes.llama_cpp import LlamaCpp
from decoding.writer import InfillRequest
from engine.graphs import Graphs
from engine.knowledge import Knowledge

#: The development half, by the names they are imported by; other packages judge.
PACKAGES = (
    "rich", "httpx", "click", "attr", "pygments", "requests", "packaging", "typer",
    "hypothesis", "jedi", "huggingface_hub", "pygls",
)  # fmt: skip
_FIRST_LOOK_S = 20.0
#: A prompt that is to be in the cache is read once, and once more where its hint came late.
_READ_AT_MOST = 3


def read_graphs(chosen: Sequence[DotSite], python: str) -> Graphs:
    """The code graphs of the packages, read as far as the packages go."""
    folder = RESULTS / "graphs"
    for root in sorted({site.root for site in chosen}):
        with Graph(Workspace(str(root.parent), python=python), folder) as graph:
            graph.refresh([str(root)] if root.is_file() else map(str, sorted(root.rglob("*.py"))))
    return Graphs(folder)


class Book:
    """The results so far: a JSON Lines file with one line for each site and variant."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[dict[str, Any]] = []
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            self.lines = [json.loads(line) for line in text.splitlines()]

    def known(self) -> set[tuple[str, str]]:
        """What needs not be written again."""
        return {(line["site"], line["variant"]) for line in self.lines}

    def at(self, site: str) -> dict[str, dict[str, Any]]:
        """What each variant wrote at a site."""
        return {line["variant"]: line for line in self.lines if line["site"] == site}

    def keep(self, line: dict[str, Any]) -> None:
        """Append a result."""
        self.lines.append(line)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


def write_all(
    options: argparse.Namespace, book: Book, chosen: Sequence[DotSite], variants: Sequence[str]
) -> None:
    """Write what is missing, until the budget is spent."""
    deadline = Deadline.after(options.budget) if options.budget else Deadline.never()
    known = book.known()
    missing = [(s, [v for v in variants if (s.key, v) not in known]) for s in chosen]
    missing = [(site, left) for site, left in missing if left]
    if not missing:
        return
    workspace = Workspace(str(Path.cwd()), python=options.python)
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        runtime = LlamaCpp(store.resolve(options.model).path)
        writers = {
            variant: LocalWriter(runtime, cache=vocabulary_folder(), guiding=guiding(variant))
            for variant in variants
        }
        graphs = read_graphs(chosen, options.python) if any(map(with_graph, variants)) else Graphs()
        knowledge = Knowledge(pool, graphs)
        for site, left in missing:
            if deadline.expired():
                break
            snapshot = Snapshot(str(site.path), site.with_text(""), workspace)
            in_package = Workspace(str(site.root.parent), python=options.python)
            # Let the analysis read the file once, as the server does when a file is opened.
            look = NamesQuery(snapshot, hole_at(snapshot.text, site.start))
            wait([pool.ask(look, Deadline.after(_FIRST_LOOK_S))], timeout=_FIRST_LOOK_S)
            if options.expecting:
                around = knowledge.around(
                    replace(snapshot, workspace=in_package), site.start, _FIRST_LOOK_S
                )
                if not around.result().expected.classes:
                    continue
            before = book.at(site.key)
            for variant in in_order(left):
                same = "" if options.each else same_as(variant, before)
                if same:
                    line = {**before[same], "variant": variant, "taken": same}
                    book.keep(line)
                    before[variant] = line
                    continue
                told = with_graph(variant)
                request = InfillRequest(
                    replace(snapshot, workspace=in_package) if told else snapshot,
                    site.start,
                    max_tokens=options.max_tokens,
                    query_ms=options.deadline_ms,
                )
                evidence = None if variant == "unguided" else knowledge if told else pool
                done, took = completed(writers[variant], request, evidence, warm=options.warm)
                line = {
                    "site": site.key,
                    "variant": variant,
                    "text": done.text,
                    "confidence": done.confidence,
                    "ms": took,
                    "prefill_ms": done.ms.prefill,
                    "prompt_tokens": done.prompt_tokens,
                    "events": [asdict(event) for event in done.events],
                    "stopped": done.stopped,
                    "preamble": done.preamble,
                }
                book.keep(line)
                before[variant] = line
            print(".", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        graphs.close()
        runtime.close()


def completed(
    writer: LocalWriter, request: InfillRequest, evidence: Evidence | None, *, warm: bool
) -> tuple[Completion, float]:
    """A completion and the milliseconds that it took: from nothing, or ``warm``, with all of its
    prompt but the last token in the cache. Never anything between: what is in the cache moves the
    last bits of a logit, and with them one line in a hundred, whatever guides."""
    writer.forget(cache=not warm)
    for _ in range(_READ_AT_MOST if warm else 1):
        begun = time.monotonic()
        done = writer.complete(
            request, evidence, deadline=Deadline.never(), cancellation=Cancellation()
        )
        took = (time.monotonic() - begun) * 1e3
        if done.reused_tokens >= done.prompt_tokens - 1:
            break
    return done, took


def in_turns(groups: Sequence[Sequence[DotSite]]) -> Iterator[DotSite]:
    """One of each package in turn, so that a run that is stopped early has looked at all."""
    for turn in range(max(map(len, groups), default=0)):
        yield from (group[turn] for group in groups if turn < len(group))


def judged(options: argparse.Namespace, book: Book, chosen: Sequence[DotSite]) -> dict[str, Any]:
    """What the judge says of every distinct line, kept beside the results."""
    path = book.path.with_suffix(".judged.json")
    said: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    by_key = {site.key: site for site in chosen}
    wanted: dict[str, tuple[DotSite, str]] = {}
    for line in book.lines:
        site = by_key.get(line["site"])
        if site is None:
            continue
        probe = PROBE + site.wanted[len(site.name) :]
        for text in (line["text"], site.wanted, probe):
            wanted.setdefault(f"{site.key}\n{text}", (site, text))
    new = [key for key in wanted if key not in said]
    if new:
        for key, found in zip(
            new, judge(options.python, [wanted[key] for key in new]), strict=True
        ):
            said[key] = [asdict(finding) for finding in found]
        path.write_text(json.dumps(said), encoding="utf-8")
    return said


def main() -> int:
    """Write, judge, print, save."""
    parser = argparse.ArgumentParser(prog="benchmarks.dotprompts")
    parser.add_argument("--sites", type=int, default=20, help="of each package")
    parser.add_argument("--kinds", nargs="+", default=sorted(set(ORDER)), choices=set(ORDER))
    parser.add_argument("--packages", nargs="+", default=PACKAGES)
    parser.add_argument("--python", help="where the packages are")
    parser.add_argument("--model", default="complete")
    parser.add_argument("--variants", default="unguided,guided", help="separated by commas")
    parser.add_argument("--max-tokens", type=int, default=48)
    parser.add_argument("--deadline-ms", type=int, default=300, help="for each name, as shipped")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--budget", type=float, default=0.0, metavar="S", help="write no longer")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="JSON Lines of results so far")
    parser.add_argument(
        "--expecting", action="store_true", help="only where the expected type is known"
    )
    parser.add_argument(
        "--each", action="store_true", help="run variants that must write what another wrote too"
    )
    parser.add_argument("--warm", action="store_true", help="with each prompt in the cache")
    parser.add_argument("--judge-only", action="store_true", help="write nothing new")
    parser.add_argument("--no-judge", action="store_true", help="without the type checker")
    options = parser.parse_args()
    variants = [one for name in options.variants.split(",") for one in meant(name)]
    options.python = options.python or str(python_with(options.packages, "dotprompts"))
    where = roots(options.python, options.packages)
    drawn = [sites(n, where[n], options.sites, options.seed) for n in options.packages]
    chosen = [site for site in in_turns(drawn) if site.kind in options.kinds]
    book = Book(options.resume or RESULTS / f"dotprompts-{options.model}.jsonl")
    if not options.judge_only:
        write_all(options, book, chosen, variants)
    said = {} if options.no_judge else judged(options, book, chosen)
    tables, result = report(chosen, book.lines, said, variants)
    for title, columns, rows in tables:
        show(title, columns, rows)
    taken = agreement(book.lines)
    show("Taken from another variant", ["variant", "taken", "run all the same", "differ"], taken)
    save(
        "dotprompts",
        {"model": options.model, "packages": list(options.packages), "taken": taken, **result},
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
