"""A pytest plugin that writes down which function of a package called which.

Loaded by ``benchmarks.callgraph`` as ``-p call_probe`` into the process that runs a package's own
tests; imports nothing but the standard library. ``CALL_PROBE_PACKAGE`` is the package's folder,
``CALL_PROBE_OUT`` the file for the answer: a JSON list of [caller's file, name, line of the call,
callee's file, name].
"""

from __future__ import annotations

import atexit
import dis
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType

_ROOT = os.path.realpath(os.environ["CALL_PROBE_PACKAGE"]) + os.sep
#: Flags of generators, coroutines and asynchronous generators (``inspect.CO_*``).
_RESUMED = 0x20 | 0x80 | 0x200
_OPTIMIZED = 0x1
_edges: set[tuple[CodeType, int, CodeType]] = set()
_inside: dict[str, bool] = {}
_first: dict[CodeType, int] = {}


def _is_resumed(frame: FrameType) -> bool:
    """Whether a generator goes on, which is no call: it stands behind its first instructions."""
    code = frame.f_code
    if not code.co_flags & _RESUMED:
        return False
    if code not in _first:
        offsets = (i.offset for i in dis.get_instructions(code) if i.opname == "RETURN_GENERATOR")
        _first[code] = next(offsets, 0) + 2
    return frame.f_lasti > _first[code]


def _is_inside(file: str) -> bool:
    known = _inside.get(file)
    if known is None:
        known = _inside[file] = os.path.realpath(file).startswith(_ROOT)
    return known


def _called(frame: FrameType, event: str, argument: object) -> None:
    if event != "call":
        return
    code = frame.f_code
    if not _is_inside(code.co_filename) or not code.co_flags & _OPTIMIZED:
        return
    if _is_resumed(frame):
        return
    caller = frame.f_back
    # A lambda, a comprehension: what it is written in is the caller, and was called before.
    if code.co_name.startswith("<") or caller is None:
        return
    if _is_inside(caller.f_code.co_filename):
        _edges.add((caller.f_code, caller.f_lineno, code))


def _name(code: CodeType) -> str:
    """The qualified name of the function around comprehensions and lambdas."""
    parts = code.co_qualname.split(".")
    while parts and parts[-1].startswith("<") and parts[-1] != "<locals>":
        parts.pop()
        if parts and parts[-1] == "<locals>":
            parts.pop()
    return ".".join(parts)


def _write() -> None:
    sys.setprofile(None)
    rows = {
        (
            os.path.realpath(caller.co_filename), _name(caller), line,
            os.path.realpath(callee.co_filename), _name(callee),
        )
        for caller, line, callee in _edges
    }  # fmt: skip
    Path(os.environ["CALL_PROBE_OUT"]).write_text(json.dumps(sorted(rows)), encoding="utf-8")


def _end(number: int, frame: object) -> None:
    _write()
    os._exit(1)


atexit.register(_write)
signal.signal(signal.SIGTERM, _end)
threading.setprofile(_called)
sys.setprofile(_called)
