"""The engine: whether it starts and answers, what it analyses with, where it writes its log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from importlib.metadata import version

from analysis.errors import AnalysisError
from analysis.worker.process import cache_folder
from engine.client import EngineProcess, RequestFailedError
from engine.features.status import StatusRequest
from engine.logs import log_folder, stderr_log
from pilotfish.health.sign import Patient, Sign, State

PATIENCE_SECONDS = 30


def answers(patient: Patient) -> Iterator[Sign]:
    """Start the engine as the language server does, and ask it something."""
    begin = time.monotonic()
    client = EngineProcess()
    try:
        status = client.submit(StatusRequest()).future.result(PATIENCE_SECONDS)
    except (RequestFailedError, FutureTimeoutError) as error:
        yield Sign(
            "engine",
            State.BROKEN,
            f"it does not answer: {error or 'timed out'}",
            f"see {log_folder()}, and attach the logs there to a bug report",
        )
        return
    finally:
        client.close()
    took = time.monotonic() - begin
    yield Sign(
        "engine",
        State.OK,
        f"answers {took:.2f} s after start-up, {status.resident_bytes / 1e6:.0f} MB without model",
    )


def analysis(patient: Patient) -> Iterator[Sign]:
    """Whether the jedi that is installed is the one that Pilotfish changes from the inside."""
    try:
        from analysis.semantics.reference import ReferenceProvider

        ReferenceProvider(cache_folder())
    except AnalysisError as error:
        yield Sign("analysis", State.BROKEN, error.what, error.help)
    else:
        versions = ", ".join(f"{name} {version(name)}" for name in ("jedi", "parso"))
        yield Sign("analysis", State.OK, versions)


def log(patient: Patient) -> Iterator[Sign]:
    """Where to look when something went wrong."""
    if stderr_log() is None:
        yield Sign(
            "log",
            State.NOTE,
            f"{log_folder()} cannot be written to: the engine keeps no log",
            "make the folder writable",
        )
    else:
        yield Sign("log", State.OK, str(log_folder() / "engine.log"))
