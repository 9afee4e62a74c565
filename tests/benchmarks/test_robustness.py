"""Analysis stands up to text that is cut off or broken; the benchmark does the same at length."""

from __future__ import annotations

import inspect
import json.decoder
import textwrap
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from benchmarks.robustness import ask_worker, boundaries, every_boundary

FILES = [Path(str(inspect.getsourcefile(module))) for module in (textwrap, json.decoder)]


def test_boundaries_are_those_of_tokens() -> None:
    assert boundaries("a = (1)\n") == [0, 1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.slow
def test_every_boundary_of_a_file_is_answered() -> None:
    parts = dict(every_boundary(FILES, Deadline.never()))
    assert [tally.failures for tally in parts.values()] == [[], []]
    assert all(len(tally.seconds) > 2000 for tally in parts.values())


@pytest.mark.slow
@pytest.mark.process
def test_broken_files_neither_fail_nor_hang() -> None:
    tally, tiers = ask_worker(FILES, 40, seed=3, ends=Deadline.never())
    assert tally.failures == []
    assert len(tally.seconds) == 40
    assert tiers["closed"] > 0
