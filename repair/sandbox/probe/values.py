"""Values as text. No code of a value ever runs: what is shown is read from builtin types by their
own methods, of other objects the type and the fields."""

from __future__ import annotations

import collections
import enum
import sys
import types
from typing import Any

#: What may go wrong in here; what a signal handler of the user's raises must pass.
OURS: Any = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError)
OURS += (TypeError, ValueError)
_TEXT, _STRING, _ITEMS, _DEPTH, _NODES = 200, 80, 8, 3, 40
_SMALL = 10**18
_BASES = (int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset)
#: Types of the standard library whose ``repr`` runs no code of a user's.
_TRUSTED = {
    ("datetime", "date"), ("datetime", "time"), ("datetime", "datetime"), ("datetime", "timedelta"),
    ("datetime", "timezone"), ("decimal", "Decimal"), ("fractions", "Fraction"), ("uuid", "UUID"),
    ("pathlib", "PosixPath"), ("pathlib._local", "PosixPath"), ("pathlib", "PurePosixPath"),
    ("numpy", "ndarray"), ("builtins", "range"),
}  # fmt: skip
_mro: Any = type.__dict__["__mro__"]
_space: Any = type.__dict__["__dict__"]
_qualname: Any = type.__dict__["__qualname__"]
_module: Any = type.__dict__["__module__"]
_flags: Any = type.__dict__["__flags__"]
#: Py_TPFLAGS_HEAPTYPE: a class that a ``class`` statement made.
_HEAP_TYPE = 1 << 9
_arguments: Any = vars(BaseException)["args"]


def text(value: Any) -> str:
    """``value`` in at most 200 characters, without running any code of its class."""
    try:
        shown = _tell(value, 0, [_NODES])
    except OURS:
        shown = "<" + name_of(type(value)) + ">"
    return _plain(shown if len(shown) <= _TEXT else shown[: _TEXT - 1] + "…")


def at_once(kind: Any, value: Any) -> Any:
    """The text of the most usual values, ``None`` of others."""
    if kind is int:
        return repr(value) if -_SMALL < value < _SMALL else None
    if kind is str:
        return repr(value) if len(value) <= _STRING and value.isascii() else None
    return repr(value) if value is None or kind is bool or kind is float else None


def exception_text(error: Any) -> str:
    """``Kind: message``, the message only where it is a builtin string or number."""
    try:
        name = name_of(error if isinstance(error, type) else type(error))
        arguments = () if isinstance(error, type) else _arguments.__get__(error)
        if not arguments:
            return name
        first = arguments[0]
        shown = first[:_TEXT] if type(first) is str else text(first)
        return _plain(name + ": " + str(shown))
    except OURS:
        return "exception"


def _plain(shown: str) -> str:
    """Without lone surrogates, which are no text that could be sent on."""
    return shown if shown.isascii() else shown.encode("utf-8", "backslashreplace").decode("utf-8")


def name_of(kind: Any) -> str:
    """The name of a class, as it was when the class was made."""
    name = _qualname.__get__(kind)
    return str(name.rpartition(".<locals>.")[2]) if type(name) is str else "?"


def _is_trusted(kind: Any, module: Any, name: str) -> bool:
    """Whether a class is what it says: a name can be forged, its place in the module cannot."""
    if type(module) is not str or (module, name) not in _TRUSTED:
        return False
    return vars(sys.modules.get(module, types)).get(name) is kind


def _tell(value: Any, depth: int, room: list[int]) -> str:
    room[0] -= 1
    kind = type(value)
    shown = at_once(kind, value)
    if shown is not None:
        return str(shown)
    if value is None or kind is bool or kind is float or kind is complex:
        return repr(value)
    if kind in _BASES:
        return _tell_builtin(kind, value, depth, room)
    if kind is types.FunctionType or kind is types.BuiltinFunctionType:
        return "<function " + str(value.__name__) + ">"
    if kind is types.MethodType:
        inner = value.__func__
        return "<method " + (inner.__name__ if type(inner) is types.FunctionType else "?") + ">"
    if kind is types.ModuleType:
        return "<module>"
    if kind is types.GeneratorType or kind is types.CoroutineType:
        return "<" + name_of(kind) + " " + str(value.__name__) + ">"
    mro = _mro.__get__(kind)
    if type in mro:
        return "<class " + name_of(value) + ">"
    if BaseException in mro:
        return name_of(kind) + _tell_items(tuple, _arguments.__get__(value), "(", ")", depth, room)
    if enum.Enum in mro:
        return name_of(kind) + "." + str(_fields(value, mro).get("_name_"))
    base = name_of(kind)
    if _is_trusted(kind, _module.__get__(kind), base):
        if base == "ndarray":
            return _tell_array(value)
        return repr(value)
    if collections.deque in mro:
        return base + _tell_items(collections.deque, value, "([", "])", depth, room)
    for builtin in _BASES:
        if builtin in mro:
            return _tell_subclass(base, builtin, value, mro, depth, room)
    return _tell_object(base, value, mro, depth, room)


