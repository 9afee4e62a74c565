"""How a diagram is written: one file per format, listed in :data:`FORMATS`.

A format is a function from a :class:`~analysis.views.diagram.Diagram` to text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analysis.views.diagram import Diagram
from analysis.views.formats import dot, mermaid, node_link, outline, svg

Format = Callable[[Diagram], str]

#: Every format by the name that the command line knows it by.
FORMATS: Mapping[str, Format] = {
    "text": outline.write,
    "json": node_link.write,
    "dot": dot.write,
    "mermaid": mermaid.write,
    "svg": svg.write,
}
