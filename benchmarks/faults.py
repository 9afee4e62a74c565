"""What is lost when something breaks: processes, disks, caches, models, endpoints, clients, clocks.

``python -m benchmarks.faults [--kills 500] [--seed S] [--only NAME …]``. Each fault is done to a
real server (or command) over the protocol, while somebody edits. Where the engine or an analysis
process is killed, the sessions of ``benchmarks.editing`` are played and the answers held against
those of a new process. Elsewhere one document always holds one invented member with a number in its
name, so that an answer tells which version of the text it is about.

Prints tries, what was lost (an edit, an answer, a file), what was wrong (an answer or an edit for
another version, a cache that was believed), and the seconds from a fault to the next true answer;
exit status 1 where something was lost or wrong, or took longer than ``PATIENCE_S``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from analysis.errors import ExplainedError
from benchmarks.editing import Outcome, Player
from benchmarks.editing_truth import Question, Truth, places
from benchmarks.editing_world import World, draw_steps, generate
from benchmarks.editor import PILOTFISH, Editor, ServerEndedError, position
from benchmarks.models import MODELS
from benchmarks.report import quantile, save, show
from benchmarks.soak import role_of
from decoding.models.store import resolve
from repair.sandbox.bubblewrap import bwrap_path

#: Generous, since an engine that died again and again is started after growing waits (5 s).
PATIENCE_S = 60.0
#: The engine's waits grow with every death: so many in one session, then a new server.
_KILLS_EACH = 4
_NAME = re.compile(r"loadz_(\d+)")
_HOPELESS = {
    "twice.py": "def twice(x):\n    return x + x * 3\n",
    "test_twice.py": "from twice import twice\n\n\ndef test():\n"
    "    assert twice(2) == 4\n    assert twice(2) == 5\n",
}


@dataclass(slots=True)
class Row:
    """What came of one fault. ``lost`` and ``wrong`` say what; ``seconds`` until it was over."""

    tries: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    skipped: str = ""


class Desk:
    """A server on a workspace of its own, and a document in it whose versions can be told apart."""

    def __init__(self, folder: Path, row: Row, **options: Any) -> None:
        self.root, self.home, self.row = folder / "workspace", folder / "home", row
        if not self.root.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            files = {**generate(random.Random(7)), **_HOPELESS}
            for name, text in files.items():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                (self.root / name).write_text(text)
        self.editor = Editor(self.root, self.home, **options)
        self.path, self._number = self.root / "desk.py", 0
        self.editor.open(self.path, "import json\n\njson.loadz_0('1')\n")

    def __enter__(self) -> Desk:
        self.settle(time.perf_counter(), count=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.editor.end()

    def edit(self) -> None:
        """Give the invented member another number, one key after the other."""
        text = self.editor.buffers[self.path].text
        match = _NAME.search(text)
        assert match is not None
        self._number += 1
        self.editor.edit(self.path, match.start(1), match.end(1), "")
        for at, digit in enumerate(str(self._number)):
            self.editor.edit(self.path, match.start(1) + at, match.start(1) + at, digit)

    def settle(self, begin: float, *, count: bool = True) -> None:
        """Ask until the findings are those of the newest text; note how long it was since
        ``begin``."""
        row, names = self.row, set[str]()
        document = {"textDocument": {"uri": self.path.as_uri()}}
        while names != {str(self._number)}:
            if time.perf_counter() > begin + PATIENCE_S:
                row.lost.append(f"edit {self._number} is not seen")
                return
            answer = self.editor.ask("textDocument/diagnostic", document)
            names = set(_NAME.findall(json.dumps(answer)))
            if names - {str(self._number)}:
                row.wrong.append(f"an answer about {names} in version {self._number}")
            time.sleep(0.01)
        if count:
            row.seconds.append(time.perf_counter() - begin)
        self._offered()

    def _offered(self) -> None:
        """What is offered as an edit is for the newest version, and for the whole name."""
        buffer = self.editor.buffers[self.path]
        number = self.editor.begin("textDocument/codeAction", _everything(self.path, buffer.text))
        known = {buffer.version: buffer.text}
        self.row.wrong += wrong_edits(self.editor.wait(number, PATIENCE_S), known)

    def once(self, fault: Callable[[], object]) -> None:
        """Edit, do it, edit again, and wait for the truth."""
        self.row.tries += 1
        self.edit()
        begin = time.perf_counter()
        fault()
        self.edit()
        self.settle(begin)

    def ask_all(self) -> dict[Question, Any]:
        """Answers about every file, in the form of ``editing_truth``."""
        found: dict[Question, Any] = {}
        for path in sorted(self.root.rglob("*.py")):
            if path == self.path:
                continue
            name = str(path.relative_to(self.root))
            text = path.read_text()
            self.editor.open(path, text)
            asked = [Question("diagnostics", name)]
            kinds = {kind: offset for kind, offset in places(text) if kind != "symbols"}
            asked += [Question(kind, name, offset) for kind, offset in kinds.items()]
            for question in asked:
                number = question.ask(self.editor)
                found[question] = question.read(self.editor.wait(number), self.root)
            self.editor.close(path)
        return found


def _everything(path: Path, text: str) -> dict[str, Any]:
    span = {"start": position(text, 0), "end": position(text, len(text))}
    return {
        "textDocument": {"uri": path.as_uri()}, "range": span, "context": {"diagnostics": []},
    }  # fmt: skip


def wrong_edits(answer: Mapping[str, Any], known: Mapping[int, str]) -> list[str]:
    """What is wrong with the edits of code actions, given the texts of the versions."""
    found = []
    for action in answer.get("result") or ():
        for change in (action.get("edit") or {}).get("documentChanges", ()):
            text = known.get(change["textDocument"]["version"])
            if text is None:
                found.append(f"an edit for version {change['textDocument']['version']}")
                continue
            for edit in change["edits"]:
                start, end = (
                    sum(map(len, text.split("\n")[: at["line"]])) + at["line"] + at["character"]
                    for at in (edit["range"]["start"], edit["range"]["end"])
                )
                if text[start:end] and not re.fullmatch(r"[\w\s.,()]+", text[start:end]):
                    found.append(f"an edit of {text[start:end]!r}")
    return found


def processes(server: int, role: str) -> list[psutil.Process]:
    """The server's processes that are ``role``; sandboxes are those that have no other."""
    found = psutil.Process(server).children(recursive=True)
    return [one for one in found if (role_of(one) or "sandbox") == role]


