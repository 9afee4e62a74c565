"""The same model file at the same sites: in the way of llama.vscode, and in ours.

``python -m benchmarks.beside --sites 4 --draw 12 --seed N [--budget S] [--resume FILE]``

Sites are cut as in ``dotprompts``, in packages that ``--seed`` draws and pip installs into an
environment of their own. The ways:

``llama.vscode``
    A llama-server is asked through ``/infill`` with the extension's documented settings: 256 lines
    before the cursor, 64 behind it, extra chunks of 64 lines out of other open files (``--chunks``
    files of the package), 128 tokens at most, 2.5 s of writing. What repeats the lines behind the
    cursor is not shown.
``llama.vscode:36+10``
    The same with so many lines before and behind and no chunks: about what ours reads on two cores.
``pilotfish``
    The writer in this process, guided, as shipped.
``room:N``
    Our writer over the same llama-server, with prompts of N tokens. ``--gained N`` asks only where
    such a prompt holds the author's next name and the smallest does not.

*Cold*: nothing of the prompt is in a cache, but for the extra chunks, which the extension has read
while nobody types. *Warm*: asked again once the author's next character is typed. Of a suggestion
with more lines than one the first is compared with the author's; all of it has to parse in place.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at
from analysis.text.files import read_file
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from analysis.worker.queries import NamesQuery
from benchmarks.dot_desk import Book
from benchmarks.dot_scores import report
from benchmarks.dot_sites import DotSite, roots, sites
from benchmarks.dotprompts import judged
from benchmarks.installed import IMPORTED_AS, install
from benchmarks.llama_server import llama_server
from benchmarks.next_edit import NAMES
from benchmarks.report import RESULTS, save, show
from decoding.local_writer import LocalWriter
from decoding.models import store
from decoding.opening import cache_folder as vocabulary_folder
from decoding.prompts.room import PromptRoom
from decoding.prompts.templates import Budget, Tokenize, fitting_before, fitting_behind
from decoding.remote.writer import RemoteWriter
from decoding.runtimes.http import Connection, Document, RetryPolicy
from decoding.runtimes.llama_cpp import LlamaCpp, LlamaTokens
from decoding.writer import InfillRequest, Writer

VSCODE, OURS = "llama.vscode", "pilotfish"
#: The settings of the extension, as it documents them: lines before and behind, lines of a chunk,
#: tokens, and milliseconds of writing.
BEFORE, BEHIND, CHUNK, TOKENS, WRITING_MS = 256, 64, 64, 128, 2500
_FIRST_LOOK_S = 20.0
#: Long prompts are read in silence.
_PATIENCE = RetryPolicy(silence=300)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one way suggested, after how many seconds, and the tokens of its prompt."""

    text: str
    seconds: float
    prompt: int


#: A way: what it suggests at an offset of a text of the site's file; ``True`` at a new site.
Way = Callable[[DotSite, str, int, bool], Asked]


def shown(text: str, rest: str, following: Sequence[str]) -> str:
    """What llama.vscode shows of what the server wrote, before ``rest`` of the line and the
    lines ``following`` it: nothing that begins with an empty line or says what stands there; one
    line, without what it shares with the rest, where there is a rest."""
    lines = text.rstrip().split("\n")
    if not lines[0].strip():
        return ""
    if rest.strip():
        return lines[0].removesuffix(rest)
    behind = [line for line in following if line.strip()]
    for count in range(1, len(lines)):
        later = [line for line in lines[count:] if line.strip()]
        if later and later == behind[: len(later)]:
            return "\n".join(lines[:count])
    return "\n".join(lines)


class Extension:
    """Asks a llama-server as llama.vscode does."""

    def __init__(
        self, connection: Connection, seed: int, chunks: int, lines: tuple[int, int]
    ) -> None:
        self._connection, self._seed = connection, seed
        self._chunks, (self._before, self._behind) = chunks, lines

    def __call__(self, site: DotSite, text: str, offset: int, new: bool) -> Asked:
        """See :data:`Way`."""
        before, behind = text[:offset].split("\n"), text[offset:].split("\n")
        body: Document = {
            "input_prefix": "".join(f"{line}\n" for line in before[:-1][-self._before :]),
            "prompt": before[-1],
            "input_suffix": "\n".join(behind[: self._behind + 1]) + "\n",
            "input_extra": list(self._extra(site)),
            "n_predict": TOKENS,
            "t_max_predict_ms": WRITING_MS,
            "samplers": ["top_k", "top_p", "infill"],
            "top_k": 40,
            "top_p": 0.99,
            "seed": self._seed,
            "cache_prompt": True,
        }
        if new and self._chunks:
            idle = {**body, "input_prefix": "", "prompt": "", "input_suffix": "", "n_predict": 1}
            self._connection.post("/infill", idle, Cancellation())
        begun = time.monotonic()
        answer = self._connection.post("/infill", body, Cancellation())
        took = time.monotonic() - begun
        text = shown(str(answer.get("content", "")), behind[0], behind[1:])
        timings = answer.get("timings") or {}
        return Asked(text, took, timings.get("prompt_n", 0) + timings.get("cache_n", 0))

    def _extra(self, site: DotSite) -> Iterator[Document]:
        """A chunk of each of some other files of the package, as if they were open."""
        draw = random.Random(f"{self._seed} {site.key}")
        others = [path for path in sorted(site.root.rglob("*.py")) if path != site.path]
        for path in draw.sample(others, min(self._chunks, len(others))):
            lines = read_file(path).text.split("\n")
            start = draw.randrange(max(1, len(lines) - CHUNK))
            part = "\n".join(lines[start : start + CHUNK])
            yield {"filename": str(path.relative_to(site.root.parent)), "text": part + "\n"}


