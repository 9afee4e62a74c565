"""Layered drawing of directed graphs, after Sugiyama, Tagawa and Toda (1981).

Cycles are cut at the back edges of a depth-first search; layers are longest paths; long edges get
bends in every layer between, and one wide bend that holds their label; crossings are reduced by
sweeps of medians (Gansner et al., *A Technique for Drawing Directed Graphs*, 1993, §3); and columns
are found layer by layer as the least-squares solution under minimum distances (pool adjacent
violators, Barlow et al. 1972).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

#: Space between neighbours in a layer, between layers, and around a bend, in pixels.
GAP_X, GAP_Y, GAP_BEND = 26.0, 18.0, 12.0
#: How far a loop reaches to the right of its box; its label stands behind that.
LOOP = 22.0
_SWEEPS = 12
_RELAXATIONS = 16


@dataclass(frozen=True, slots=True)
class Box:
    """The size of something to be placed."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class EdgeRoute:
    """The way of one edge: points from its source to its target, and the middle of its label."""

    points: tuple[tuple[float, float], ...]
    label: tuple[float, float]


@dataclass(frozen=True, slots=True)
class DrawingLayout:
    """Middles of the boxes, ways of the edges, and the size of everything."""

    middles: tuple[tuple[float, float], ...]
    routes: tuple[EdgeRoute, ...]
    width: float
    height: float


def layered(
    boxes: Sequence[Box], edges: Sequence[tuple[int, int]], labels: Sequence[Box]
) -> DrawingLayout:
    """Place ``boxes`` so that ``edges`` (pairs of their numbers) lead downward where they can.

    ``labels`` has the size of each edge's label, of width 0 where there is none. Pixels, y down.
    """
    if not boxes:
        return DrawingLayout((), (), 0.0, 0.0)
    return _Drawing(boxes, edges, labels).layout()