# ---------------------------------------------------------------------- processes that are killed


class Killer:
    """Kills processes of the server while a session is played."""

    def __init__(self, row: Row, roles: Sequence[str], share: float) -> None:
        self._row, self._roles, self._share = row, roles, share

    def __call__(self, world: World, chance: random.Random) -> None:
        if chance.random() > self._share:
            return
        editor = world.editor
        there = processes(editor.process.pid, chance.choice(self._roles))
        if not there or not editor.buffers:
            return
        asked, known = [], dict[int, str]()
        for path, buffer in sorted(editor.buffers.items())[:3]:
            name = str(path.relative_to(world.root))
            drawn = [Question("diagnostics", name)]
            drawn += [Question(k, name, at) for k, at in places(buffer.text)[-2:]]
            asked += [question.ask(editor) for question in drawn]
        path, buffer = chance.choice(sorted(editor.buffers.items()))
        known[buffer.version] = buffer.text
        offered = editor.begin("textDocument/codeAction", _everything(path, buffer.text))
        time.sleep(chance.random() * 0.1)
        begin = time.perf_counter()
        with contextlib.suppress(psutil.NoSuchProcess):
            chance.choice(there).kill()
        self._row.tries += 1
        for _ in range(chance.randrange(4)):
            world.step("add member", chance.randrange(1 << 30))
        if path in editor.buffers:
            known[editor.buffers[path].version] = editor.buffers[path].text
        for number in asked:
            editor.wait(number, PATIENCE_S)
        self._row.wrong += wrong_edits(editor.wait(offered, PATIENCE_S), known)
        self._recovered(world, begin)

    def _recovered(self, world: World, begin: float) -> None:
        path = sorted(world.editor.buffers)[0]
        document = {"textDocument": {"uri": path.as_uri()}}
        while "error" in world.editor.wait(
            world.editor.begin("textDocument/diagnostic", document), PATIENCE_S
        ):
            time.sleep(0.02)
            if time.perf_counter() > begin + PATIENCE_S:
                raise TimeoutError("no answer after the kill")
        self._row.seconds.append(time.perf_counter() - begin)


