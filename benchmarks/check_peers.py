"""``check`` beside other checkers: the same files, one core each, in turn in one run.

``python -m benchmarks.check_speed --peers`` draws packages by ``--seed`` from the list of
``lint_precision``, installs them, and the peers into an environment of their own, and copies about
``--project-lines`` lines of them into a project. Each tool checks it *cold* (with an empty cache
folder), *warm* (nothing changed) and after one function was added to one file. Then the server of
each opens a file of 2,600 lines, cold: how long until it reports an invented member on the second
line (*in view*) and one on the last (*all*), and, the median of five, until it reports one that is
written into the middle. A server that has not reported it in time has no figure. None is asked to
rest before it checks.

On Linux this process and with it every tool keeps to one core. *s* is wall time, *cpu s* processor
time of all processes of a tool, which a busy machine changes less.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.editor import Editor
from benchmarks.installed import IMPORTED_AS, Installed, install
from benchmarks.lint_precision import LONG_LIST
from benchmarks.lint_world import group
from benchmarks.report import show

_LIMIT = 1800.0
#: Seconds for one report of a server: generous, it only bounds a hang.
_PATIENCE_S = 240.0
_EDITS = 5
_OWN = Path(sys.executable).with_name("pilotfish")


@dataclass(frozen=True, slots=True)
class _Peer:
    """A checker: its command line, which gets the files appended, its server, and the settings that
    make this server report what the command does."""

    name: str
    command: Callable[[Installed, Path], list[str | Path]]
    server: Callable[[Installed], list[str | Path]]
    options: Mapping[str, Any] = field(default_factory=dict)


_PEERS = (
    _Peer(
        "pilotfish",
        lambda _, python: [_OWN, "check", "--json", "--jobs", "1", "--python", python],
        lambda _: [_OWN, "serve"],
    ),
    _Peer(
        "ty",
        lambda tools, python: [
            tools.program("ty"), "check", "--no-progress", "--output-format", "concise",
            "--python", python,
        ],
        lambda tools: [tools.program("ty"), "server"],
    ),
    _Peer(
        "basedpyright",
        lambda tools, python: [
            tools.program("basedpyright"), "--outputjson", "--level", "error",
            "--pythonpath", python,
        ],
        lambda tools: [tools.program("basedpyright-langserver"), "--stdio"],
    ),
    _Peer(
        "pyrefly",
        lambda tools, python: [
            tools.program("pyrefly"), "check", "-j", "1", "--summary=none",
            "--python-interpreter-path", python,
        ],
        lambda tools: [tools.program("pyrefly"), "lsp", "-j", "1"],
        {"pyrefly": {"displayTypeErrors": "force-on"}},
    ),
)  # fmt: skip


def beside(lines: int, count: int, seed: int) -> dict[str, Any]:
    """Measure every tool, print the tables and return the figures."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    drawn = sorted(random.Random(f"peers {seed}").sample(LONG_LIST, count))
    tools = install(["ty", "basedpyright", "pyrefly"], "check-peers")
    place = install(drawn, f"peers-{seed}")
    versions = [f"{n} {tools.version(n)}" for n in ("ty", "basedpyright", "pyrefly")]
    print(f"seed {seed}: {', '.join(drawn)}; {', '.join(versions)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        names = [IMPORTED_AS.get(each, each) for each in drawn]
        of = group(
            "peers",
            names,
            place,
            Path(folder, "world"),
            lines=lines // count,
            inventions=0,
            seed=seed,
        )
        rows = []
        for number, peer in enumerate(_PEERS):
            home = Path(folder, f"home-{number}")
            home.mkdir()
            found: dict[str, Any] = _project(peer, tools, place.python, of.clean, of.files, home)
            found |= _server(peer, tools, Path(folder, f"opened-{number}"), home)
            rows.append({"tool": peer.name, **found})
    columns = list(rows[0])
    show(
        f"{of.lines:,} lines in {len(of.files)} files, one core",
        [c.replace("_", " ") for c in columns],
        [[_cell(row[c]) for c in columns] for row in rows],
    )
    return {"drawn": drawn, "peers": versions, "lines": of.lines, "tools": rows}


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else "" if value is None else str(value)


def _project(
    peer: _Peer, tools: Installed, python: Path, root: Path, files: Sequence[str], home: Path
) -> dict[str, float]:
    command = [*peer.command(tools, python), *files]
    found: dict[str, float] = {}
    edited = root / sorted(files, key=lambda name: (root / name).stat().st_size)[len(files) // 2]
    text = edited.read_text(encoding="utf-8")
    for name in ("cold", "warm", "changed"):
        if name == "changed":
            edited.write_text(f"{text}\n\ndef added(size):\n    return size\n", encoding="utf-8")
        found |= _run(name, command, root, home)
    edited.write_text(text, encoding="utf-8")
    return found


def _run(name: str, command: list[str | Path], root: Path, home: Path) -> dict[str, float]:
    began, spent = time.perf_counter(), _processor()
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "XDG_CACHE_HOME": str(home), "TY_MAX_PARALLELISM": "1"},
        capture_output=True,
        text=True,
        timeout=_LIMIT,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]}: exit {done.returncode}\n{done.stderr[-2000:]}")
    seconds, processor = time.perf_counter() - began, _processor() - spent
    return {f"{name}_s": seconds, f"{name}_cpu_s": processor}


def _processor() -> float:
    """Seconds of processor time of the processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _server(peer: _Peer, tools: Installed, root: Path, home: Path) -> dict[str, float | None]:
    """Seconds until a server reports what was opened and what is written then."""
    (root / ".git").mkdir(parents=True)
    path = root / "opened.py"
    module = (Path(os.__file__).parent / "argparse.py").read_text(encoding="utf-8")
    text = f"import json\njson.dumpz(1)\n{module}\njson.loadz(1)\n"
    path.write_text(text, encoding="utf-8")
    command = [str(part) for part in peer.server(tools)]
    editor = Editor(root, home, push=True, options=peer.options, command=command)
    try:
        began = time.perf_counter()
        editor.open(path, text)
        first = _reported(editor, path, "dumpz", began)
        last = _reported(editor, path, "loadz", began)
        edits = [_after_an_edit(editor, path, f"dumpy{n}") for n in "abcdefgh"[:_EDITS]]
    finally:
        editor.end()
    known = [each for each in edits if each is not None]
    again = statistics.median(known) if len(known) == len(edits) else None
    return {"in_view_s": first, "all_s": last, "edited_s": again}


def _after_an_edit(editor: Editor, path: Path, name: str) -> float | None:
    """Write a call in the middle of the document; seconds until it is reported."""
    text = editor.buffers[path].text
    at = text.index("class HelpFormatter")
    began = time.perf_counter()
    editor.edit(path, at, at, f"json.{name}(2)\n")
    return _reported(editor, path, name, began)


def _reported(editor: Editor, path: Path, name: str, began: float) -> float | None:
    """Seconds since ``began`` when a pushed diagnostic names ``name``."""
    while not any(name in each["message"] for each in editor.pushed.get(path.as_uri(), ())):
        left = began + _PATIENCE_S - time.perf_counter()
        if left <= 0:
            return None
        editor.read(left)
    return time.perf_counter() - began
