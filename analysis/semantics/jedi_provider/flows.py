"""``if isinstance(…)`` tells of a name only in the suite under that test.

jedi takes the last test above a name for one that holds, also in ``else`` and within the next test.
"""

from __future__ import annotations

from typing import Any

from jedi.inference import finder

_check = finder.check_flow_information


def install() -> None:
    """Change jedi in this process; further calls change nothing more."""
    finder.check_flow_information = _under_its_test


def _under_its_test(value: Any, flow: Any, search_name: Any, pos: Any) -> Any:
    if flow.type in ("if_stmt", "while_stmt") and not _in_tested_suite(flow, search_name):
        return None
    return _check(value, flow, search_name, pos)


def _in_tested_suite(flow: Any, name: Any) -> bool:
    """Whether ``name`` stands in a suite with a test before it: word, test, colon, suite."""
    children = flow.children
    return any(
        suite.start_pos <= name.start_pos < suite.end_pos and children[index] != "else"
        for index, suite in zip(range(0, len(children), 4), children[3::4], strict=False)
    )
