"""Where a frame stands: what ``sys.settrace`` does not tell is read from its byte code."""

from __future__ import annotations

import sys
from typing import Any

#: What is kept free below the recursion limit.
_MARGIN = 60


def _opcode(frame: Any, further: int = 0) -> Any:
    code, at = frame.f_code.co_code, frame.f_lasti + further
    return code[at] if 0 <= at < len(code) else None


def begins(frame: Any) -> bool:
    """Whether a call event is the beginning of a frame and not its going on."""
    at = frame.f_lasti
    if at < 0:
        return True
    return _opcode(frame) in _RESUMES and frame.f_code.co_code[at + 1] & 3 == 0


def near_the_limit() -> bool:
    """Whether the recursion limit is so near that looking at a call could reach it."""
    try:
        sys._getframe(sys.getrecursionlimit() - _MARGIN)
    except ValueError:
        return False
    return True


def returns(frame: Any) -> bool:
    """Whether ``frame`` stands at a ``return``: an exception ends it elsewhere."""
    return _opcode(frame) in _RETURNS


def yields(frame: Any) -> bool:
    """Whether ``frame`` is about to be suspended."""
    if not frame.f_code.co_flags & _SUSPENDS:
        return False
    # Before 3.10 what delegates stands one instruction before the one that it will do again.
    return _opcode(frame) in _YIELDS or _opcode(frame, 2) in _DELEGATES


def _opcodes(*names: str) -> Any:
    import opcode

    return frozenset(opcode.opmap[name] for name in names if name in opcode.opmap)


_RETURNS = _opcodes("RETURN_VALUE", "RETURN_CONST")
_YIELDS = _opcodes("YIELD_VALUE", "YIELD_FROM", "SEND")
_RESUMES = _opcodes("RESUME")
_DELEGATES = _opcodes("YIELD_FROM")
#: CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR (inspect's documentation).
_SUSPENDS = 0x20 | 0x80 | 0x200
