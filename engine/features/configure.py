"""The machine's settings, from the user's file and the editor's options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.findings import Finding
from engine.request import Caller, Lane, Request, Route
from engine.settings.values import MachineSettings

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class ConfigureAnswer:
    """The machine's settings in force, and what is wrong with them (``path`` may be ``""``)."""

    machine: MachineSettings
    problems: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigureRequest(Request[ConfigureAnswer]):
    """Options of the front door, over the user's own file: an editor's initialization options.

    ``options`` is the JSON object as the client sent it, in camel case; what is wrong with it
    comes back as problems and is otherwise left at its default.
    """

    options: dict[str, Any] = field(default_factory=dict)


def _run(request: ConfigureRequest, context: Context, caller: Caller) -> ConfigureAnswer:
    """Read, merge, and put in force; what does not fit is left out and told."""
    from engine import logs
    from engine.settings.read import machine_settings

    del caller
    machine, problems = machine_settings(request.options)
    context.configure(machine)
    logs.start(machine.log_level)
    return ConfigureAnswer(machine, problems)


ROUTE = Route(ConfigureRequest, ConfigureAnswer, _run, Lane.INLINE)
