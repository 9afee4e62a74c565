"""Running a script, a module or a line of code as ``python`` would, in this process."""

from __future__ import annotations

import ast
import os
import runpy
import sys
import time
import types
from typing import Any

from . import checks, describe
from .reporter import Reporter


def run(plan: dict[str, Any], reporter: Reporter, hold: Any) -> int:
    """Run the plan's ``script``, ``module`` or ``code`` as ``__main__``; its exit code.

    The whole run is a test whose id is the plan's ``command``; each assert of a script or of a
    line of code is one as well (``checks``). With ``hold``, what the script imports and defines at
    its beginning is run, and then ``hold(run_selected)`` is called instead of the rest.
    """
    reporter.note(collected=[plan["command"]])
    sys.argv = list(plan["args"])
    if plan["runner"] == "module":
        return _ended(
            plan,
            reporter,
            lambda: runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True),
        )
    script = _Script(plan, reporter)
    if hold is None:
        return _ended(plan, reporter, script.run, script)
    script.begin()

    def run_selected(_ids: Any, told: Reporter) -> None:
        script.checks.reporter = told
        _ended(plan, told, script.finish, script)

    hold(run_selected)
    return 0


class _Script:
    """The statements of a script, of which the first ones only import and define."""

    def __init__(self, plan: dict[str, Any], reporter: Reporter) -> None:
        self.checks = checks.ScriptChecks(plan["command"], reporter)
        self._target = reporter.target
        self._is_file = plan["runner"] == "script"
        self._argument = plan["args"][0]
        self._module = types.ModuleType("__main__")
        self._parts: Any = None

    def run(self) -> None:
        """All of it. Raises what the script raises, ``SyntaxError`` if it is none."""
        self.begin()
        self.finish()

    def begin(self) -> None:
        """The imports and definitions at the beginning."""
        text, name = self._argument, "<string>"
        if self._is_file:
            name = self._argument
            with open(name, "rb") as stream:
                text = stream.read()
        else:
            sys.argv[0] = "-c"
        tree = ast.parse(text, name)
        length = checks.prefix(tree.body)
        functions = os.path.realpath(name) != self._target
        flags = _future(tree)
        tree = checks.rewritten(tree, functions)
        self._parts = [
            compile(ast.Module(part, []), name, "exec", flags, dont_inherit=True)
            for part in (tree.body[:length], tree.body[length:])
        ]
        space = self._module.__dict__
        space[checks.NAME] = self.checks
        space["__builtins__"] = __builtins__
        if tree.body and ast.get_docstring(tree, clean=False) is not None:
            space["__doc__"] = ast.get_docstring(tree, clean=False)
        if self._is_file:
            space["__file__"] = name
            space["__cached__"] = None
        sys.modules["__main__"] = self._module
        exec(self._parts[0], space)

    def finish(self) -> None:
        """The rest."""
        exec(self._parts[1], self._module.__dict__)


def _future(tree: ast.Module) -> int:
    """The compiler's flags for what the script imports from the future."""
    import __future__

    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _ended(plan: dict[str, Any], reporter: Reporter, act: Any, script: Any = None) -> int:
    """Do ``act``, tell how it ended, and return the exit code."""
    name = plan["command"]
    reporter.start(name)
    begun = time.perf_counter()
    detail = None
    code = 0
    try:
        act()
        code = _at_exit()
    except checks.Settled:
        return 1
    except SystemExit as error:
        code = _exit_code(error) or _at_exit()
        if code:
            detail = _described(plan, reporter, error)
    except BaseException as error:
        detail = _described(plan, reporter, error)
        code = 1
    seconds = time.perf_counter() - begun
    if code or script is None or not script.checks.bad:
        reporter.finish(name, "failed" if code else "passed", seconds, detail)
    # Where an assert failed the script as such neither passed nor failed: it would have ended.
    return code or int(script is not None and script.checks.bad)


def _described(plan: dict[str, Any], reporter: Reporter, error: BaseException) -> dict[str, Any]:
    detail = describe.describe_exception(type(error), error, error.__traceback__, reporter.target)
    script = os.path.abspath(plan["args"][0])
    lines = [line for path, line, _name in detail["frames"] if path in (script, "<string>")]
    # The deepest line of the script itself that the failure passed: how far it came.
    detail["script_line"] = lines[-1] if lines else 0
    return detail


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
