"""What the tests of an ``if`` statement say of the code under them.

``isinstance(…)`` tells of a name only in the suite under that test: jedi takes the last test above
a name for one that holds, also in ``else`` and within the next test. An ``elif`` is not reached
where a test before it certainly holds, as that of a version may: jedi asks its own test alone.
"""

from __future__ import annotations

from typing import Any

from jedi.inference import finder, flow_analysis

_check = finder.check_flow_information
_break_check = flow_analysis._break_check


def install() -> None:
    """Change jedi in this process; further calls change nothing more."""
    finder.check_flow_information = _under_its_test
    flow_analysis._break_check = _behind_others


def _behind_others(context: Any, value_scope: Any, flow: Any, node: Any) -> Any:
    own = flow.get_corresponding_test_node(node) if flow.type == "if_stmt" else None
    for test in flow.get_test_nodes() if own is not None else ():
        if test is own:
            break
        if flow_analysis._check_if(context, test) is flow_analysis.REACHABLE:
            return flow_analysis.UNREACHABLE
    return _break_check(context, value_scope, flow, node)


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
