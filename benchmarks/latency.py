"""What a person feels while typing: an editing session replayed through the real server.

``python -m benchmarks.latency [--seconds S] [--beside spin|repair]``. A client starts ``pilotfish
serve``, opens files of several sizes and types into them at a person's pace, asking for a
suggestion and for diagnostics after every key as Neovim does. Beside it a second thread asks the
server for nothing every 20 ms: how late that is answered is the lag of the event loop, also while a
repair runs. A file that is opened in a cold server tells how long the first findings take. Limits
are those of issue F.

``--beside`` measures member lists alone, next to two spinning processes or to a running repair: in
files that were just opened and while a name is typed, with diagnostics pulled after every key. It
counts the empty lists where a list was known before. Limits are those of issue H.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.report import quantile, save, show

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")
PATIENCE_SECONDS = 120
PING_SECONDS = 0.02
#: Seconds between two keys: five keys a second in the middle, with pauses to think (seeded).
KEY_SECONDS, KEY_SPREAD, SEED = 0.2, 0.5, 20260101
HERE = "untitled:session"

#: What is typed, into a file of so many lines of the standard library.
TYPED = '''

def newest(folder: Path) -> list[Path]:
    """Files of a folder, newest first."""
    found = [path for path in folder.iterdir() if path.is_file()]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return found
'''
SIZES = (50, 500, 2000)


class Client:
    """A client that measures when answers arrive."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [PILOTFISH, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._ids = itertools.count(1)
        self._waiting: dict[int, Future[tuple[dict[str, Any], float]]] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = int(header.split(b":")[1])
            stream.readline()
            message = json.loads(stream.read(length))
            if "method" not in message and message.get("id") in self._waiting:
                self._waiting.pop(message["id"]).set_result((message, time.perf_counter()))

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self._process.stdin
        assert stream is not None
        with self._lock:
            stream.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            stream.flush()

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def begin(self, method: str, params: Any) -> Future[tuple[dict[str, Any], float]]:
        """Send a request; its answer and when it came."""
        future: Future[tuple[dict[str, Any], float]] = Future()
        number = next(self._ids)
        self._waiting[number] = future
        self._send({"id": number, "method": method, "params": params})
        return future

    def ask(self, method: str, params: Any) -> tuple[Any, float]:
        """Send a request and wait: its result and the milliseconds that it took."""
        begin = time.perf_counter()
        message, at = self.begin(method, params).result(PATIENCE_SECONDS)
        return message.get("result"), (at - begin) * 1000

    def ping(self) -> float:
        """Milliseconds until the event loop says that it does not know what this means."""
        return self.ask("benchmark/nothing", {})[1]

    def initialize(self, folder: Path | None = None) -> None:
        """Shake hands as a client that pulls diagnostics, in a trusted ``folder`` if there is
        one."""
        capabilities = {
            "general": {"positionEncodings": ["utf-8"]},
            "textDocument": {"diagnostic": {}},
            "workspace": {"diagnostics": {"refreshSupport": True}},
        }
        params: dict[str, Any] = {"processId": os.getpid(), "capabilities": capabilities}
        if folder is not None:
            params["workspaceFolders"] = [{"uri": folder.as_uri(), "name": folder.name}]
            params["initializationOptions"] = {
                "trusted": True,
                "repair": {"timeLimit": REPAIR_SECONDS},
            }
        self.ask("initialize", params)
        self.notify("initialized", {})

    def open(self, uri: str, text: str) -> None:
        """Open a document."""
        item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def insert(self, uri: str, version: int, line: int, character: int, text: str) -> None:
        """Type at a place."""
        place = {"line": line, "character": character}
        change = {"range": {"start": place, "end": place}, "text": text}
        document = {"uri": uri, "version": version}
        self.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    def suggest(
        self, uri: str, line: int, character: int, kind: int = 2
    ) -> Future[tuple[dict[str, Any], float]]:
        """Ask for ghost text; kind 1 is by hand, 2 while typing."""
        return self.begin(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": uri},
                "position": {"line": line, "character": character},
                "context": {"triggerKind": kind},
            },
        )

    def end(self) -> None:
        """Part politely."""
        self.ask("shutdown", None)
        self.notify("exit", None)
        self._process.wait(PATIENCE_SECONDS)


def cold_starts(runs: int) -> list[float]:
    """Milliseconds from starting the process to the answer of ``initialize``."""
    found = []
    for _ in range(runs):
        begin = time.perf_counter()
        client = Client()
        client.initialize()
        found.append((time.perf_counter() - begin) * 1000)
        client.end()
    return found