class _Drawing:
    def __init__(
        self, boxes: Sequence[Box], edges: Sequence[tuple[int, int]], labels: Sequence[Box]
    ) -> None:
        self.boxes = list(boxes)
        self.edges = list(edges)
        self.labels = list(labels)
        self.real = len(boxes)
        down = _downward(self.real, edges)
        self.rank = _ranks(self.real, down)
        #: For each edge the vertices it passes, topmost first; ``None`` for a loop to itself.
        self.chains: list[list[int] | None] = []
        self.label_vertex: list[int] = []
        #: How far each loop reaches, and what loops and their labels take to the right of a box.
        self.reach: dict[int, float] = {}
        self.beside = [0.0] * len(boxes)
        self.above: list[list[int]] = [[] for _ in boxes]
        self.below: list[list[int]] = [[] for _ in boxes]
        both = zip(edges, down, labels, strict=True)
        for number, ((source, target), (top, bottom), label) in enumerate(both):
            if source == target:
                self.chains.append(None)
                self.reach[number] = self.beside[source] + LOOP
                self.beside[source] += LOOP + label.width
                self.label_vertex.append(source)
            else:
                self._add_chain(top, bottom, label, at_bottom=top != source)
        self.layers: list[list[int]] = [[] for _ in range(max(self.rank) + 1)]
        for vertex in _visiting_order(self.below, self.above):
            self.layers[self.rank[vertex]].append(vertex)

    def _add_chain(self, top: int, bottom: int, label: Box, *, at_bottom: bool) -> None:
        chain = [top]
        labelled = self.rank[bottom] - 1 if at_bottom else self.rank[top] + 1
        for rank in range(self.rank[top] + 1, self.rank[bottom]):
            vertex = len(self.boxes)
            self.boxes.append(label if rank == labelled else Box(0.0, 0.0))
            self.beside.append(0.0)
            self.rank.append(rank)
            self.above.append([])
            self.below.append([])
            if rank == labelled:
                self.label_vertex.append(vertex)
            chain.append(vertex)
        chain.append(bottom)
        for upper, lower in pairwise(chain):
            self.below[upper].append(lower)
            self.above[lower].append(upper)
        self.chains.append(chain)

    # -- order within layers

    def _reduce_crossings(self) -> None:
        best = [list(layer) for layer in self.layers]
        fewest = self._crossings()
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            downward = sweep % 2 == 0
            layers = self.layers[1:] if downward else self.layers[-2::-1]
            near = self.above if downward else self.below
            place = self._places()
            for layer in layers:
                keys = {v: _median([place[n] for n in near[v]], place[v]) for v in layer}
                layer.sort(key=lambda v: keys[v])
                place.update({v: i for i, v in enumerate(layer)})
            if (crossings := self._crossings()) < fewest:
                fewest, best = crossings, [list(layer) for layer in self.layers]
        self.layers = best

    def _places(self) -> dict[int, int]:
        return {v: i for layer in self.layers for i, v in enumerate(layer)}

    def _crossings(self) -> int:
        """How often edges between neighbouring layers cross (Barth, Jünger, Mutzel 2002)."""
        place = self._places()
        total = 0
        for layer in self.layers:
            ends = [place[n] for v in layer for n in sorted(self.below[v], key=place.__getitem__)]
            tree = [0] * (max(ends, default=0) + 2)
            for seen, end in enumerate(ends):
                before, i = 0, end + 1
                while i > 0:
                    before += tree[i]
                    i -= i & -i
                total += seen - before
                i = end + 1
                while i < len(tree):
                    tree[i] += 1
                    i += i & -i
        return total

    # -- coordinates

    def _columns(self) -> list[float]:
        x = [0.0] * len(self.boxes)
        for layer in self.layers:
            at = 0.0
            for left, vertex in pairwise([layer[0], *layer]) if layer else ():
                at += self._distance(left, vertex) if left != vertex else 0.0
                x[vertex] = at
        for round_ in range(_RELAXATIONS):
            downward = round_ % 2 == 0
            last = round_ >= _RELAXATIONS - 2
            for layer in self.layers if downward else reversed(self.layers):
                wanted, weights = [], []
                for vertex in layer:
                    near = self.above[vertex] if downward else self.below[vertex]
                    if last or not near:
                        near = self.above[vertex] + self.below[vertex]
                    wanted.append(_median([x[n] for n in near], x[vertex]))
                    weights.append(8.0 if vertex >= self.real else 1.0 + len(near))
                gaps = [self._distance(a, b) for a, b in pairwise(layer)]
                for vertex, column in zip(layer, _spread(wanted, weights, gaps), strict=True):
                    x[vertex] = column
        edge = min(x[v] - box.width / 2 for v, box in enumerate(self.boxes))
        return [each - edge for each in x]

    def _distance(self, left: int, right: int) -> float:
        gap = GAP_X if left < self.real and right < self.real else GAP_BEND
        return (self.boxes[left].width + self.boxes[right].width) / 2 + self.beside[left] + gap

    def _rows(self) -> list[float]:
        rows, y = [], 0.0
        self.heights = []
        for layer in self.layers:
            height = max((self.boxes[v].height for v in layer), default=0.0)
            rows.append(y + height / 2)
            self.heights.append(height)
            y += height + GAP_Y
        self.bottom = y - GAP_Y
        return rows

    def layout(self) -> DrawingLayout:
        self._reduce_crossings()
        x, rows = self._columns(), self._rows()
        self.middle = [(x[v], rows[self.rank[v]]) for v in range(len(self.boxes))]
        ports = self._ports()
        routes = [self._route(edge, ports) for edge in range(len(self.edges))]
        width = max(
            [x[v] + box.width / 2 + self.beside[v] for v, box in enumerate(self.boxes)]
            + [px for route in routes for px, _ in route.points]
        )
        return DrawingLayout(tuple(self.middle[: self.real]), tuple(routes), width, self.bottom)

    def _ports(self) -> dict[tuple[int, int, bool], float]:
        """Where each edge meets a box: (edge, vertex, below) → x; the ends share the side."""
        sides: dict[tuple[int, bool], list[tuple[float, int]]] = {}
        for edge, chain in enumerate(self.chains):
            if chain is not None:
                sides.setdefault((chain[0], True), []).append((self.middle[chain[1]][0], edge))
                sides.setdefault((chain[-1], False), []).append((self.middle[chain[-2]][0], edge))
        found = {}
        for (vertex, below), ends in sides.items():
            step = min(18.0, self.boxes[vertex].width * 0.8 / len(ends))
            for place, (_, edge) in enumerate(sorted(ends)):
                shift = (place - (len(ends) - 1) / 2) * step
                found[edge, vertex, below] = self.middle[vertex][0] + shift
        return found

    def _route(self, edge: int, ports: dict[tuple[int, int, bool], float]) -> EdgeRoute:
        chain = self.chains[edge]
        if chain is None:
            (x, y), box = self.middle[self.edges[edge][0]], self.boxes[self.edges[edge][0]]
            right, third = x + box.width / 2, box.height / 4
            far = right + self.reach[edge]
            points = [(right, y - third), (far, y - third), (far, y + third)]
            return EdgeRoute((*points, (right, y + third)), (far + self.labels[edge].width / 2, y))
        top, bottom = chain[0], chain[-1]
        points = [
            (ports[edge, top, True], self.middle[top][1] + self.boxes[top].height / 2),
            *(point for vertex in chain[1:-1] for point in self._straight(vertex)),
            (ports[edge, bottom, False], self.middle[bottom][1] - self.boxes[bottom].height / 2),
        ]
        if self.edges[edge][0] != top:
            points.reverse()
        return EdgeRoute(tuple(points), self.middle[self.label_vertex[edge]])

    def _straight(self, vertex: int) -> list[tuple[float, float]]:
        """The way past a layer: straight, so that it does not cut the corners of boxes there."""
        (x, y), half = self.middle[vertex], self.heights[self.rank[vertex]] / 2
        return [(x, y - half), (x, y + half)] if half else [(x, y)]


