"""Whether running a test is a matter of pytest and the test alone, or others take part.

A ``conftest.py`` or a plugin may do anything around a test: then only pytest's protocol runs it as
it is meant.
"""

from __future__ import annotations

from typing import Any

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


class Bystanders:
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
