"""Which reads have no value: names nobody binds, and names that no path has bound yet."""

from __future__ import annotations

import argparse
import ast as ast_module
import asyncio.base_events
import collections
import dataclasses
import functools
import inspect
import json.decoder
import logging
import pathlib
import subprocess
import textwrap
import typing
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from analysis.deadline import Deadline
from analysis.lint.unbound import unbound
from analysis.names import Tier
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import HoleKind
from analysis.syntax.holes import hole_at
from analysis.text.document import LineIndex


def found(source: str) -> list[tuple[str, bool]]:
    return [(each.name, each.assigned) for each in unbound(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x\n", [("x", False)]),
        ("print(x)\nx = 1\n", [("x", True)]),
        ("def f():\n    return x\nx = 1\n", []),
        ("def f():\n    x += 1\n", [("x", True)]),
        ("def f():\n    return\n    x += 1\n", []),
        ("class A:\n    y = 1\n    def f(self):\n        return y\n", [("y", False)]),
        ("x = 1\nclass A:\n    x = x\n", []),
        ("def f():\n    if c:\n        global x\n        x = 1\n    return x\nc = 0\n", []),
        ("for i in ():\n    pass\nprint(i)\n", []),
        ("with open('a') as f:\n    x = 1\nprint(f, x)\n", []),
        ("def f():\n    g = lambda: h\n    h = 1\n", []),
        ("import a.b\na.b.c\n", []),
        ("x = [y for y in z for z in y]\n", [("z", False)]),
        ("def f[T](x: T) -> T: ...\n", []) if hasattr(ast_module, "TypeAlias") else ("", []),
        ("def (:\n  x\n", []),
    ],
)
def test_case(source: str, expected: list[tuple[str, bool]]) -> None:
    assert found(source) == expected


REAL = [
    argparse, collections, dataclasses, functools, inspect, json.decoder, logging, pathlib,
    subprocess, textwrap, typing, asyncio.base_events,
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("module", REAL, ids=[m.__name__ for m in REAL])
def test_code_that_works_reads_nothing_undefined(
    module: ModuleType, provider: ReferenceProvider
) -> None:
    path = str(inspect.getsourcefile(module))
    text = Path(path).read_text(encoding="utf-8")
    snapshot = Snapshot(path, text, Workspace(str(Path(path).parent)))
    lines = LineIndex(text)
    for each in unbound(text):
        assert not each.assigned, each
        hole = hole_at(text, lines.offset(each.end_line, each.end_character))
        names = provider.names(snapshot, replace(hole, kind=HoleKind.NAME), Deadline.after(60))
        assert names.tier is not Tier.CLOSED or each.name in names.spellings(), each


@pytest.mark.parametrize("text", ["x = " + "-" * 7000 + "1\n", "x = " + "not " * 50_000 + "1\n"])
def test_code_that_is_nested_too_deeply_for_the_parser_has_none(text: str) -> None:
    assert unbound(text) == ()