class Ours:
    """Asks one of our writers, guided."""

    def __init__(self, writer: Writer, pool: AnalysisPool, python: str) -> None:
        self._writer, self._pool, self._python = writer, pool, python

    def __call__(self, site: DotSite, text: str, offset: int, new: bool) -> Asked:
        """See :data:`Way`."""
        workspace = Workspace(str(site.root.parent), python=self._python)
        snapshot = Snapshot(str(site.path), text, workspace)
        if new:
            if isinstance(self._writer, LocalWriter):
                self._writer.forget()
            # As the server does when a file is opened.
            look = NamesQuery(snapshot, hole_at(text, offset))
            wait([self._pool.ask(look, Deadline.after(_FIRST_LOOK_S))], timeout=_FIRST_LOOK_S)
        begun = time.monotonic()
        done = self._writer.complete(
            InfillRequest(snapshot, offset),
            self._pool,
            deadline=Deadline.never(),
            cancellation=Cancellation(),
        )
        return Asked(done.text, time.monotonic() - begun, done.prompt_tokens)


@contextmanager
def ways(options: argparse.Namespace) -> Iterator[Mapping[str, Way]]:
    """The ways that were asked for, over one model file."""
    path = store.resolve(options.model).path
    found: dict[str, Way] = {}
    with ExitStack() as held:
        pool = held.enter_context(AnalysisPool(WorkerSettings(cache_folder())))
        if set(options.ways) - {OURS}:
            port = held.enter_context(llama_server(path, threads=2, slots=1))
            connection = Connection(f"http://127.0.0.1:{port}", patience=_PATIENCE)
            held.callback(connection.close)
        for way in options.ways:
            if way == VSCODE:
                lines = (BEFORE, BEHIND)
                found[way] = Extension(connection, options.seed, options.chunks, lines)
            elif way.startswith(f"{VSCODE}:"):
                before, _, behind = way.removeprefix(f"{VSCODE}:").partition("+")
                lines = (int(before), int(behind))
                found[way] = Extension(connection, options.seed, 0, lines)
            elif way == OURS:
                runtime = LlamaCpp(path)
                held.callback(runtime.close)
                writer = LocalWriter(runtime, cache=vocabulary_folder())
                found[way] = Ours(writer, pool, options.python)
            elif way.startswith("room:"):
                room = PromptRoom(wait=0, least=int(way.removeprefix("room:")))
                found[way] = Ours(RemoteWriter(connection, room=room), pool, options.python)
            else:
                raise SystemExit(f"there is no way {way!r}")
        yield found


def packages(options: argparse.Namespace) -> dict[str, Path]:
    """Packages that the seed draws, by the names they are imported by, and where they are."""
    drawn = random.Random(options.seed).sample(sorted(NAMES.split()), options.draw)
    there = install(drawn, f"beside-{options.seed}-{options.draw}")
    options.python = str(there.python)
    imported = [IMPORTED_AS.get(name, name.replace("-", "_")) for name in drawn]
    kept = [name for name in imported if any((f / name).is_dir() for f in there.folders)]
    return roots(options.python, kept)


def window(site: DotSite, tokens: int, tokenize: Tokenize) -> str:
    """Both sides of the cut as a prompt of ``tokens`` shows them."""
    budget, text = Budget.of(tokens), site.with_text("")
    before = fitting_before(text[: site.start], budget.before, tokenize)
    room = budget.room_behind(len(tokenize(before)))
    return f"{before} {fitting_behind(text[site.start :], room, tokenize)}"


