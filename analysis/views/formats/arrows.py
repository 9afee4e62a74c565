"""The shape of an arrow in SVG: its curve along a route, and its head."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

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
