"""Running a script, a module or a line of code as ``python`` would, in this process."""

from __future__ import annotations

import ast
import importlib.util
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
import types
from typing import Any

from . import reporting
from .reporting import Reporter


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
        self.checks = ScriptChecks(plan["command"], reporter)
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
        length = prefix(tree.body)
        functions = os.path.realpath(name) != self._target
        flags = _future(tree)
        tree = rewritten(tree, functions)
        self._parts = [
            compile(ast.Module(part, []), name, "exec", flags, dont_inherit=True)
            for part in (tree.body[:length], tree.body[length:])
        ]
        space = self._module.__dict__
        space[NAME] = self.checks
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
    except Settled:
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
    detail = reporting.describe_exception(type(error), error, error.__traceback__, reporter.target)
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


# ----------------------------------------------------------------------
# The asserts of a script as tests of their own: a bad one is noted, and the script goes on.


#: What a rewritten script calls before each of its asserts.
NAME = "__pilotfish_check__"
#: How often one assert is told apart, in a loop; what it does after that counts together.
_TOLD_APART = 50
#: Blocks in which a failing assert may be what the script wants.
_EXPECTING = ("raises", "suppress", "assertRaises", "assertRaisesRegex")
_PASSIVE = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ACTIVE = (ast.Assert, ast.For, ast.While, ast.AsyncFor, ast.Raise)


class Settled(BaseException):
    """The verdict of this run is known: nothing more need be run."""


def rewritten(tree: ast.Module, functions: bool) -> ast.Module:
    """``tree`` with each assert watched; those in functions too if ``functions``.

    An assert stays as it is where something around it may wait for it to fail.
    """
    watched: ast.Module = _Watching(functions).visit(tree)
    return ast.fix_missing_locations(watched)


class _Watching(ast.NodeTransformer):
    def __init__(self, functions: bool) -> None:
        self._functions = functions

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        call = ast.Call(ast.Name(NAME, ast.Load()), [ast.Constant(node.lineno)], [])
        watched = ast.With([ast.withitem(call, None)], [node], None)
        for made in (watched, call, call.func, call.args[0]):
            ast.copy_location(made, node)
        return watched

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self.generic_visit(node) if self._functions else node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self.generic_visit(node) if self._functions else node

    def visit_Try(self, node: ast.Try) -> ast.AST:
        return node if node.handlers else self.generic_visit(node)

    def visit_With(self, node: ast.With) -> ast.AST:
        calls = [item.context_expr for item in node.items]
        names = [call.func for call in calls if isinstance(call, ast.Call)]
        words = [getattr(name, "attr", getattr(name, "id", "")) for name in names]
        return node if any(word in _EXPECTING for word in words) else self.generic_visit(node)


def prefix(body: Any) -> int:
    """How many statements at the beginning only import and define, so that a fork can share them.

    What stands between imports belongs to them, unless it looks like a test.
    """
    imports = [i for i, node in enumerate(body) if isinstance(node, (ast.Import, ast.ImportFrom))]
    last = imports[-1] if imports else -1
    for index, node in enumerate(body):
        if any(isinstance(inner, _ACTIVE) for inner in _at_once(node)):
            return index
        if index > last and not isinstance(node, _PASSIVE) and not _is_text(node):
            return index
    return len(body)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _at_once(node: ast.AST) -> Any:
    """``node`` and what it runs when it is met: not the bodies of functions."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        if not isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(current))


class ScriptChecks:
    """Tells ``reporter`` how each assert of the script ``name`` fared."""

    def __init__(self, name: str, reporter: Reporter) -> None:
        self.name = name
        self.reporter = reporter
        self.bad = False
        self._times: dict[int, int] = {}
        self._told: set[str] = set()

    def __call__(self, line: int) -> _AssertCheck:
        times = self._times[line] = self._times.get(line, 0) + 1
        number = f" ({times})" if 1 < times <= _TOLD_APART else ""
        number = " (…)" if times > _TOLD_APART else number
        return _AssertCheck(self, f"{self.name} line {line}{number}", times <= _TOLD_APART)

    def tell(self, test: str, told: bool, seconds: float, detail: Any) -> None:
        """One assert was reached and held, or did not: then ``detail`` says why."""
        self.bad = self.bad or detail is not None
        if not told and (detail is None or test in self._told):
            return
        self._told.add(test)
        self.reporter.finish(test, "failed" if detail else "passed", seconds, detail)
        if self.reporter.may_stop():
            raise Settled


class _AssertCheck:
    def __init__(self, checks: ScriptChecks, test: str, told: bool) -> None:
        self._checks, self._test, self._told = checks, test, told

    def __enter__(self) -> None:
        if self._told:
            # What ran since the last assert computed what this one looks at.
            self._checks.reporter.start(self._test, fresh=False)
        self._begun = time.perf_counter()

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        if kind is not None and not issubclass(kind, Exception):
            return False
        detail = None
        if kind is not None:
            target = self._checks.reporter.target
            detail = reporting.describe_exception(kind, error, traceback, target)
        seconds = time.perf_counter() - self._begun
        self._checks.tell(self._test, self._told, seconds, detail)
        return True


# ----------------------------------------------------------------------
# Running a shell command: its exit code is all there is to know.


def run_command(plan: dict[str, Any], reporter: Reporter, hold: Any) -> int:
    """Run the plan's ``command`` with ``sh``; its exit code (128 + n for a signal n).

    The whole command is one test. ``hold`` is not used.
    """
    name = plan["command"]
    reporter.note(collected=[name])
    reporter.start(name)
    begun = time.perf_counter()
    folder = _missing_programs()
    environment = None if folder is None else _behind_the_interpreter(folder)
    try:
        shell = ["/bin/sh", "-c", name]
        code = subprocess.call(shell, stdin=subprocess.DEVNULL, env=environment)
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    if code < 0:
        code = 128 - code
    detail = reporting.describe_text("ExitStatus", str(code)) if code else None
    reporter.finish(name, "failed" if code else "passed", time.perf_counter() - begun, detail)
    return code


#: ``pytest`` as its installation would have written it, for a path of any length or spelling.
_PYTEST = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
'''
import sys

import pytest

sys.exit(pytest.main())
"""
_PYTHON = """\
#!/bin/sh
exec "{python}" "$@"
"""


def _missing_programs() -> Any:
    """A new folder with the programs that a command may expect of this Python and that are not
    there, or ``None``.

    They are ``python``, where a machine has only ``python3``, and ``pytest``, where this Python can
    import it and has no such program beside it: it sees another one's packages, by a ``.pth`` file
    or from the system.
    """
    programs = {} if shutil.which("python") else {"python": _PYTHON}
    beside = os.path.join(os.path.dirname(sys.executable), "pytest")
    if not os.path.exists(beside) and importlib.util.find_spec("pytest") is not None:
        programs.update({"pytest": _PYTEST, "py.test": _PYTEST})
    if not programs:
        return None
    folder = tempfile.mkdtemp(prefix="programs-")
    for name, script in programs.items():
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(script.format(python=sys.executable))
        os.chmod(path, 0o755)
    return folder


def _behind_the_interpreter(folder: str) -> dict[str, str]:
    """The environment with ``folder`` on the path behind the interpreter's own."""
    first, _, rest = os.environ.get("PATH", "").partition(os.pathsep)
    return {**os.environ, "PATH": os.pathsep.join([first, folder, rest])}
