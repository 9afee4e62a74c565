"""Everything that is looked at, in the order in which it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pilotfish.health import configuration, engine, machine, model, programs, user_code
from pilotfish.health.sign import Patient, Sign

Check = Callable[[Patient], Iterator[Sign]]

CHECKS: tuple[Check, ...] = (
    machine.python,
    machine.system,
    engine.answers,
    engine.analysis,
    model.endpoint,
    model.bindings,
    model.files,
    programs.ruff,
    programs.git,
    user_code.sandbox,
    user_code.interpreter,
    configuration.trust,
    machine.threads,
    machine.memory,
    machine.disk,
    configuration.machine,
    configuration.project,
    engine.log,
    programs.editors,
)
