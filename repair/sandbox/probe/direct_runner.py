"""Tests that pytest has collected, run without its protocol where that would add nothing.

The protocol costs ten times what calling most tests takes, in a fork above all: each page that it
touches is copied.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import time
import unittest
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from _pytest.unittest import TestCaseFunction
from _pytest.warnings import catch_warnings_for_item

from . import reporting
from .reporting import Reporter

try:
    from _pytest.threadexception import collect_thread_exception
    from _pytest.unraisableexception import collect_unraisable

    #: What looks for errors that could not be raised, and warns of them.
    _LOOKING: tuple[Any, ...] = (collect_unraisable, collect_thread_exception)
except ImportError:
    # Before pytest 8.4 they cannot be called.
    _LOOKING = ()

try:
    from _pytest.tmpdir import tmppath_result_key

    #: Where pytest keeps which phases of a test passed.
    _PASSED: Any = tmppath_result_key
except ImportError:
    # Before pytest 7.3 nobody asks.
    _PASSED = None

#: Fixtures of pytest's that need none of its hooks while a test runs, as capturing and logging do.
_BY_THEMSELVES = (
    *("tmp_path", "tmp_path_factory", "tmpdir", "tmpdir_factory", "monkeypatch", "request"),
    *("recwarn", "pytestconfig", "cache", "doctest_namespace"),
)
#: What pytest registers for every class of unittest's, whether or not it sets anything up.
_SET_UP_CLASS = "_unittest_setUpClass_fixture_"
#: Raised by tests that are not to count.
_PASSED_OVER = (pytest.skip.Exception, pytest.xfail.Exception)


def way(item: Any, plugins: PluginCheck) -> Any:
    """``call(item, following, reporter)`` that runs ``item`` as pytest would and tears down what
    the test ``following`` has no use for; ``None`` if only pytest can."""
    around = _around(item.config)
    if around is None or plugins.of(item) or not hasattr(pytest, "version_tuple"):
        return None
    for concerned, call in _WAYS:
        if concerned(item):
            return functools.partial(_run, call, around)
    return None


def is_plain(item: Any) -> bool:
    """Whether calling the test's function with its parameters is all that pytest would do.

    True for a plain function whose only arguments are parametrized values and which no fixture
    and no mark other than ``parametrize`` concerns.
    """
    if type(item) is not pytest.Function or inspect.iscoroutinefunction(item.obj):
        return False
    given = set(getattr(getattr(item, "callspec", None), "params", {}))
    if not all(name in given or concerns_async_only(item, name) for name in item.fixturenames):
        return False
    if set(inspect.signature(item.obj).parameters) - given:
        return False
    return all(mark.name == "parametrize" for mark in item.iter_markers())


def has_its_fixtures(item: Any) -> bool:
    """Whether to set up what the test asks for, to call it and to tear that down is all that pytest
    would do: a function that no mark but those for arguments concerns, whose fixtures need nothing
    that pytest's plugins do around it."""
    if type(item) is not pytest.Function or inspect.iscoroutinefunction(item.obj):
        return False
    if getattr(item.obj, "is_hypothesis_test", False):
        # Its plugin looks at the scopes of fixtures.
        return False
    known = item._fixtureinfo.name2fixturedefs
    # Arguments that are given are fixtures of pytest's own making.
    fine = {*_BY_THEMSELVES, *getattr(getattr(item, "callspec", None), "params", {})}
    return (
        all(mark.name in ("parametrize", "usefixtures") for mark in item.iter_markers())
        and not _asks_late(item.obj)
        and all(
            concerns_async_only(item, name)
            or all(_is_by_itself(definition, fine) for definition in known.get(name, ()))
            for name in item.fixturenames
        )
    )


def _is_by_itself(definition: Any, fine: set[str]) -> bool:
    """Whether a fixture is no more than its function, or one of pytest's that are ``fine``."""
    function = definition.func
    package = str(function.__module__).partition(".")[0]
    if package in HARMLESS:
        name = definition.argname
        return package == "_pytest" and (name in fine or "_xunit_" in name)
    late = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    return not late and not _asks_late(function)


