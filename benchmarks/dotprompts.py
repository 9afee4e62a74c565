"""What guidance brings: ``python -m benchmarks.dotprompts [--sites 20] [--packages …] [--model …]``

Attributes of real packages: a line is cut behind a dot, and the model writes the rest, without and
with guidance. The judge is neither the model nor the provider: the file's module is really imported
and the receiver looked up in it, so only receivers that a module-level name begins are judged; a
name that ``hasattr`` denies is *invented*, disputed ones included. Beside it: whether the next
identifier is the author's, and at how many sites guidance gained and lost it. Times are kept by
site, but the first way pays for the prompt: what guidance costs, ``benchmarks.overhead`` says.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.syntax.holes import hole_at
from analysis.worker.pool import AnalysisPool
from analysis.worker.process import WorkerSettings, cache_folder
from benchmarks.holes import CutLine, cut_lines
from benchmarks.overhead import look, run
from benchmarks.report import save, show
from decoding.completion import Completion
from decoding.evidence import Evidence
from decoding.models import store
from decoding.opening import open_writer
from decoding.writer import Writer

#: Packages that the environment of every developer has, and modules of the standard library.
PACKAGES = (
    "rich", "httpx", "huggingface_hub", "jedi", "pygls", "hypothesis",
    "argparse", "asyncio", "email", "logging", "unittest", "importlib",
)  # fmt: skip
KINDS = frozenset({"attribute"})
_CHAIN = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*\Z")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One site. ``exists`` says whether the member written exists, ``None`` where nobody knows."""

    package: str
    path: str
    line: int
    name: str
    receiver: str
    free: str
    guided: str
    free_exists: bool | None
    guided_exists: bool | None
    tier: str
    rejected: str
    disputed: bool
    free_ms: float
    guided_ms: float


def module_name(path: Path) -> str | None:
    """The dotted name under which a file is imported, or ``None`` where it is not."""
    roots = sorted((Path(entry) for entry in sys.path if entry), key=lambda p: -len(p.parts))
    for root in roots:
        if path.is_relative_to(root):
            parts = path.relative_to(root).with_suffix("").parts
            return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return None


@cache
def namespace(path: Path) -> dict[str, object]:
    """The module of a file, imported for real; empty where that fails."""
    name = module_name(path)
    if name is None or name.rpartition(".")[2] == "__main__":
        return {}
    try:
        return vars(importlib.import_module(name))
    except Exception:  # noqa: BLE001  # some modules are for other systems
        return {}


@cache
def hidden(path: Path) -> frozenset[str]:
    """Names that some function or class of the file binds: there they may not be the module's."""
    tree = ast.parse(path.read_text("utf-8"))
    found: set[str] = set()
    for scope in ast.walk(tree):
        if not isinstance(
            scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
        ):
            continue
        for node in ast.walk(scope):
            if isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                found.add(node.name)
            elif isinstance(node, ast.alias):
                found.add((node.asname or node.name).partition(".")[0])
    return frozenset(found)


def exists(path: Path, receiver: str, member: str) -> bool | None:
    """Whether ``receiver`` has ``member`` when its module is imported; ``None`` if unknown."""
    if not member or not _CHAIN.match(receiver):
        return None
    first, *rest = receiver.split(".")
    if first in hidden(path) or first not in namespace(path):
        return None
    thing = namespace(path)[first]
    for name in rest:
        if not hasattr(thing, name):
            return None
        thing = getattr(thing, name)
    # A submodule is a member once somebody has imported it.
    return hasattr(thing, member) or f"{getattr(thing, '__name__', '')}.{member}" in sys.modules


def identifier(text: str) -> str:
    """The identifier that a text begins with."""
    found = re.match(r"\w+", text)
    return found.group() if found else ""


def at(writer: Writer, pool: AnalysisPool, cut: CutLine) -> Outcome:
    """Write one line both ways."""
    look(pool, cut)
    timed = [_timed(writer, cut, evidence) for evidence in (None, pool)]
    (free, free_ms), (guided, guided_ms) = timed
    receiver = hole_at(cut.snapshot.text, cut.offset).receiver_text
    plain, better = identifier(free.text), identifier(guided.text)
    event = guided.events[0] if guided.events else None
    return Outcome(
        cut.package,
        str(cut.site.path),
        cut.snapshot.text.count("\n", 0, cut.offset) + 1,
        cut.name,
        receiver,
        plain,
        better,
        exists(cut.site.path, receiver, plain),
        exists(cut.site.path, receiver, better),
        tier=event.tier if event else "",
        rejected=event.rejected if event else "",
        disputed=bool(event and event.disputed),
        free_ms=free_ms,
        guided_ms=guided_ms,
    )


def _timed(writer: Writer, cut: CutLine, evidence: Evidence | None) -> tuple[Completion, float]:
    begun = time.monotonic()
    done = run(writer, cut, evidence)
    return done, (time.monotonic() - begun) * 1e3


def summary(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """The numbers over some sites."""
    count = len(outcomes)
    gained = sum(o.free != o.name == o.guided for o in outcomes)
    lost = sum(o.free == o.name != o.guided for o in outcomes)

    def invented(answers: list[bool | None]) -> str:
        known = [answer for answer in answers if answer is not None]
        return f"{known.count(False)} of {len(known)}"

    return {
        "sites": count,
        "match": round(sum(o.free == o.name for o in outcomes) / max(1, count), 3),
        "guided": round(sum(o.guided == o.name for o in outcomes) / max(1, count), 3),
        "gained": gained,
        "lost": lost,
        "invented": invented([o.free_exists for o in outcomes]),
        "inv. guided": invented([o.guided_exists for o in outcomes]),
        "closed": sum(o.tier == "closed" for o in outcomes),
        "rejected": sum(bool(o.rejected) for o in outcomes),
        "disputed": sum(o.disputed for o in outcomes),
        "silent": sum(not o.guided for o in outcomes),
    }


def main() -> int:
    """Write everything both ways, print, save."""
    parser = argparse.ArgumentParser(prog="benchmarks.dotprompts")
    parser.add_argument("--sites", type=int, default=20, help="of each package")
    parser.add_argument("--packages", nargs="+", default=PACKAGES)
    parser.add_argument("--model", default="complete")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3600, help="stop after so many")
    options = parser.parse_args()
    begun = time.monotonic()
    outcomes: list[Outcome] = []
    cuts = cut_lines(options.packages, options.sites, KINDS, options.seed)
    # Package by package in turns, so that a run that is stopped early has looked at all.
    order = sorted(range(len(cuts)), key=lambda i: (i % max(1, options.sites), i))
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        writer = open_writer(store.resolve(options.model))
        for index in order:
            if time.monotonic() - begun > options.seconds:
                break
            outcomes.append(at(writer, pool, cuts[index]))
            print(".", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        writer.close()
    if not outcomes:
        raise AnalysisError("no site was reached", where="--seconds", mend="give it more time")
    packages = dict.fromkeys(o.package for o in outcomes)
    rows = {name: summary([o for o in outcomes if o.package == name]) for name in packages}
    rows["ALL"] = summary(outcomes)
    columns = ["package", *rows["ALL"]]
    show("Next identifier behind a dot", columns, [[n, *r.values()] for n, r in rows.items()])
    save(
        "dotprompts",
        {
            "model": options.model,
            "packages": rows,
            "sites": [asdict(outcome) for outcome in outcomes],
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
