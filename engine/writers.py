"""The models of one engine: found, loaded when first needed, lent, unloaded when idle.

Knows roles; who goes first is ``lease``'s.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from analysis.deadline import Cancellation
from analysis.errors import ExplainedError
from decoding.errors import CancelledError
from decoding.models.store import LocalModel
from decoding.opening import Endpoint, OpenWriter, local_model, open_writer
from decoding.prompts.room import PromptRoom
from decoding.threads import Threads
from decoding.writer import Writer
from engine.lease import LeasedWriter, ModelLock, Priority
from engine.settings.values import MachineSettings


def choose(machine: MachineSettings, role: str) -> LocalModel | Endpoint:
    """The model for ``role`` (``complete`` or ``repair``); an endpoint plays both.

    Raises :class:`~decoding.errors.ModelFileError` when it is not on this machine.
    """
    if machine.endpoint:
        return Endpoint(machine.endpoint, machine.endpoint_model, machine.endpoint_key)
    named = machine.repair_model if role == "repair" else machine.model
    return local_model(named, role)


def load(model: LocalModel | Endpoint, machine: MachineSettings) -> OpenWriter:
    """Open ``model`` with the threads that the settings name.

    Raises :class:`~decoding.errors.DecodingError` when it cannot be, or llama.cpp is not there.
    """
    threads = Threads(machine.threads, machine.threads) if machine.threads else None
    return open_writer(model, threads=threads, room=PromptRoom(machine.prompt_seconds))


_log = logging.getLogger(__name__)


#: Finds the model for a role under the settings; raises an explained error if there is none.
Choose = Callable[[MachineSettings, str], LocalModel | Endpoint]
#: Loads it.
Load = Callable[[LocalModel | Endpoint, MachineSettings], OpenWriter]


@dataclass(frozen=True, slots=True)
class ModelState:
    """The completing model: ``state`` is ``unloaded``, ``loading``, ``loaded`` or ``missing``,
    ``reason`` and ``help`` explain the last."""

    name: str = ""
    state: str = "unloaded"
    reason: str = ""
    help: str = ""


class Writers:
    """Lends writers. Thread-safe; models are touched only by who holds the lock."""

    def __init__(self, machine: Callable[[], MachineSettings], choose: Choose, load: Load) -> None:
        self._machine = machine
        self._choose = choose
        self._load = load
        self._lock = ModelLock()
        self._loaded: dict[LocalModel | Endpoint, OpenWriter] = {}
        self._state = ModelState()
        self._used = threading.Condition()
        self._last_use = time.monotonic()
        self._closed = False
        self._stale = False
        self._sweeper = threading.Thread(target=self._sweep, name="engine-idle", daemon=True)
        self._sweeper.start()

    def state(self) -> ModelState:
        """The completing model as it is now."""
        return self._state

    @contextlib.contextmanager
    def completing(
        self, cancellation: Cancellation, priority: Priority = Priority.COMPLETION
    ) -> Iterator[Writer]:
        """The completing model, leased. Raises
        :class:`~decoding.errors.CancelledError` when cancelled while waiting for it, and an
        :class:`~analysis.errors.ExplainedError` when there is no model."""
        with self._lock.lease(priority, cancellation):
            try:
                yield self._ready("complete")
            finally:
                self._touch()

    def repairing(self) -> Writer:
        """The repairing model (the completing one in its absence) as a writer that leases it
        for each call and steps back for completions.

        Raises :class:`~analysis.errors.ExplainedError` when there is neither.
        """
        return LeasedWriter(self._find("repair").name, lambda: self._ready("repair"), self._lock)

    def reload(self) -> None:
        """Load anew what is needed next, as the settings are by then."""
        self._stale = True

    def installed(self) -> None:
        """A model was installed: that one is missing is no longer known."""
        if self._state.state == "missing":
            self._state = ModelState(self._state.name)

    def unload(self) -> None:
        """Free every model, when those who compute are done. What needs one later loads it."""
        with contextlib.suppress(CancelledError), self._lock.lease(Priority.UNLOAD, Cancellation()):
            self._free()

    def close(self) -> None:
        """End the sweeper. Memory goes with the process, which need not wait for the lock."""
        with self._used:
            self._closed = True
            self._used.notify_all()

    def _find(self, role: str) -> LocalModel | Endpoint:
        machine = self._machine()
        if role == "repair":
            with contextlib.suppress(ExplainedError):
                return self._choose(machine, "repair")
        return self._choose(machine, "complete")

    def _ready(self, role: str) -> OpenWriter:
        """The model of ``role``, loaded; for who holds the lock."""
        if self._stale:
            self._stale = False
            self._free()
        try:
            model = self._find(role)
            writer = self._loaded.get(model)
            if writer is None:
                self._show(role, ModelState(model.name, "loading"))
                begin = time.monotonic()
                writer = self._load(model, self._machine())
                _log.info("loaded %s in %.2f s", model.name, time.monotonic() - begin)
                self._loaded[model] = writer
        except ExplainedError as error:
            _log.info("no model: %s", error.what)
            self._show(role, ModelState(self._state.name, "missing", error.what, error.help))
            raise
        self._show(role, ModelState(model.name, "loaded"))
        self._touch()
        return writer

    def _show(self, role: str, state: ModelState) -> None:
        if role == "complete":
            self._state = state

    def _touch(self) -> None:
        with self._used:
            self._last_use = time.monotonic()
            self._used.notify_all()

    def _sweep(self) -> None:
        while True:
            with self._used:
                if self._closed:
                    return
                idle = self._machine().idle_unload_seconds
                left = self._last_use + idle - time.monotonic()
                due = bool(idle and self._loaded) and left <= 0
                if not due:
                    self._used.wait(max(left, 0.01) if idle and self._loaded else None)
                    continue
            if self._lock.is_wanted():
                self._touch()
            else:
                _log.info("idle for %.0f s: unloading", idle)
                self.unload()

    def _free(self) -> None:
        for writer in self._loaded.values():
            writer.close()
        self._loaded.clear()
        self._state = replace(self._state, state="unloaded")
