"""Walking over an enumeration gives its members (``EnumType.__iter__``); jedi finds none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jedi.inference.lazy_value import LazyKnownValues
from jedi.inference.value.klass import ClassMixin

_installed = False


def install() -> None:
    """Change jedi's class; further calls do nothing."""
    global _installed
    if not _installed:
        _installed = True
        ClassMixin.py__iter__ = _members


def _members(self: Any, contextualized_node: Any = None) -> Iterator[Any]:
    del contextualized_node
    if any(
        metaclass.py__name__() in ("EnumMeta", "EnumType") for metaclass in self.get_metaclasses()
    ):
        yield LazyKnownValues(self.execute_with_values())
