"""What handlers are given: settings in force, the analysis pool, and the models.

Everything here is made when first needed, so an engine that only answers ``status`` starts in the
time it takes to import it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.graphs import Graphs
from engine.settings.values import MachineSettings
from engine.writers import Choose, Load, Writers, choose, load

if TYPE_CHECKING:
    from analysis.worker.pool import AnalysisPool
    from engine.knowledge import Knowledge


class Context:
    """The state of one engine. Thread-safe. ``choose`` and ``load`` find and load its models."""

    def __init__(
        self,
        machine: MachineSettings | None = None,
        *,
        choose: Choose = choose,
        load: Load = load,
    ) -> None:
        self._lock = threading.Lock()
        self._machine = machine or MachineSettings()
        self._pool: AnalysisPool | None = None
        self._closed = False
        self.graphs = Graphs()
        self.writers = Writers(lambda: self._machine, choose, load)

    @property
    def machine(self) -> MachineSettings:
        """The machine's settings in force."""
        return self._machine

    def configure(self, machine: MachineSettings) -> None:
        """Put other settings in force, for what begins from now on."""
        with self._lock:
            before, self._machine = self._machine, machine
        if _loads_alike(before) != _loads_alike(machine):
            self.writers.reload()

    def pool(self) -> AnalysisPool:
        """The analysis workers, started when this is first called."""
        # Imported late: an engine that was only asked for its status needs none of it.
        from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder

        with self._lock:
            if self._pool is None:
                self._pool = AnalysisPool(WorkerSettings(cache_folder()))
                if self._closed:
                    self._pool.close()
            return self._pool

    def knowledge(self) -> Knowledge:
        """What completions may know."""
        from engine.knowledge import Knowledge

        return Knowledge(self.pool(), self.graphs)

    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the analysis workers that run."""
        with self._lock:
            return self._pool.pids() if self._pool is not None else ()

    def analysis_trouble(self) -> str:
        """Why the analysis workers answer nothing; ``""`` where they do, or were not asked yet."""
        with self._lock:
            trouble = self._pool.trouble if self._pool is not None else None
        return str(trouble or "")

    def close(self) -> None:
        """End what was started; models go with the process."""
        self.writers.close()
        self.graphs.close()
        with self._lock:
            self._closed = True
            pool = self._pool
        if pool is not None:
            pool.close()


def _loads_alike(machine: MachineSettings) -> tuple[object, ...]:
    """What makes two settings load the same models in the same way."""
    endpoint = (machine.endpoint, machine.endpoint_model, machine.endpoint_key)
    how = (machine.threads, machine.prompt_seconds)
    return (machine.model, machine.repair_model, how, endpoint)