def opening(folder: Path) -> tuple[float, float]:
    """Milliseconds from opening a file of 2,600 lines in a cold server to ruff's findings, and to
    ours: of an import that is not used and of a member that does not exist."""
    path = folder / "opened.py"
    module = (Path(os.__file__).parent / "argparse.py").read_text()
    text = f"import json\nimport tokenize\n{module}\n\njson.dumpz(1)\n"
    path.write_text(text)
    client = Client()
    client.initialize(folder)
    begin = time.perf_counter()
    client.open(path.as_uri(), text)
    first = 0.0
    while True:
        document = {"textDocument": {"uri": path.as_uri()}}
        result, _ = client.ask("textDocument/diagnostic", document)
        codes = {str(item.get("code")) for item in (result or {}).get("items", ())}
        now = (time.perf_counter() - begin) * 1000
        assert now < PATIENCE_SECONDS * 1000, codes
        first = first or (now if "F401" in codes else 0.0)
        if first and "PF101" in codes:
            client.end()
            return first, now


#: A mistake that no repair fixes: its test asks for two things at once.
HOPELESS = "def twice(x):\n    return x + x * 3\n"
TEST = (
    "from twice import twice\n\n\ndef test():\n    assert twice(2) == 4\n    assert twice(2) == 5\n"
)
REPAIR_SECONDS = 20


def begin_repair(client: Client, folder: Path) -> Future[tuple[dict[str, Any], float]]:
    """Begin a repair that takes all of its time."""
    (folder / "twice.py").write_text(HOPELESS)
    (folder / "test_twice.py").write_text(TEST)
    order = {"uri": (folder / "twice.py").as_uri(), "test": "python -m pytest -q test_twice.py"}
    command = {"command": "pilotfish.repair", "arguments": [order]}
    return client.begin("workspace/executeCommand", command)


def lag_beside_a_repair(folder: Path) -> list[float]:
    """Lags of the event loop while a repair runs, and somebody types beside it."""
    client = Client()
    client.initialize(folder)
    repair = begin_repair(client, folder)
    lag = Lag(client)
    typing = threading.Thread(target=type_session, args=(client, SIZES[0], REPAIR_SECONDS))
    typing.start()
    repair.result(PATIENCE_SECONDS)
    lags = lag.end()
    typing.join()
    client.end()
    return lags


def changes_in_a_large_file(client: Client, edits: int = 200) -> list[float]:
    """Milliseconds until an edit of a 10,000-line file was taken over."""
    uri = "untitled:large"
    lines = source(10_000)
    client.open(uri, lines)
    client.ping()
    found = []
    for version in range(2, edits + 2):
        begin = time.perf_counter()
        client.insert(uri, version, version * 45, 0, "x")
        client.ping()
        found.append((time.perf_counter() - begin) * 1000)
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return found


def source(lines: int) -> str:
    """So many lines of real Python: of the standard library, one module behind another."""
    folder = Path(os.__file__).parent
    modules = (folder / f"{name}.py" for name in ("pathlib", "argparse", "typing", "inspect",
               "tarfile", "turtle", "subprocess", "zipfile", "pdb", "doctest"))  # fmt: skip
    text = itertools.chain.from_iterable(m.read_text().splitlines() for m in modules)
    return "\n".join(itertools.islice(text, lines)) + "\n"


class Lag:
    """A thread that asks for nothing, again and again, and notes how late the answer is."""

    def __init__(self, client: Client) -> None:
        self.found: list[float] = []
        self._client = client
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(PING_SECONDS):
            self.found.append(self._client.ping())

    def end(self) -> list[float]:
        """Stop; every lag, in milliseconds."""
        self._over.set()
        self._thread.join()
        return self.found


@dataclass(frozen=True)
class Session:
    """What came of typing into one file; times in milliseconds.

    ``ghost`` are times from a key to a suggestion that came before the next key; ``keys`` counts
    keys, ``shown`` those after which a suggestion stood, ``remembered`` those of them that the
    server answered without the engine.
    """

    lines: int
    keys: int
    shown: int
    remembered: int
    ghost: tuple[float, ...]
    overhead_p95: float
    prefill_share: float


def type_session(client: Client, size: int, seconds: float) -> Session:
    """Type into a file of ``size`` lines for about so long."""
    head = f"from pathlib import Path\n{source(size)}"
    client.open(HERE, head)
    client.suggest(HERE, head.count("\n"), 0, kind=1).result(PATIENCE_SECONDS)  # warm
    before, _ = client.ask("pilotfish/status", {})
    line, character, shown = head.count("\n"), 0, 0
    ghost: list[float] = []
    pause = random.Random(SEED)
    end = time.perf_counter() + seconds
    keys = 0
    for version, key in enumerate(TYPED, 2):
        if time.perf_counter() > end:
            break
        pressed = time.perf_counter()
        client.insert(HERE, version, line, character, key)
        line, character = (line + 1, 0) if key == "\n" else (line, character + 1)
        answer = client.suggest(HERE, line, character)
        client.begin("textDocument/diagnostic", {"textDocument": {"uri": HERE}})
        keys += 1
        time.sleep(KEY_SECONDS * pause.lognormvariate(0.0, KEY_SPREAD))
        if answer.done():
            message, at = answer.result()
            if (message.get("result") or {}).get("items"):
                shown += 1
                ghost.append((at - pressed) * 1000)
    after, _ = client.ask("pilotfish/status", {})
    client.notify("textDocument/didClose", {"textDocument": {"uri": HERE}})
    remembered = after["suggestions"]["remembered"] - before["suggestions"]["remembered"]
    return Session(
        size,
        keys,
        shown,
        remembered,
        tuple(ghost),
        after["suggestions"]["overheadMsP95"],
        after["suggestions"]["prefillShare"],
    )


