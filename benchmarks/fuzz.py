"""Whether anything breaks on broken input: prefixes, mutated files, random protocol sessions,
answers of a sandbox.

``make fuzz``, or ``python -m benchmarks.fuzz [--minutes 30] [--seed S] [--package P …]``. A quarter
of the time each: every prefix of every file of the packages (in a random order) through syntax,
holes and scopes; mutated files through flow, graph, interfaces and lint as well, the last in a
worker; random sessions with one server, whose messages are right, nearly right, or nonsense; and
what hostile code can write in place of the answer that its test was followed block by block.
``robustness`` walks token boundaries and asks the worker about broken texts.

No exception that is not explained, no input that takes ``HANG_S`` of processor time, no process
that grows past ``MEMORY`` or dies, no error in a log, and every request answered. Prints what was
done and what was found, each with what repeats it; exit status 1 where something was found.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

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
from analysis.views.plan import block_plan
from analysis.views.program import parse_program
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from benchmarks.editor import Editor, ServerEndedError, position
from benchmarks.report import save, show
from benchmarks.sites import files_of
from benchmarks.soak import role_of
from repair.sandbox.answers import Traced, run_of
from repair.trace.debugging import Report
from repair.trace.document import document
from repair.trace.record import traces

#: Processor time for one input in this process; seconds for one answer of the server.
HANG_S, ANSWER_S = 2.0, 30.0
MEMORY = 1500 << 20
_MOST_FOUND = 20
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


@dataclass(slots=True)
class Part:
    """What one part did. ``found`` are defects, each with what repeats it."""

    inputs: int = 0
    found: list[str] = field(default_factory=list)
    worst: float = 0.0


class HangError(Exception):
    """An input took too much processor time."""


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Raise :class:`HangError` in what takes more than ``HANG_S`` of processor time."""

    def stop(*_: object) -> None:
        raise HangError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def guarded(part: Part, name: str, work: Callable[[], object]) -> None:
    """Do it; note what is no explained error, and hangs."""
    part.inputs += 1
    begin = time.process_time()
    try:
        with limited():
            work()
    except (ExplainedError, SyntaxError):
        pass
    except HangError:
        part.found.append(f"{name}: more than {HANG_S} s")
    except Exception:  # noqa: BLE001 - what is looked for
        part.found.append(f"{name}\n{traceback.format_exc()[-1500:]}")
    part.worst = max(part.worst, time.process_time() - begin)


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
        if time.monotonic() > ends or len(part.found) > _MOST_FOUND:
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
        while time.monotonic() < ends and len(part.found) <= _MOST_FOUND:
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


class _Logs:
    """What a server and its processes wrote into their logs below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._ends = folder, dict[Path, int]()

    def troubles(self) -> list[str]:
        """What is new of errors, tracebacks and workers that died."""
        found = []
        for path in sorted(self._folder.rglob("*.log")):
            with path.open("rb") as stream:
                stream.seek(self._ends.get(path, 0))
                text = stream.read().decode("utf-8", "replace")
                self._ends[path] = stream.tell()
            if re.search(r"Traceback|Fatal Python| ERROR | WARNING .*died", text):
                found.append(f"{path.name}: {text[-1500:]}")
        return found


# ---------------------------------------------------------------------- the protocol

_METHODS = (
    "hover",
    "completion",
    "signatureHelp",
    "references",
    "documentHighlight",
    "documentSymbol",
    "codeAction",
    "codeLens",
    "inlineCompletion",
    "diagnostic",
    "definition",
    "prepareCallHierarchy",
)
_OTHERS = (
    "workspace/symbol",
    "workspace/diagnostic",
    "workspace/executeCommand",
    "codeAction/resolve",
    "pilotfish/expectedType",
    "pilotfish/status",
    "callHierarchy/incomingCalls",
    "completionItem/resolve",
    "no/such/method",
    "$/unknown",
)
_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1 << 31,
    1 << 70,
    1.5,
    1e308,
    "",
    "x",
    "\ud83d",
    "a" * 70_000,
    [],
    [[]],
    {},
    {"line": -1},
    "file:///",
    "file://host/x",
    "untitled:a",
    "file:///%ff%00.py",
    [None] * 50,
)


def bent(value: Any, chance: random.Random, values: Sequence[Any] = _VALUES) -> Any:
    """A JSON value with one part replaced, by one of ``values``, or removed."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(sorted(value))
        if chance.random() < 0.15:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: bent(value[key], chance, values)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], bent(value[at], chance, values), *value[at + 1 :]]
    return chance.choice(values)


