"""What is known around a hole as comment lines."""

from __future__ import annotations

import pytest

from analysis.holes.context import ExpectedType, HoleContext, RelevantHeader, RelevantType
from analysis.names import Name, NameSet, Tier
from decoding.prompts.hint import Part, lines, member_line

CONTEXT = HoleContext(
    ExpectedType("Config | None", "argument", "base of merge", ("shop.Config",), (), optional=True),
    types=(RelevantType("shop.Config", "class Config(Base):\n    name: str\n    def load()", 0),),
    headers=(
        RelevantHeader("local", "local: Config", "Config", "same"),
        RelevantHeader("self.find", "def find(key: str) -> Config", "Config", "same", "shop"),
    ),
    related=("def save(config: Config) -> None",),
)
LINES = {
    Part.EXPECTED: ["expected base: Config | None"],
    Part.HEADERS: ["local: Config", "self.find(key: str) -> Config"],
    Part.TYPES: ["class Config(Base): name: str; def load()"],
    Part.RELATED: ["def save(config: Config) -> None"],
}


def by_byte(text: str) -> list[int]:
    return list(text.encode())


@pytest.mark.parametrize("part", Part)
def test_each_part_has_its_lines(part: Part) -> None:
    assert lines(CONTEXT, {part}, 1000, by_byte) == LINES[part]


def test_all_parts_together_are_in_order() -> None:
    every = [line for part in Part for line in LINES[part]]
    assert lines(CONTEXT, set(Part), 1000, by_byte) == every


@pytest.mark.parametrize("budget", range(0, 200, 13))
def test_lines_hold_their_budget(budget: int) -> None:
    kept = lines(CONTEXT, set(Part), budget, by_byte)
    assert sum(len(f"# {line}\n") for line in kept) <= budget


def test_nothing_known_is_no_line() -> None:
    assert lines(HoleContext(ExpectedType(reason="late")), set(Part), 1000, by_byte) == []
    anything = HoleContext(ExpectedType("Any", "return", reason="anything is allowed"))
    assert lines(anything, set(Part), 1000, by_byte) == []


def test_members_that_fit_come_first() -> None:
    names = NameSet("attribute", Tier.CLOSED, "", tuple(map(Name, ("a", "b", "c"))), "Box")
    assert member_line(names, "", "", 99, by_byte, fitting=["c", "gone"]) == "Box: c, a, b"
