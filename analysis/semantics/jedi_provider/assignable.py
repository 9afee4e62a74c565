"""Whether what is given may be an instance of what a parameter takes.

Where it is not clear, it may. Of the typing specification's *assignability* this is the part that
is certain without a type checker: a class and another one, where neither inherits from the other.
"""

from __future__ import annotations

import collections.abc
import re
import types
from collections.abc import Set
from dataclasses import dataclass
from enum import Enum
from typing import Any

from analysis.names import Display
from analysis.semantics.jedi_provider import completeness, headers
from analysis.semantics.jedi_provider.accepted import (
    COLLECTIONS,
    FORMS,
    demanded,
    fits,
    undecorated,
)
from analysis.semantics.jedi_provider.union_members import (
    classes_of,
    label_of,
    metaclasses_of,
    module_of,
    resolved_order,
)

#: Modules of classes that others are instances of without inheriting from them.
_OPEN = COLLECTIONS | {"types"}
#: What gives a class names that its body does not show.
_GROWS = re.compile(r"\b(?:setattr|vars|locals|exec)\s*\(|\b__dict__\b|\b__getattr\w*|\b__new__\b")
#: What these forms make has the methods of a dictionary or a tuple besides its own.
_MADE = frozenset({"TypedDict", "NamedTuple", "namedtuple"})
#: Metaclasses that give their classes no methods but their own.
_PLAIN = frozenset({"type", "ABCMeta", "_ProtocolMeta"})


class Sort(Enum):
    """What an object is. ``NONE`` is the object ``None``."""

    NONE = "None"
    INSTANCE = "instance"
    CLASS = "class"
    FUNCTION = "function"
    MODULE = "module"


@dataclass(frozen=True, slots=True)
class Given:
    """What is given; ``cls`` is jedi's class of an instance, or the class that is given itself.
    ``declared``: somebody wrote that it is this; else it is what is seen to be assigned."""

    sort: Sort
    cls: Any = None
    declared: bool = True


def given_of(value: Any) -> Given | None:
    """What ``value`` is; ``None`` where that does not show."""
    if completeness.is_none(value):
        return Given(Sort.NONE)
    if value.is_function() or type(value).__name__ in ("BoundMethod", "FunctionValue"):
        return Given(Sort.FUNCTION)
    if value.is_class() or value.is_module() or not value.is_instance():
        return None
    return Given(Sort.INSTANCE, value.py__class__())


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
    return _may_be_itself(given, part)


def _may_be_itself(given: Given, part: Any) -> bool:
    """Whether a class or a module may be an instance of ``part``: what it is an instance of, its
    metaclass or ``ModuleType``, few annotate."""
    is_class = given.sort is Sort.CLASS
    if is_class and "type" in map(label_of, classes_of(part)):
        return True
    if label_of(part) in FORMS:
        return is_class and label_of(part) != "Tuple"
    names = _demanded_of(part)
    if names and all(name.startswith("__") for name in names):
        # Special methods are looked up on the type of an object (data model).
        own = type if is_class else types.ModuleType
        known = not is_class or all(label_of(m) in _PLAIN for m in metaclasses_of(given.cls))
        return not known or all(hasattr(own, name) for name in names)
    if module_of(part) == "builtins":
        return False
    return module_of(part) in _OPEN or _is_protocol(part)


def _may_be_instance(cls: Any, part: Any) -> bool:
    cls = undecorated(cls)
    if label_of(cls) == "Tuple" and type(cls).__name__ == "TypingClassWithGenerics":
        return fits(part, Display.TUPLE)
    label = label_of(cls)
    if module_of(cls) == "builtins" and label in {d.value for d in Display}:
        return fits(part, Display(label))
    if not cls.is_class() or type(cls).__name__ not in ("ClassValue", "GenericClass"):
        return True
    if label == "object" or not resolved_order(cls)[1]:
        return True
    names = _demanded_of(part)
    if names:
        return _may_have(cls, names)
    if label_of(part) in FORMS or module_of(part) in _OPEN or label_of(part) == "Buffer":
        return True
    if module_of(part) != "builtins" and (_body(part) is None or _is_protocol(part)):
        return True
    # By their names: a class may be defined in a stub and in its source, under two modules.
    order, wanted = classes_of(cls), classes_of(part)
    return label in map(label_of, wanted) or label_of(part) in map(label_of, order)


def may_be_called(given: Given) -> bool:
    """Whether ``given`` may be something that can be called."""
    if given.sort is not Sort.INSTANCE:
        return given.sort is not Sort.NONE
    cls = undecorated(given.cls)
    if module_of(cls) == "builtins" and label_of(cls) in {d.value for d in Display}:
        return False
    if type(cls).__name__ not in ("ClassValue", "GenericClass") or module_of(cls) in _OPEN:
        return True
    if label_of(cls) == "object" or not resolved_order(cls)[1] or _is_protocol(cls):
        return True
    return _may_have(cls, frozenset({"__call__"}))


def _demanded_of(part: Any) -> frozenset[str]:
    """The names that every instance of ``part`` has, where it is known by what it has: an abstract
    collection, ``Callable``, a protocol. Empty where that is not known."""
    if module_of(part) in COLLECTIONS:
        label = {"AbstractSet": "Set"}.get(label_of(part), label_of(part))
        real = getattr(collections.abc, label, None)
        if real is not None:
            return frozenset(getattr(real, "__abstractmethods__", ()))
    bodies = [getattr(base, "tree_node", None) for base in classes_of(part)]
    written = [node for node in bodies if getattr(node, "type", "") == "classdef"]
    if not written or not headers.is_protocol(written[0]):
        return frozenset()
    return frozenset(demanded(written))


def _may_have(cls: Any, names: Set[str]) -> bool:
    """Whether instances of ``cls``, of which all bases are known, may have all of ``names``."""
    order, _ = resolved_order(cls)
    for facts in order:
        if facts.remade or facts.written_from_outside or (facts.decorators and not facts.stub):
            return True
        # ``Generic`` and ``Protocol`` give nothing to instances.
        if not facts.stub and facts.module != "typing" and _GROWS.search(facts.code):
            return True
    if _MADE.intersection(w for base in classes_of(cls) for w in _words(base)):
        return True
    if any(label_of(one) not in _PLAIN for one in metaclasses_of(cls)):
        return True
    filters = list(cls.get_filters(is_instance=True))
    own = frozenset[str]().union(*(facts.methods for facts in order))

    def has(name: str) -> bool:
        return name in own or any(found.get(name) for found in filters)

    # What has items is walked over and looked through without a method for it (data model).
    by_items = names <= {"__iter__", "__contains__"} and has("__getitem__")
    return by_items or all(map(has, names))


def _words(cls: Any) -> list[str]:
    body = _body(cls)
    listed = body.get_super_arglist() if body is not None else None
    return [label_of(cls), *(headers.words(listed) if listed is not None else [])]


def _is_protocol(cls: Any) -> bool:
    body = _body(cls)
    return body is None or headers.is_protocol(body)


def _body(cls: Any) -> Any:
    node = getattr(cls, "tree_node", None)
    return node if node is not None and node.type == "classdef" else None
