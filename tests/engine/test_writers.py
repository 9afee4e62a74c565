"""A model that a command may need: loaded by the first call, never again, freed if it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from decoding.errors import CancelledError, DecodingError
from decoding.models.store import LocalModel
from decoding.opening import OpenWriter
from decoding.writer import Completion, InfillRequest, Writer
from engine.settings.values import MachineSettings
from engine.writers import Writers
from tests.scripted import Scripted

REQUEST = InfillRequest(Snapshot("/a.py", "x = ", Workspace("/")), 4, seed=7)


class Echo(Scripted):
    """Writes the seed that it was asked with."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0

    def answer(self, request: InfillRequest, cancellation: Cancellation) -> Completion:
        if cancellation.cancelled:
            raise CancelledError
        return Completion(str(request.seed))

    def close(self) -> None:
        self.closed += 1


def _lent(load: Callable[[], OpenWriter]) -> tuple[Writers, Writer]:
    model = LocalModel("echo", Path("echo.gguf"))
    writers = Writers(MachineSettings, lambda *_: model, lambda *_: load())
    return writers, writers.repairing()


def _complete(writer: Writer, cancellation: Cancellation | None = None) -> str:
    stop = cancellation or Cancellation()
    return writer.complete(REQUEST, None, deadline=Deadline.never(), cancellation=stop).text


def test_the_first_call_loads_it_and_the_others_use_it() -> None:
    loaded: list[Echo] = []

    def load() -> Echo:
        loaded.append(Echo())
        return loaded[-1]

    writers, writer = _lent(load)
    assert (writer.name, loaded) == ("echo", [])
    assert _complete(writer) == "7"
    assert writer.score("", "abc", cancellation=Cancellation()) == -3
    assert len(loaded) == 1
    writers.unload()
    assert loaded[0].closed == 1


def test_samples_come_one_by_one_also_where_something_else_is_asked_in_between() -> None:
    (_, writer), found = _lent(Echo), []
    samples = writer.samples(
        REQUEST, 3, None, deadline=Deadline.never(), cancellation=Cancellation()
    )
    for sample in samples:
        found.append(sample.text)
        assert writer.score("", "a", cancellation=Cancellation()) == -1
    assert found == ["7", "8", "9"]


def test_what_was_never_needed_is_never_loaded() -> None:
    def load() -> Echo:
        raise AssertionError("nobody asked")

    writers, _ = _lent(load)
    writers.unload()


def test_cancelled_and_not_loadable_are_said_and_it_stays_usable() -> None:
    broken = [True]

    def load() -> Echo:
        if broken.pop():
            raise DecodingError("no such file", where="model")
        return Echo()

    _, writer = _lent(load)
    with pytest.raises(DecodingError, match="no such file"):
        _complete(writer)
    broken.append(False)
    assert _complete(writer) == "7"
    cancelled = Cancellation()
    cancelled.cancel()
    with pytest.raises(CancelledError):
        _complete(writer, cancelled)
    assert _complete(writer) == "7"
