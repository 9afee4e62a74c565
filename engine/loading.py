"""From settings to a model: which file plays a role, and how it is opened."""

from __future__ import annotations

from decoding.models import store
from decoding.models.store import LocalModel
from decoding.opening import Endpoint, OpenWriter, open_writer
from decoding.threads import Threads
from engine.settings.values import MachineSettings


def choose(machine: MachineSettings, role: str) -> LocalModel | Endpoint:
    """The model for ``role`` (``complete`` or ``repair``); an endpoint plays both.

    Raises :class:`~decoding.errors.ModelFileError` when it is not on this machine.
    """
    if machine.endpoint:
        return Endpoint(machine.endpoint, machine.endpoint_model, machine.endpoint_key)
    named = machine.repair_model if role == "repair" else machine.model
    return store.resolve(named or None, role=role)


def load(model: LocalModel | Endpoint, machine: MachineSettings) -> OpenWriter:
    """Open ``model`` with the threads that the settings name.

    Raises :class:`~decoding.errors.DecodingError` when it cannot be, or llama.cpp is not there.
    """
    threads = Threads(machine.threads, machine.threads) if machine.threads else None
    return open_writer(model, threads=threads)
