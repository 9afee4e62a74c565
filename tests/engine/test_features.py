"""A request is one file and one line of the registry."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import engine

FEATURE = '''"""Says what it was told."""

from __future__ import annotations

from dataclasses import dataclass

from engine.context import Context
from engine.request import Caller, Lane, Request, Route


@dataclass(frozen=True, slots=True)
class EchoAnswer:
    text: str


@dataclass(frozen=True, slots=True)
class EchoRequest(Request[EchoAnswer]):
    text: str


def _run(request: EchoRequest, context: Context, caller: Caller) -> EchoAnswer:
    caller.progress("listening")
    return EchoAnswer(request.text * 2)


ROUTE = Route(EchoRequest, EchoAnswer, _run, Lane.FORWARD)
'''
#: Runs a module, where the copy of the engine in ``rooms`` goes before the one that is installed.
WITHIN = """
import runpy, sys
sys.path.insert(0, {rooms!r})
runpy.run_module({module!r}, run_name="__main__")
"""
ASK = """
from engine.client import EngineProcess
from engine.features.echo import EchoRequest

heard = []
client = EngineProcess(module=("timeit", "-n1", "-r1", {within!r}))
submission = client.submit(EchoRequest("hello "), on_progress=heard.append)
print(submission.future.result(60).text, heard[0].message)
client.close()
"""


@pytest.mark.process
def test_a_request_is_one_file_and_one_line(tmp_path: Path) -> None:
    rooms = tmp_path / "rooms"
    shutil.copytree(Path(engine.__file__).parent, rooms / "engine")
    features = rooms / "engine" / "features"
    (features / "echo.py").write_text(FEATURE)
    registry = (features / "__init__.py").read_text()
    line = '    "check",\n'
    (features / "__init__.py").write_text(registry.replace(line, f'{line}    "echo",\n'))
    (rooms / "ask.py").write_text(
        ASK.format(within=WITHIN.format(rooms=str(rooms), module="engine.process"))
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", WITHIN.format(rooms=str(rooms), module="ask")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "hello hello  listening\n", done.stderr
