"""Files that are no files to read: a command ends in time, in little memory, and does its work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.conftest import Victim
from tests.attacks.hostile import KINDS, fill

_MOST = 700 << 20


@pytest.mark.parametrize("kind", KINDS)
def test_check_finds_what_is_invented_all_the_same(
    victim: Victim, kind: Callable[[Path], None]
) -> None:
    fill(victim.clone, kind)
    ran = victim.runs("check", ".", "--json", seconds=60)
    assert ran.peak < _MOST
    found = json.loads(ran.out)
    assert [f["message"] for f in found if f["code"] == "PF101" and "invented" in f["message"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_is_built(victim: Victim, kind: Callable[[Path], None]) -> None:
    fill(victim.clone, kind)
    ran = victim.runs("graph", "build", ".", seconds=60)
    assert ran.code == 0
    assert ran.peak < _MOST


DEEP = (
    "(" * 100_000,
    "x = " + "(" * 50_000 + ")" * 50_000,
    "x = " + "[{" * 20_000,
    "x" + ".x" * 20_000,
    "x = " + "-" * 50_000 + "1",
    "x = " + "(a," * 30_000,
    "f(" * 30_000,
    "x = " + "lambda: " * 5_000 + "1",
    "x = " + "a + " * 10_000 + "1",
    "x = " + "not " * 20_000 + "x",
    "x" + "[x" * 20_000,
    "@" * 20_000,
)


def test_deep_code_costs_its_file_alone(victim: Victim) -> None:
    names = [f"given{number}" for number in range(len(DEEP))]
    for name, text in zip(names, DEEP, strict=True):
        (victim.clone / f"{name}.py").write_text(text)
    lines = [f"import {name}\nprint({name}.x, {name}.y)\n" for name in names]
    (victim.clone / "app.py").write_text("import os\n\n" + "".join(lines) + "os.invented()\n")
    ran = victim.runs("check", ".", "--json", seconds=60)
    assert ran.peak < _MOST
    found = json.loads(ran.out)
    assert [f["message"] for f in found if f["code"] == "PF101" and "os" in f["message"]]
    said = [f["path"] for f in found] + re.findall(r"given\d+\.py", ran.err)
    assert {name for name in names if not any(f"{name}.py" in path for path in said)} == set()
