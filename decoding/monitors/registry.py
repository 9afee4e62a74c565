"""Which monitors there are: the built-in list, and those of installed packages.

A package adds monitors through the entry point group ``pilotfish.monitors``; each entry names what
makes one when it is called: a class or a function without arguments.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import entry_points

from decoding.monitors.calls import (
    ArgumentTypeMonitor,
    ArityMonitor,
    CallEndMonitor,
    CallMonitor,
    KeywordMonitor,
    SurplusMonitor,
)
from decoding.monitors.monitor import Guarded, Monitor
from decoding.monitors.names import (
    AssignmentMonitor,
    AttributeMonitor,
    EnumMonitor,
    ExceptionMonitor,
    ImportMemberMonitor,
    ImportModuleMonitor,
    KeyMonitor,
    LiteralMonitor,
    NameMonitor,
    SelfMonitor,
)

GROUP = "pilotfish.monitors"
BUILT_IN: tuple[Monitor, ...] = (
    AttributeMonitor(),
    SelfMonitor(),
    EnumMonitor(),
    ImportModuleMonitor(),
    ImportMemberMonitor(),
    KeywordMonitor(),
    ArityMonitor(),
    SurplusMonitor(),
    CallMonitor(),
    CallEndMonitor(),
    ArgumentTypeMonitor(),
    KeyMonitor(),
    LiteralMonitor(),
    ExceptionMonitor(),
    NameMonitor(),
    AssignmentMonitor(),
)

_log = logging.getLogger(__name__)


@cache
def monitors() -> tuple[Monitor, ...]:
    """All monitors, the built-in ones first. One that cannot be loaded is left out and logged."""
    return BUILT_IN + tuple(_installed())


def _installed() -> list[Monitor]:
    found: list[Monitor] = []
    for entry in sorted(entry_points(group=GROUP)):
        try:
            monitor = entry.load()()
            Guarded(monitor)  # has what every monitor has
            found.append(monitor)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # a stranger's module may raise anything
            _log.warning("monitor %s of %s does not load: %r", entry.name, entry.value, error)
    return found
