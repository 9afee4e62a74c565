"""Scalable vector graphics, laid out here: nothing has to be installed to look at it.

Colours follow the reader's dark or light scheme. Every item carries its place (``data-line``,
``data-character``, 0-based), so that an editor can jump there, and its full text as a tooltip.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from math import sqrt

from analysis.errors import AnalysisError
from analysis.views.diagram import Arrow, Diagram, Item, columns, label_of, line_of
from analysis.views.layered import Box, DrawingLayout, EdgeRoute, layered

# -- the shape of an arrow in SVG: its curve along a route, and its head


Points = Sequence[tuple[float, float]]


def curve(points: Points) -> str:
    """The ``<path>`` through ``points``: one curve for a loop, else from layer to layer."""
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    if len(points) == 4 and points[1][0] == points[2][0] and points[0][0] == points[3][0]:
        path.append("C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points[1:]))
    else:
        for (ax, ay), (bx, by) in pairwise(points):
            half = (by - ay) / 2
            path.append(f"C{ax:.1f} {ay + half:.1f} {bx:.1f} {by - half:.1f} {bx:.1f} {by:.1f}")
    return f'<path d="{" ".join(path)}"/>'


def head(points: Points) -> str:
    """The ``<polygon>`` at the end: edges meet boxes from above or below, loops from the side."""
    ay, (x, y) = points[-2][1], points[-1]
    if ay == y:
        corners = ((x, y), (x + 7, y - 3.5), (x + 7, y + 3.5))
    else:
        back = -7.0 if ay < y else 7.0
        corners = ((x, y), (x - 3.5, y + back), (x + 3.5, y + back))
    return f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in corners)}"/>'


#: Pixels: width of a column and height of a line in the font below, and spaces around.
COLUMN, LINE, SMALL_COLUMN, PADDING, MARGIN, TITLE = 7.25, 26.0, 6.05, 10.0, 16.0, 30.0
#: A drawing with more items in one group cannot be read, and takes minutes to lay out.
MOST_ITEMS = 2500

_STYLE = """
svg { --page: #ffffff; --ink: #1f2328; --faint: #59636e; --box: #f6f8fa; --rim: #b7bfc8;
  --test: #fff8c5; --test-rim: #c9a227; --good: #1a7f37; --bad: #b3261e; --data: #0b57d0;
  --last: #8a6100; --frame: #d1d9e0; background: var(--page); }
@media (prefers-color-scheme: dark) { svg { --page: #0d1117; --ink: #e6edf3; --faint: #9198a1;
  --box: #161b22; --rim: #4a525c; --test: #2b2611; --test-rim: #9e7c14; --good: #3fb950;
  --bad: #ff7b72; --data: #79b8ff; --last: #d9a441; --frame: #30363d; } }
text { font: 12px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  fill: var(--ink); white-space: pre; }
.title { font-weight: 600; font-size: 13px; }
.line, .note { fill: var(--faint); }
.note { font-size: 10px; paint-order: stroke; stroke: var(--page); stroke-width: 4px; }
.frame { fill: none; stroke: var(--frame); }
.item rect, .item polygon { fill: var(--box); stroke: var(--rim); }
.item:hover rect, .item:hover polygon { stroke: var(--data); stroke-width: 2; }
.test polygon, .loop polygon { fill: var(--test); stroke: var(--test-rim); }
.entry rect, .exit rect { stroke: var(--good); }
.raise rect, .handler rect { stroke: var(--bad); }
.dead { opacity: 0.55; }
.dead rect, .dead polygon { stroke-dasharray: 4 3; }
.link path { fill: none; stroke: var(--faint); stroke-width: 1.2; }
.link polygon { fill: var(--faint); }
.good path { stroke: var(--good); } .good polygon, .good text { fill: var(--good); }
.bad path { stroke: var(--bad); stroke-dasharray: 5 3; }
.bad polygon, .bad text { fill: var(--bad); }
.data path { stroke: var(--data); } .data polygon, .data text { fill: var(--data); }
.last path { stroke: var(--last); stroke-dasharray: 2 3; }
.last polygon, .last text { fill: var(--last); }
.quiet path { stroke-dasharray: 1 3; } .quiet polygon { display: none; }
"""
_TONES = {
    "true": "good", "iterate": "good", "match": "good",
    "exception": "bad", "reraise": "bad",
    "def-use": "data", "may-def-use": "last", "syntax": "quiet",
}  # fmt: skip
_ROUND = {"entry", "exit", "raise"}
_SHARP = {"test", "loop"}


def write_svg(diagram: Diagram) -> str:
    """A complete SVG document.

    Raises :class:`~analysis.errors.AnalysisError` for more than :data:`MOST_ITEMS` items in one
    group.
    """
    pieces = [_Piece(diagram, title, items) for title, items in _pieces(diagram) if items]
    width, height = _arrange(pieces)
    body = [piece.drawn() for piece in pieces]
    inside = {item.id for piece in pieces for item in piece.items}
    where = {item.id: (piece, n) for piece in pieces for n, item in enumerate(piece.items)}
    for link in diagram.links:
        if link.source in inside and link.target in inside:
            (here, source), (there, target) = where[link.source], where[link.target]
            if here is not there:
                body.append(_crossing(link, here.absolute(source), there.absolute(target)))
    name = escape("+".join(diagram.views))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">\n'
        f"<title>{name} {escape(_plain(diagram.path))}</title>\n<style>{_STYLE}</style>\n"
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _pieces(diagram: Diagram) -> list[tuple[str, list[Item]]]:
    """What is laid out by itself: each group, and what hangs together of the rest."""
    known = {group.id for group in diagram.groups}
    found = [
        (group.label, [item for item in diagram.items if item.group == group.id])
        for group in diagram.groups
    ]
    rest = {item.id: item for item in diagram.items if item.group not in known}
    beside: dict[str, list[str]] = {}
    for link in diagram.links:
        beside.setdefault(link.source, []).append(link.target)
        beside.setdefault(link.target, []).append(link.source)
    alone: list[Item] = []
    placed: set[str] = set()
    for start in rest:
        together: list[str] = []
        waiting = [start]
        while waiting:
            each = waiting.pop()
            if each in rest and each not in placed:
                placed.add(each)
                together.append(each)
                waiting += beside.get(each, [])
        if len(together) == 1:
            alone.append(rest[start])
        elif together:
            found.append(("", [item for item in rest.values() if item.id in set(together)]))
    return [*found, *(("", [item]) for item in alone)]


class _Piece:
    """One group, laid out by itself; ``x`` and ``y`` are where it stands in the drawing."""

    def __init__(self, diagram: Diagram, title: str, items: list[Item]) -> None:
        if len(items) > MOST_ITEMS:
            raise AnalysisError(
                f"{len(items)} items are more than a drawing can show ({MOST_ITEMS})",
                where=diagram.path,
                help="name a function, as FILE:FUNCTION, or take --format json",
            )
        self.title, self.items = title, items
        number = {item.id: n for n, item in enumerate(items)}
        merged: dict[tuple[int, int, str], list[Arrow]] = {}
        for link in diagram.links:
            if link.source in number and link.target in number:
                tone = _TONES.get(link.kind, "")
                key = number[link.source], number[link.target], tone
                merged.setdefault(key, []).append(link)
        self.links = [(tone, links) for (_, _, tone), links in merged.items()]
        self.labels = [_label(links) for _, links in self.links]
        sizes = [Box(columns(t) * SMALL_COLUMN + 4, 14.0) if t else Box(0, 0) for t in self.labels]
        self.boxes = [_box(item) for item in items]
        edges = [(source, target) for source, target, _ in merged]
        self.layout: DrawingLayout = layered(self.boxes, edges, sizes)
        self.x = self.y = 0.0
        top = TITLE if title else 0.0
        self.top = MARGIN + top
        least = columns(title) * COLUMN + 2 * MARGIN
        self.width = max(self.layout.width + 2 * MARGIN, least)
        self.height = self.layout.height + 2 * MARGIN + top

    def absolute(self, number: int) -> tuple[float, float, Box]:
        """The middle of an item in the whole drawing, and its size."""
        x, y = self.layout.middles[number]
        return x + self.x + MARGIN, y + self.y + self.top, self.boxes[number]

    def drawn(self) -> str:
        lines = [f'<g transform="translate({self.x:.1f} {self.y:.1f})">']
        if self.title:
            lines.append(
                f'<rect class="frame" x="0.5" y="0.5" width="{self.width - 1:.1f}" '
                f'height="{self.height - 1:.1f}" rx="8"/>'
                f'<text class="title" x="{MARGIN}" y="24">{escape(_plain(self.title))}</text>'
            )
        lines.append(f'<g transform="translate({MARGIN} {self.top})">')
        for (tone, _), label, route in zip(
            self.links, self.labels, self.layout.routes, strict=True
        ):
            lines.append(_arrow(tone, label, route))
        for item, middle, box in zip(self.items, self.layout.middles, self.boxes, strict=True):
            lines.append(_item(item, *middle, box))
        return "\n".join([*lines, "</g></g>"])


def _arrange(pieces: Sequence[_Piece]) -> tuple[float, float]:
    """Put the pieces on shelves, about as wide as high; the size of the whole."""
    area = sum((piece.width + MARGIN) * (piece.height + MARGIN) for piece in pieces)
    limit = max([1.3 * sqrt(area), *(piece.width + MARGIN for piece in pieces)])
    x = y = MARGIN
    shelf = width = 0.0
    for piece in pieces:
        if x > MARGIN and x + piece.width > limit:
            x, y, shelf = MARGIN, y + shelf + MARGIN, 0.0
        piece.x, piece.y = x, y
        x += piece.width + MARGIN
        shelf = max(shelf, piece.height)
        width = max(width, x)
    return max(width, 2 * MARGIN), y + shelf + MARGIN


def _label(links: Sequence[Arrow]) -> str:
    return ", ".join(dict.fromkeys(_plain(link.label) for link in links if link.label))


def _box(item: Item) -> Box:
    text = columns(label_of(item)) * COLUMN
    line = line_of(item)
    numbers = (len(line) + 1) * COLUMN if line else 0.0
    slant = LINE / 2 if item.kind in _SHARP else 0.0
    return Box(text + numbers + 2 * PADDING + slant, LINE)


def _item(item: Item, x: float, y: float, box: Box) -> str:
    left, top = x - box.width / 2, y - box.height / 2
    if item.kind in _SHARP:
        d = LINE / 4
        corners = (
            (left, y), (left + d, top), (left + box.width - d, top),
            (left + box.width, y), (left + box.width - d, top + LINE), (left + d, top + LINE),
        )  # fmt: skip
        shape = f'<polygon points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in corners)}"/>'
    else:
        radius = LINE / 2 if item.kind in _ROUND else 4
        shape = (
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height}" '
            f'rx="{radius}"/>'
        )
    place = ""
    if item.span:
        place = f' data-line="{item.span.line}" data-character="{item.span.character}"'
    line = line_of(item)
    at = left + PADDING + (LINE / 4 if item.kind in _SHARP else 0.0)
    number = f'<tspan class="line">{line} </tspan>' if line else ""
    kind = item.kind.replace(" ", "-") + (" dead" if item.dead else "")
    tip = f"{item.kind}: {_plain(item.label)}" + (f", line {line}" if line else "")
    return (
        f'<g class="item {escape(kind)}" data-id="{escape(item.id)}"{place}>'
        f"<title>{escape(tip)}</title>{shape}"
        f'<text x="{at:.1f}" y="{y + 4:.1f}">{number}{escape(label_of(item))}</text></g>'
    )


def _arrow(tone: str, label: str, route: EdgeRoute) -> str:
    text = ""
    if label:
        text = (
            f'<text class="note" text-anchor="middle" x="{route.label[0]:.1f}" '
            f'y="{route.label[1] + 3.5:.1f}">{escape(label)}</text>'
        )
    return f'<g class="link {tone}">{curve(route.points)}{head(route.points)}{text}</g>'


def _crossing(
    link: Arrow, source: tuple[float, float, Box], target: tuple[float, float, Box]
) -> str:
    """A link between two groups: from the side of one item to the nearer side of the other."""
    (ax, ay, here), (bx, by, there) = source, target
    right = bx > ax
    ax += here.width / 2 if right else -here.width / 2
    bx += -there.width / 2 if right else there.width / 2
    reach = max(40.0, abs(bx - ax) / 2) * (1 if right else -1)
    tone = _TONES.get(link.kind, "")
    back = -7 if right else 7
    head = f"{bx:.1f},{by:.1f} {bx + back:.1f},{by - 3.5:.1f} {bx + back:.1f},{by + 3.5:.1f}"
    return (
        f'<g class="link {tone}"><title>{escape(_plain(link.label or link.kind))}</title>'
        f'<path d="M{ax:.1f} {ay:.1f} C{ax + reach:.1f} {ay:.1f} {bx - reach:.1f} {by:.1f} '
        f'{bx:.1f} {by:.1f}"/><polygon points="{head}"/></g>'
    )


def _plain(text: str) -> str:
    """``text`` without what XML does not allow."""
    return "".join(each if each.isprintable() else " " for each in text)
