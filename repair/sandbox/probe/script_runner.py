"""Running a script, a module or a line of code as ``python`` would, in this process."""

from __future__ import annotations

import os
import runpy
import sys
import time
from typing import Any

from . import describe
from .reporter import Reporter


def run(plan: dict[str, Any], reporter: Reporter, hold: Any) -> int:
    """Run the plan's ``script``, ``module`` or ``code`` as ``__main__``; its exit code.

    The whole run is one test whose id is the plan's ``command``.
    """
    name = plan["command"]
    arguments = list(plan["args"])
    reporter.note(collected=[name])
    reporter.start(name)
    begun = time.perf_counter()
    detail = None
    code = 0
    try:
        if plan["runner"] == "script":
            sys.argv = arguments
            runpy.run_path(arguments[0], run_name="__main__")
        elif plan["runner"] == "module":
            sys.argv = arguments
            runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = ["-c", *arguments[1:]]
            exec(compile(arguments[0], "<string>", "exec"), {"__name__": "__main__"})
        code = _at_exit()
    except SystemExit as error:
        code = _exit_code(error) or _at_exit()
        if code:
            detail = describe.describe_exception(
                type(error), error, error.__traceback__, reporter.target
            )
            detail["script_line"] = _script_line(detail, arguments)
    except BaseException as error:
        detail = describe.describe_exception(
            type(error), error, error.__traceback__, reporter.target
        )
        detail["script_line"] = _script_line(detail, arguments)
        code = 1
    reporter.finish(name, "failed" if code else "passed", time.perf_counter() - begun, detail)
    return code


def _exit_code(error: SystemExit) -> int:
    if error.code is None:
        return 0
    return error.code if isinstance(error.code, int) else 1


def _at_exit() -> int:
    """Run what the script registered for its end, as the interpreter would."""
    import atexit
    import threading

    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    try:
        atexit._run_exitfuncs()
    except SystemExit as error:
        return _exit_code(error)
    return 0


def _script_line(detail: dict[str, Any], arguments: list[Any]) -> int:
    """The deepest line of the script itself that the failure passed: how far it came."""
    script = os.path.abspath(arguments[0]) if arguments else ""
    lines = [line for path, line, _name in detail["frames"] if path in (script, "<string>")]
    return lines[-1] if lines else 0
