"""From settings to a model: which file plays a role, and how it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from decoding.models import store
from decoding.models.store import LocalModel
from engine.messages import MachineSettings

if TYPE_CHECKING:
    from engine.writers import Loaded


def choose(machine: MachineSettings, role: str) -> LocalModel:
    """The model for ``role`` (``complete`` or ``repair``).

    Raises :class:`~decoding.errors.ModelFileError` when it is not on this machine.
    """
    named = machine.repair_model if role == "repair" else machine.model
    return store.resolve(named or None, role=role)


def load(model: LocalModel, machine: MachineSettings) -> Loaded:
    """Open ``model`` with the threads that the settings name.

    Raises :class:`~decoding.errors.DecodingError` when it cannot be, or llama.cpp is not there.
    """
    # Imported late: the bindings and numpy take longer to import than the engine to start.
    from decoding.opening import open_writer
    from decoding.threads import Threads

    threads = Threads(machine.threads, machine.threads) if machine.threads else None
    return open_writer(model, threads=threads)
