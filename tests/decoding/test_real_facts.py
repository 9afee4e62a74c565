"""Every monitor with what analysis really says of real code: what is replaced, what stands.

The model is a table that would write something wrong; behind it stands the shipped analysis worker.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.names import NameSet
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole
from analysis.worker.pool import AnalysisPool, WorkerSettings
from analysis.worker.queries import NamesQuery
from decoding.loop.decode_state import Greedy
from decoding.loop.loop import write
from decoding.vocabulary import tokens as vocabulary
from tests.decoding.toy import OneLine, Table, Toy

pytestmark = [pytest.mark.process, pytest.mark.slow]

FILE = """
import enum
import os
import shutil
import subprocess
from typing import Literal


SIZES = {"small": 1, "large": 2}


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Cart:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._total = 0

    def add(self, line: str) -> None:
        $0


class Empty:
    size = 0


def ask(question: str, *, default: str = "", tone: Literal["soft", "loud"] = "soft") -> str:
    return question
"""

#: What the model would write first, what second, and what follows each.
CASES = {
    "a member of a module": ("os.", "getcwdd", "getcwd", "()"),
    "an enum's member": ("Color.", "GREEN", "BLUE", ".name"),
    "a member of the class itself": ("self.", "rows", "lines", ".append(line)"),
    "a private one of the class itself": ("self.", "_sum", "_total", " + 1"),
    "a member of an attribute's type": ("self.lines.", "push", "append", "(line)"),
    "a member of an element": ("self.lines[0].", "uppercase", "upper", "()"),
    "a module": ("import ", "jsonlib", "json", ""),
    "a module's member": ("from os.path import ", "joined", "join", ""),
    "a keyword": ("ask(line, ", "fallback=", "default=", "line)"),
    "an exception": ("raise ", "WrongError", "ValueError", "(line)"),
    "a builtin that is no exception": ("raise ", "print", "ValueError", "\n"),
    "a bare name": ("print(", "basket", "line", ")"),
    "an argument that no place is left for": ("ask(line, ", "line", "default=", "line)"),
    "a name of another function, in brackets": ("print(line.upper() + ", "question", "line", ")"),
    "a positional argument of what takes none": ("Empty(", "line", ")", ""),
    "an argument that nothing takes": ("Cart().add(line, ", "line", ")", ""),
    "a key": ('print(SIZES["', "medium", "small", '"]'),
    "a value of a literal": ('ask("", tone="', "shout", "soft", '")'),
    "a name that has no value yet": ("lines = ", "lines", "line", ".upper()"),
    "a literal of another type": ("ask(", "3)", "line", ")"),
    "a display of another type, by keyword": ("ask(line, default=", "[1, 2])", "line", ")"),
    "a name of another type": ("os.close(", "line)", "SIZES", ")"),
    "an argument that is required": ("ask", "()", "(line", ")"),
}


class Prompt:
    """The worker as evidence that answers at once: a table is faster than any model."""

    def __init__(self, pool: AnalysisPool) -> None:
        self._pool = pool

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        future = self._pool.ask(NamesQuery(snapshot, hole), Deadline.after(60))
        wait([future])
        return future


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnalysisPool]:
    with AnalysisPool(WorkerSettings(str(tmp_path_factory.mktemp("cache")))) as started:
        yield started


def _written(pool: AnalysisPool, folder: Path, typed: str, table: Table) -> str:
    before, after = FILE.replace("$0", f"{typed}$0").split("$0")
    snapshot = Snapshot(
        str(folder / "shop.py"), before + after, Workspace(str(folder), python=sys.executable)
    )
    toy = Toy(table)
    return write(
        toy,
        toy.tokenize(before),
        vocabulary=vocabulary.load(toy.token_bytes()),
        snapshot=snapshot,
        offset=len(before),
        evidence=Prompt(pool),
        sampler=Greedy(),
        stop=OneLine(),
        max_tokens=12,
        cancellation=Cancellation(),
        query_deadline=60.0,
    ).text


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_replaced(pool: AnalysisPool, tmp_path: Path, case: str) -> None:
    typed, wrong, right, rest = CASES[case]
    row = {wrong: 0.6, right: 0.4}
    # A call behind the wrong name makes sure that it is read.
    called = wrong[-1] not in "=)" and wrong != "print"
    table = {typed: row, wrong: {"(line)" if called else "\n": 1.0}}
    table |= {right: {rest or "\n": 1.0}}
    assert _written(pool, tmp_path, typed, table).startswith(right)


@pytest.mark.parametrize("case", CASES)
def test_what_is_right_stands(pool: AnalysisPool, tmp_path: Path, case: str) -> None:
    typed, wrong, right, rest = CASES[case]
    table = {typed: {right: 0.6, wrong: 0.4}, right: {rest or "\n": 1.0}}
    assert _written(pool, tmp_path, typed, table) == (right + rest).rstrip("\n")