def played(folder: Path, roles: Sequence[str], kills: int, seed: int) -> Row:
    """Sessions in which processes are killed; every session in a server of its own."""
    row = Row()
    truth = Truth(folder / "truth")
    while row.tries < kills and len(row.lost) < 10:
        outcome = Outcome()
        steps = 10 * min(_KILLS_EACH, kills - row.tries)
        disturb = Killer(row, roles, 0.12)
        playing = Player(truth, folder / str(seed), outcome, disturb=disturb, patience=20)
        try:
            playing.play(seed, draw_steps(random.Random(seed), steps))
        finally:
            playing.close()
        shutil.rmtree(folder / str(seed), ignore_errors=True)
        row.lost += [
            f"seed {seed}, step {len(one.after)}: {one.question}: "
            f"{str(one.said)[:300]} is {str(one.truth)[:300]}"
            for one in outcome.divergences
        ]
        seed += 1
    return row


def engine_killed(folder: Path, tries: int, seed: int) -> Row:
    """The engine."""
    return played(folder, ["engine"], tries, seed)


def children_killed(folder: Path, tries: int, seed: int) -> Row:
    """Analysis workers and the graph's indexer and readers."""
    roles = ["analysis worker", "graph indexer", "graph reader"]
    return played(folder, roles, max(8, tries // 5), seed)


def sandbox_killed(folder: Path, tries: int, seed: int) -> Row:
    """What runs the user's code, during a repair that cannot succeed."""
    row, chance = Row(), random.Random(seed)
    try:
        bwrap_path()
    except ExplainedError:
        return Row(skipped="no bubblewrap")
    options = {"trusted": True, "repair": {"timeLimit": 15}}
    with Desk(folder, row, options=options) as desk:
        uri = (desk.root / "twice.py").as_uri()
        order = {"uri": uri, "test": "python -m pytest -q test_twice.py"}
        for _ in range(max(2, tries // 100)):
            command = {"command": "pilotfish.repair", "arguments": [order]}
            number = desk.editor.begin("workspace/executeCommand", command)
            end = time.perf_counter() + PATIENCE_S
            while not desk.editor.has(number) and time.perf_counter() < end:
                there = processes(desk.editor.process.pid, "sandbox")
                if there and chance.random() < 0.5:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        desk.once(chance.choice(there).kill)
                desk.editor.read(chance.random() * 0.5)
            if not desk.editor.has(number):
                row.lost.append("the repair never answers")
                return row
            desk.editor.wait(number)
    return row


# ---------------------------------------------------------------------- disk and caches


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A file system of 256 KiB at ``folder``; false where it cannot be mounted."""
    folder.mkdir(parents=True)
    order = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    mounted = subprocess.run(order, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def _commands(desk_root: Path, home: Path) -> str:
    """What ``check`` and ``graph`` say of a workspace, with ``home`` for their caches."""
    variables = {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "STATE", "CACHE")}
    said = []
    for words in (["check", ".", "--json"], ["graph", "build", "."]):
        done = subprocess.run(
            [PILOTFISH, *words], cwd=desk_root, env={**os.environ, **variables},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        if "Traceback" in done.stderr or done.returncode not in (0, 1):
            said.append(f"{words}: {done.returncode} {done.stderr[-500:]}")
        elif words[0] == "check":
            document = json.loads(done.stdout)
            said.append(json.dumps([[f["path"], f["code"], f["line"], f["message"]]
                                    for f in document]))  # fmt: skip
    return "\n".join(said)


def disk_full(folder: Path, tries: int, seed: int) -> Row:
    """A small disk for caches, state and settings that is full, or a limit of files' sizes."""
    row = Row()
    with small_disk(folder / "home") as mounted:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        if mounted:
            (folder / "home" / "fill").write_bytes(bytes(100 << 10))
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
        try:
            with Desk(folder, row) as desk:
                for _ in range(max(3, tries // 50)):
                    desk.once(lambda: None)
                _fill(folder / "home" / "more")
                for _ in range(max(3, tries // 50)):
                    desk.once(lambda: _kill_one(desk, "engine") if not row.tries % 4 else None)
            _compare_commands(row, desk.root, folder)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    return row


def _fill(path: Path) -> None:
    """Write until there is no room."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def _kill_one(desk: Desk, role: str) -> None:
    for process in processes(desk.editor.process.pid, role)[:1]:
        process.kill()


def _compare_commands(row: Row, root: Path, folder: Path) -> None:
    row.tries += 1
    said = _commands(root, folder / "home")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (before[1], before[1]))
    true = _commands(root, Path(tempfile.mkdtemp(dir=folder)))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    if said != true:
        row.wrong.append(f"commands say {said[:600]}\n  instead of {true[:600]}")


def read_only(folder: Path, tries: int, seed: int) -> Row:
    """Folders of caches and state that cannot be written: files stand where they would be."""
    row = Row()
    (folder / "home").mkdir(parents=True)
    for name in ("STATE", "CACHE"):
        (folder / "home" / name).write_text("")
    with Desk(folder, row) as desk:
        for _ in range(max(3, tries // 50)):
            desk.once(lambda: None)
    _compare_commands(row, desk.root, folder)
    return row


def _overwrite(data: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(len(data))


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flip(data: bytes, chance: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(max(1, len(data) // 400)):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def _garble(data: bytes, chance: random.Random) -> bytes:
    """Names that are in the data become others of the same length: all formats still parse."""
    return data.replace(b"Store", b"Stare").replace(b"dumps", b"dumpz").replace(b"price", b"prize")


def corrupt(folder: Path, tries: int, seed: int) -> Row:
    """Every file of the caches overwritten, cut off, or changed in places."""
    row, chance = Row(), random.Random(seed)
    with Desk(folder, row) as desk:
        true = desk.ask_all()
        commands = _commands(desk.root, desk.home)
    for number in range(max(4, tries // 25)):
        way = (_overwrite, _truncate, _flip, _garble)[number % 4]
        for path in sorted((folder / "home").rglob("*")):
            if path.is_file() and path.suffix != ".log" and path.stat().st_size:
                path.write_bytes(way(path.read_bytes(), chance))
        row.tries += 1
        begin = time.perf_counter()
        with Desk(folder, row) as desk:
            said = desk.ask_all()
            end = time.perf_counter() + 20
            while said != true and time.perf_counter() < end:
                said = desk.ask_all()
        row.seconds.append(time.perf_counter() - begin)
        row.wrong += [
            f"{way.__name__}: {question}: {str(said[question])[:300]} is {str(answer)[:300]}"
            for question, answer in true.items()
            if said[question] != answer
        ]
        # The caches of commands, which the server does not write.
        for path in sorted((folder / "home").rglob("*.sqlite")):
            path.write_bytes(way(path.read_bytes(), chance))
        if (now := _commands(desk.root, desk.home)) != commands:
            row.wrong.append(f"{way.__name__}: {now[:600]}\n  instead of {commands[:600]}")
    return row


# ---------------------------------------------------------------------- model and endpoint


def model_truncated(folder: Path, tries: int, seed: int) -> Row:
    """The file of the model cut off while it is mapped; at last it is there again."""
    row = Row()
    try:
        model = resolve(MODELS["0.5b"]).path
    except ExplainedError:
        return Row(skipped="no model")
    copy = folder / "model.gguf"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(model, copy)
    options = {"model": str(copy), "inlineCompletion": {"enabled": True}}
    with Desk(folder, row, options=options) as desk:
        ask_ghost_text(desk)
        desk.once(lambda: os.truncate(copy, 40 << 20))
        for _ in range(3):
            desk.once(lambda: ask_ghost_text(desk))
        shutil.copy(model, copy)
        end = time.perf_counter() + PATIENCE_S
        while "error" in ask_ghost_text(desk):
            if time.perf_counter() > end:
                row.lost.append("no completion with the whole model")
                break
            time.sleep(0.5)
    return row


def ask_ghost_text(desk: Desk) -> dict[str, Any]:
    """Ask for a completion at the end of the document and wait."""
    return desk.editor.wait(begin_ghost_text(desk), PATIENCE_S)


def begin_ghost_text(desk: Desk) -> int:
    """Ask for a completion at the end of the document."""
    text = desk.editor.buffers[desk.path].text
    return desk.editor.begin(
        "textDocument/inlineCompletion",
        {"textDocument": {"uri": desk.path.as_uri()}, "position": position(text, len(text)),
         "context": {"triggerKind": 1}},
    )  # fmt: skip


def _answer(client: socket.socket, how: str, closed: threading.Event) -> None:
    with client, contextlib.suppress(OSError):
        client.recv(1 << 16)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        lies = {
            "lies": b'{"content": 7, "tokens": {"a": []}, "data": [{"id": 1e999}], "choices": -1}',
            "no JSON": b"<html>" + bytes(range(256)),
            "deep": b"[" * 100_000,
        }
        if how in lies:
            client.sendall(head + b"Content-Length: %d\r\n\r\n%b" % (len(lies[how]), lies[how]))
        elif how == "closes":
            client.sendall(head + b'Content-Length: 9000\r\n\r\n{"content": "')
        elif how == "floods":
            client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
            while not closed.is_set():
                client.sendall(b"100000\r\n%b\r\n" % (b"data: {\n" * (1 << 17)))
        else:
            closed.wait()


def _given_up(desk: Desk, row: Row, how: str) -> dict[str, Any]:
    """The answer to a completion, cancelled after a while: a model may think for a minute
    (``decoding.runtimes.http.RetryPolicy``), but a person who types on does not wait for it."""
    number = begin_ghost_text(desk)
    try:
        return desk.editor.wait(number, 8)
    except TimeoutError:
        desk.editor.notify("$/cancelRequest", {"id": number})
    try:
        return desk.editor.wait(number, 5)
    except TimeoutError:
        row.lost.append(f"{how}: a cancelled completion is not answered")
        return {}


def endpoint(folder: Path, tries: int, seed: int) -> Row:
    """A server of models that hangs, lies, floods or closes half way."""
    row = Row()
    for number, how in enumerate(("hangs", "lies", "no JSON", "deep", "closes", "floods")):
        closed = threading.Event()
        listener = socket.create_server(("127.0.0.1", 0))

        def accept(
            listener: socket.socket = listener, closed: threading.Event = closed, how: str = how
        ) -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(
                        target=_answer, args=(client, how, closed), daemon=True
                    ).start()

        threading.Thread(target=accept, daemon=True).start()
        options = {
            "endpoint": f"http://127.0.0.1:{listener.getsockname()[1]}",
            "endpointModel": "m", "inlineCompletion": {"enabled": True},
        }  # fmt: skip
        with Desk(folder / str(number), row, options=options) as desk:
            for _ in range(3):
                desk.editor.begin(
                    "textDocument/inlineCompletion",
                    {"textDocument": {"uri": desk.path.as_uri()},
                     "position": {"line": 2, "character": 0}, "context": {"triggerKind": 1}},
                )  # fmt: skip
                desk.once(lambda: time.sleep(0.3))
            answer = _given_up(desk, row, how)
            if (answer.get("result") or {}).get("items"):
                row.wrong.append(f"{how}: a completion {answer['result']}")
            if "Traceback" in str(desk.editor.shown) + str(answer):
                row.wrong.append(f"{how}: {desk.editor.shown} {answer}")
            held = sum(p.memory_info().rss for p in processes(desk.editor.process.pid, "engine"))
            if held > 600 << 20:
                row.wrong.append(f"{how}: the engine holds {held >> 20} MiB")
        closed.set()
        listener.close()
    return row


# ---------------------------------------------------------------------- client, signals, clock


def client_stops_reading(folder: Path, tries: int, seed: int) -> Row:
    """Two thousand requests of which no answer is read for a while."""
    row = Row()
    with Desk(folder, row) as desk:
        document = {"textDocument": {"uri": desk.path.as_uri()}}
        numbers: list[int] = []

        def flood() -> None:
            for _ in range(2000):
                at = {**document, "position": {"line": 2, "character": 6}}
                numbers.append(desk.editor.begin("textDocument/hover", at))
                numbers.append(desk.editor.begin("textDocument/documentSymbol", document))

        desk.once(flood)
        for number in numbers:
            desk.editor.wait(number, PATIENCE_S)
        held = psutil.Process(desk.editor.process.pid).memory_info().rss
        if held > 400 << 20:
            row.wrong.append(f"the front door holds {held >> 20} MiB")
    return row


def terminated(folder: Path, tries: int, seed: int) -> Row:
    """``SIGTERM`` and ``SIGINT`` while ``check --fix`` writes, and while the list of trusted
    folders is written: each file is the old or the new one, and nothing is left beside it."""
    row, chance = Row(), random.Random(seed)
    for _ in range(max(4, tries // 20)):
        root = Path(tempfile.mkdtemp(dir=folder))
        work, home = root / "workspace", root / "home"
        work.mkdir()
        home.mkdir()
        old = "import json\nimport os\n\njson.loads('1')\n" + "x = 1\n" * 2000
        new = old.replace("import os\n", "")
        for number in range(8):
            (work / f"m{number}.py").write_text(old)
        names = {p.name for p in work.iterdir()}
        row.tries += 2
        interrupt(["check", "--fix", "."], work, home, work, chance)
        for path in work.iterdir():
            if path.name not in names | {".ruff_cache"}:
                row.wrong.append(f"left behind: {path.name}")
            elif path.is_file() and path.read_text() not in (old, new):
                row.lost.append(f"{path.name} is neither the old nor the new text")
        for number in range(3):
            (root / f"t{number}").mkdir()
        _pilotfish(["trust", str(root / "t0")], root, home)
        interrupt(["trust", str(root / "t1")], root, home, home, chance)
        listed = [p.read_text() for p in home.rglob("*.json") if "trust" in p.name]
        if not listed or str(root / "t0") not in json.loads(listed[0]):
            row.lost.append(f"the list of trusted folders is {listed}")
        litter = [p.name for p in home.rglob("*") if re.search(r"json\.", p.name)]
        row.wrong += [f"left behind: {name}" for name in litter]
        shutil.rmtree(root)
    return row


def _variables(home: Path) -> dict[str, str]:
    kept = {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "STATE", "CACHE")}
    return {**os.environ, **kept}


def _pilotfish(words: Sequence[str], cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PILOTFISH, *words], cwd=cwd, env=_variables(home), capture_output=True, text=True,
        check=False, timeout=PATIENCE_S,
    )  # fmt: skip


def interrupt(
    words: Sequence[str], cwd: Path, home: Path, watched: Path, chance: random.Random
) -> None:
    """Run a command and signal it when it begins to write below ``watched``."""
    process = subprocess.Popen(
        [PILOTFISH, *words], cwd=cwd, env=_variables(home),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    begin, before = time.perf_counter(), _stamps(watched)
    while process.poll() is None and _stamps(watched) == before:
        if time.perf_counter() > begin + PATIENCE_S:
            break
    time.sleep(chance.random() * 0.004)
    process.send_signal(chance.choice([signal.SIGTERM, signal.SIGINT]))
    process.wait(PATIENCE_S)


def _stamps(folder: Path) -> list[tuple[str, int]]:
    found = []
    with contextlib.suppress(OSError):
        found = [(p.name, p.stat().st_mtime_ns) for p in sorted(folder.rglob("*"))]
    return [each for each in found if "CACHE" not in each[0]]


_CLOCK = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static long offset(void) {
    char text[32] = {0};
    int file = open(getenv("CLOCK_FILE"), O_RDONLY);
    if (file < 0) return 0;
    if (read(file, text, 31) < 0) text[0] = 0;
    close(file);
    return atol(text);
}
int clock_gettime(clockid_t which, struct timespec *at) {
    int result = syscall(SYS_clock_gettime, which, at);
    if (which == CLOCK_REALTIME) at->tv_sec += offset();
    return result;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


def clock_jumps(folder: Path, tries: int, seed: int) -> Row:
    """The time of day goes forward and back by seconds to years, for every process."""
    row, chance = Row(), random.Random(seed)
    compiler = shutil.which("cc")
    if compiler is None:
        return Row(skipped="no C compiler")
    folder.mkdir(parents=True, exist_ok=True)
    source, library, clock = folder / "clock.c", folder / "clock.so", folder / "offset"
    source.write_text(_CLOCK)
    clock.write_text("0")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", source, "-o", library], check=True)
    variables = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(clock)}
    with Desk(folder, row, variables=variables) as desk:
        for _ in range(max(6, tries // 25)):
            jump = chance.choice([1, 60, 3600, 86_400, 300_000_000]) * chance.choice([-1, 1])
            desk.once(lambda jump=jump: clock.write_text(str(jump)))  # type: ignore[misc]
            if row.seconds[-1] > 10:
                row.wrong.append(f"{row.seconds[-1]:.0f} s after a jump by {jump} s")
    return row


FAULTS: dict[str, Callable[[Path, int, int], Row]] = {
    "engine killed": engine_killed,
    "children killed": children_killed,
    "sandbox killed": sandbox_killed,
    "disk full": disk_full,
    "read-only": read_only,
    "corrupt cache": corrupt,
    "model truncated": model_truncated,
    "endpoint": endpoint,
    "client stops reading": client_stops_reading,
    "terminated": terminated,
    "clock jumps": clock_jumps,
}


def main() -> int:
    """Do every fault, print, save; 1 when something was lost or wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--only", nargs="+", choices=FAULTS, default=list(FAULTS))
    options = parser.parse_args()
    rows: dict[str, Row] = {}
    for name in options.only:
        folder = Path(tempfile.mkdtemp(prefix="faults-")).resolve()
        try:
            rows[name] = FAULTS[name](folder, options.kills, options.seed)
        except (ServerEndedError, TimeoutError, BrokenPipeError) as error:
            rows[name] = Row(1, [f"the server: {type(error).__name__}: {error}"])
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(f"{name}: {rows[name].tries} tries", file=sys.stderr)
    show(
        f"faults, seed {options.seed}",
        ["fault", "tries", "lost", "wrong", "p50 s", "worst s", ""],
        [
            [name, row.tries, len(row.lost), len(row.wrong),
             f"{quantile(row.seconds or [0.0], 0.5):.2f}", f"{max(row.seconds or [0.0]):.2f}",
             row.skipped]
            for name, row in rows.items()
        ],
    )  # fmt: skip
    for name, row in rows.items():
        for what in [*row.lost[:10], *row.wrong[:10]]:
            print(f"{name}: {what}")
    save("faults", {
        name: {"tries": row.tries, "lost": row.lost, "wrong": row.wrong, "seconds": row.seconds,
               "skipped": row.skipped}
        for name, row in rows.items()
    })  # fmt: skip
    return int(any(row.lost or row.wrong for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main())
