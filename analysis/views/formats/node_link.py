"""Node-link JSON, as networkx reads it (``node_link_graph(document, edges="links")``).

Positions are 0-based lines and 0-based code points, ends exclusive.
"""

from __future__ import annotations

import json

from analysis.views.diagram import Diagram
from analysis.views.flow import Span


def write(diagram: Diagram) -> str:
    """One JSON document."""
    groups = {group.id: group.label for group in diagram.groups}
    document = {
        "directed": True,
        "multigraph": True,
        "graph": {
            "view": "+".join(diagram.views),
            "path": diagram.path,
            "scopes": [
                {"id": group.id, "name": group.label, "span": span_object(group.span)}
                for group in diagram.groups
            ],
        },
        "nodes": [
            {
                "id": item.id,
                "kind": item.kind,
                "label": item.label,
                "scope": groups.get(item.group),
                "reachable": not item.dead,
                "span": span_object(item.span),
            }
            for item in diagram.items
        ],
        "links": [
            {
                "source": link.source,
                "target": link.target,
                "kind": link.kind,
                "label": link.label,
                **{name: span_object(span) for name, span in link.spans},
            }
            for link in diagram.links
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def span_object(span: Span | None) -> dict[str, int] | None:
    """A span as JSON has it everywhere."""
    if span is None:
        return None
    return {
        "line": span.line,
        "character": span.character,
        "end_line": span.end_line,
        "end_character": span.end_character,
    }
