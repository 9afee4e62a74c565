"""Whether what is given may be an instance of what a parameter takes.

Where it is not clear, it may. Of the typing specification's *assignability* this is the part that
is certain without a type checker: a class and another one, where neither inherits from the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from analysis.semantics.jedi_provider import headers
from analysis.semantics.jedi_provider.accepted import FORMS, fits, undecorated
from analysis.semantics.jedi_provider.arms import classes_of, label_of, module_of, resolved_order
from analysis.syntax.displays import Display

#: Modules of classes that others are instances of without inheriting from them.
_OPEN = frozenset({"typing", "typing_extensions", "collections.abc", "_collections_abc", "types"})


class Sort(Enum):
    """What an object is. ``NONE`` is the object ``None``."""

    NONE = "None"
    INSTANCE = "instance"
    CLASS = "class"
    FUNCTION = "function"
    MODULE = "module"


@dataclass(frozen=True, slots=True)
class Given:
    """What is given; ``cls`` is jedi's class of an instance, or the class that is given itself."""

    sort: Sort
    cls: Any = None


def may_be(given: Given, part: Any) -> bool:
    """Whether ``given`` may be an instance of ``part``, a class of jedi's or ``None`` for None."""
    if given.sort is Sort.NONE:
        return fits(part, Display.NONE)
    if part is None:
        return False
    if given.sort is Sort.FUNCTION:
        return fits(part, Display.FUNCTION) or module_of(part) == "types"
    if given.sort is Sort.INSTANCE:
        return _may_be_instance(given.cls, part)
    # A class is an instance of its metaclass, a module of another class that few annotate.
    open_to_all = label_of(part) in FORMS or module_of(part) in _OPEN or _is_protocol(part)
    return open_to_all or "type" in map(label_of, classes_of(part))


def _may_be_instance(cls: Any, part: Any) -> bool:
    cls = undecorated(cls)
    if not cls.is_class() or type(cls).__name__ not in ("ClassValue", "GenericClass"):
        return True
    label = label_of(cls)
    if module_of(cls) == "builtins" and label in {d.value for d in Display}:
        return fits(part, Display(label))
    if label == "object" or not resolved_order(cls)[1]:
        return True
    if label_of(part) in FORMS or module_of(part) in _OPEN or label_of(part) == "Buffer":
        return True
    if _body(part) is None or _is_protocol(part):
        return True
    # By their names: a class may be defined in a stub and in its source, under two modules.
    order, wanted = classes_of(cls), classes_of(part)
    return label in map(label_of, wanted) or label_of(part) in map(label_of, order)


def _is_protocol(cls: Any) -> bool:
    body = _body(cls)
    return body is None or headers.is_protocol(body)


def _body(cls: Any) -> Any:
    node = getattr(cls, "tree_node", None)
    return node if node is not None and node.type == "classdef" else None
