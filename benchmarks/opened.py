"""The model and the analysis of a repair in this process, opened as the command line opens them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from benchmarks.models import MODELS
from decoding.opening import OpenWriter
from engine.loading import choose, load
from engine.settings.values import MachineSettings
from pilotfish.later import LaterEvidence, LaterWriter


@dataclass(frozen=True)
class Opened:
    """Both are started when they are first asked. ``name`` is the model's."""

    name: str
    writer: OpenWriter
    evidence: LaterEvidence


@contextmanager
def opened(model: str) -> Iterator[Opened]:
    """The repair model of a benchmark's ``--model``, closed in the end.

    Raises :class:`~analysis.errors.ExplainedError` where there is no such model here.
    """
    name = MODELS.get(model, model)
    machine = MachineSettings(model=name, repair_model=name)
    found = choose(machine, "repair")
    writer, evidence = LaterWriter(found.name, partial(load, found, machine)), LaterEvidence()
    try:
        yield Opened(found.name, writer, evidence)
    finally:
        evidence.close()
        writer.close()
