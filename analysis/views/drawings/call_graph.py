"""The call view: the functions and classes of a file, and who calls whom."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from analysis.views.calls import Call, ResolvedCallee
from analysis.views.diagram import Arrow, Diagram, Item
from analysis.views.drawings.control import item_id
from analysis.views.program import Program


def draw(program: Program, scopes: Sequence[int]) -> Diagram:
    """One item for each scope that calls or is called, one link for each place of a call.

    Of a part of the file, what it calls and what calls it are shown too.
    """
    wanted = set(scopes)
    shown = [call for call in program.calls if call.caller in wanted or call.callee in wanted]
    whole = len(wanted) == len(program.flows)
    numbers = wanted if whole else wanted | {call.caller for call in shown}
    numbers |= {call.callee for call in shown if call.callee >= 0}
    busy = {call.caller for call in shown} | {call.callee for call in shown}
    items = [
        _item(program, number)
        for number in sorted(numbers)
        if number in busy or not isinstance(program.flows[number].scope, ast.ClassDef | ast.Module)
    ]
    outside = dict.fromkeys(call.external for call in shown if call.callee < 0)
    items += [Item(_id(-1, name), "external", name) for name in outside]
    links = tuple(_link(f"s{call.caller}", call) for call in shown)
    return Diagram(("calls",), program.path, (), tuple(items), links)


def seams(program: Program, scopes: Sequence[int]) -> Diagram:
    """The links from each node of the control flow to what it calls."""
    wanted = set(scopes)
    links = tuple(
        _link(item_id(call.caller, call.node), call)
        for call in program.calls
        if call.caller in wanted
    )
    return Diagram((), program.path, (), (), links)


def _link(source: str, call: Call) -> Arrow:
    label = "" if call.how is ResolvedCallee.EXACT else call.how.value
    return Arrow(source, _id(call.callee, call.external), "call", label, (("call", call.span),))


def _id(callee: int, external: str) -> str:
    return f"s{callee}" if callee >= 0 else f"x:{external}"


def _item(program: Program, number: int) -> Item:
    flow, group = program.flows[number], program.groups[number]
    if isinstance(flow.scope, ast.Module):
        kind = "module"
    elif isinstance(flow.scope, ast.ClassDef):
        kind = "class"
    elif isinstance(program.flows[flow.parent].scope, ast.ClassDef):
        kind = "method"
    else:
        kind = "function"
    return Item(f"s{number}", kind, group.label, group.span)
