"""``make demo``: the main job on the example project, with the real model, in under two screens.

Three parts, each through the installed command as a user would call it: completions at the holes of
``examples/harbour/holes`` without and with guidance, judged by importing the module that is
dereferenced; ``check`` on a file with invented API; ``fix`` on a test that really fails. Nothing is
prepared: whatever the model writes is shown and counted. ``--pictures FOLDER`` also keeps each part
as a picture (those in the README).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "harbour"
PILOTFISH = str(Path(sys.executable).parent / "pilotfish")
CURSOR = "$0"
#: Characters of each column of the table of completions.
_COLUMN = 31
#: The test that fails in the example: the quay hands out its longest berth, not its shortest.
FAILING = "tests/test_berths.py::test_the_shortest_berth_that_fits_and_of_equals_the_shallowest"

#: Reads ``{"judge": …, "name": …}`` lines and says whether the member exists once really imported.
JUDGE = """
import json, sys
sys.path.insert(0, sys.argv[1])
for line in sys.stdin:
    case = json.loads(line)
    scope = {}
    exec(case["judge"], scope)
    print(json.dumps(hasattr(scope["judged"], case["name"])), flush=True)
"""

console = Console(highlight=False, record=True, width=100)


@dataclass(frozen=True)
class Hole:
    """One example file: where the cursor is, the text without the marker, and who judges it."""

    path: Path
    line: int
    character: int
    text: str
    judge: str

    @property
    def before(self) -> str:
        """The line up to the cursor."""
        return self.text.split("\n")[self.line][: self.character]


@dataclass(frozen=True)
class Written:
    """What was inserted at a hole, and whether its first name exists."""

    text: str
    name: str
    exists: bool
    ms: float


def read_hole(path: Path) -> Hole:
    """A file with a ``# judge: STATEMENT`` first line and ``$0`` at the cursor."""
    marked = path.read_text(encoding="utf-8")
    offset = marked.index(CURSOR)
    text = marked.replace(CURSOR, "")
    before = text[:offset]
    judge = marked.split("\n", 1)[0].removeprefix("# judge: ")
    # The first line tells who judges; the model must not read it.
    text = text.split("\n", 1)[1]
    line = before.count("\n") - 1
    return Hole(path, line, len(before) - before.rfind("\n") - 1, text, judge)


