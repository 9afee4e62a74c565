"""Every format of every view: well-formed, escaped, and complete."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from analysis.views.drawings import VIEWS, draw
from analysis.views.formats import FORMATS
from analysis.views.layered import Box, layered
from analysis.views.program import parse_program

#: Quotes, markup, control characters, wide characters and every kind of arrow.
SOURCE = """
class Basket:
    def total(self, items):
        for item in items:  # "comment" <b>
            try:
                if item < 1 and "a\\"<b>&c;#`" != '\x0c\x01':
                    continue
                total = item
            except (KeyError, ValueError) as error:
                raise RuntimeError("💥 宽字符 end --> x") from error
            finally:
                self.log = total
        return [x for x in items]

def main():
    return Basket().total([1]) or helper()

def helper():
    return
    dead()
"""


@pytest.mark.parametrize("view", VIEWS)
def test_json_is_node_link_and_whole(view: str) -> None:
    document = json.loads(FORMATS["json"](draw(parse_program(SOURCE, "/a/b.py"), [view])))
    assert document["graph"]["view"] == view
    assert document["graph"]["path"] == "/a/b.py"
    ids = [node["id"] for node in document["nodes"]]
    assert len(ids) == len(set(ids)) > 3
    for link in document["links"]:
        assert {link["source"], link["target"]} <= set(ids)
        assert link["kind"]


@pytest.mark.parametrize("view", VIEWS)
def test_svg_is_xml_that_shows_every_item_once(view: str) -> None:
    diagram = draw(parse_program(SOURCE, "b.py"), [view])
    root = ElementTree.fromstring(FORMATS["svg"](diagram))
    shown = [e.get("data-id") for e in root.iter() if e.get("data-id")]
    assert sorted(map(str, shown)) == sorted(item.id for item in diagram.items)
    assert "prefers-color-scheme: dark" in FORMATS["svg"](diagram)


@pytest.mark.parametrize("view", VIEWS)
def test_dot_has_balanced_quotes_and_every_item(view: str) -> None:
    diagram = draw(parse_program(SOURCE, "b.py"), [view])
    text = FORMATS["dot"](diagram)
    bare = re.sub(r'"(?:[^"\\\n]|\\.)*"', "Q", text)
    assert '"' not in bare
    assert bare.count("{") == bare.count("}")
    assert bare.count("->") == len({(i.source, i.target, i.kind, i.label) for i in diagram.links})


@pytest.mark.parametrize("view", VIEWS)
def test_mermaid_labels_hold_nothing_that_ends_them(view: str) -> None:
    diagram = draw(parse_program(SOURCE, "b.py"), [view])
    text = FORMATS["mermaid"](diagram)
    assert text.startswith("flowchart TD\n")
    for label in re.findall(r'"([^"\n]*)"', text):
        assert not set(label) & set("<>`\\"), label
        assert re.sub(r"#(?:\d+|\w+);", "", label).count("#") == 0
    arrows = {(i.source, i.target, i.kind, i.label) for i in diagram.links}
    assert len(re.findall(r"(?m)^  \S+ -\.?->", text)) == len(arrows)


def test_views_lie_on_one_another() -> None:
    program = parse_program(SOURCE, "b.py")
    both = draw(program, ["cfg", "ast"], "main")
    kinds = {link.kind for link in both.links}
    assert {"child", "next", "syntax"} <= kinds
    assert len({item.id for item in both.items}) == len(both.items)


def test_calls_lie_on_the_control_flow() -> None:
    both = draw(parse_program(SOURCE, "b.py"), ["cfg", "dfg", "calls"], "main")
    assert {"call", "next"} <= {link.kind for link in both.links}
    label = {item.id: item.label for item in both.items}
    calls = {(label[i.source], label[i.target]) for i in both.links if i.kind == "call"}
    assert ("return Basket().total([1]) or helper()", "Basket.total") in calls
    assert ("main", "helper") in calls


def test_the_outline_indents_a_tree() -> None:
    text = FORMATS["text"](draw(parse_program("x = f(1)\n", "b.py"), ["ast"]))
    assert text.splitlines() == [
        "       Module",
        "    1    body[0]: Assign",
        "    1      targets[0]: Name x",
        "    1      value: Call",
        "    1        func: Name f",
        "    1        args[0]: Constant 1",
    ]


def test_nothing_in_a_layout_overlaps_and_edges_lead_down() -> None:
    edges = [(0, 1), (1, 2), (2, 1), (1, 3), (0, 3), (3, 3), (4, 3), (0, 5), (5, 2), (2, 6)]
    boxes = [Box(60 + 10 * n, 26) for n in range(7)]
    layout = layered(boxes, edges, [Box(30, 14)] * len(edges))
    for n, (x, y) in enumerate(layout.middles):
        assert boxes[n].width / 2 <= x + 0.01
        assert x + boxes[n].width / 2 <= layout.width + 0.01
        for m in range(n):
            ox, oy = layout.middles[m]
            apart = abs(x - ox) >= (boxes[n].width + boxes[m].width) / 2
            assert apart or abs(y - oy) >= 26
    turned = {(2, 1), (3, 3)}
    for edge, route in zip(edges, layout.routes, strict=True):
        ys = [y for _, y in route.points]
        if edge not in turned:
            assert all(a < b for a, b in pairwise(ys)), edge
        (sx, sy), (tx, ty) = layout.middles[edge[0]], layout.middles[edge[1]]
        assert abs(ys[0] - sy) <= 13
        assert abs(ys[-1] - ty) <= 13
        assert abs(route.points[0][0] - sx) <= boxes[edge[0]].width / 2
        assert abs(route.points[-1][0] - tx) <= boxes[edge[1]].width / 2


def test_edges_pass_between_boxes_and_labels_of_loops_beside_them() -> None:
    edges = [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (0, 4), (3, 4), (1, 1), (1, 1), (2, 2)]
    boxes = [Box(80 + 40 * (n % 3), 26) for n in range(5)]
    layout = layered(boxes, edges, [Box(50, 14)] * len(edges))
    bends = [point for route in layout.routes for point in route.points[1:-1]]
    labels = [route.label for (a, b), route in zip(edges, layout.routes, strict=True) if a == b]
    assert len(bends) > 10
    for (x, y), box in zip(layout.middles, boxes, strict=True):
        assert all(abs(bx - x) >= box.width / 2 or abs(by - y) >= 13 for bx, by in bends)
        assert all(abs(lx - x) >= box.width / 2 + 25 or abs(ly - y) >= 20 for lx, ly in labels)
        # A long edge is straight from the top of a layer to its foot.
        passing = [by for bx, by in bends if abs(bx - x) < 400 and abs(by - y) == 13]
        assert passing.count(y - 13) == passing.count(y + 13)
    assert len({lx for lx, _ in labels}) == len(labels)
    assert max(lx for lx, _ in labels) + 25 <= layout.width + 0.01