def remembered_answers(client: Client, tries: int = 20) -> list[float]:
    """Milliseconds until the rest of a suggestion is answered whose beginning was typed."""
    uri = "untitled:remembered"
    text = "import os\n\n\ndef here() -> str:\n    return os."
    found = []
    for _ in range(tries):
        client.open(uri, text)
        message, _ = client.suggest(uri, 4, 14, kind=1).result(PATIENCE_SECONDS)
        offered = message["result"]["items"][0]["insertText"]
        client.insert(uri, 2, 4, 14, offered[0])
        begin = time.perf_counter()
        message, at = client.suggest(uri, 4, 15).result(PATIENCE_SECONDS)
        assert message["result"]["items"][0]["insertText"] == offered[1:]
        found.append((at - begin) * 1000)
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return found


#: Modules of the standard library that are opened one after another, and what is asked for in each.
OPENED = {
    "pathlib": ("import pathlib", "pathlib.Path()", "read_te"),
    "argparse": ("import argparse", "argparse.ArgumentParser()", "add_arg"),
    "subprocess": ("import subprocess", "subprocess.run([])", "returnc"),
    "zipfile": ("import zipfile", "zipfile.ZipFile('a')", "namelis"),
    "tarfile": ("import collections", "collections.Counter()", "most_co"),
    "inspect": ("import inspect", "inspect", "signatu"),
    "doctest": ("import threading", "threading.Thread()", "is_aliv"),
    "typing": ("import json", "json.JSONDecoder()", "raw_dec"),
}
SPINNING = 2
ASK_AGAIN_SECONDS = 0.05


@dataclass
class Lists:
    """Member lists: milliseconds from opening a file to its first one, milliseconds to each one
    while a name is typed, and how many were empty where one was known."""

    opened: list[float]
    warm: list[float]
    empty: int = 0
    incomplete: int = 0

    def ask(self, client: Client, uri: str, line: int, character: int) -> tuple[set[str], float]:
        """The labels of one list."""
        place = {"line": line, "character": character}
        params = {"textDocument": {"uri": uri}, "position": place}
        found, ms = client.ask("textDocument/completion", params)
        self.incomplete += bool((found or {}).get("isIncomplete"))
        return {item["label"] for item in (found or {}).get("items", ())}, ms


def member_lists(client: Client, folder: Path, over: threading.Event) -> Lists:
    """Open files and type a name in each, until all are done or it is ``over``."""
    lists = Lists([], [])
    pause = random.Random(SEED)
    for name, (imported, receiver, typed) in OPENED.items():
        if over.is_set():
            break
        module = (Path(os.__file__).parent / f"{name}.py").read_text()
        text = f"{module}\n\n{imported}\n{receiver}."
        path = folder / f"my_{name}.py"
        path.write_text(text)
        uri, line = path.as_uri(), text.count("\n")
        document = {"textDocument": {"uri": uri}}
        begin = time.perf_counter()
        client.open(uri, text)
        client.begin("textDocument/diagnostic", document)
        known: set[str] = set()
        while not known:
            known, _ = lists.ask(client, uri, line, len(receiver) + 1)
            taken = time.perf_counter() - begin
            assert taken < PATIENCE_SECONDS, name
            if not known:
                time.sleep(ASK_AGAIN_SECONDS)
        lists.opened.append(taken * 1000)
        for version, key in enumerate(typed, 2):
            time.sleep(KEY_SECONDS * pause.lognormvariate(0.0, KEY_SPREAD))
            character = len(receiver) + version - 1
            client.insert(uri, version, line, character, key)
            client.begin("textDocument/diagnostic", document)
            found, ms = lists.ask(client, uri, line, character + 1)
            lists.warm.append(ms)
            before = typed[: version - 1].lower()
            lists.empty += not found and any(label.lower().startswith(before) for label in known)
    return lists


