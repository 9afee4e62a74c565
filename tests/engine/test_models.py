"""The real models behind the lock: turns, stepping back, cancelling, unloading."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.errors import ExplainedError
from analysis.snapshot import Snapshot, Workspace
from decoding.errors import CancelledError
from decoding.writer import InfillRequest
from engine.lease import Priority
from engine.settings.values import MachineSettings
from engine.writers import Writers, choose, load
from tests.engine.conftest import PATIENCE

pytestmark = pytest.mark.model

TEXT = "import math\n\n\ndef area(radius: float) -> float:\n    return math."
#: A prompt of a thousand tokens or more, whose end has one likely continuation.
LONG = (
    "import math\n\n"
    + "\n".join(f"def f{n}(x):\n    return x + {n}\n" for n in range(120))
    + "\n\ndef area_of_circle(radius: float) -> float:\n    return math.pi"
)


def _request(text: str = TEXT, max_tokens: int = 6) -> InfillRequest:
    return InfillRequest(Snapshot("", text, Workspace("/nowhere")), len(text), max_tokens)


class Machine:
    """Settings that a test may change; the completing model plays both roles."""

    def __init__(self) -> None:
        one = choose(MachineSettings(), "complete").name
        self.settings = MachineSettings(repair_model=one)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def writers(machine: Machine) -> Iterator[Writers]:
    made = Writers(lambda: machine.settings, choose, load)
    yield made
    made.unload()
    made.close()


def test_a_model_is_loaded_when_it_is_needed(writers: Writers) -> None:
    assert writers.state().state == "unloaded"
    with writers.completing(Cancellation()) as writer:
        done = writer.complete(
            _request(max_tokens=6), None, deadline=Deadline.never(), cancellation=Cancellation()
        )
    assert done.model == writers.state().name
    assert writers.state().state == "loaded"
    writers.unload()
    assert writers.state().state == "unloaded"


def test_an_idle_model_leaves_memory(machine: Machine, writers: Writers) -> None:
    machine.settings = replace(machine.settings, idle_unload_seconds=0.2)
    with writers.completing(Cancellation(), Priority.WARM):
        assert writers.state().state == "loaded"
    limit = Deadline.after(PATIENCE)
    while writers.state().state != "unloaded":
        assert not limit.expired()
        time.sleep(0.02)


def test_a_missing_model_is_explained_and_seen_in_the_state(tmp_path: Path) -> None:
    settings = MachineSettings(model=str(tmp_path / "absent.gguf"))
    writers = Writers(lambda: settings, choose, load)
    with pytest.raises(ExplainedError) as missing, writers.completing(Cancellation()):
        pass
    assert (writers.state().state, writers.state().reason) == ("missing", missing.value.what)
    assert writers.state().help
    with pytest.raises(ExplainedError):
        Writers(
            lambda: MachineSettings(
                model=settings.model, repair_model=str(tmp_path / "absent-too.gguf")
            ),
            choose,
            load,
        ).repairing()
    writers.close()


def test_a_corrupt_model_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "corrupt.gguf"
    path.write_bytes(b"GGUF" + bytes(range(256)) * 64)
    settings = MachineSettings(model=str(path))
    writers = Writers(lambda: settings, choose, load)
    with pytest.raises(ExplainedError) as refused, writers.completing(Cancellation()):
        pass
    assert str(path) in str(refused.value)
    writers.close()


def test_a_repair_steps_back_for_a_completion_and_is_made_again(writers: Writers) -> None:
    repairing = writers.repairing()
    with writers.completing(Cancellation(), Priority.WARM):
        pass  # loads the model, so that the repair begins with a prompt that takes seconds
    results: list[str] = []

    def repair() -> None:
        done = repairing.complete(
            _request(LONG, max_tokens=12),
            None,
            deadline=Deadline.never(),
            cancellation=Cancellation(),
        )
        results.append(done.text)

    thread = threading.Thread(target=repair)
    thread.start()
    ended = []
    for _ in range(3):
        with writers.completing(Cancellation()) as writer:
            writer.complete(
                _request(max_tokens=4),
                None,
                deadline=Deadline.never(),
                cancellation=Cancellation(),
            )
            ended.append(bool(results))
    assert not ended[0], "the completion waited until the repair had ended"
    thread.join(PATIENCE)
    assert len(results) == 1
    assert "radius" in results[0]


def test_samples_are_the_same_with_somebody_in_between(writers: Writers) -> None:
    request = InfillRequest(
        Snapshot("", TEXT, Workspace("/nowhere")), len(TEXT), 6, temperature=0.8, seed=11
    )

    def draw(disturb: bool) -> list[str]:
        texts = []
        for sample in writers.repairing().samples(
            request, 4, None, deadline=Deadline.never(), cancellation=Cancellation()
        ):
            texts.append(sample.text)
            if disturb:
                with writers.completing(Cancellation()) as writer:
                    writer.score("x = ", "1", cancellation=Cancellation())
        return texts

    alone = draw(disturb=False)
    assert len(alone) == 4
    assert draw(disturb=True) == alone


def test_a_cancelled_repair_ends_in_the_middle_of_a_call(writers: Writers) -> None:
    cancellation = Cancellation()
    repairing = writers.repairing()
    repairing.complete(
        _request(max_tokens=1), None, deadline=Deadline.never(), cancellation=Cancellation()
    )
    threading.Timer(0.05, cancellation.cancel).start()
    with pytest.raises(CancelledError):
        repairing.complete(
            _request(LONG, max_tokens=400),
            None,
            deadline=Deadline.never(),
            cancellation=cancellation,
        )
