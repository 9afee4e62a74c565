"""Files that are no files to read: a command ends in time, in little memory, and does its work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.attacks.conftest import Victim
from tests.attacks.hostile import KINDS, READABLE, fill

_MOST = 700 << 20


@pytest.mark.parametrize("kind", READABLE)
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
