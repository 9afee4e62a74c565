"""How many candidates run at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from repair.sandbox.cores import MOST, Spare, usable


@pytest.fixture
def one_processor() -> Iterator[None]:
    """This process may run on one of the processors only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.mark.usefixtures("one_processor")
def test_with_one_processor_it_is_one() -> None:
    assert usable() <= 1
    assert Spare().lanes() == 1


def test_it_is_bounded_whatever_the_machine() -> None:
    assert 1 <= Spare().lanes() <= min(MOST, max(1, int(usable())))


@pytest.mark.parametrize(
    ("own", "above", "bound"),
    [
        ("150000 100000", "max 100000", 1.5),
        ("max 100000", "50000 100000", 0.5),
        ("max 100000", "max 100000", None),
        (None, None, None),
    ],
)
def test_the_quota_of_a_container_counts(
    tmp_path: Path, own: str | None, above: str | None, bound: float | None
) -> None:
    (tmp_path / "slice" / "box").mkdir(parents=True)
    for folder, text in ((tmp_path / "slice", above), (tmp_path / "slice" / "box", own)):
        if text is not None:
            (folder / "cpu.max").write_text(f"{text}\n")
    (tmp_path / "cgroup").write_text("0::/slice/box\n")
    everything = float(len(os.sched_getaffinity(0)))
    found = usable(tmp_path / "cgroup", tmp_path)
    assert found == (everything if bound is None else min(bound, everything))
