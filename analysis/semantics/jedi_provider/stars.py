"""Parts of sequences: ``first, *rest, last = …`` (reference, *Assignment statements*) and slices.

A starred name is bound to a list of what the others leave. Names behind it count from the end.
Where it is not known how many elements there are, each of them may be any element. jedi takes a
slice for the whole, so that ``(1, "a")[1:][0]`` would be 1; here each element may be any.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jedi.inference
from jedi.inference import syntax_tree
from jedi.inference.base_value import ContextualizedNode, ValueSet
from jedi.inference.gradual.typing import Tuple
from jedi.inference.lazy_value import LazyKnownValues
from jedi.inference.value.iterable import (
    FakeTuple,
    MergedArray,
    Sequence,
    SequenceLiteralValue,
    _FakeSequence,
)

_plain = syntax_tree.check_tuple_assignments
_installed = False


def install() -> None:
    """Change jedi in this process; further calls do nothing."""
    global _installed
    if _installed:
        return
    _installed = True
    for sequence in (MergedArray, Tuple, SequenceLiteralValue, _FakeSequence):
        sequence.py__simple_getitem__ = _sliced(sequence.py__simple_getitem__)
    syntax_tree.check_tuple_assignments = _assigned
    jedi.inference.check_tuple_assignments = _assigned


def _sliced(get: Callable[..., Any]) -> Callable[..., Any]:
    def sliced(self: Any, index: Any) -> Any:
        if not isinstance(index, slice):
            return get(self, index)
        if isinstance(self, MergedArray) or (isinstance(self, Tuple) and self._is_homogenous()):
            return ValueSet([self])
        elements = ValueSet.from_sets(lazy.infer() for lazy in self.py__iter__())
        array_type = "tuple" if isinstance(self, Tuple) else self.array_type
        return ValueSet([_Part(self.inference_state, elements, array_type)])

    return sliced


class _Part(Sequence):  # type: ignore[misc]
    """A list or a tuple of which each element may be any of ``elements``."""

    def __init__(self, state: Any, elements: Any, array_type: str = "list") -> None:
        super().__init__(state)
        self._elements = elements
        self.array_type = array_type

    def py__simple_getitem__(self, index: Any) -> Any:
        return ValueSet([self]) if isinstance(index, slice) else self._elements

    def py__iter__(self, contextualized_node: Any = None) -> Any:
        del contextualized_node
        yield LazyKnownValues(self._elements)


def _assigned(name: Any, value_set: Any) -> Any:
    """The values of the part of ``value_set`` that is assigned to ``name``."""
    if not any(_star(node) is not None for _, node in name.assignment_indexes()):
        return _plain(name, value_set)
    for index, node in name.assignment_indexes():
        value_set = _part(name, value_set, index, node)
    return value_set


def _star(targets: Any) -> int | None:
    """Which of several targets is the starred one."""
    return next((i for i, t in enumerate(targets.children[::2]) if t.type == "star_expr"), None)


def _is_counted(value: Any) -> bool:
    """Whether a value's elements are listed one by one."""
    if isinstance(value, SequenceLiteralValue):
        entries = value.get_tree_entries()
        return len(entries) == len(list(value.py__iter__()))
    return isinstance(value, (FakeTuple, Tuple))


def _part(name: Any, value_set: Any, index: Any, node: Any) -> Any:
    star = _star(node)
    lazies = list(value_set.iterate(ContextualizedNode(name.parent_context, node)))
    behind = len(node.children[::2]) - 1
    if star is None:
        known = lazies[index : index + 1] or lazies[-1:]
    elif len(lazies) < behind or not all(_is_counted(value) for value in value_set._set):
        known = lazies
    elif isinstance(index, slice):
        known = lazies[star : len(lazies) - (behind - star)]
    else:
        known = [lazies[index if index < star else index - behind - 1]]
    elements = ValueSet.from_sets(lazy.infer() for lazy in known)
    if not isinstance(index, slice):
        return elements
    return ValueSet([_Part(name.parent_context.inference_state, elements)])
