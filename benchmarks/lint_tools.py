"""Checkers as they are run by hand, and what they say of names: attributes, imports, keywords,
arguments and undefined names. What else they report is left out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.installed import Installed

#: Seconds that a run over one group may take.
_LIMIT = 900.0
_LINE = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):(?:(?P<column>\d+):?)? ?(?P<rest>.*)$", re.M)


@dataclass(frozen=True, slots=True)
class Said:
    """One diagnostic; ``line`` from 1, ``path`` relative to the workspace."""

    path: str
    line: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Tool:
    """``command`` gets the workspace's files appended; ``read`` turns its output into what it
    says of names."""

    name: str
    command: Callable[[Installed, Path], list[str | Path]]
    read: Callable[[str, Path], list[Said]]
    requirement: str = ""


def run(
    tool: Tool, tools: Installed, python: Path, workspace: Path, files: Sequence[str]
) -> tuple[list[Said], float]:
    """What ``tool`` says of ``files``, and the seconds it took. ``tools`` holds them,
    ``python`` is the interpreter whose packages the files use."""
    command = [*tool.command(tools, python), *files]
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=workspace, capture_output=True, text=True, timeout=_LIMIT, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode not in (0, 1):
        raise SystemExit(f"{tool.name}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return tool.read(done.stdout, workspace), seconds


def _relative(path: str, workspace: Path) -> str:
    place = Path(path)
    return place.relative_to(workspace).as_posix() if place.is_absolute() else place.as_posix()


def _pilotfish(output: str, workspace: Path) -> list[Said]:
    return [
        Said(_relative(f["path"], workspace), f["line"] + 1, f["code"], f["message"])
        for f in json.loads(output)
        if f["code"] in _OF_RUFF
        or (f["source"] == "pilotfish" and f["code"] not in _OF_OTHER_MATTERS)
    ]


#: API that exists but is deprecated: only Pilotfish says so.
DEPRECATED = "PF108"
#: Of Pilotfish: files that cannot be read.
_OF_OTHER_MATTERS = frozenset({"PF010"})
#: Undefined names, which ``pilotfish check`` shows as ruff's.
_OF_RUFF = frozenset({"F821", "F822", "F823"})
#: Under the names that its rules have had over time.
_OF_TY = frozenset(
    {"unresolved-attribute", "unresolved-import", "unknown-argument", "missing-argument"}
    | {"missing-attribute", "missing-module-member", "import-not-found"}
    | {"too-many-positional-arguments", "unresolved-reference", "possibly-unresolved-reference"}
    | {"possibly-missing-attribute", "possibly-missing-import", "no-matching-overload"}
)


def _ty(output: str, workspace: Path) -> list[Said]:
    found = []
    for match in _LINE.finditer(output):
        code = re.match(r"\w+\[(?P<code>[\w-]+)\] (?P<what>.*)", match["rest"])
        if code and code["code"] in _OF_TY:
            path = _relative(match["path"], workspace)
            found.append(Said(path, int(match["line"]), code["code"], code["what"]))
    return found


_OF_PYRIGHT = frozenset(
    {"reportAttributeAccessIssue", "reportMissingImports", "reportCallIssue"}
    | {"reportUndefinedVariable", "reportPossiblyUnbound", "reportUnboundVariable"}
    | {"reportPossiblyUnboundVariable"}
)


def _pyright(output: str, workspace: Path) -> list[Said]:
    said: list[dict[str, Any]] = json.loads(output)["generalDiagnostics"]
    return [
        Said(
            _relative(d["file"], workspace),
            d["range"]["start"]["line"] + 1,
            d["rule"],
            d["message"].split("\n")[0],
        )
        for d in said
        if d.get("rule") in _OF_PYRIGHT
    ]


def _ruff(output: str, workspace: Path) -> list[Said]:
    return [
        Said(_relative(d["filename"], workspace), d["location"]["row"], d["code"], d["message"])
        for d in json.loads(output)
    ]


def _pyflakes(output: str, workspace: Path) -> list[Said]:
    return [
        Said(_relative(m["path"], workspace), int(m["line"]), "undefined", m["rest"])
        for m in _LINE.finditer(output)
        if m["rest"].startswith(("undefined name", "local variable"))
        and "assigned to but never used" not in m["rest"]
    ]


TOOLS: tuple[Tool, ...] = (
    Tool(
        "pilotfish",
        lambda _, python: [
            Path(sys.executable).with_name("pilotfish"), "check", "--json", "--no-cache",
            "--python", python,
        ],
        _pilotfish,
    ),
    Tool(
        "ty",
        lambda tools, python: [
            tools.program("ty"), "check", "--output-format", "concise", "--python", python,
            "--no-progress",
        ],
        _ty,
        "ty",
    ),
    Tool(
        "basedpyright",
        lambda tools, python: [
            tools.program("basedpyright"), "--outputjson", "--level", "error",
            "--pythonpath", python,
        ],
        _pyright,
        "basedpyright",
    ),
    Tool(
        "ruff",
        lambda tools, _: [
            tools.program("ruff"), "check", "--isolated", "--no-cache",
            "--select", "F821,F822,F823", "--output-format", "json",
        ],
        _ruff,
        "ruff",
    ),
    Tool("pyflakes", lambda tools, _: [tools.program("pyflakes")], _pyflakes, "pyflakes"),
)  # fmt: skip
