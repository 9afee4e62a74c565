"""Graphs of compiled byte code, of CPython 3.11 to 3.13: what the compiler made of the flow.

Used to hold the views against (``benchmarks.cfg_truth``, ``benchmarks.dfg_truth``).
"""

from __future__ import annotations

import dis
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import CodeType

#: Numbers of what lies behind a ``return`` and behind an exception that nobody catches.
RETURNED, RAISED = -1, -2

_RETURNS = ("RETURN_VALUE", "RETURN_CONST")
_RAISES = ("RAISE_VARARGS", "RERAISE")
_NEUTRAL = ("NOP", "JUMP_FORWARD", "RESUME", "MAKE_CELL", "COPY_FREE_VARS")
_JUMPS = ("JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT")
#: What tidies up after an exception (the compiler gives it the line of some other statement), with
#: what of the kind may stand before it.
_TIDYING = {
    "RERAISE": {"RERAISE", "POP_EXCEPT"},
    "POP_EXCEPT": {"RERAISE", "COPY"},
}


@dataclass(frozen=True, slots=True)
class Instructions:
    """A code object by the offsets of its instructions.

    ``following`` are the offsets (or :data:`RETURNED`, :data:`RAISED`) that come next without an
    exception, ``handler`` is where one goes that is raised at an offset (absent: out).
    """

    all: dict[int, dis.Instruction]
    following: dict[int, tuple[int, ...]]
    handler: dict[int, int]
    line: dict[int, int | None]


def code_objects(code: CodeType) -> Iterator[CodeType]:
    """``code`` and all that are inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from code_objects(constant)


@lru_cache(maxsize=4096)
def instructions(code: CodeType) -> Instructions:
    """The graph of ``code``'s instructions."""
    byte_code = dis.Bytecode(code)
    every = {each.offset: each for each in byte_code}
    offsets = list(every)
    after = dict(pairwise(offsets))
    following: dict[int, tuple[int, ...]] = {}
    jumping = {*dis.hasjrel, *dis.hasjabs}
    for offset, each in every.items():
        if each.opname in _RETURNS:
            following[offset] = (RETURNED,)
        elif each.opname in _RAISES:
            following[offset] = ()
        elif each.opname in _JUMPS:
            following[offset] = (each.argval,)
        else:
            to = [after[offset]] if offset in after else []
            if each.opcode in jumping:
                to.append(each.argval)
            following[offset] = tuple(to)
    handler = {}
    for entry in getattr(byte_code, "exception_entries", ()):
        for offset in offsets:
            if entry.start <= offset < entry.end:
                handler[offset] = entry.target
    noise = unwritten(code)
    line = {
        offset: None
        if offset in noise or each.positions is None or each.opname == "RESUME"
        else each.positions.lineno
        for offset, each in every.items()
    }
    return Instructions(every, following, handler, line)


@lru_cache(maxsize=4096)
def unwritten(code: CodeType) -> frozenset[int]:
    """The offsets of instructions whose line is none of their own.

    CPython gives what tidies up after a block the place of the statement that it compiled last:
    a run seems to touch a line there that it does not execute. Those are ``NOP`` and ``return
    None`` on a line with other instructions, and what ends the handling of an exception.
    """
    real: dict[int | None, bool] = defaultdict(bool)
    first: dict[int | None, int] = {}
    found: set[int] = set()
    every = list(dis.get_instructions(code))
    returns = {one for one in every if one.opname == "RETURN_CONST" and one.argval is None}
    for one, two in pairwise(every):
        if one.opname == "LOAD_CONST" and one.argval is None and two.opname == "RETURN_VALUE":
            returns |= {one, two}
    for each in every:
        first.setdefault(each.positions.lineno if each.positions else None, each.offset)
        if each.positions and each.opname not in _NEUTRAL and each not in returns:
            real[each.positions.lineno] = True
    for index, each in enumerate(every):
        if each.opname == "PREP_RERAISE_STAR" or "PREP_RERAISE_STAR" in each.argrepr:
            # Nothing is left of the group: COPY, POP_JUMP…, POP_TOP, POP_EXCEPT.
            found.update(one.offset for one in every[index : index + 5])
    ends = {"RERAISE"}
    below = 0
    for each in reversed(every):
        # COPY 3; POP_EXCEPT; RERAISE
        ending = each.opname in ends
        ends = _TIDYING.get(each.opname, {"RERAISE"}) if ending else {"RERAISE"}
        line = each.positions.lineno if each.positions else None
        # A loop without end has no instruction but such a NOP, behind its body then.
        behind = each.opname == "NOP" and line is not None and 0 < below < line
        behind = behind and first[line] < each.offset
        idle = each.opname == "NOP" or each in returns
        if ending or (idle and (real[line] or behind)):
            found.add(each.offset)
        else:
            below = line or 0
    return frozenset(found)


def line_pairs(code: CodeType) -> set[tuple[int, int]]:
    """Which line (1-based) may follow which by the byte code; 0 is the entry, -1 and -2 are the
    exits. Instructions without a line of their own lead on."""
    graph = instructions(code)
    found: set[tuple[int, int]] = set()

    def ways(offset: int) -> list[int]:
        to = list(graph.following[offset])
        if offset in graph.handler:
            to.append(graph.handler[offset])
        elif graph.all[offset].opname in _RAISES:
            to.append(RAISED)
        return to

    def arrive(line: int, start: list[int]) -> None:
        seen: set[int] = set()
        stack = start
        while stack:
            offset = stack.pop()
            if offset in seen:
                continue
            seen.add(offset)
            if offset < 0:
                found.add((line, offset))
                continue
            at = graph.line[offset]
            if at is None:
                stack.extend(ways(offset))
            else:
                found.add((line, at))

    if graph.all:
        arrive(0, [next(iter(graph.all))])
    for offset, line in graph.line.items():
        if line is not None:
            arrive(line, ways(offset))
    return found
