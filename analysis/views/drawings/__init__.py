"""What can be drawn of a file: one file per view, listed in :data:`VIEWS`.

A view is a function from a :class:`~analysis.views.program.Program` and the numbers of the scopes
that are wanted to a :class:`~analysis.views.diagram.Diagram`. The ids of its items are the same in
every view that draws the same thing, so that views can be laid on one another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from analysis.views.diagram import Diagram, combined
from analysis.views.drawings import call_graph, control, data, syntax
from analysis.views.program import Program

View = Callable[[Program, Sequence[int]], Diagram]

#: Every view by the name that the command line knows it by.
VIEWS: Mapping[str, View] = {
    "ast": syntax.draw,
    "cfg": control.draw,
    "dfg": data.draw,
    "calls": call_graph.draw,
}


def draw(program: Program, names: Sequence[str], part: str = "") -> Diagram:
    """The views ``names`` of a program in one diagram, of the function or class ``part`` only.

    Raises :class:`~analysis.errors.AnalysisError` where there is no such function or class.
    """
    scopes = program.part(part)
    diagrams = [VIEWS[name](program, scopes) for name in dict.fromkeys(names)]
    if {"cfg", "dfg"} & set(names):
        if "ast" in names:
            diagrams.append(syntax.seams(program, scopes))
        if "calls" in names:
            diagrams.append(call_graph.seams(program, scopes))
    return combined(program.path, diagrams)
