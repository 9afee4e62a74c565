"""Running tests with the user's pytest, in this process."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from . import direct_runner, plans, reporting
from .reporting import Reporter


def run(plan: dict[str, Any], reporter: Reporter, hold: Any) -> int:
    """Run ``pytest`` with the plan's arguments and return its exit code.

    With ``hold``, collection happens and then ``hold(run_selected)`` is called instead of running:
    ``run_selected(ids, reporter)`` runs collected tests, in a fork.
    """
    plugin = _Plugin(plan, reporter, hold)
    return int(pytest.main([*plan["args"], *_quiet()], plugins=[plugin]))


def _quiet() -> list[Any]:
    """Options that keep pytest in this process, to the end, without reports for people."""
    # The user's own options may come from a file; the last one given wins.
    words = ["--maxfail=0", "--tb=no", "--capture=no", "-q", "-p", "no:randomly"]
    words += ["-o", "cache_dir=/tmp/.pytest_cache"]
    if importlib.util.find_spec("xdist"):
        words.append("-n0")
    if importlib.util.find_spec("pytest_cov"):
        words.append("--no-cov")
    return words


#: What tests share fixtures by, and where one file holds most of a suite, less of that.
_TOGETHER = (
    lambda item: item.nodeid.partition("::")[0],
    lambda item: item.parent.nodeid,
    lambda item: item.nodeid.partition("[")[0],
)


class _Plugin:
    def __init__(self, plan: dict[str, Any], reporter: Reporter, hold: Any) -> None:
        self._plan = plan
        self._select = plan.get("select")
        self._part = plan.get("part")
        self._hold = hold
        self._reporter = reporter
        self._details: dict[Any, Any] = {}
        self._outcomes: dict[Any, Any] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: Any) -> None:
        if self._select is not None and not self._hold:
            narrow(session.config, self._select)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: Any) -> None:
        reporting.look_away()
        items[:], near = plans.ordered(
            items, self._plan, lambda item: item.nodeid, _functions, lambda item: item.parent
        )
        others: list[Any] = []
        if self._part is not None:
            number, parts = self._part
            items[:], others = dealt(items, number, parts, _TOGETHER)
        self._reporter.note(
            collected=[item.nodeid for item in items],
            others=[item.nodeid for item in others],
            near=[item.nodeid for item in near],
            root=str(getattr(config, "rootpath", None) or config.rootdir),
            files=sorted({str(getattr(item, "path", None) or item.fspath) for item in items}),
        )
        if self._select is not None and not self._hold:
            items[:] = _chosen(_by_id(items), self._select)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            text = str(report.longrepr)
            self._reporter.finish(
                report.nodeid or "collection",
                "error",
                0.0,
                self._details.pop("collect", None) or reporting.describe_text("Collection", text),
            )

    def pytest_exception_interact(self, node: Any, call: Any, report: Any) -> None:
        # Older versions of pytest do not say when.
        if getattr(report, "when", "collect") == "collect":
            error = call.excinfo.value
            if isinstance(error, pytest.Collector.CollectError):
                # Of a module that cannot be imported pytest makes an error of its own.
                error = error.__cause__ or error
            self._details["collect"] = reporting.describe_exception(
                type(error), error, error.__traceback__, self._reporter.target
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> Any:
        if self._hold is None:
            return None
        items = list(session.items)
        others = direct_runner.PluginCheck()
        plain = {item: direct_runner.way(item, others) for item in items}
        named = _by_id(items)

        def run_selected(ids: Any, reporter: Reporter) -> None:
            self._reporter = reporter
            # One by one: a fork pays for each test that it so much as looks at.
            chosen = items if ids is None else _chosen(named, ids)
            for item, following in _with_following(chosen):
                call = plain[item]
                if call is not None:
                    call(item, following, reporter)
                else:
                    if reporter.stops:
                        _put_no_words_to_failures(item)
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if reporter.may_stop():
                    break

        if not session.testsfailed:
            self._hold(run_selected)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: Any) -> None:
        # Nobody reads the summary, and what plugins import for it (hypothesis: all of itself) takes
        # longer than most tests.
        session.config.hook.pytest_terminal_summary = _no_summary

    def pytest_runtest_logstart(self, nodeid: Any, location: Any) -> None:
        self._begun = time.perf_counter()
        self._reporter.start(nodeid)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        reporting.depth[0] += 1
        try:
            yield
        finally:
            reporting.depth[0] -= 1
        if call.excinfo is not None:
            self._details[item.nodeid] = reporting.describe_exception(
                call.excinfo.type, call.excinfo.value, call.excinfo.tb, self._reporter.target
            )

    def pytest_runtest_logreport(self, report: Any) -> None:
        before = self._outcomes.get(report.nodeid, "passed")
        if report.failed:
            outcome = "failed" if report.when == "call" else "error"
            self._outcomes[report.nodeid] = "failed" if before == "failed" else outcome
        elif report.skipped and before == "passed":
            self._outcomes[report.nodeid] = "skipped"

    def pytest_runtest_logfinish(self, nodeid: Any, location: Any) -> None:
        outcome = self._outcomes.pop(nodeid, "passed")
        detail = self._details.pop(nodeid, None)
        self._reporter.finish(
            nodeid,
            outcome,
            time.perf_counter() - self._begun,
            detail if outcome in ("failed", "error") else None,
        )
        if self._hold is None and self._reporter.may_stop():
            # The run is a fork that ends here; pytest would describe where it was stopped.
            self._reporter.leave()


def _by_id(items: Any) -> dict[str, list[Any]]:
    """``items`` by their ids, which need not differ."""
    found: dict[str, list[Any]] = {}
    for item in items:
        found.setdefault(item.nodeid, []).append(item)
    return found


def _chosen(named: dict[str, list[Any]], ids: Any) -> Iterator[Any]:
    """The tests ``ids`` among those that are ``named``, in this order, each once."""
    for test in dict.fromkeys(ids):
        yield from named.get(test, ())


def _with_following(items: Any) -> Iterator[tuple[Any, Any]]:
    """Each of ``items`` with the one behind it, which is ``None`` for the last."""
    waiting = iter(items)
    item = next(waiting, None)
    while item is not None:
        following = next(waiting, None)
        yield item, following
        item = following


def _put_no_words_to_failures(item: Any) -> None:
    """Have pytest describe no failure of ``item`` in this process, a fork: nobody reads it, and it
    takes longer than most tests. An assert that fails is not compared line by line either."""
    item.repr_failure = lambda *_given, **_named: ""
    util: Any = sys.modules.get("_pytest.assertion.util")
    if util is not None:
        util.assertrepr_compare = lambda *_given, **_named: None


def _no_summary(**_given: Any) -> list[Any]:
    return []


def _functions(item: Any) -> list[Any]:
    """What runs for a test: itself, its fixtures, what its class sets up."""
    functions = [getattr(item, "function", None), *plans.set_ups(getattr(item, "cls", None))]
    fixtures = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    functions += [getattr(known[-1], "func", None) for known in fixtures.values() if known]
    return functions


# ----------------------------------------------------------------------
# Collecting the files of chosen tests alone: to import those of all others takes seconds.


def narrow(config: Any, tests: Any) -> None:
    """Have pytest pass over the files that hold none of ``tests``, ids of it."""
    root = str(getattr(config, "rootpath", None) or config.rootdir)
    wanted = {os.path.realpath(os.path.join(root, test.partition("::")[0])) for test in tests}
    # Before version 7 the hook is asked otherwise. An id that names no file may be of any.
    if hasattr(pytest, "version_tuple") and all(map(os.path.isfile, wanted)):
        config.pluginmanager.register(_Others(wanted))


class _Others:
    def __init__(self, wanted: Any) -> None:
        self._wanted = wanted

    def pytest_ignore_collect(self, collection_path: Any) -> Any:
        # A package is collected by its __init__.py.
        if collection_path.is_dir() or collection_path.name == "__init__.py":
            return None
        return True if os.path.realpath(str(collection_path)) not in self._wanted else None


# ----------------------------------------------------------------------
# Dealing the tests of a suite out to several processes, each of which runs a part.


#: A group of more than so many times its share leaves other parts with nothing to do.
_TOO_LARGE = 1.3


def dealt(
    items: list[Any], number: int, parts: int, kinds: Sequence[Callable[[Any], Any]]
) -> tuple[list[Any], list[Any]]:
    """The items of the part ``number`` of ``parts``, and the others, both in their order.

    What is one group by the first of ``kinds`` stays together; by the next one, where a group is
    too large, and so on. The same items are dealt in the same way each time.
    """
    for kind in kinds:
        sizes = Counter(map(kind, items))
        if max(sizes.values(), default=0) <= _TOO_LARGE * len(items) / parts:
            break
    held = [0] * parts
    owner: dict[Any, int] = {}
    # In their order: what is to run ahead of the others does so in each part.
    for group, size in sizes.items():
        owner[group] = held.index(min(held))
        held[owner[group]] += size
    mine = [item for item in items if owner[kind(item)] == number]
    return mine, [item for item in items if owner[kind(item)] != number]
