"""Completions through the real engine and the real model: newest first, cancelled, killed."""

from __future__ import annotations

import math
import os
import signal
import time
from pathlib import Path

import pytest

from analysis.snapshot import Snapshot, Workspace
from engine.client import EngineProcess, Phase, RequestFailedError, Submission
from engine.features.complete import CompleteAnswer, CompleteRequest
from engine.features.status import StatusRequest
from engine.features.warm import WarmRequest
from tests.engine.conftest import PATIENCE, Life

pytestmark = pytest.mark.model

SHORT = "import math\n\n\ndef area(radius: float) -> float:\n    return math."
#: Two thousand tokens or so in front of the cursor: seconds of prefill on two cores.
LONG = "\n".join(f"def f{n}(x):\n    return x + {n}\n" for n in range(150)) + "\n" + SHORT


def _ask(
    engine: EngineProcess, root: Path, text: str = SHORT, name: str = "a.py"
) -> Submission[CompleteAnswer]:
    snapshot = Snapshot(str(root / name), text, Workspace(str(root)))
    lines = text.split("\n")
    request = CompleteRequest(snapshot, len(lines) - 1, len(lines[-1]), max_tokens=8)
    return engine.submit(request)


def _failure(submission: Submission[CompleteAnswer]) -> RequestFailedError:
    with pytest.raises(RequestFailedError) as failed:
        submission.future.result(PATIENCE)
    return failed.value


def test_a_completion_names_what_exists(engine: EngineProcess, tmp_path: Path) -> None:
    engine.submit(WarmRequest(Workspace(str(tmp_path)))).future.result(PATIENCE)
    completion = _ask(engine, tmp_path).future.result(PATIENCE).completion
    # The model chooses among what exists; its choice depends on whether the hint is in time.
    assert hasattr(math, completion.text.partition("(")[0].split()[0])
    status = engine.submit(StatusRequest()).future.result(PATIENCE)
    assert (status.model_state, status.model) == ("loaded", completion.model)


def test_the_newest_completion_of_a_document_is_the_only_one(
    engine: EngineProcess, tmp_path: Path
) -> None:
    engine.submit(WarmRequest(Workspace(str(tmp_path)))).future.result(PATIENCE)
    typed = [_ask(engine, tmp_path, LONG[: len(LONG) - n]) for n in range(5, 0, -1)]
    newest = _ask(engine, tmp_path, LONG)
    assert [_failure(older).kind for older in typed] == ["cancelled"] * len(typed)
    assert newest.future.result(PATIENCE).completion.text.startswith("pi")


def test_a_cancelled_completion_frees_the_model_before_it_would_have_ended(
    engine: EngineProcess, tmp_path: Path
) -> None:
    engine.submit(WarmRequest(Workspace(str(tmp_path)))).future.result(PATIENCE)
    _ask(engine, tmp_path).future.result(PATIENCE)
    begin = time.monotonic()
    _ask(engine, tmp_path, LONG, "whole.py").future.result(PATIENCE)
    whole = time.monotonic() - begin
    # Another text from its first token on, so that nothing of it is in the cache.
    cancelled = _ask(engine, tmp_path, "# another\n" + LONG, "cancelled.py")
    begin = time.monotonic()
    cancelled.cancel()
    assert _failure(cancelled).kind == "cancelled"
    _ask(engine, tmp_path).future.result(PATIENCE)
    assert time.monotonic() - begin < whole


def test_killed_while_it_writes_the_completion_comes_from_the_next(
    engine: EngineProcess, tmp_path: Path
) -> None:
    life = Life(engine)
    engine.submit(WarmRequest(Workspace(str(tmp_path)))).future.result(PATIENCE)
    pid = life.wait_for(Phase.READY).pid
    assert pid is not None
    submission = _ask(engine, tmp_path, LONG)
    os.kill(pid, signal.SIGKILL)
    assert submission.future.result(PATIENCE).completion.text.startswith("pi")


def test_what_is_less_sure_than_wanted_is_not_shown(tmp_path: Path) -> None:
    client = EngineProcess({"confidenceThreshold": 1})
    completion = _ask(client, tmp_path).future.result(PATIENCE).completion
    assert (completion.text, completion.stopped) == ("", "unsure")
    client.close()


def test_without_a_model_the_reason_and_the_fix_are_told(tmp_path: Path) -> None:
    client = EngineProcess({"model": str(tmp_path / "absent.gguf")})
    failure = _failure(_ask(client, tmp_path))
    assert failure.kind == "explained"
    assert failure.help
    notes = client.submit(WarmRequest(Workspace(str(tmp_path)))).future.result(PATIENCE).notes
    assert failure.what in notes[0]
    status = client.submit(StatusRequest()).future.result(PATIENCE)
    assert (status.model_state, status.model_reason) == ("missing", failure.what)
    client.close()
