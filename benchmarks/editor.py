"""An editor without a window: a server, its protocol, and the documents that are open in it.

One thread does everything, so that a caller may fork; answers are read while one is waited for.
Positions are code points (``utf-32``).
"""

from __future__ import annotations

import itertools
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")
#: Generous: it only bounds a hang.
PATIENCE_S = 120.0
_OPTIONS = {
    "diagnostics": {"ruff": False, "debounceMs": 0},
    "inlineCompletion": {"enabled": False},
}


class ServerEndedError(Exception):
    """The server closed its output."""


@dataclass(slots=True)
class Buffer:
    """An open document as the editor shows it; ``opened`` tells one opening from the next."""

    text: str
    version: int
    opened: int = 0


class Editor:
    """A server started for ``root``, with ``home`` for its caches, settings and state.

    ``options`` stand over those of a benchmark: no ghost text, no ruff, no rest before a check.
    ``variables`` are added to the environment.
    """

    def __init__(
        self,
        root: Path,
        home: Path,
        *,
        options: Mapping[str, Any] | None = None,
        push: bool = False,
        command: Sequence[str] = (PILOTFISH, "serve"),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        variables = {
            **os.environ,
            **{f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "STATE", "CACHE")},
            **(variables or {}),
        }
        with (home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=variables,
            )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in, self._out = self.process.stdin, self.process.stdout.fileno()
        self._received = bytearray()
        self._ids = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        self.buffers: dict[Path, Buffer] = {}
        self.push = push
        self.options = {**_OPTIONS, **(options or {})}
        #: The newest pushed diagnostics by URI, and every message that the server showed.
        self.pushed: dict[str, list[dict[str, Any]]] = {}
        self.shown: list[str] = []
        #: How often the server asked to pull diagnostics again.
        self.refreshes = 0
        self._opened = itertools.count(1)
        self.root = root
        capabilities: dict[str, Any] = {
            "general": {"positionEncodings": ["utf-32"]},
            "textDocument": {
                "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}},
                **({} if push else {"diagnostic": {}}),
            },
            "workspace": {
                "diagnostics": {"refreshSupport": True},
                "didChangeWatchedFiles": {"dynamicRegistration": True},
                "workspaceEdit": {"documentChanges": True},
                "workspaceFolders": True,
            },
        }
        params = {
            "processId": os.getpid(),
            "capabilities": capabilities,
            "workspaceFolders": [{"uri": root.as_uri(), "name": root.name}],
            "initializationOptions": self.options,
        }
        self.ask("initialize", params)
        self.notify("initialized", {})

    # ------------------------------------------------------------------ messages

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def begin(self, method: str, params: Any) -> int:
        """Send a request; its number."""
        number = next(self._ids)
        self._send({"id": number, "method": method, "params": params})
        return number

    def wait(self, number: int, seconds: float = PATIENCE_S) -> dict[str, Any]:
        """The answer to request ``number``.

        Raises ``TimeoutError`` or :class:`ServerEndedError`.
        """
        end = time.perf_counter() + seconds
        while number not in self._answers:
            if not self.read(end - time.perf_counter()):
                raise TimeoutError(f"no answer to request {number}")
        return self._answers.pop(number)

    def ask(self, method: str, params: Any) -> Any:
        """Send a request and wait: its result, or ``{"error": …}``."""
        answer = self.wait(self.begin(method, params))
        return {"error": answer["error"]} if "error" in answer else answer.get("result")

    def has(self, number: int) -> bool:
        """Whether the answer to request ``number`` was read."""
        return number in self._answers

    def read(self, seconds: float) -> bool:
        """Read what comes within ``seconds``, one portion; whether something came."""
        if not select.select([self._out], [], [], max(0.0, seconds))[0]:
            return False
        data = os.read(self._out, 1 << 20)
        if not data:
            raise ServerEndedError
        self._received += data
        while (message := self._frame()) is not None:
            self._take(message)
        return True

    def _frame(self) -> dict[str, Any] | None:
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return None
        length = int(bytes(self._received[:head]).lower().split(b"content-length:")[1].split()[0])
        end = head + 4 + length
        if len(self._received) < end:
            return None
        message: dict[str, Any] = json.loads(self._received[head + 4 : end])
        del self._received[:end]
        return message

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            self._answers[message["id"]] = message
            return
        params = message.get("params") or {}
        if "id" in message:
            self.refreshes += method == "workspace/diagnostic/refresh"
            result = [self.options] if method == "workspace/configuration" else None
            self._send({"id": message["id"], "result": result})
        elif method == "textDocument/publishDiagnostics":
            self.pushed[params["uri"]] = params["diagnostics"]
        elif method in ("window/showMessage", "window/logMessage"):
            self.shown.append(params["message"])

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._in.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._in.flush()

    # ------------------------------------------------------------------ documents

    def open(self, path: Path, text: str) -> None:
        """Open a document."""
        self.buffers[path] = Buffer(text, 1, next(self._opened))
        item = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def edit(self, path: Path, start: int, end: int, new: str) -> None:
        """Replace ``start:end`` of an open document."""
        buffer = self.buffers[path]
        span = {"start": position(buffer.text, start), "end": position(buffer.text, end)}
        buffer.text = buffer.text[:start] + new + buffer.text[end:]
        self._changed(path, {"range": span, "text": new})

    def replace(self, path: Path, text: str) -> None:
        """Give an open document another text."""
        self.buffers[path].text = text
        self._changed(path, {"text": text})

    def _changed(self, path: Path, change: dict[str, Any]) -> None:
        buffer = self.buffers[path]
        buffer.version += 1
        document = {"uri": path.as_uri(), "version": buffer.version}
        self.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    def saved(self, path: Path) -> None:
        """Say that the document was written to disk, which the caller did."""
        self.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})

    def close(self, path: Path) -> None:
        """Close a document without saving it."""
        del self.buffers[path]
        self.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def configure(self, options: Mapping[str, Any]) -> None:
        """Change settings."""
        self.options = {**self.options, **options}
        settings = {"settings": {"pilotfish": self.options}}
        self.notify("workspace/didChangeConfiguration", settings)

    def end(self) -> None:
        """Part politely; kill what does not leave."""
        try:
            if self.process.poll() is None:
                self.ask("shutdown", None)
                self.notify("exit", None)
            self.process.wait(10)
        except (ServerEndedError, TimeoutError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        finally:
            self._in.close()
            if self.process.stdout is not None:
                self.process.stdout.close()


def position(text: str, offset: int) -> dict[str, int]:
    """The protocol's position of a code point offset; lines end with ``\\n`` alone here."""
    line = text.count("\n", 0, offset)
    return {"line": line, "character": offset - (text.rfind("\n", 0, offset) + 1)}
