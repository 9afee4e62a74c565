"""``ConfigureRequest``: the machine's settings, from the user's file and the editor's options."""

from __future__ import annotations

from engine import logs
from engine.context import Context
from engine.messages import ConfigureAnswer, ConfigureRequest
from engine.settings.read import machine_settings


def configure(request: ConfigureRequest, context: Context) -> ConfigureAnswer:
    """Read, merge, and put in force; what does not fit is left out and told."""
    machine, problems = machine_settings(request.options)
    context.configure(machine)
    logs.start(machine.log_level)
    return ConfigureAnswer(machine, problems)
