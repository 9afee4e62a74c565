"""A real Neovim without a screen, driven by Lua over a socket.

Nothing is slept through: the editor tells of what happens, and tests wait for that.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).resolve().parent
PLUGIN = HERE.parents[1] / "editors" / "neovim"
BIN = Path(sys.executable).parent
#: Bounds a hang on a busy machine; no test waits for time to pass.
PATIENCE = 60.0

Event = dict[str, Any]


class Neovim:
    """One editor. ``setup`` is the Lua table given to the plugin's ``setup``, or ``""``."""

    def __init__(
        self, folder: Path, environment: dict[str, str], setup: str = "{}", *files: str
    ) -> None:
        path = folder.parent / "nvim.sock"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.settimeout(PATIENCE)
        start = ["--cmd", f"lua require('pilotfish').setup({setup})"] if setup else []
        self._process = subprocess.Popen(
            [
                str(BIN / "nvim"), "--headless", "--clean", "-n",
                "--cmd", "set lines=30 columns=100",
                "--cmd", f"let &runtimepath = '{PLUGIN},' .. &runtimepath",
                "--cmd", f"luafile {HERE / 'neovim_driver.lua'}",
                *start, "--", *files,
            ],
            cwd=folder,
            env={
                **environment,
                "PILOTFISH_TEST_SOCKET": str(path),
                "PATH": f"{BIN}{os.pathsep}{environment['PATH']}",
                "NVIM_LOG_FILE": os.devnull,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        self.pid = self._process.pid
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(PATIENCE)
        self._buffer = b""
        self._asked = 0
        self.events: list[Event] = []
        self.wait_for("connected")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._listener.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()

    # ------------------------------------------------------------------ talking

    def lua(self, code: str, argument: Any = None) -> Any:
        """What a chunk of Lua returns; ``argument`` is its ``...``."""
        self._asked += 1
        message = {"id": self._asked, "code": code, "argument": argument}
        self._connection.sendall(json.dumps(message).encode() + b"\n")
        while True:
            answer = self._next()
            if answer.get("id") == self._asked:
                break
        if "error" in answer:
            raise AssertionError(f"{answer['error']}\n{code}")
        return answer.get("result")

    def type(self, keys: str) -> None:
        """Type keys as a person does."""
        self.lua("vim.api.nvim_input(...)", keys)

    def edit(self, name: str) -> None:
        """Open a file."""
        self.lua("vim.cmd.edit(vim.fn.fnameescape(...))", name)

    def wait_for(self, name: str, matches: Callable[[Event], bool] = lambda data: True) -> Event:
        """The data of the first event of this name that matches, from those not yet waited for."""
        for index, event in enumerate(self.events):
            if event["event"] == name and matches(event["data"]):
                del self.events[: index + 1]
                data: Event = event["data"]
                return data
        while True:
            try:
                message = self._next()
            except TimeoutError:
                raise AssertionError(
                    f"no {name} came; events so far: {self.events}\n{self.screen()}"
                ) from None
            if message.get("event") == name and matches(message["data"]):
                self.events.clear()
                found: Event = message["data"]
                return found

    def _next(self) -> Event:
        while b"\n" not in self._buffer:
            part = self._connection.recv(65536)
            if not part:
                assert self._process.stderr is not None
                raise AssertionError(f"Neovim ended: {self._process.stderr.read().decode()}")
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: Event = json.loads(line)
        if "event" in message:
            self.events.append(message)
        return message

    # ------------------------------------------------------------------ looking

    def text(self) -> str:
        """The text of the buffer."""
        lines: list[str] = self.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, true)")
        return "\n".join(lines)

    def line(self) -> str:
        """The line of the cursor."""
        line: str = self.lua("return vim.api.nvim_get_current_line()")
        return line

    def screen(self) -> str:
        """What a person would see, as text."""
        rows: list[str] = self.lua(
            """
            vim.cmd.redraw()
            local rows = {}
            for row = 1, vim.o.lines do
              local cells = {}
              for col = 1, vim.o.columns do
                cells[col] = vim.fn.screenstring(row, col)
              end
              rows[row] = table.concat(cells):gsub('%s+$', '')
            end
            return rows
            """
        )
        return "\n".join(rows)
