"""Which monitors there are: the built-in list, and those of installed packages.

A package adds monitors through the entry point group ``pilotfish.monitors``; each entry names what
makes one when it is called: a class or a function without arguments.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import entry_points

from decoding.monitors.argument_type import ArgumentTypeMonitor
from decoding.monitors.arity import ArityMonitor
from decoding.monitors.attribute import AttributeMonitor
from decoding.monitors.bare_name import NameMonitor
from decoding.monitors.call import CallMonitor
from decoding.monitors.call_end import CallEndMonitor
from decoding.monitors.definite_assignment import AssignmentMonitor
from decoding.monitors.enum_member import EnumMonitor
from decoding.monitors.exception import ExceptionMonitor
from decoding.monitors.import_member import ImportMemberMonitor
from decoding.monitors.import_module import ImportModuleMonitor
from decoding.monitors.keyword_argument import KeywordMonitor
from decoding.monitors.literal_value import LiteralMonitor
from decoding.monitors.monitor import Guarded, Monitor
from decoding.monitors.self_member import SelfMonitor
from decoding.monitors.subscript_key import KeyMonitor
from decoding.monitors.surplus_argument import SurplusMonitor

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
