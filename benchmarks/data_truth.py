"""What a run shows of data flow: which definition each use saw, by the byte code that ran.

For CPython 3.11 and 3.12, whose instructions carry the place of the name that they load or store.
"""

from __future__ import annotations

import dis
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from benchmarks.byte_code import instructions

#: First line and byte column, last line and byte column, of an instruction; lines 1-based.
Range = tuple[int, int, int, int]
#: A store: the code object, the name, and the place (``None`` for a parameter).
Store = tuple[CodeType, str, Range | None]
Load = tuple[CodeType, str, Range]

_FAST = ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_AND_CLEAR", "STORE_FAST", "DELETE_FAST")
_CELL = ("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF", "STORE_DEREF", "DELETE_DEREF")
_NAME = ("LOAD_NAME", "STORE_NAME", "DELETE_NAME")
_GLOBAL = ("LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "STORE_GLOBAL", "DELETE_GLOBAL")


@dataclass(frozen=True, slots=True)
class Access:
    """What one instruction does to a name: ``load``, ``store`` or ``delete``; ``scope`` is
    ``fast``, ``cell``, ``name`` or ``global``."""

    what: str
    scope: str
    name: str
    place: Range | None


def accesses(code: CodeType) -> dict[int, Access]:
    """What the instructions of a code object do to names, by their offsets."""
    found = {}
    for each in dis.get_instructions(code):
        for scope, names in (
            ("fast", _FAST),
            ("cell", _CELL),
            ("name", _NAME),
            ("global", _GLOBAL),
        ):
            if each.opname in names:
                what = each.opname.partition("_")[0].lower()
                found[each.offset] = Access(what, scope, each.argval, _range(each))
    return found


def parameters_of(code: CodeType) -> tuple[str, ...]:
    """The parameters of a function's code object; none of a comprehension."""
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    return tuple(name for name in code.co_varnames[:count] if not name.startswith("."))


def _range(instruction: dis.Instruction) -> Range | None:
    at = instruction.positions
    if at is None or None in (at.lineno, at.col_offset, at.end_lineno, at.end_col_offset):
        return None
    return at.lineno, at.col_offset, at.end_lineno, at.end_col_offset  # type: ignore[return-value]


class DataTracer:
    """Records, for the code of some files, pairs of a store and the load that saw its value."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = frozenset(files)
        self._known: dict[int, tuple[CodeType, dict[int, Access]]] = {}
        self.pairs: dict[Load, set[Store]] = defaultdict(set)
        self.modules: dict[int, dict[str, Store]] = defaultdict(dict)
        """The last store of each global name, by the identity of the module's names."""

    def run(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call ``function`` under the tracer; what it raises is part of the run."""
        sys.settrace(self._enter)
        try:
            function(*arguments)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
        finally:
            sys.settrace(None)

    def _enter(self, frame: FrameType, event: str, _argument: object) -> Any:
        code = frame.f_code
        if code.co_filename not in self._files:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        known = frame.f_trace
        if isinstance(getattr(known, "__self__", None), _Frame):
            return known  # a generator goes on
        if id(code) not in self._known:
            self._known[id(code)] = (code, accesses(code))
        return _Frame(self, frame, self._known[id(code)][1]).step


class _Frame:
    """The names of one frame: which store each holds."""

    def __init__(self, tracer: DataTracer, frame: FrameType, table: dict[int, Access]) -> None:
        self.code, self._table, self._pairs = frame.f_code, table, tracer.pairs
        self.last: dict[str, Store] = {
            name: (self.code, name, None) for name in parameters_of(self.code)
        }
        self._globals = tracer.modules[id(frame.f_globals)]
        if self.code.co_name == "<module>":
            self.last = self._globals
        self._owners = {name: self._owner(frame, name) for name in self.code.co_freevars}

    def _owner(self, frame: FrameType, name: str) -> dict[str, Store] | None:
        """The names of the running frame that owns a free variable; ``None`` where it has gone."""
        caller = frame.f_back
        while caller is not None:
            trace = getattr(caller.f_trace, "__self__", None)
            if isinstance(trace, _Frame) and name in trace.code.co_cellvars:
                inside = self.code.co_qualname.startswith(f"{trace.code.co_qualname}.<locals>")
                if inside and self.code.co_filename == trace.code.co_filename:
                    return trace.last
            caller = caller.f_back
        return None

    def _names(self, access: Access) -> dict[str, Store] | None:
        if access.scope == "global":
            return self._globals
        if access.scope == "cell" and access.name in self._owners:
            return self._owners[access.name]
        if access.scope == "name" and access.what == "load" and access.name not in self.last:
            return self._globals
        return self.last

    def step(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "opcode":
            access = self._table.get(frame.f_lasti)
            if access is not None and (names := self._names(access)) is not None:
                store = names.get(access.name)
                if access.what == "store":
                    names[access.name] = (self.code, access.name, access.place)
                elif store is not None and access.place is not None:
                    self._pairs[self.code, access.name, access.place].add(store)
                if access.what == "delete":
                    names.pop(access.name, None)
        return self.step


def reaching(code: CodeType) -> dict[tuple[str, Range], set[tuple[str, Range | None]]]:
    """The reaching definitions of a code object by its byte code alone: for each load the stores of
    the same code object that may be what it sees; place ``None`` is a parameter or, for names that
    others own, whatever was there before."""
    graph, table = instructions(code), accesses(code)
    state: dict[int, dict[str, frozenset[Range | None]]] = {}
    owned = {*code.co_varnames, *code.co_cellvars}
    before: dict[str, frozenset[Range | None]] = {}
    for access in table.values():
        foreign = access.scope == "global" or (access.scope == "cell" and access.name not in owned)
        if access.what == "store" and foreign and access.place:
            # An earlier run of this code may have stored it.
            before[access.name] = before.get(access.name, frozenset()) | {access.place}
    for name in parameters_of(code):
        before[name] = frozenset({None})
    start = next(iter(graph.all))
    state[start] = before
    waiting = [start]
    while waiting:
        offset = waiting.pop()
        now = state[offset]
        after = now
        done = table.get(offset)
        if done is not None and done.what != "load":
            after = dict(now)
            after[done.name] = frozenset({done.place}) if done.what == "store" else frozenset()
        ways = [(target, after) for target in graph.following[offset]]
        if offset in graph.handler:
            ways.append((graph.handler[offset], now))
        for target, values in ways:
            if target < 0:
                continue
            known = state.get(target)
            if known is None:
                state[target] = dict(values)
                waiting.append(target)
                continue
            grown = False
            for name, places in values.items():
                if not places <= known.get(name, frozenset()):
                    known[name] = known.get(name, frozenset()) | places
                    grown = True
            if grown:
                waiting.append(target)
    found: dict[tuple[str, Range], set[tuple[str, Range | None]]] = defaultdict(set)
    for offset, access in table.items():
        if access.what != "store" and access.place and offset in state:
            places = state[offset].get(access.name, frozenset())
            found[access.name, access.place] |= {(access.name, place) for place in places}
    return found