def gained(chosen: Sequence[DotSite], tokens: int, model: str) -> Iterator[DotSite]:
    """The sites whose next name a prompt of so many ``tokens`` holds and the smallest does not."""
    tokenize = LlamaTokens(store.resolve(model).path).tokenize
    for site in chosen:
        says = re.compile(rf"\b{re.escape(site.name)}\b").search
        if says(window(site, tokens, tokenize)) and not says(window(site, Budget.LEAST, tokenize)):
            yield site


def write_all(options: argparse.Namespace, book: Book, chosen: Sequence[DotSite]) -> None:
    """Ask at every site what has not been asked, until the budget is spent."""
    deadline = Deadline.after(options.budget) if options.budget else Deadline.never()
    known = book.known()
    missing = [s for s in chosen if any((s.key, way) not in known for way in options.ways)]
    if not missing:
        return
    with ways(options) as asked:
        for site in missing:
            if deadline.expired():
                break
            for name, way in asked.items():
                if (site.key, name) in known:
                    continue
                cut = site.with_text("")
                cold = way(site, cut, site.start, True)
                warm = None
                if site in chosen[: options.warm]:
                    typed = site.with_text(site.wanted[:1])
                    warm = way(site, typed, site.start + 1, False)
                book.keep(
                    {
                        "site": site.key,
                        "variant": name,
                        "text": cold.text.split("\n")[0],
                        "whole": cold.text,
                        "ms": cold.seconds * 1e3,
                        "warm_ms": warm.seconds * 1e3 if warm is not None else None,
                        "prompt_tokens": cold.prompt,
                        "confidence": 1.0,
                        "events": [],
                    }
                )
            print(".", end="", file=sys.stderr, flush=True)


def parses(text: str) -> bool:
    """Whether a file with this text is Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def beside(chosen: Sequence[DotSite], lines: Sequence[Mapping[str, Any]], names: Sequence[str]):  # type: ignore[no-untyped-def]
    """Rows of what parses and of the seconds, over the sites that every way was asked at."""
    written = {(line["site"], line["variant"]): line for line in lines}
    done = [site for site in chosen if all((site.key, name) in written for name in names)]
    for name in names:
        some = [(site, written[site.key, name]) for site in done]
        told = [(site, line) for site, line in some if line["whole"]]
        good = sum(parses(site.with_text(line["whole"])) for site, line in told)
        first = sum(parses(site.with_text(line["text"])) for site, line in told)
        cold = [line["ms"] / 1e3 for _, line in some]
        warm = [line["warm_ms"] / 1e3 for _, line in some if line["warm_ms"] is not None]
        yield [
            name,
            len(done),
            len(told),
            f"{100 * good / max(1, len(told)):.1f}",
            f"{100 * first / max(1, len(told)):.1f}",
            round(statistics.median(line["prompt_tokens"] for _, line in some)) if some else 0,
            f"{statistics.median(cold):.2f}" if cold else "",
            f"{statistics.median(warm):.2f}" if warm else "",
        ]


def main() -> int:
    """Ask, judge, print, save."""
    parser = argparse.ArgumentParser(prog="benchmarks.beside")
    parser.add_argument("--sites", type=int, default=4, help="of each package")
    parser.add_argument("--draw", type=int, default=12, help="how many packages")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--chunks", type=int, default=2, help="extra chunks for llama.vscode")
    parser.add_argument("--gained", type=int, default=0, metavar="N")
    parser.add_argument("--model", default="complete")
    parser.add_argument("--ways", nargs="+", default=[VSCODE, OURS])
    parser.add_argument("--warm", type=int, default=20, help="so many sites are asked warm, too")
    parser.add_argument("--budget", type=float, default=0.0, metavar="S", help="ask no longer")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="JSON Lines of answers so far")
    parser.add_argument("--judge", action="store_true", help="count static errors; ask nothing new")
    options = parser.parse_args()
    where = packages(options)
    chosen = [s for n in where for s in sites(n, where[n], options.sites, options.seed)]
    random.Random(options.seed).shuffle(chosen)
    if options.gained:
        chosen = list(gained(chosen, options.gained, options.model))
    book = Book(options.resume or RESULTS / f"beside-{options.model}-{options.seed}.jsonl")
    if not options.judge:
        write_all(options, book, chosen)
    said = judged(options, book, chosen) if options.judge else {}
    tables, result = report(chosen, book.lines, said, options.ways)
    for title, columns, rows in tables[:2]:
        show(title, columns, rows)
    columns = [
        "way",
        "sites",
        "said something",
        "parses %",
        "first line %",
        "tokens",
        "cold s",
        "warm s",
    ]
    rows = list(beside(chosen, book.lines, options.ways))
    show("In place", columns, rows)
    save(f"beside-{options.seed}", {"model": options.model, "places": rows, **result})
    return 0


if __name__ == "__main__":
    sys.exit(main())
