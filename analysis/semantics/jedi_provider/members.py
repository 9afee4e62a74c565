"""Walking over an enumeration gives its members, and so does ``Colour["RED"]``.

jedi finds none for ``EnumType.__iter__``, and takes what stands in brackets for type arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jedi.inference.lazy_value import LazyKnownValues
from jedi.inference.value.klass import ClassMixin

_getitem = ClassMixin.py__getitem__
_installed = False


def install() -> None:
    """Change jedi's class; further calls do nothing."""
    global _installed
    if not _installed:
        _installed = True
        ClassMixin.py__iter__ = _members
        ClassMixin.py__getitem__ = _item


def _members(self: Any, contextualized_node: Any = None) -> Iterator[Any]:
    del contextualized_node
    if _enumerates(self):
        yield LazyKnownValues(self.execute_with_values())


def _item(self: Any, index_value_set: Any, contextualized_node: Any) -> Any:
    if _enumerates(self):
        return self.execute_with_values()
    return _getitem(self, index_value_set, contextualized_node)


def _enumerates(cls: Any) -> bool:
    return any(
        metaclass.py__name__() in ("EnumMeta", "EnumType") for metaclass in cls.get_metaclasses()
    )
