"""Changes to `jedi.inference.finder` and `flow_analysis`: what `if` and `try` say of the code under
them.
"""

from __future__ import annotations

import re
from typing import Any

from jedi.inference import finder, flow_analysis
from jedi.inference.imports import Importer

from analysis.semantics.jedi_provider import completeness

_IMPORTS = ("import_name", "import_from")
#: Handlers of an import that fails.
_FAILS = re.compile(r"\b(?:ImportError|ModuleNotFoundError|Exception|BaseException)\b")
_check = finder.check_flow_information
_break_check = flow_analysis._break_check


def _reached(context: Any, value_scope: Any, flow: Any, node: Any) -> Any:
    if flow.type == "try_stmt" and _gives_way(context, flow, node):
        return flow_analysis.UNREACHABLE
    own = flow.get_corresponding_test_node(node) if flow.type == "if_stmt" else None
    for test in flow.get_test_nodes() if own is not None else ():
        if test is own:
            break
        if flow_analysis._check_if(context, test) is flow_analysis.REACHABLE:
            return flow_analysis.UNREACHABLE
    return _break_check(context, value_scope, flow, node)


def _gives_way(context: Any, flow: Any, name: Any) -> bool:
    """Whether ``name`` is bound by an import of the suite of ``try`` whose module is not there,
    and by one in a handler of the failure. What else a handler binds only stands in for it."""
    statement = name.search_ancestor(*_IMPORTS) if name.type == "name" else None
    suite = flow.children[2]
    if statement is None or not suite.start_pos <= name.start_pos < suite.end_pos:
        return False
    handlers = [
        flow.children[index + 2]
        for index, part in enumerate(flow.children)
        if part == "except" or (part.type == "except_clause" and _FAILS.search(part.get_code()))
    ]
    bound = name.get_root_node().get_used_names().get(name.value, ())
    if not any(
        other.search_ancestor(*_IMPORTS) is not None
        and handler.start_pos <= other.start_pos < handler.end_pos
        for other in bound
        for handler in handlers
    ):
        return False
    path = statement.get_path_for_name(name)
    if getattr(statement, "level", 0) or not path:
        return False
    return not _module(context, path[0].value)


@completeness.isolated
def _module(context: Any, name: str) -> bool:
    """Whether there is a module of this name."""
    return bool(Importer(context.inference_state, (name,), context.get_root_context()).follow())


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


def install() -> None:
    """Change jedi in this process; to be called once."""
    finder.check_flow_information = _under_its_test
    flow_analysis._break_check = _reached
