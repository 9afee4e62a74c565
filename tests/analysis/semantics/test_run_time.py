"""Closed sets against the objects themselves: programs that are run.

A fixture holds programs, each begun by ``#! what it shows``; ``#@ NAME.py`` begins another module
of the same program. In the program ``look(EXPRESSION)`` gives its argument back. The program runs
under this interpreter, where ``look`` notes ``dir()`` of what it is given; then the analysis is
asked what may stand behind the expression. However it answers, a closed set must hold every name
that any of the objects had. A comment behind ``look`` may say more:

``# closed``  the set must be closed
``# exact``   and hold nothing but what the objects have
``# open``, ``# abstain``  what it must be
``# lacks=a,b``  names that must not be in the set (no object had them)
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.names import NameSet, Tier
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at

pytestmark = pytest.mark.slow
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "run_time"
_LOOK = re.compile(r"(?<![\w.])look\(")
#: Runs the programs that it is given and prints, for each, the names by line (from 1).
_RUNNER = """
import builtins, json, os, runpy, sys
def run(folder):
    seen = {}
    def look(value):
        line = sys._getframe(1).f_lineno
        seen.setdefault(line, []).append([n for n in dir(value) if n != "look"])
        return value
    builtins.look = look
    before, path = set(sys.modules), sys.path[:]
    sys.path.insert(0, folder)
    try:
        runpy.run_path(os.path.join(folder, "main.py"), run_name="main")
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            del sys.modules[name]
    return seen
for folder in sys.argv[1:]:
    print(json.dumps(run(folder)), flush=True)
"""


@dataclass(frozen=True)
class Program:
    """Its modules by file name; ``main.py`` is the one that is run."""

    title: str
    modules: dict[str, str]


def _programs() -> list[Program]:
    found = []
    for path in sorted(FIXTURES.glob("*.py")):
        for part in re.split(r"^#! ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            title, _, source = part.partition("\n")
            main, *others = re.split(r"^#@ ", source, flags=re.M)
            modules = {"main.py": main}
            for other in others:
                name, _, text = other.partition("\n")
                modules[name.strip()] = text
            found.append(Program(f"{path.stem}: {title.strip()}", modules))
    return found


PROGRAMS = _programs()


@pytest.fixture(scope="module")
def ran(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[Path, dict[str, list[list[str]]]]]:
    """For each program its folder, and the names of what was looked at, by line."""
    root = tmp_path_factory.mktemp("programs")
    folders = []
    for index, program in enumerate(PROGRAMS):
        folder = root / str(index)
        for name, text in program.modules.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        folders.append(folder)
    done = subprocess.run(
        [sys.executable, "-I", "-c", _RUNNER, *map(str, folders)],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert len(lines) == len(PROGRAMS), (
        f"{PROGRAMS[len(lines)].title} failed\n{done.stderr[-3000:]}"
    )
    return {
        program.title: (folder, json.loads(line))
        for program, folder, line in zip(PROGRAMS, folders, lines, strict=True)
    }


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize("program", PROGRAMS, ids=[p.title for p in PROGRAMS])
def test_closed_sets_hold_what_the_objects_have(
    program: Program,
    ran: dict[str, tuple[Path, dict[str, list[list[str]]]]],
    provider: ReferenceProvider,
) -> None:
    folder, seen = ran[program.title]
    workspace = Workspace(str(folder), python=sys.executable)
    problems = []
    for file, text in program.modules.items():
        for end, receiver, expected in _looks(text):
            asked = f"{text[:end]}.{text[end:]}"
            snapshot = Snapshot(str(folder / file), asked, workspace)
            answer = provider.names(snapshot, hole_at(asked, end + 1), Deadline.after(60))
            line = str(text.count("\n", 0, end) + 1)
            objects = seen.get(line, [])
            problems += [
                f"{file}, line {line}, {receiver}: {said}"
                for said in _wrong(answer, objects, expected)
            ]
    assert not problems, "\n".join(problems)


def _looks(text: str) -> Iterator[tuple[int, str, str]]:
    """Each expression that is looked at: the offset of its end, the text, and what is expected."""
    for match in _LOOK.finditer(text):
        depth, end = 1, match.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        line, _, _ = text[end:].partition("\n")
        yield end - 1, text[match.end() : end - 1], line.partition("#")[2].strip()


def _wrong(answer: NameSet, objects: list[list[str]], expected: str) -> list[str]:
    wrong = []
    names, real = answer.spellings(), {name for each in objects for name in each}
    shown = f"{answer.tier.value} {answer.receiver_type!r} ({answer.reason})"
    if not objects:
        return ["the program never came here"]
    words = expected.split()
    if words and words[0] in ("closed", "exact", "open", "abstain"):
        wanted = Tier.CLOSED.value if words[0] == "exact" else words[0]
        if answer.tier.value != wanted:
            wrong.append(f"{shown}, not {wanted}")
    if answer.tier is Tier.CLOSED and real - names:
        wrong.append(f"{shown} lacks {', '.join(sorted(real - names)[:20])}")
    if answer.tier is Tier.CLOSED and words[:1] == ["exact"] and names - real:
        wrong.append(f"{shown} has also {', '.join(sorted(names - real)[:20])}")
    for word in words:
        if word.startswith("lacks="):
            kept = names & set(word.removeprefix("lacks=").split(","))
            assert not kept & real, f"the objects do have {kept}"
            wrong += [f"{shown} holds {name}" for name in sorted(kept)]
    return wrong
