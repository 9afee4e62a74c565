"""Changes to `jedi.inference.value.klass` and `context`: the resolution order, members of
enumerations, and one `self` for all methods of a class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jedi.inference import value
from jedi.inference.cache import (
    inference_state_function_cache,
    inference_state_method_cache,
    inference_state_method_generator_cache,
)
from jedi.inference.context import TreeContextMixin
from jedi.inference.lazy_value import LazyKnownValues
from jedi.inference.value.klass import ClassMixin

# The method resolution order of a class, as Python has it.
#
# jedi lists bases depth first, so that ``object``, a base of the first base, comes before the
# second base: its ``__init__`` would hide the one that is called. Here the order is the C3
# linearization (Barrett et al. 1996; docs.python.org, *The Python 2.3 Method Resolution Order*).
# Where the bases have none, or one of them is unknown, jedi's list is kept with ``object`` at its
# end.


def _linear(listed: Callable[[Any], Iterator[Any]]) -> Callable[[Any], Iterator[Any]]:
    def linear(self: Any) -> Iterator[Any]:
        # First itself: whoever asks while the bases are inferred gets at least that.
        yield self
        bases = _bases(self)
        if len(bases) > 1:
            orders = [list(base.py__mro__()) for base in bases]
            merged = _merged([*orders, list(bases)])
            if merged is not None:
                yield from merged
                return
        rest = [cls for cls in listed(self) if cls is not self]
        yield from sorted(rest, key=_is_object)

    return linear


def _bases(cls: Any) -> list[Any]:
    """The bases that are one class each; none where one of them is not."""
    found = []
    for lazy in cls.py__bases__():
        values = list(lazy.infer()._set)
        if len(values) != 1 or not hasattr(values[0], "py__mro__"):
            return []
        found += values
    return found


def _merged(orders: list[list[Any]]) -> list[Any] | None:
    """The merge of C3: heads that are in no other tail, one after another."""
    merged = []
    pending = [order for order in orders if order]
    while pending:
        tails = [_identity(cls) for order in pending for cls in order[1:]]
        head = next((order[0] for order in pending if _identity(order[0]) not in tails), None)
        if head is None:
            return None
        merged.append(head)
        pending = [
            rest
            for order in pending
            if (rest := [cls for cls in order if _identity(cls) != _identity(head)])
        ]
    return merged


def _identity(cls: Any) -> Any:
    """A class with and without type arguments is one class."""
    return getattr(cls, "tree_node", None) or cls


def _is_object(cls: Any) -> bool:
    try:
        return str(cls.py__name__()) == "object" and cls.get_root_context().is_builtins_module()
    except (AttributeError, NotImplementedError):
        return False


# Walking over an enumeration gives its members, and so does ``Colour["RED"]``.
#
# jedi finds none for ``EnumType.__iter__``, and takes what stands in brackets for type arguments.


_getitem = ClassMixin.py__getitem__


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


def install() -> None:
    """Change jedi in this process; to be called once."""
    ClassMixin.py__mro__ = inference_state_method_generator_cache()(_linear(ClassMixin.py__mro__))
    ClassMixin.py__iter__ = _members
    ClassMixin.py__getitem__ = _item
    # jedi makes a method, its context and its ``self`` anew for each place that it looks at,
    # and with them all that it has inferred of local variables and of attributes of ``self``.
    TreeContextMixin.create_value = inference_state_method_cache()(TreeContextMixin.create_value)
    value.AnonymousInstance = inference_state_function_cache()(value.AnonymousInstance)
