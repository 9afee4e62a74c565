"""Writing at the sites of ``dotprompts``: one site after the other, by each variant, as shipped."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from analysis.deadline import Cancellation, Deadline
from analysis.graph import Graph
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks.dot_sites import DotSite
from benchmarks.dot_variants import guiding, in_order, same_as, with_graph
from benchmarks.report import RESULTS
from decoding.guidance.evidence import Evidence
from decoding.local_writer import LocalWriter
from decoding.models import store
from decoding.opening import cache_folder as vocabulary_folder
from decoding.runtimes.llama_cpp import LlamaCpp
from decoding.writer import Completion, InfillRequest
from engine.graphs import Graphs
from engine.knowledge import Knowledge

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


@dataclass(frozen=True)
class Desk:
    """What sites are written with: a writer for each variant, all of one runtime."""

    options: argparse.Namespace
    pool: AnalysisPool
    knowledge: Knowledge
    writers: Mapping[str, LocalWriter]

    def is_wanted(self, site: DotSite) -> bool:
        """Look at the site's file once, as the server does when a file is opened; whether it is to
        be written at."""
        snapshot = self._snapshot(site)
        look = NamesQuery(snapshot, hole_at(snapshot.text, site.start))
        wait([self.pool.ask(look, Deadline.after(_FIRST_LOOK_S))], timeout=_FIRST_LOOK_S)
        if not self.options.expecting:
            return True
        around = self.knowledge.around(self._in_package(site), site.start, _FIRST_LOOK_S)
        return bool(around.result().expected.classes)

    def write(self, site: DotSite, variant: str) -> dict[str, Any]:
        """What ``variant`` writes at ``site``: a line of the book."""
        told = with_graph(variant)
        request = InfillRequest(
            self._in_package(site) if told else self._snapshot(site),
            site.start,
            max_tokens=self.options.max_tokens,
            query_ms=self.options.deadline_ms,
        )
        evidence = None if variant == "unguided" else self.knowledge if told else self.pool
        done, took = completed(self.writers[variant], request, evidence, warm=self.options.warm)
        return {
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

    def _snapshot(self, site: DotSite) -> Snapshot:
        workspace = Workspace(str(Path.cwd()), python=self.options.python)
        return Snapshot(str(site.path), site.with_text(""), workspace)

    def _in_package(self, site: DotSite) -> Snapshot:
        workspace = Workspace(str(site.root.parent), python=self.options.python)
        return replace(self._snapshot(site), workspace=workspace)


@contextmanager
def desk(
    options: argparse.Namespace, chosen: Sequence[DotSite], variants: Sequence[str]
) -> Iterator[Desk]:
    """A desk for ``variants``, with the model and the graphs that they need."""
    graphs = read_graphs(chosen, options.python) if any(map(with_graph, variants)) else Graphs()
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        runtime = LlamaCpp(store.resolve(options.model).path)
        writers = {
            variant: LocalWriter(runtime, cache=vocabulary_folder(), guiding=guiding(variant))
            for variant in variants
        }
        try:
            yield Desk(options, pool, Knowledge(pool, graphs), writers)
        finally:
            graphs.close()
            runtime.close()


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
    with desk(options, chosen, variants) as at:
        for site, left in missing:
            if deadline.expired():
                break
            if not at.is_wanted(site):
                continue
            before = book.at(site.key)
            for variant in in_order(left):
                same = "" if options.each else same_as(variant, before)
                taken = {**before[same], "variant": variant, "taken": same} if same else None
                before[variant] = taken or at.write(site, variant)
                book.keep(before[variant])
            print(".", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)


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
