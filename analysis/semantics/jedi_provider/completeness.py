"""Teaches jedi to remember what it could not infer.

jedi's answer is the set of values it found; an assignment, a branch or a return that it could not
infer leaves no trace in it. For a completion list that is right, for pruning it is not: a set with
an unresolved arm is open. So every ``ValueSet`` gets a flag ``incomplete`` that travels with the
values through jedi's own operations:

* a union of sets is incomplete when a part is empty or incomplete;
* what is looked up on, called on or indexed from an incomplete set is incomplete;
* an expression is incomplete when its inference walked over an incomplete set.

This module changes classes of jedi in this process, once. The alternative, a second inference that
checks the first, would cost the time twice and agree with it less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jedi.inference import base_value, docstrings, flow_analysis, lazy_value, syntax_tree
from jedi.inference import names as jedi_names
from jedi.inference.base_value import ValueSet
from jedi.inference.gradual import typeshed
from jedi.inference.value import instance, klass

#: One entry per expression or set under construction: whether it walked over an incomplete set.
_frames: list[bool] = []
#: The depths in ``_frames`` at which a set is under construction.
_building: list[int] = []

#: What is done with a set as a whole, besides what is looked up on each of its values.
_OPERATIONS = (
    "execute",
    "execute_with_values",
    "get_item",
    "py__class__",
    "py__getattribute__",
)


def incomplete(values: Any) -> bool:
    """Whether something that ``values`` should hold could not be inferred."""
    return bool(getattr(values, "incomplete", False)) or not values


def is_none(value: Any) -> bool:
    """Whether ``value`` is the object ``None``."""
    try:
        return bool(value.is_compiled() or value.is_instance()) and (
            value.py__name__() == "NoneType"
        )
    except AttributeError:
        return False


def install() -> None:
    """Change jedi in this process; to be called once."""
    ValueSet.incomplete = False
    ValueSet.__init__ = _init
    ValueSet.__iter__ = _iter
    ValueSet.__or__ = _or
    ValueSet.from_sets = classmethod(_from_sets)
    ValueSet.filter = _filter
    for operation in _OPERATIONS:
        setattr(ValueSet, operation, _carrying(getattr(ValueSet, operation)))
    ValueSet.__getattr__ = _mapper
    ValueSet.iterate = _iterate
    syntax_tree._infer_node = _framed(syntax_tree._infer_node)
    flow_analysis._check_if = _only_certain(isolated(flow_analysis._check_if))
    typeshed._try_to_load_stub = isolated(typeshed._try_to_load_stub)
    klass.ClassValue.get_metaclasses = isolated(klass.ClassValue.get_metaclasses)
    # Which constructor fits and whether there is a slot decides what is looked at next, not what
    # comes of it.
    for cls, decides in (
        (instance.TreeInstance, "_get_annotated_class_object"),
        (instance.AbstractInstanceValue, "get_function_slot_names"),
    ):
        setattr(cls, decides, isolated(getattr(cls, decides)))
    # What a docstring claims about types is prose; what callers pass is only a sample of it.
    docstrings.infer_param = lambda *_: base_value.NO_VALUES
    docstrings.infer_return_types = lambda *_: base_value.NO_VALUES
    jedi_names.AnonymousParamName.infer = _of_parameter(jedi_names.AnonymousParamName.infer)


def reset() -> None:
    """Begin a new query: an exception may have left frames behind."""
    _frames.clear()
    _building.clear()


def flagged(values: Any) -> Any:
    """A copy of ``values`` that is incomplete."""
    marked = ValueSet._from_frozen_set(values._set)
    marked.incomplete = True
    return marked


def _note() -> None:
    if _frames:
        _frames[-1] = True


def _init(self: Any, iterable: Iterable[Any]) -> None:
    depth = len(_frames)
    _frames.append(False)
    _building.append(depth)
    try:
        self._set = frozenset(iterable)
        if _frames[depth]:
            self.incomplete = True
    finally:
        del _frames[depth:]
        _building.pop()


def _iter(self: Any) -> Iterator[Any]:
    # Walking over nothing is what jedi does all the time; only while it builds a set from several
    # parts does an empty part mean that one is missing.
    building = bool(_building) and _building[-1] == len(_frames) - 1
    if self.incomplete or (building and not self._set):
        _note()
    return iter(self._set)


def _or(self: Any, other: Any) -> Any:
    union = self._from_frozen_set(self._set | other._set)
    # The one object NO_VALUES is where jedi begins to add up; other empty sets are results.
    missing = not other._set and other is not base_value.NO_VALUES
    if self.incomplete or other.incomplete or missing:
        union.incomplete = True
    return union


def _from_sets(cls: Any, sets: Iterable[Any]) -> Any:
    aggregated: set[Any] = set()
    doubt = False
    for part in sets:
        if isinstance(part, ValueSet):
            doubt = doubt or part.incomplete or not part._set
            aggregated |= part._set
        else:
            aggregated |= frozenset(part)
    union = cls._from_frozen_set(frozenset(aggregated))
    if doubt:
        union.incomplete = True
    return union


def _filter(self: Any, condition: Callable[[Any], bool]) -> Any:
    kept = self._from_frozen_set(frozenset(filter(condition, self._set)))
    if self.incomplete:
        kept.incomplete = True
    return kept


def _carrying(operation: Callable[..., Any]) -> Callable[..., Any]:
    """``operation`` on the union members that are not ``None``; an incomplete set gives one.

    ``None`` has no attributes, items or calls that anyone means, so a union member that is ``None``
    says nothing about the result: the code runs only when it is another one.
    """

    def carried(self: Any, *args: Any, **kwargs: Any) -> Any:
        members = [value for value in self._set if not is_none(value)]
        if len(members) < len(self._set):
            narrowed = self._from_frozen_set(frozenset(members))
            narrowed.incomplete = self.incomplete
            self = narrowed
        result = operation(self, *args, **kwargs)
        return flagged(result) if self.incomplete and not result.incomplete else result

    return carried


def _mapper(self: Any, name: str) -> Callable[..., Any]:
    if name.startswith("__"):
        raise AttributeError(name)

    def mapped(*args: Any, **kwargs: Any) -> Any:
        result = self.from_sets(getattr(value, name)(*args, **kwargs) for value in self._set)
        return flagged(result) if self.incomplete and not result.incomplete else result

    return mapped


class UnknownElement(lazy_value.AbstractLazyValue):  # type: ignore[misc]
    """An element that may be there and is not known."""

    def __init__(self) -> None:
        super().__init__(None)

    def infer(self) -> Any:
        return flagged(base_value.NO_VALUES)


def _iterate(self: Any, contextualized_node: Any = None, is_async: bool = False) -> Iterator[Any]:
    columns = [
        list(value.iterate(contextualized_node, is_async=is_async))
        for value in self._set
        if not is_none(value)
    ]
    doubt = self.incomplete or any(not column for column in columns)
    for index in range(max(map(len, columns), default=0)):
        parts = [column[index] for column in columns if index < len(column)]
        if doubt:
            parts.append(UnknownElement())
        yield lazy_value.get_merged_lazy_value(parts)


def _framed(infer: Callable[..., Any]) -> Callable[..., Any]:
    def framed(context: Any, element: Any) -> Any:
        depth = len(_frames)
        _frames.append(False)
        try:
            values = infer(context, element)
            doubt = _frames[depth]
        finally:
            del _frames[depth:]
        if context.is_stub():
            # What a stub says names types. Whether they are known shows where they are used.
            doubt = False
            if values._set and values.incomplete:
                values = ValueSet._from_frozen_set(values._set)
        if (doubt or not values._set) and not values.incomplete:
            return flagged(values)
        return values

    return framed


#: Conditions whose value is the same in every run under one interpreter.
_CERTAIN = ("sys.version_info", "sys.platform", "os.name")


def _only_certain(check: Callable[..., Any]) -> Callable[..., Any]:
    """jedi computes conditions from the values it sees; a program may change them later."""

    def certain(context: Any, node: Any) -> Any:
        code = node.get_code(include_prefix=False)
        if node.type in ("keyword", "number") or code.startswith(_CERTAIN):
            return check(context, node)
        return flow_analysis.UNSURE

    return certain


def isolated(check: Callable[..., Any]) -> Callable[..., Any]:
    """``check`` looks at values only to decide something else, such as whether code is reached."""

    def alone(*args: Any, **kwargs: Any) -> Any:
        depth = len(_frames)
        _frames.append(False)
        try:
            return check(*args, **kwargs)
        finally:
            del _frames[depth:]

    return alone


def annotated(infer: Callable[..., Any]) -> Callable[..., Any]:
    """``infer`` puts the values of an annotation together anew, and their flag is lost."""

    def flagging(context: Any, node: Any) -> Any:
        depth = len(_frames)
        _frames.append(False)
        try:
            values = infer(context, node)
            doubt = _frames[depth] and not context.is_stub()
        finally:
            del _frames[depth:]
        return flagged(values) if doubt and not values.incomplete else values

    return flagging


def _of_parameter(infer: Callable[..., Any]) -> Callable[..., Any]:
    def of_parameter(self: Any) -> Any:
        annotated = self.infer_annotation()
        if annotated:
            return annotated
        values = infer(self)
        if self._get_param_node().star_count:
            return values
        return flagged(values)

    return of_parameter
