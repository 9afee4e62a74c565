"""Random protocol sessions for ``benchmarks.fuzz``: messages right, nearly right, or nonsense."""

from __future__ import annotations

import json
import random
import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from analysis.text.files import read_file
from benchmarks.editor import Editor, ServerEndedError, position
from benchmarks.fuzz_part import MOST_FOUND, Part, bent
from benchmarks.fuzz_texts import mutated
from benchmarks.soak import role_of
from lsp_server.failures import INTERNAL_ERROR

#: Seconds for one answer of the server, and bytes for each of its processes.
ANSWER_S, MEMORY = 30.0, 1500 << 20
#: A line that only the interpreter or a log writes so: a file may hold the word ``Traceback``.
_LOGGED = re.compile(
    r"^[ +|]*(?:Exception Group )?Traceback \(most recent call last\):$"
    r"|^Fatal Python error"
    r"|^\d{4}-\d\d-\d\d [\d:,]+ (?:\d+ )?(?:ERROR |CRITICAL |WARNING .*died)",
    re.M,
)
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


def is_defect(answer: Mapping[str, Any]) -> bool:
    """Whether an answer is an error that says that Pilotfish itself is wrong."""
    error = answer.get("error") or {}
    reported = re.search(r"please report|Traceback \(most recent call last\)", json.dumps(error))
    return error.get("code") == INTERNAL_ERROR or bool(reported)


def is_trouble(log: str) -> bool:
    """Whether a log tells of an error, a traceback or a process that died."""
    return bool(_LOGGED.search(log))


class Logs:
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
            if is_trouble(text):
                found.append(f"{path.name}: {text[-1500:]}")
        return found


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
            if is_defect(answer):
                part.found.append(f"an answer {json.dumps(answer)[:600]}")
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
    editor, logs = Editor(folder / "workspace", folder / "home"), Logs(folder / "home")
    try:
        while time.monotonic() < ends and len(part.found) <= MOST_FOUND:
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