def _asks_late(function: Any) -> bool:
    """Whether a function asks for fixtures that are not seen before it runs."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code is None or "getfixturevalue" in code.co_names


def concerns_async_only(item: Any, name: str) -> bool:
    """Whether the fixture ``name`` is pytest-asyncio's own, which it adds to every test."""
    found = item._fixtureinfo.name2fixturedefs.get(name, ())
    return bool(found) and all(f.func.__module__.startswith("pytest_asyncio") for f in found)


def is_plain_case(item: Any) -> bool:
    """Whether letting the case run itself is all that pytest would do: a ``unittest.TestCase`` that
    runs as they do, whose class sets nothing up and which no fixture and no mark concerns."""
    if type(item) is not TestCaseFunction or next(item.iter_markers(), None) is not None:
        return False
    cls, case = item.cls, unittest.TestCase
    if cls.run is not case.run or cls.__call__ is not case.__call__ or cls.debug is not case.debug:
        return False
    for name in ("setUpClass", "tearDownClass"):
        # It may be anything that can be called.
        if getattr(getattr(cls, name), "__func__", None) is not getattr(case, name).__func__:
            return False
    # What is registered for the class asks for ``request``.
    return all(
        name == "request" or name.startswith(_SET_UP_CLASS) or concerns_async_only(item, name)
        for name in item.fixturenames
    )


def _around(config: Any) -> Any:
    """What is around the call of each test, a context manager of the test; ``None`` if only pytest
    can make it. Where nothing is said about warnings none of them has an effect."""
    if not config.pluginmanager.hasplugin("warnings"):
        return None
    told = (*config.getini("filterwarnings"), *(config.known_args_namespace.pythonwarnings or ()))
    if not told:
        return _named
    may_fail = any(text.strip().startswith("e") for text in told)
    return _warned if _LOOKING or not may_fail else None


@contextlib.contextmanager
def _named(item: Any) -> Iterator[None]:
    """The test's name is known, and what it does to the filters of warnings ends with it."""
    os.environ["PYTEST_CURRENT_TEST"] = f"{item.nodeid} (call)".replace("\x00", "(null)")
    try:
        with warnings.catch_warnings():
            yield
    finally:
        os.environ.pop("PYTEST_CURRENT_TEST", None)


@contextlib.contextmanager
def _warned(item: Any) -> Iterator[None]:
    """Besides, warnings are what the project says they are."""
    config, ihook = item.config, item.ihook
    with _named(item), catch_warnings_for_item(config, ihook, when="runtest", item=item):
        yield
        for look in _LOOKING:
            look(config)


def _run(call: Any, around: Any, item: Any, following: Any, reporter: Reporter) -> None:
    """Tell that ``item`` begins, ``call`` it, tear down, and tell what came of it."""
    reporter.start(item.nodeid)
    begun = time.perf_counter()
    state, target = item.session._setupstate, reporter.target
    told: list[tuple[str, Any]] = []

    def phases() -> None:
        with around(item):
            told.append(call(item, target))
            if state.stack:
                tear_down = functools.partial(state.teardown_exact, following)
                told.append(_outcome(tear_down, "error", target))

    told.append(_outcome(phases, "failed", target))
    outcome, detail = functools.reduce(_joined, told)
    reporter.finish(item.nodeid, outcome, time.perf_counter() - begun, detail)


def _outcome(act: Any, bad: str, target: str) -> tuple[str, Any]:
    """What comes of ``act()``: ``passed``, ``skipped``, or ``bad`` and why."""
    try:
        act()
    except _PASSED_OVER:
        return "skipped", None
    except (KeyboardInterrupt, pytest.exit.Exception):
        raise
    except BaseException as error:
        # What pytest.fail and pytest.raises raise is no Exception, and neither is SystemExit.
        return bad, reporting.describe_exception(type(error), error, error.__traceback__, target)
    return "passed", None


