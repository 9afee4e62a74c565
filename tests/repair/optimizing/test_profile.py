"""Where the time of a function goes, and what a change could save of it."""

from __future__ import annotations

from repair.optimizing.profile import Profile
from repair.sandbox.probe import measuring
from repair.source.file import OffsetEdit, Source

TEXT = """\
def slow(values):
    total = 0
    for value in values:
        total += len(sorted(values, key=str))
    return helped(total)


def helped(total):
    return total
"""


def _profile() -> Profile:
    namespace: dict[str, object] = {}
    exec(compile(TEXT, "/w/slow.py", "exec"), namespace)
    values = {"values": list(range(300, 0, -1))}
    told = measuring.profile(namespace["slow"], [values], "/w/slow.py")
    return Profile.measured(told["lines"], told["functions"])


def test_the_line_that_calls_something_dear_is_the_hottest() -> None:
    profile = _profile()
    line, share = profile.hottest()[0]
    assert line == 4
    assert share > 0.5
    assert profile.elsewhere("slow") == ""
    assert profile.elsewhere("helped") == "slow"


def test_a_change_saves_no_more_than_the_lines_it_touches() -> None:
    profile, source = _profile(), Source("/w/slow.py", TEXT)
    dear = TEXT.index("len(sorted")
    first = TEXT.index("total = 0")
    assert profile.share(source, [OffsetEdit(dear, dear + 3, "x")], 1, 5) > 0.5
    assert profile.share(source, [OffsetEdit(first, first + 5, "x")], 1, 5) < 0.1
    assert profile.share(source, [OffsetEdit(0, 0, "@cached\n")], 1, 5) == 1.0
