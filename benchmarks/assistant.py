"""What ``check_snippet`` does for an assistant: wrong API in drafts before and after its findings.

``python -m benchmarks.assistant --data FILE --seed N [--problems 40] [--budget S]``

FILE holds version-conditioned problems as JSON Lines (GitChameleon's ``dataset.jsonl``): a library
and its version, a task in words and the code that it begins with. Problems are drawn by seed; those
whose library pip does not install here as wheels are passed over. The model writes a draft,
unguided. The tool looks at it in a workspace with that version, and where it finds something the
model is asked once more, with the draft and what was found. Before and after, two judge what does
not exist: our findings, and basedpyright, which the model never hears of.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from benchmarks.dot_desk import Book
from benchmarks.installed import Installed, install
from benchmarks.judging import INVENTED_SAYS
from benchmarks.report import RESULTS, save, show
from decoding.local_writer import LocalWriter
from decoding.models import store
from decoding.opening import cache_folder
from decoding.runtimes.llama_cpp import LlamaCpp
from decoding.writer import InfillRequest
from engine.client import EngineProcess
from pilotfish.mcp.tools import WorkspaceTools

TOKENS = 160
_NAME = "solution.py"
_BUDGET_MS = 60_000


def environment(problem: dict[str, Any]) -> Installed | None:
    """Where the problem's library is installed in its version; ``None`` where pip cannot."""
    wanted = [f"{problem['library']}=={problem['version']}"]
    wanted += problem["additional_dependencies"].split()
    try:
        return install(["--only-binary=:all:", *wanted], "-".join(wanted[0].split("==")))
    except subprocess.CalledProcessError:
        return None


def draft(writer: LocalWriter, begun: str, path: Path, workspace: Workspace, task: str) -> str:
    """The file as the model ends it."""
    done = writer.complete(
        InfillRequest(
            Snapshot(str(path), begun, workspace),
            len(begun),
            max_tokens=TOKENS,
            multiline=True,
            task=task,
        ),
        None,
        deadline=Deadline.never(),
        cancellation=Cancellation(),
    )
    return begun + done.text + "\n"


def peer(text: str, path: Path, python: str) -> list[str]:
    """What basedpyright says does not exist."""
    program = install(["basedpyright"], "judge").program("basedpyright")
    path.write_text(text, encoding="utf-8")
    command = [str(program), "--outputjson", "--pythonpath", python, str(path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent)
    said = json.loads(answer.stdout or "{}").get("generalDiagnostics", ())
    errors = [each["message"] for each in said if each["severity"] == "error"]
    return [message for message in errors if any(part in message for part in INVENTED_SAYS)]


def solve(
    problem: dict[str, Any], there: Installed, writer: LocalWriter, engine: EngineProcess
) -> dict[str, Any]:
    """A line of the book: the two drafts, and what both judges say of each."""
    folder = RESULTS / "assistant" / problem["example_id"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").touch()
    (folder / _NAME).unlink(missing_ok=True)
    workspace = Workspace(str(folder.resolve()), python=str(there.python))
    tools = WorkspaceTools(engine, workspace)
    begun = problem["starting_code"]
    task = f"{problem['problem']}\nUse {problem['library']} {problem['version']}."

    def found(text: str) -> list[dict[str, Any]]:
        asked = {"path": _NAME, "code": text, "budget_ms": _BUDGET_MS}
        told = asyncio.run(tools.answer("check_snippet", asked))["findings"]
        return [each for each in told if each["code"].startswith("PF")]

    first = draft(writer, begun, folder / _NAME, workspace, task)
    findings = found(first)
    second, later = first, findings
    if findings:
        said = "\n".join(
            f"line {each['line']}: {each['message']} {each.get('fix', '')}".strip()
            for each in findings
        )
        again = f"{task}\nThis draft has errors:\n{first}\n{said}\nWrite it without them."
        second = draft(writer, begun, folder / _NAME, workspace, again)
        later = found(second)
    python = str(there.python)
    before = peer(first, folder / _NAME, python)
    after = before if second == first else peer(second, folder / _NAME, python)
    (folder / _NAME).unlink()
    messages = [each["message"] for each in findings], [each["message"] for each in later]
    texts = {"first": first, "second": second}
    return {"site": problem["example_id"], "ours": messages, "peer": (before, after), **texts}


def main() -> int:
    """Draw, write, judge, print and save."""
    parser = argparse.ArgumentParser(prog="benchmarks.assistant")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--problems", type=int, default=40)
    parser.add_argument("--model", default="1.5b")
    parser.add_argument("--budget", type=float, default=0.0, metavar="S", help="write no longer")
    options = parser.parse_args()
    every = [json.loads(line) for line in options.data.read_text("utf-8").splitlines()]
    drawn = random.Random(options.seed).sample(every, min(options.problems, len(every)))
    book = Book(RESULTS / f"assistant-{options.model}-{options.seed}.jsonl")
    known = {line["site"] for line in book.lines}
    deadline = Deadline.after(options.budget) if options.budget else Deadline.never()
    runtime = LlamaCpp(store.resolve(options.model).path)
    writer, engine = LocalWriter(runtime, cache=cache_folder()), EngineProcess()
    try:
        for problem in drawn:
            if deadline.expired():
                break
            if problem["example_id"] not in known and (there := environment(problem)) is not None:
                book.keep(solve(problem, there, writer, engine))
                print(".", end="", file=sys.stderr, flush=True)
    finally:
        engine.close()
        runtime.close()
    count = Counter[str]()
    for line in book.lines:
        count["drafts"] += 1
        count["with findings"] += bool(line["ours"][0])
        for judge in ("ours", "peer"):
            for when, said in zip(("before", "after"), line[judge], strict=True):
                count[f"{judge}: drafts with wrong API, {when}"] += bool(said)
                count[f"{judge}: wrong API, {when}"] += len(said)
    show(f"Drafts, seed {options.seed}", ["", "count"], [[*row] for row in count.items()])
    save(f"assistant-{options.seed}", {"model": options.model, "count": dict(count)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
