"""Names that Python gives to classes and their instances at run time and that no source shows.

Most are written with two underscores; of ``dir()`` of any object they are a part (data model,
*Special method names*; ``dataclasses``, ``typing``, ``enum``, ``abc`` by their sources).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from types import FunctionType, MethodType

from analysis.semantics.receiver import ClassFacts

#: Stubs leave out what ``object`` only refuses, such as ``__lt__``.
_OBJECT = (
    *dir(object),
    *("__dict__", "__module__", "__doc__", "__weakref__", "__slots__", "__orig_class__"),
    *("_abc_impl", "__abstractmethods__", "__class_getitem__", "__reversed__"),
)
#: ``mro`` and what follows is of ``type`` and of ``ABCMeta``, which stubs leave out.
_CLASS = (
    *("mro", "__subclasses__", "__abstractmethods__", "__qualname__"),
    *("__annotations__", "__mro__"),
)
_GENERIC = (
    "__class_getitem__",
    "__orig_bases__",
    "__parameters__",
    "_is_protocol",
    "__type_params__",
)
_DATACLASS = (
    "__dataclass_fields__",
    "__dataclass_params__",
    "__match_args__",
    "__replace__",
    "__setstate__",
)
_TUPLE = (
    *dir(tuple),
    "__match_args__",
    "__orig_bases__",
    "_field_defaults",
    "_fields",
    "__replace__",
)
_ENUMERATED = (
    *("__objclass__", "__members__", "_member_map_", "_member_names_", "_member_type_"),
    *("_new_member_", "_sort_order_", "_unhashable_values_", "_use_args_", "_value2member_map_"),
    *("_value_repr_", "_generate_next_value_", "_hashable_values_", "_unhashable_values_map_"),
    *(
        "_name_",
        "_value_",
        "_missing_",
        "_flag_mask_",
        "_singles_mask_",
        "_all_bits_",
        "_boundary_",
    ),
    *("_inverted_", "_numeric_repr_", "__rmod__"),
)
#: What a compiled class with operators has and its stub may leave out.
_REFLECTED = (
    *("__radd__", "__rsub__", "__rmul__", "__rmatmul__", "__rtruediv__", "__rfloordiv__"),
    *("__rmod__", "__rdivmod__", "__rpow__", "__rlshift__", "__rrshift__", "__rand__"),
    *("__ror__", "__rxor__"),
)
#: Stubs describe what these give back as a class, where it is a function with attributes.
_FUNCTIONS = {
    "functools._lru_cache_wrapper": MethodType,
    "functools._SingleDispatchCallable": FunctionType,
}
_GENERIC_BASE = re.compile(r"\s*class\s+\w+\s*(?:\[|\([^)]*\b(?:Generic|Protocol)\b)")
_NAMED_TUPLE = re.compile(r"\s*class\s+\w+\s*\([^)]*\bNamedTuple\b")
#: What jedi writes for a call of ``namedtuple``.
_OF_CALL = re.compile(r"^\s+_fields\s*=", re.MULTILINE)
#: ``self.__x``, ``def __x`` and ``__x = …`` in a class body: private by mangling.
_PRIVATE = re.compile(r"(?<![\w\"'])__(?!\w*__\b)([A-Za-z]\w*)")
_ENUMERATIONS = frozenset({"EnumMeta", "EnumType"})


def machinery(
    order: Iterable[ClassFacts], metaclasses: Iterable[ClassFacts], *, is_class: bool
) -> Iterator[str]:
    """The names that classes of this resolution order, or their instances, have beside those that
    are listed; ``is_class`` for the class itself."""
    yield from _OBJECT
    if is_class:
        yield from _CLASS
        order, metaclasses = list(order), list(metaclasses)
        if any(facts.name == "ABCMeta" for facts in metaclasses) or any(map(_abstract, order)):
            yield "register"
    if any(facts.name in _ENUMERATIONS for facts in metaclasses):
        yield from _ENUMERATED
    for facts in order:
        yield from _of(facts)


def _abstract(facts: ClassFacts) -> bool:
    """Whether the metaclass may be ``ABCMeta`` without being written so: a stub may leave it out,
    and a protocol has one that inherits from it."""
    hidden = facts.stub or not facts.code or _GENERIC_BASE.match(facts.code) is not None
    return hidden and facts.module != "builtins"


@lru_cache(maxsize=4096)
def _of(facts: ClassFacts) -> tuple[str, ...]:
    found: list[str] = []
    if facts.qualified in _FUNCTIONS:
        found += (*dir(_FUNCTIONS[facts.qualified]), "__wrapped__")
    if facts.stub and facts.module != "builtins":
        found += _REFLECTED
    if facts.stub or facts.module == "typing":
        return tuple(found)
    if "final" in facts.decorators:
        found.append("__final__")
    if any("dataclass" in decorator for decorator in facts.decorators):
        found += _DATACLASS
    if _GENERIC_BASE.match(facts.code):
        found += _GENERIC
    if _NAMED_TUPLE.match(facts.code) or _OF_CALL.search(facts.code):
        found += _TUPLE
    found += (f"_{facts.name.lstrip('_')}__{name}" for name in _PRIVATE.findall(facts.code))
    return tuple(found)