class Session:
    """A random session: a few documents, edits, requests, cancellations, nonsense."""

    def __init__(self, editor: Editor, texts: Sequence[str], chance: random.Random) -> None:
        self._editor, self._texts, self._chance = editor, texts, chance
        self._asked: list[tuple[int, str, Any]] = []

    def play(self, part: Part) -> None:
        """Play it; every request is answered, and the server is there afterwards."""
        chance, editor = self._chance, self._editor
        paths = [editor.root / f"m{number}.py" for number in range(3)]
        for _ in range(chance.randrange(4, 16)):
            path = chance.choice(paths)
            if path not in editor.buffers:
                text = chance.choice(self._texts)
                editor.open(path, mutated(text, chance) if chance.random() < 0.5 else text)
            elif chance.random() < 0.35:
                self._edit(path)
            elif chance.random() < 0.1:
                editor.close(path)
            else:
                self._ask(path)
        for number, method, params in self._asked:
            begin = time.monotonic()
            try:
                answer = editor.wait(number, ANSWER_S)
            except TimeoutError:
                raise TimeoutError(f"no answer to {method} {json.dumps(params)[:400]}") from None
            part.worst = max(part.worst, time.monotonic() - begin)
            said = json.dumps(answer)
            if '"code": -32603' in said or "Traceback" in said:
                part.found.append(f"an answer {said[:600]}")
        for path in list(editor.buffers):
            editor.close(path)

    def _edit(self, path: Path) -> None:
        text = self._editor.buffers[path].text
        start = self._chance.randrange(len(text) + 1)
        end = min(len(text), start + self._chance.choice([0, 0, 1, 10, 200]))
        if "\r" in text or not text.isascii():
            self._editor.replace(path, mutated(text, self._chance))
        else:
            self._editor.edit(path, start, end, self._chance.choice(("x", "(", ".", "\n", "")))

    def _ask(self, path: Path) -> None:
        chance, text = self._chance, self._editor.buffers[path].text
        at = position(text, chance.randrange(len(text) + 1))
        params: dict[str, Any] = {
            "textDocument": {"uri": path.as_uri()},
            "position": at,
            "range": {"start": at, "end": at},
            "context": {"triggerKind": 1, "diagnostics": [], "includeDeclaration": True},
        }
        method = f"textDocument/{chance.choice(_METHODS)}"
        if chance.random() < 0.15:
            method = chance.choice(_OTHERS)
            params = {**params, "query": "a", "command": "pilotfish.repair", "arguments": [{}]}
        shown: Any = bent(params, chance) if chance.random() < 0.5 else params
        number = self._editor.begin(method, shown)
        self._asked.append((number, method, shown))
        if chance.random() < 0.2:
            self._editor.notify("$/cancelRequest", {"id": number})
        if chance.random() < 0.1:
            did = chance.choice(["didChange", "didOpen", "didClose", "didSave"])
            item = {"textDocument": {"uri": "file:///none.py", "version": 1}, "contentChanges": []}
            self._editor.notify(f"textDocument/{did}", bent(item, chance))


def sessions(files: Sequence[Path], ends: float, chance: random.Random) -> Part:
    """Random sessions in one server."""
    part = Part()
    texts = [text for text in (read_file(path).text for path in files) if len(text) < 8000]
    texts.append("x = 1\n")
    folder = Path(tempfile.mkdtemp(prefix="fuzz-")).resolve()
    (folder / "home").mkdir()
    (folder / "workspace").mkdir()
    editor, logs = Editor(folder / "workspace", folder / "home"), _Logs(folder / "home")
    try:
        while time.monotonic() < ends and len(part.found) <= _MOST_FOUND:
            seed = chance.randrange(1 << 30)
            before = len(part.found)
            try:
                Session(editor, texts, random.Random(seed)).play(part)
            except (ServerEndedError, TimeoutError, BrokenPipeError) as error:
                part.found.append(f"{type(error).__name__}: {error}")
                editor.end()
                editor = Editor(folder / "workspace", folder / "home")
            part.inputs += 1
            part.found += logs.troubles()
            if part.inputs % 100 == 0:
                part.found += _too_large(editor.process.pid)
            part.found[before:] = [f"session {seed}: {one}" for one in part.found[before:]]
            editor.shown.clear()
    finally:
        editor.end()
        part.found += logs.troubles()
        shutil.rmtree(folder, ignore_errors=True)
    return part


def _too_large(server: int) -> list[str]:
    front = psutil.Process(server)
    held = [(role_of(p), p.memory_info().rss) for p in [front, *front.children(recursive=True)]]
    return [f"{role} holds {rss >> 20} MiB" for role, rss in held if rss > MEMORY]


# ---------------------------------------------------------------------- answers of a sandbox

_FOLLOWED = """\
def f(rows):
    total = 0
    for row in rows:
        while row:
            row -= 1
            total += g(row)
    return total


def g(x):
    if x:
        return g(x - 1)
    raise ValueError(x)
"""


