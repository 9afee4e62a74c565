from __future__ import annotations

import argparse
import ast
import asyncio
import dataclasses
import inspect
import itertools
import time
from random import Random
from types import ModuleType

import pytest

from analysis.lint.sites import candidates, site_of
from analysis.names import Arguments
from analysis.syntax.hole import HoleKind
from analysis.syntax.statement import begins_of
from analysis.syntax.tree import parse


def names(source: str) -> list[str]:
    tree = parse(source)
    found = (site_of(tree, candidate) for candidate in candidates(tree))
    return [
        site.name
        for site in found
        if site is not None and site.arguments is None and site.hole.kind is not HoleKind.NAME
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b as c, d\n", ["a", "b", "d"]),
        ("from ..a.b import c as d, e\n", ["a", "b", "c", "e"]),
        ("from . import x\n", ["x"]),
        ("from a import *\n", ["a"]),
        ("x.a.b(c.d)\n", ["a", "b", "d"]),
        ("f'{x.a:{x.b}}'\n", ["a", "b"]),
        ("'x.a'  # x.b\n", []),
        ("x.a = 1\nx.b += 1\ndel x.c\n", ["b"]),
        ("x.a, (y.b, z) = 1\n", []),
        ("x.a or y.b\nx.c + 1\n", ["a", "b", "c"]),
        ("[0 for x.a in y.b]\n", ["b"]),
        ("for x.a in y.b: pass\n", ["b"]),
        ("x.__class__\n", []),
        ("x.a\nx.a\ny.a\n", ["a"]),
        ("import x\nx.a\nx.a\n", ["x", "a", "a"]),
        ("x.a = 1\nprint(x.a)\n", []),
        ("class A:\n def f(self): self.f; self.g; self.x\n x = 1\n", ["g"]),
        ("class A:\n def f(self): self.x = 1\n def g(self): self.x\n", []),
        ("class A:\n def f(self): self.x = 1\nclass B:\n def g(self): self.x\n", ["x"]),
        ("x = = y.a\nz.b\n", ["b"]),
    ],
)
def test_what_is_worth_a_question(source: str, expected: list[str]) -> None:
    assert names(source) == expected


def test_calls_are_looked_at_with_what_they_are_given() -> None:
    tree = parse("a.b(1, *x, k=2)\nf(y for y in z)\ng()(3)\nh(**x)\n")
    found = (site_of(tree, candidate) for candidate in candidates(tree))
    calls = {site.name: site for site in found if site is not None and site.arguments is not None}
    assert {name: site.arguments for name, site in calls.items()} == {
        "b": Arguments(1, ("k",), unpacked=True),
        "f": Arguments(1),
        "g": Arguments(),
        "h": Arguments(unpacked_names=True),
    }
    assert calls["b"].hole.receiver_text == "a.b"
    assert calls["b"].places == (4,)


def _joined(source: str) -> str:
    """``source`` with simple statements on the line of the one before them."""
    lines, gaps = source.split("\n"), []
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", [])
        for before, after in itertools.pairwise(body if isinstance(body, list) else []):
            if not any(
                hasattr(each, "body") or isinstance(each, ast.Match) for each in (before, after)
            ):
                gaps.append((before.end_lineno - 1, before.end_col_offset, after.lineno - 1))
    for line, column, following in sorted(gaps, reverse=True):
        kept = lines[line].encode()[:column].decode()
        lines[line : following + 1] = [kept + "; " + lines[following].lstrip()]
    return "\n".join(lines)


@pytest.mark.parametrize("module", [argparse, asyncio.base_events, dataclasses, inspect])
@pytest.mark.parametrize("ends", ["\n", "\r\n", ";"])
def test_a_site_of_an_intact_file_is_the_hole_that_a_cursor_finds_there(
    module: ModuleType, ends: str
) -> None:
    source = inspect.getsource(module)
    text = _joined(source) if ends == ";" else ends.join(source.split("\n"))
    tree, begins = parse(text), begins_of(text)
    found = candidates(tree)
    for candidate in Random(len(text)).sample(found, min(150, len(found))):
        at_cursor = site_of(tree, candidate)
        assert site_of(tree, candidate, begins) == at_cursor


def test_the_sites_of_one_line_take_linear_time() -> None:
    """Each read its whole line: a file of 5,000 statements on one held ``check`` for minutes."""
    spent = []
    for count in (400, 1600):
        text = "import os;" + "os.getcwdz();" * count + "\n"
        tree, begins = parse(text), begins_of(text)
        found = candidates(tree)
        start = time.process_time()
        assert sum(site_of(tree, each, begins) is not None for each in found) >= count
        spent.append(time.process_time() - start)
    # Four times as much; it was fourteen.
    assert spent[1] < 8 * spent[0]


@pytest.mark.parametrize("module", [argparse, asyncio.base_events, dataclasses], ids=str)
def test_of_some_lines_it_is_what_the_file_has_there(module: ModuleType) -> None:
    text = inspect.getsource(module).replace("import sys", "import sis") + "\nlost = nowhere\n"
    tree = parse(text)
    every = candidates(tree)
    chance = Random(3)
    rows = text.count("\n")
    assert any(each.bare and each.name == "nowhere" for each in every)
    for _ in range(6):
        lines = frozenset([*chance.sample(range(rows), 20), rows - 1])
        there = [each for each in every if tree.lines.position(each.end)[0] in lines]
        assert list(candidates(tree, lines)) == there
        bound = lines - {tree.lines.position(each.end)[0] for each in every if each.bare}
        kept = [each for each in there if tree.lines.position(each.end)[0] in bound]
        assert list(candidates(tree, bound)) == kept
