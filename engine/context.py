"""What handlers are given: settings in force, the analysis pool, and the models.

Everything here is made when first needed, so an engine that only answers ``status`` starts in the
time it takes to import it.
"""

from __future__ import annotations

import threading

from engine.messages import MachineSettings


class Context:
    """The state of one engine. Thread-safe."""

    def __init__(self, machine: MachineSettings | None = None) -> None:
        self._lock = threading.Lock()
        self._machine = machine or MachineSettings()

    @property
    def machine(self) -> MachineSettings:
        """The machine's settings in force."""
        return self._machine

    def configure(self, machine: MachineSettings) -> None:
        """Put other settings in force, for what begins from now on."""
        with self._lock:
            self._machine = machine

    def close(self) -> None:
        """End what was started."""
