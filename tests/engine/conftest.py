"""What the tests of this room share: a home of their own, and waiting on an engine's life."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.client import EngineClient, EngineProcess, EngineState, Phase

#: Generous: tests wait for events, and on a machine under load a model takes its time.
PATIENCE = 180.0


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, trust and logs of the test's own; models stay where the user's are."""
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


class Life:
    """The states that an engine went through, and waiting for one."""

    def __init__(self, client: EngineClient) -> None:
        self._changed = threading.Condition()
        self.states: list[EngineState] = []
        client.on_state(self._note)

    def _note(self, state: EngineState) -> None:
        with self._changed:
            self.states.append(state)
            self._changed.notify_all()

    def wait_for(self, phase: Phase, restarts: int = 0) -> EngineState:
        """The first state of ``phase`` with so many restarts or more."""

        def found() -> EngineState | None:
            hits = (s for s in self.states if s.phase is phase and s.restarts >= restarts)
            return next(hits, None)

        with self._changed:
            assert self._changed.wait_for(lambda: found() is not None, PATIENCE), self.states
        state = found()
        assert state is not None
        return state


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    """A real engine process."""
    client = EngineProcess()
    yield client
    client.close()