def beside(kind: str) -> int:
    """Measure member lists beside ``kind``, print, save; 1 when a limit is broken."""
    spinning = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(SPINNING if kind == "spin" else 0)
    ]
    over = threading.Event()
    try:
        with tempfile.TemporaryDirectory() as project:
            folder = Path(project).resolve()
            os.chdir(folder)
            client = Client()
            client.initialize(folder)
            if kind == "repair":
                repair = begin_repair(client, folder)
                repair.add_done_callback(lambda _: over.set())
            psutil.cpu_percent()
            lists = member_lists(client, folder, over)
            used, load = psutil.cpu_percent(), os.getloadavg()
            if kind == "repair":
                repair.result(PATIENCE_SECONDS)
            client.end()
    finally:
        for process in spinning:
            process.kill()
            process.wait()
    # The first one is that of a cold server, too.
    cold, opened = lists.opened[0], lists.opened[1:]
    limits = [
        ("member list in a file just opened, worst", max(opened), 1500.0),
        ("member list while typing, p95", quantile(lists.warm, 0.95), 200.0),
        ("empty lists where one was known", float(lists.empty), 0.0),
    ]
    rows = [[n, f"{v:.0f}", f"{m:.0f}"] for n, v, m in limits]
    rows += [
        ["member list in a file just opened, median", f"{quantile(opened, 0.5):.0f}", "-"],
        ["first member list of a cold server", f"{cold:.0f}", "-"],
        ["member list while typing, median", f"{quantile(lists.warm, 0.5):.0f}", "-"],
        ["lists marked incomplete", str(lists.incomplete), "-"],
    ]
    title = f"member lists beside {kind}: {len(lists.opened)} files, {len(lists.warm)} keys"
    show(title, ["", "ms or count", "limit"], rows)
    said = " ".join(f"{value:.1f}" for value in load)
    print(f"machine: {os.cpu_count()} processors, {used:.0f} % busy, load average {said}")
    save(
        f"latency_beside_{kind}",
        {
            "limits": [{"name": n, "value": v, "limit": m} for n, v, m in limits],
            "cold_ms": cold,
            "lists": vars(lists),
            "busy_percent": used,
            "load": load,
        },
    )
    return int(any(value > limit for _, value, limit in limits))


def main() -> int:
    """Measure, print, save; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=45.0, help="of typing into each file")
    parser.add_argument("--beside", choices=("spin", "repair"), help="member lists beside this")
    options = parser.parse_args()
    if options.beside:
        return beside(options.beside)
    seconds = options.seconds
    with tempfile.TemporaryDirectory() as elsewhere, tempfile.TemporaryDirectory() as project:
        os.chdir(elsewhere)  # the server must not take the repository for its workspace
        starts = cold_starts(5)
        ruffs, ours = opening(Path(project).resolve())
        lags_repairing = lag_beside_a_repair(Path(project).resolve())
        client = Client()
        client.initialize()
        changes = changes_in_a_large_file(client)
        remembered = remembered_answers(client)
        lag = Lag(client)
        sessions = [type_session(client, size, seconds) for size in SIZES]
        lags = lag.end()
        client.end()
    limits = [
        ("cold initialize, worst of 5", max(starts), 500.0),
        ("didChange in 10,000 lines, p95", quantile(changes, 0.95), 10.0),
        ("remembered suggestion, p95", quantile(remembered, 0.95), 10.0),
        ("overhead apart from the model, p95", max(s.overhead_p95 for s in sessions), 30.0),
        ("event loop lag while typing, p99", quantile(lags, 0.99), 20.0),
        ("the same while a repair runs, p99", quantile(lags_repairing, 0.99), 20.0),
        ("opening 2,600 lines, cold: ruff's findings", ruffs, 2000.0),
    ]
    rows = [[n, f"{v:.1f}", f"{m:.0f}"] for n, v, m in limits]
    rows.append(["opening 2,600 lines, cold: all findings", f"{ours:.0f}", "-"])
    show("the server", ["", "ms", "limit ms"], rows)
    show(
        "typing, by size of the file",
        ["lines", "keys", "shown", "remembered", "ghost p50 ms", "p95 ms", "prefill"],
        [
            [
                s.lines,
                s.keys,
                f"{s.shown / s.keys:.0%}",
                f"{s.remembered / s.keys:.0%}",
                f"{quantile(s.ghost, 0.5):.0f}" if s.ghost else "-",
                f"{quantile(s.ghost, 0.95):.0f}" if s.ghost else "-",
                f"{s.prefill_share:.0%}",
            ]
            for s in sessions
        ],
    )
    save(
        "latency",
        {
            "limits": [{"name": n, "ms": v, "limit": m} for n, v, m in limits],
            "opening_all_ms": ours,
            "sessions": [vars(s) for s in sessions],
        },
    )
    return int(any(value > limit for _, value, limit in limits))


if __name__ == "__main__":
    sys.exit(main())