def _answer() -> dict[str, Any]:
    """What the probe says of a run of a test of ``_FOLLOWED`` that was followed block by block."""
    visit = {"block": 0, "at": [], "in": {"rows": "[1]"}, "out": {"total": "0"}}
    inner = {"block": 2, "at": [1, 1], "in": {"row": "1"}, "out": {"row": "0"}, "line": 4}
    loop = {"header": 1, "count": 2, "told": [1, 2], "at": []}
    call = {
        "trace": "call",
        "id": 1,
        "code": 1,
        "parent": 0,
        "depth": 0,
        "thread": 0,
        "line": 3,
        "how": "raised",
        "args": {"rows": "[1]"},
        "exception": "ValueError: 0",
        "visits": [visit, inner],
        "loops": [loop, {**loop, "header": 2, "at": [1]}],
    }
    below = {**call, "id": 2, "code": 2, "parent": 1, "line": 9, "loops": [], "visits": [visit]}
    detail = {"exception": "ValueError", "message": "0", "frames": [["a.py", 12, "g"]]}
    test = {"test": "t", "outcome": "failed", "seconds": 0.1, "lines": [1, 2], "places": []}
    return {
        "ended": "done",
        "code": 1,
        "output": "",
        "seconds": 0.1,
        "hits": [[1, 2]],
        "last": 12,
        "events": [
            {"start": "t"},
            {"trace": "begin", "test": "t", "fresh": True},
            {"trace": "at", "call": 1, "code": 1, "block": 0, "in": {}},
            {**call, "how": "running", "open": True},
            {**below, "exception": ""},
            call,
            {"trace": "end", "test": "t", "calls": 2, "steps": 9, "left": 0},
            {**test, "detail": {**detail, "lines": [12]}, "steps": [[2, [1]]]},
            {"modules": [["a", "a.py"]], "patterns": [["x", True, 0]], "collected": ["t"]},
        ],
    }


def answers(_files: Sequence[Path], ends: float, chance: random.Random) -> Part:
    """Answers of a sandbox in which hostile code wrote: refused, or all of the program."""
    part, plan, whole = Part(), block_plan(_FOLLOWED), _answer()
    traced, lines = Traced(plan.to_json()), _FOLLOWED.count("\n")
    if not traces(run_of(whole, lines, traced).trace):
        part.found.append("the answer that is bent tells nothing")
    while time.monotonic() < ends and len(part.found) <= _MOST_FOUND:
        seed = chance.randrange(1 << 30)
        here = random.Random(seed)
        answer = whole
        for _ in range(here.randint(1, 3)):
            answer = bent(answer, here, (*_VALUES, *range(-2, 20), "raised", "running", [0], [[1]]))

        def work(answer: Any = answer) -> None:
            try:
                run = run_of(json.loads(json.dumps(answer)), lines, traced)
            except ValueError:
                return
            told = traces(run.trace)
            report = Report("failing", "", plan, run.tests, traces=told)
            shown = document(report, "a.py", "pytest")
            json.dumps(shown)
            seen = [visit for test in shown["runs"] for c in test["calls"] for visit in c["visits"]]
            said = [visit.get("line", 0) for visit in seen]
            said += [step["line"] for test in shown["runs"] for step in test["way"][-1:]]
            if max(said, default=0) >= lines:
                raise AssertionError(f"a line behind the last one: {max(said)}")

        guarded(part, f"answer {seed}", work)
    return part


PARTS = {
    "prefixes": prefixes,
    "mutated files": mutations,
    "protocol sessions": sessions,
    "sandbox answers": answers,
}


def main() -> int:
    """Run the parts, print, save; 1 when something was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--package", nargs="+", default=["packaging", "parso"])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    files = [path for package in options.package for path in files_of(package)]
    share = options.minutes * 60 / len(options.only)
    parts = {}
    for name in options.only:
        parts[name] = PARTS[name](files, time.monotonic() + share, random.Random(options.seed))
        print(f"{name}: {parts[name].inputs}", file=sys.stderr)
    show(
        f"fuzz, {options.minutes:g} minutes, seed {options.seed}",
        ["", "inputs", "found", "worst s"],
        [[n, part.inputs, len(part.found), f"{part.worst:.2f}"] for n, part in parts.items()],
    )
    for name, part in parts.items():
        for one in part.found[:_MOST_FOUND]:
            print(f"{name}: {one}")
    save(
        "fuzz",
        {
            name: {"inputs": part.inputs, "found": part.found, "worst_s": part.worst}
            for name, part in parts.items()
        },
    )
    return int(any(part.found for part in parts.values()))


if __name__ == "__main__":
    sys.exit(main())