def _tell_builtin(kind: Any, value: Any, depth: int, room: list[int]) -> str:
    if kind is int:
        bits = int.bit_length(value)
        return int.__repr__(value) if bits <= 256 else "<int of " + str(bits) + " bits>"
    if kind in (float, complex):
        return str(kind.__repr__(value))
    if kind in (str, bytes, bytearray):
        length = kind.__len__(value)
        head = kind.__getitem__(value, slice(0, _STRING))
        return str(kind.__repr__(head)) + ("…" + str(length) if length > _STRING else "")
    if kind is dict:
        return _tell_dict(value, depth, room)
    if kind is list:
        return _tell_items(kind, value, "[", "]", depth, room)
    if kind is tuple:
        close = ",)" if tuple.__len__(value) == 1 else ")"
        return _tell_items(kind, value, "(", close, depth, room)
    if not kind.__len__(value):
        return "set()" if kind is set else "frozenset()"
    around = ("{", "}") if kind is set else ("frozenset({", "})")
    return _tell_items(kind, value, around[0], around[1], depth, room)


def _tell_items(kind: Any, value: Any, opening: str, end: str, depth: int, room: list[int]) -> str:
    length = kind.__len__(value)
    if depth >= _DEPTH and length:
        return opening + "…" + end
    parts: list[str] = []
    for item in kind.__iter__(value):
        if len(parts) >= _ITEMS or room[0] <= 0:
            parts.append("…" + str(length))
            break
        parts.append(_tell(item, depth + 1, room))
    return opening + ", ".join(parts) + end


def _tell_array(value: Any) -> str:
    if value.size <= _ITEMS:
        return "array(" + repr(value.tolist()) + ")"
    return "array(shape=" + repr(value.shape) + ", dtype=" + str(value.dtype.str) + ")"


def _tell_dict(value: Any, depth: int, room: list[int]) -> str:
    length = dict.__len__(value)
    if depth >= _DEPTH and length:
        return "{…}"
    parts: list[str] = []
    for key, item in dict.items(value):
        if len(parts) >= _ITEMS or room[0] <= 0:
            parts.append("…" + str(length))
            break
        parts.append(_tell(key, depth + 1, room) + ": " + _tell(item, depth + 1, room))
    return "{" + ", ".join(parts) + "}"


def _tell_subclass(
    name: str, builtin: Any, value: Any, mro: Any, depth: int, room: list[int]
) -> str:
    if builtin is tuple:
        fields = next((s["_fields"] for s in map(_space.__get__, mro) if "_fields" in s), None)
        if type(fields) is tuple and len(fields) == tuple.__len__(value):
            named = {field: tuple.__getitem__(value, at) for at, field in enumerate(fields)}
            return _tell_fields(name, named, depth, room)
    return name + "(" + _tell_builtin(builtin, value, depth, room) + ")"


def _tell_object(name: str, value: Any, mro: Any, depth: int, room: list[int]) -> str:
    fields = _fields(value, mro)
    if not fields:
        return "<" + name + ">"
    return _tell_fields(name, fields, depth, room)


def _tell_fields(name: str, fields: Any, depth: int, room: list[int]) -> str:
    if depth >= _DEPTH:
        return name + "(…)"
    parts: list[str] = []
    for field, item in fields.items():
        if len(parts) >= _ITEMS or room[0] <= 0:
            parts.append("…" + str(len(fields)))
            break
        parts.append(str(field) + "=" + _tell(item, depth + 1, room))
    return name + "(" + ", ".join(parts) + ")"


def _fields(value: Any, mro: Any) -> dict[Any, Any]:
    """The ``__dict__`` and slots of an object, read by the interpreter's own descriptors."""
    found: dict[Any, Any] = {}
    for base in mro:
        for name, thing in list(_space.__get__(base).items()):
            kind = type(thing)
            if name == "__dict__" and kind is types.GetSetDescriptorType and base is not type:
                space = thing.__get__(value)
                if type(space) is dict:
                    found.update(space)
            elif kind is types.MemberDescriptorType and _flags.__get__(base) & _HEAP_TYPE:
                try:
                    found[name] = thing.__get__(value)
                except AttributeError:
                    continue
    return found