def _joined(before: tuple[str, Any], after: tuple[str, Any]) -> tuple[str, Any]:
    """What came of two phases of a test, as pytest counts it."""
    if after[0] in ("failed", "error"):
        return (before[0] if before[0] == "failed" else after[0]), after[1]
    return after if before[0] == "passed" else before


def call_function(item: Any, target: str) -> tuple[str, Any]:
    """Call a plain test's function: the outcome, and why it failed."""
    given = getattr(getattr(item, "callspec", None), "params", {})
    return _outcome(lambda: item.obj(**given), "failed", target)


def call_with_fixtures(item: Any, target: str) -> tuple[str, Any]:
    """Set up what a test asks for and call it, likewise."""
    set_up = _outcome(lambda: item.session._setupstate.setup(item), "error", target)
    called = _outcome(item.runtest, "failed", target) if set_up[0] == "passed" else None
    if _PASSED is not None:
        # What ``tmp_path`` keeps of its folder depends on that.
        item.stash[_PASSED] = {} if called is None else {"call": called[0] == "passed"}
    return called or set_up


def call_case(item: Any, target: str) -> tuple[str, Any]:
    """Let a plain case run itself, likewise."""
    result = _Verdict(target)
    try:
        item.cls(item.name)(result)
    except Exception as error:
        result.addError(item, (type(error), error, error.__traceback__))
    return result.outcome, result.detail


#: Which tests are run in which way: the first that fits.
_WAYS = (
    (is_plain, call_function),
    (is_plain_case, call_case),
    (has_its_fixtures, call_with_fixtures),
)


class _Verdict(unittest.TestResult):
    """What became of one case, as pytest calls it: the first thing that failed counts, and what
    fails in ``setUp`` has failed."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        self.outcome, self.detail = "passed", None

    def _bad(self, detail: Any) -> None:
        if self.outcome != "failed":
            self.outcome, self.detail = "failed", detail

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        if isinstance(err[1], _PASSED_OVER):
            self.addSkip(test, str(err[1]))
        else:
            self._bad(reporting.describe_exception(err[0], err[1], err[2], self._target))

    addFailure = addError  # noqa: N815 - unittest's name

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        if err is not None:
            self.addError(test, err)

    def addSkip(self, test: Any, reason: Any) -> None:  # noqa: N802 - unittest's name
        if self.outcome == "passed":
            self.outcome = "skipped"

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802 - unittest's name
        self.addSkip(test, "it was expected to fail")

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802 - unittest's name
        self._bad(reporting.describe_text("UnexpectedSuccess", ""))


# ----------------------------------------------------------------------
# Whether running a test is a matter of pytest and the test alone, or others take part.


#: Hooks that are called around each test.
_HOOKS = (
    *("pytest_runtest_logstart", "pytest_runtest_setup", "pytest_runtest_call"),
    *("pytest_pyfunc_call", "pytest_runtest_teardown", "pytest_runtest_makereport"),
    *("pytest_runtest_logreport", "pytest_runtest_logfinish"),
)
#: Top-level modules whose plugins do nothing to a plain function: pytest, what is for coroutines,
#: generated values, language servers, several processes and coverage alone, and this package.
HARMLESS = (
    *("_pytest", "pytest_asyncio", "anyio", "_hypothesis_pytestplugin", "pytest_lsp"),
    *("xdist", "pytest_cov", (__package__ or "").partition(".")[0]),
)


class PluginCheck:
    """Asks of each test of one session."""

    def __init__(self) -> None:
        self._known: dict[Any, bool] = {}

    def of(self, item: Any) -> bool:
        """Whether anybody but pytest and its harmless plugins takes part in running ``item``."""
        folder = item.nodeid.partition("::")[0].rpartition("/")[0]
        if folder not in self._known:
            # What a folder's conftest.py has of these is called for its tests alone, but for one.
            hooks = [getattr(item.ihook, name) for name in _HOOKS]
            hooks.append(item.config.hook.pytest_runtest_protocol)
            self._known[folder] = any(
                str(getattr(impl.function, "__module__", "")).partition(".")[0] not in HARMLESS
                for hook in hooks
                for impl in hook.get_hookimpls()
            )
        return self._known[folder]
