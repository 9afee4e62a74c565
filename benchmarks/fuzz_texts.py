"""Broken Python for ``benchmarks.fuzz``: prefixes of files, and files with tokens put in or out."""

from __future__ import annotations

import logging
import random
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.deadline import Deadline
from analysis.errors import ExplainedError
from analysis.graph.extraction.reading import extract
from analysis.lint.interface import interface
from analysis.lint.query import LintQuery
from analysis.lint.unbound import unbound
from analysis.program.visible import visible
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import calls_at, hole_at, value_at
from analysis.syntax.tree import parse, reparse
from analysis.text.files import read_file
from analysis.views.program import parse_program
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from benchmarks.fuzz_part import MOST_FOUND, Part, guarded

_TOKENS = (
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    "=",
    ":=",
    ".",
    ",",
    "*",
    "**",
    "@",
    "->",
    "\\",
    "\\\n",
    "\n",
    "\r",
    "\t",
    "\f",
    "\x00",
    "\ufeff",
    "é",
    "\u2028",
    "🐟",
    "\ud83d",
    "lambda ",
    "async ",
    "await ",
    "match x:\n case ",
    "class A[T]:",
    "def f(",
    "import ",
    "from . import ",
    "yield ",
    "global x",
    'f"{',
    '"""',
    "'''",
    "type X = ",
    "if ",
    "else:",
    "try:",
    "except* ",
    "finally:",
    "with ",
    "~",
    "0x",
    "1_",
    "...",
    "# type: ",
    "__all__ = ",
    "del ",
    "nonlocal ",
    "return ",
    "for x in ",
    "(" * 60,
    "x." * 60,
    "[" * 300,
    "not " * 200,
    "-" * 400,
    "a" * 5000,
    "if x:\n " * 30,
)


def prefixes(files: Sequence[Path], ends: float, chance: random.Random) -> Part:
    """Every prefix of every file, a run of neighbours at a time, so that a tree is made of the one
    before it as it is while somebody types."""
    part = Part()
    texts = {path: read_file(path).text for path in files}
    runs = [(path, at) for path, text in texts.items() for at in range(0, len(text) + 1, 200)]
    chance.shuffle(runs)
    for path, begin in runs:
        tree = parse(texts[path][:begin])
        for end in range(begin, min(begin + 200, len(texts[path]) + 1)):
            shown = texts[path][:end]

            def work(shown: str = shown, end: int = end) -> None:
                nonlocal tree
                tree = reparse(tree, shown)
                hole_at(shown, end, tree)
                value_at(shown, end, tree)
                calls_at(shown, end, tree)
                visible(tree, end)

            guarded(part, f"prefix of {path} to {end}", work)
        if time.monotonic() > ends or len(part.found) > MOST_FOUND:
            break
    return part


def mutated(text: str, chance: random.Random) -> str:
    """A text with a few tokens put in, taken out, doubled, or moved."""
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.choice([1, 3, 20, 200]))
        match chance.randrange(6):
            case 0 | 1:
                text = text[:at] + chance.choice(_TOKENS) + text[at:]
            case 2:
                text = text[:at] + text[end:]
            case 3:
                text = text[:end] + text[at:]
            case 4:
                other = chance.randrange(len(text) + 1)
                text = text[:other] + text[at:end] + text[other:]
            case _:
                text = text[:at] + chr(chance.randrange(1, 0x3000)) + text[end:]
    return text


def flow_of(text: str) -> object:
    """Both flow views."""
    program = parse_program(text, "")
    return program.flows, program.data


def _facts(text: str) -> object:
    # Callers know that a file may be nested too deeply (``graph.extraction.reading``).
    try:
        return extract(text)
    except RecursionError:
        return None


def through_all(text: str, chance: random.Random) -> dict[str, Callable[[], object]]:
    """What reads a text, by name."""
    at = chance.randrange(len(text) + 1)
    return {
        "syntax": lambda: hole_at(text, at, reparse(parse(text[:at]), text)),
        "values": lambda: value_at(text, at),
        "calls": lambda: calls_at(text, at),
        "scopes": lambda: visible(parse(text), at),
        "flow": lambda: flow_of(text),
        "unbound": lambda: unbound(text),
        "graph": lambda: _facts(text),
        "interface": lambda: interface(text),
    }


def mutations(files: Sequence[Path], ends: float, chance: random.Random) -> Part:
    """Mutated files; every tenth through lint in a worker, too."""
    part = Part()
    # What it logs is a worker that died, or a defect.
    logging.getLogger("analysis").addHandler(logged := _Logged(part))
    texts = [text for text in (read_file(path).text for path in files) if len(text) < 40_000]
    home = Workspace(str(Path.cwd()), python=sys.executable)
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        while time.monotonic() < ends and len(part.found) <= MOST_FOUND:
            seed = chance.randrange(1 << 30)
            here = random.Random(seed)
            text = mutated(here.choice(texts), here)
            for name, work in through_all(text, here).items():
                guarded(part, f"mutation {seed} through {name}", work)
            if part.inputs % 70 == 0:
                query = LintQuery(Snapshot("", text, home), 0, 0.5)
                begin = time.monotonic()
                try:
                    pool.ask(query, Deadline.after(5)).result(30)
                except ExplainedError as error:
                    if "\ud83d" not in text:
                        part.found.append(f"mutation {seed} through lint: {error}")
                except Exception:  # noqa: BLE001 - what is looked for
                    part.found.append(f"mutation {seed}, lint\n{traceback.format_exc()[-1500:]}")
                if time.monotonic() - begin > 20:
                    part.found.append(f"mutation {seed} through lint: a hang")
    logging.getLogger("analysis").removeHandler(logged)
    return part


class _Logged(logging.Handler):
    """Notes warnings and errors among what was found."""

    def __init__(self, part: Part) -> None:
        super().__init__(logging.WARNING)
        self._part = part

    def emit(self, record: logging.LogRecord) -> None:
        self._part.found.append(f"logged: {record.getMessage()}")