def _downward(count: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The edges with those turned round that close a cycle in depth-first order."""
    outgoing: list[list[int]] = [[] for _ in range(count)]
    entered = [False] * count
    for source, target in edges:
        outgoing[source].append(target)
        entered[target] = entered[target] or source != target
    state = [0] * count
    back: set[tuple[int, int]] = set()
    for root in sorted(range(count), key=lambda v: entered[v]):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, iter(outgoing[root]))]
        while stack:
            vertex, rest = stack[-1]
            child = next(rest, None)
            if child is None:
                state[vertex] = 2
                stack.pop()
            elif state[child] == 1:
                back.add((vertex, child))
            elif not state[child]:
                state[child] = 1
                stack.append((child, iter(outgoing[child])))
    return [(t, s) if (s, t) in back else (s, t) for s, t in edges]


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Even layers by longest path; odd ones are for bends and labels."""
    below: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for top, bottom in edges:
        if top != bottom:
            below[top].append(bottom)
            waiting[bottom] += 1
    roots = [v for v in range(count) if not waiting[v]]
    rank, order = [0] * count, list(roots)
    for vertex in order:
        for child in below[vertex]:
            rank[child] = max(rank[child], rank[vertex] + 2)
            waiting[child] -= 1
            if not waiting[child]:
                order.append(child)
    for root in roots:
        if below[root]:
            rank[root] = min(rank[child] for child in below[root]) - 2
    return rank


def _visiting_order(below: Sequence[list[int]], above: Sequence[list[int]]) -> list[int]:
    """Depth first from what nothing leads to, so that what belongs together stands together."""
    seen = [False] * len(below)
    order: list[int] = []
    for root in sorted(range(len(below)), key=lambda v: bool(above[v])):
        stack = [root]
        while stack:
            vertex = stack.pop()
            if not seen[vertex]:
                seen[vertex] = True
                order.append(vertex)
                stack.extend(reversed(below[vertex]))
    return order


def _median(values: list[float] | list[int], otherwise: float) -> float:
    if not values:
        return otherwise
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _spread(wanted: list[float], weights: list[float], gaps: list[float]) -> list[float]:
    """The places nearest to ``wanted`` (least squares) that keep ``gaps`` between neighbours."""
    shifts = [0.0]
    for gap in gaps:
        shifts.append(shifts[-1] + gap)
    blocks: list[list[float]] = []  # mean, weight, count
    for want, weight, shift in zip(wanted, weights, shifts, strict=True):
        blocks.append([want - shift, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, heavy, count = blocks.pop()
            before = blocks[-1]
            total = before[1] + heavy
            before[0] = (before[0] * before[1] + mean * heavy) / total
            before[1], before[2] = total, before[2] + count
    places: list[float] = []
    for mean, _, count in blocks:
        places += [mean] * int(count)
    return [place + shift for place, shift in zip(places, shifts, strict=True)]