def _lines(command: list[str], rows: list[dict[str, object]]) -> list[dict[str, object]]:
    done = subprocess.run(
        command,
        input="".join(json.dumps(row) + "\n" for row in rows),
        stdout=subprocess.PIPE,
        text=True,
        cwd=EXAMPLE,
        check=False,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(rows):
        raise SystemExit(f"{' '.join(command[:3])} answered {len(answers)} of {len(rows)} lines")
    return answers


def complete(holes: list[Hole], *extra: str) -> list[Written]:
    """Fill the holes with ``pilotfish complete --jsonl`` and judge the first name of each."""
    rows: list[dict[str, object]] = [
        {"path": str(h.path), "line": h.line, "character": h.character, "text": h.text}
        for h in holes
    ]
    answers = _lines([PILOTFISH, "complete", "--jsonl", "--json", *extra], rows)
    texts = [str(answer.get("text", "")) for answer in answers]
    names = [found.group() if (found := re.match(r"\w+", text)) else "" for text in texts]
    judged = subprocess.run(
        [sys.executable, "-I", "-c", JUDGE, str(EXAMPLE)],
        input="".join(
            json.dumps({"judge": h.judge, "name": n}) + "\n"
            for h, n in zip(holes, names, strict=True)
        ),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    written = []
    for answer, text, name, verdict in zip(answers, texts, names, judged, strict=True):
        ms = answer.get("ms")
        total = float(ms["total"]) if isinstance(ms, dict) else 0.0
        written.append(Written(text, name, verdict == "true", total))
    return written


def _cell(written: Written) -> str:
    shown = written.text.split("\n")[0]
    if len(shown) > _COLUMN - 3:
        shown = shown[: _COLUMN - 4] + "…"
    shown = escape(shown) or "(silent)"
    if not written.name:
        return f"[dim]{shown}[/dim]"
    return f"[green]{shown}[/green]" if written.exists else f"[red]{shown}  ✗[/red]"


def show_completions() -> None:
    """Part (a): the same holes without and with guidance, side by side."""
    holes = [read_hole(path) for path in sorted((EXAMPLE / "holes").glob("*.py"))]
    console.rule(
        f"[bold]1. {len(holes)} holes in examples/harbour/holes, the model alone and guided"
    )
    alone = complete(holes, "--no-guidance")
    guided = complete(holes)
    table = Table(box=None, padding=(0, 1), header_style="bold")
    for heading in ("at the cursor", "the model alone", "with Pilotfish"):
        table.add_column(heading, overflow="ellipsis", no_wrap=True, width=_COLUMN)
    for hole, a, g in zip(holes, alone, guided, strict=True):
        table.add_row(f"[dim]{escape(hole.before.strip()[-_COLUMN:])}[/dim]", _cell(a), _cell(g))
    console.print(table)
    counts = [sum(bool(w.name) and not w.exists for w in side) for side in (alone, guided)]
    seconds = [sum(w.ms for w in side) / 1000 for side in (alone, guided)]
    console.print(
        f"\ninvented: [red]{counts[0]} of {len(holes)}[/red] alone, "
        f"[green]{counts[1]} of {len(holes)}[/green] guided "
        f"(judged by importing the module); {seconds[0]:.1f} s and {seconds[1]:.1f} s\n"
    )


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    console.print(f"[dim]$ pilotfish {escape(shlex.join(words))}[/dim]", soft_wrap=True)
    return subprocess.run(
        [PILOTFISH, *words],
        cwd=EXAMPLE,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        # The output goes through our console: keep the colours that a terminal would get.
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": "100"} if sys.stdout.isatty() else None,
    )


def show_check() -> bool:
    """Part (b): ``check`` on a file with invented API; whether it found any."""
    console.rule("[bold]2. check: what the installed code does not have")
    done = _run("check", "harbour_master.py")
    console.print(Text.from_ansi(done.stdout))
    return done.returncode == 1


def show_fix() -> bool:
    """Part (c): ``fix`` on a failing test; whether it ended with a verified diff."""
    console.rule("[bold]3. fix: a failing test, repaired and run")
    done = _run("fix", "harbour/berths.py", "--test", f"pytest -q {FAILING}", "--json")
    if done.returncode == 2:
        return False
    answer = json.loads(done.stdout)
    console.print(Syntax(answer["patch"].rstrip("\n"), "diff", background_color="default"))
    console.print(
        f"\n[bold green]{answer['status']}[/bold green]: {answer['candidates_run']} candidates run "
        f"in the sandbox, {answer['seconds']:.1f} s, by {answer['strategy']}"
    )
    return bool(answer["status"] == "verified")


def _keep(name: str) -> None:
    """Write what was shown since the last call as a picture, where pictures are asked for."""
    if "--pictures" not in sys.argv:
        return
    drawn = console.export_svg(title=f"make demo: {name}", clear=True)
    # The picture loads nothing from elsewhere: a font that is not installed is replaced.
    drawn = re.sub(r',\s*url\("https?:[^)]*\) format\("\w+"\)', "", drawn)
    folder = Path(sys.argv[sys.argv.index("--pictures") + 1])
    (folder / f"{name}.svg").write_text(drawn, encoding="utf-8")


def main() -> int:
    """Run the three parts; 1 when one of them did not do its job."""
    show_completions()
    _keep("completions")
    found = show_check()
    _keep("finding")
    fixed = show_fix()
    _keep("patch")
    return 0 if found and fixed else 1


if __name__ == "__main__":
    sys.exit(main())
