"""A workspace that is made of texts, and sandboxes over it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.environments.candidates import resolve
from analysis.snapshot import Workspace
from decoding.local_writer import LocalWriter
from decoding.models import store
from decoding.opening import OpenWriter, cache_folder
from decoding.runtimes.llama_cpp import LlamaCpp
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.interpreter import Interpreter, interpreter_of
from repair.sandbox.policy import Limits, Policy

StartSandbox = Callable[..., ForkServer]


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    """The Python that runs these tests, which has pytest."""
    return interpreter_of(resolve(Workspace("/", python=sys.executable)))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty project beside a folder that is none of its business."""
    root = tmp_path / "work space%20é"
    root.mkdir()
    return root


@pytest.fixture
def sandbox(workspace: Path, interpreter: Interpreter) -> Iterator[StartSandbox]:
    """Starts sandboxes over ``workspace`` and ends them after the test."""
    started: list[ForkServer] = []

    def start(target: str = "m.py", limits: Limits | None = None, **changes: object) -> ForkServer:
        policy = Policy(str(workspace), interpreter, limits=limits or Limits())
        policy = replace(policy, **changes)  # type: ignore[arg-type]
        server = ForkServer(policy, str(workspace / target), 100)
        started.append(server)
        return server

    yield start
    for server in started:
        server.close()


@pytest.fixture
def writer() -> Iterator[OpenWriter]:
    """The 0.5B, in this process."""
    runtime = LlamaCpp(store.resolve("complete").path)
    yield LocalWriter(runtime, cache=cache_folder())
    runtime.close()
