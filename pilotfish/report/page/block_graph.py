"""The control flow of one code object as SVG: a box for each block with its lines of source.

Laid out by ``analysis.views.layered``. Colours come from the page by class: ``heat-N`` for a
suspicion of N tenths, and the kind of each edge.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from analysis.views.layered import Box, EdgeRoute, layered
from analysis.views.svg import curve, head

#: Pixels: a column and a line of the font, and the spaces around and at the side of a box.
_COLUMN, _LINE, _PADDING, _MARGIN = 6.65, 17.0, 9.0, 12.0
_NUMBER = 34.0
_WIDEST, _MOST_LINES = 46, 6
_ENDS = {-1: "returns", -2: "raises"}
_TONES = {"true": "yes", "iterate": "yes", "match": "yes", "exception": "bad", "reraise": "bad"}
_SPOKEN = frozenset(
    ("true", "false", "iterate", "exhausted", "exception", "match", "no match", "suppressed")
)


def heat(suspicion: float) -> int:
    """Tenths of suspicion, at least 1 where there is any."""
    return max(1, round(suspicion * 10)) if suspicion > 0 else 0


def block_graph(
    code: Mapping[str, Any], blocks: Sequence[Mapping[str, Any]], lines: Sequence[str]
) -> str:
    """An ``<svg>`` of the code object ``code`` with its ``blocks``; ``lines`` are its file's."""
    texts = [_text(block, lines) for block in blocks]
    number = {block["id"]: index for index, block in enumerate(blocks)}
    ends = sorted({way["to"] for block in blocks for way in block["next"] if way["to"] < 0})
    for end in ends:
        number[end] = len(number)
    boxes = [_box(text) for text in texts]
    boxes += [Box(len(_ENDS[end]) * _COLUMN + 2 * _PADDING, 22.0) for end in ends]
    merged: dict[tuple[int, int, str], list[str]] = {}
    for block in blocks:
        for way in block["next"]:
            tone = _TONES.get(way["kind"], "")
            key = number[block["id"]], number[way["to"]], tone
            merged.setdefault(key, []).append(way["kind"] if way["kind"] in _SPOKEN else "")
    labels = [", ".join(dict.fromkeys(filter(None, kinds))) for kinds in merged.values()]
    sizes = [Box(len(label) * 5.8 + 4, 13.0) if label else Box(0, 0) for label in labels]
    layout = layered(boxes, [(source, target) for source, target, _ in merged], sizes)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    drawn = [
        _arrow(tone, label, route, source, target)
        for (source, target, tone), label, route in zip(merged, labels, layout.routes, strict=True)
    ]
    for block, text, middle, box in zip(blocks, texts, layout.middles, boxes, strict=False):
        drawn.append(_block(block, text, middle, box))
    for end, middle, box in zip(
        ends, layout.middles[len(blocks) :], boxes[len(blocks) :], strict=True
    ):
        drawn.append(_end(_ENDS[end], middle, box))
    name = escape(f"control flow of {code['name']}")
    return (
        f'<svg class="graph" data-code="{code["id"]}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="group" aria-label="{name}">'
        f'<g transform="translate({_MARGIN} {_MARGIN})">{"".join(drawn)}</g></svg>'
    )


def _text(block: Mapping[str, Any], lines: Sequence[str]) -> list[tuple[int, str]]:
    """The numbered lines of a block, cut to what a box can show."""
    numbers = [n for first, last in block["statements"] for n in range(first, last + 1)]
    found = [(n, lines[n].rstrip()) for n in sorted(set(numbers)) if n < len(lines)]
    indent = min((len(t) - len(t.lstrip()) for _, t in found if t.strip()), default=0)
    shown = [(n, _cut(text[indent:])) for n, text in found]
    if len(shown) > _MOST_LINES:
        return [*shown[: _MOST_LINES - 1], (shown[-1][0], "…")]
    return shown


def _cut(text: str) -> str:
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= _WIDEST else plain[: _WIDEST - 1] + "…"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _box(text: Sequence[tuple[int, str]]) -> Box:
    widest = max((_columns(line) for _, line in text), default=4)
    return Box(widest * _COLUMN + _NUMBER + _PADDING, max(1, len(text)) * _LINE + 10.0)


def _block(
    block: Mapping[str, Any],
    text: Sequence[tuple[int, str]],
    middle: tuple[float, float],
    box: Box,
) -> str:
    left, top = middle[0] - box.width / 2, middle[1] - box.height / 2
    rows = "".join(
        f'<text x="{left + _NUMBER - 8:.1f}" y="{top + 17 + index * _LINE:.1f}" class="number">'
        f"{number + 1}</text>"
        f'<text x="{left + _NUMBER:.1f}" y="{top + 17 + index * _LINE:.1f}">{escape(line)}</text>'
        for index, (number, line) in enumerate(text)
    )
    ran = "" if block["failing"] or block["passing"] else " unrun"
    says = (
        f"{block['kind']}, suspicion {block['suspicion']:.2f}, run by {block['failing']} failing "
        f"and {block['passing']} passing tests"
    )
    key = f"{block['code']}:{block['id']}"
    return (
        f'<g class="block heat-{heat(block["suspicion"])}{ran}" data-block="{key}" tabindex="0" '
        f'role="button" aria-label="{escape(says)}"><title>{escape(says)}</title>'
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" '
        f'rx="6"/><rect class="edge" x="{left:.1f}" y="{top:.1f}" width="5" '
        f'height="{box.height:.1f}" rx="2.5"/>{rows}</g>'
    )


def _end(name: str, middle: tuple[float, float], box: Box) -> str:
    x, y = middle
    return (
        f'<g class="end {name}"><rect x="{x - box.width / 2:.1f}" y="{y - box.height / 2:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}" rx="11"/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{name}</text></g>'
    )


def _arrow(tone: str, label: str, route: EdgeRoute, source: int, target: int) -> str:
    text = ""
    if label:
        x, y = route.label
        text = (
            f'<text class="note" text-anchor="middle" x="{x:.1f}" y="{y + 3.5:.1f}">{label}</text>'
        )
    return (
        f'<g class="way {tone}" data-from="{source}" data-to="{target}">'
        f"{curve(route.points)}{head(route.points)}{text}</g>"
    )
