"""The cases of ``tests/fixtures/postprocess``: what a model wrote, what must be inserted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from decoding.guidance.text_around import BlockEnding, CursorSite, OneLine
from decoding.postprocess import finish

FIXTURES = Path(__file__).parents[2] / "fixtures" / "postprocess"
_CASE = re.compile(
    r"^=== (?P<title>[^\n]*)\n(?P<file>.*?)\n--- wrote\n"
    r"(?P<wrote>.*?)\n--- inserts\n(?P<inserts>.*?)(?=^=== |\Z)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Case:
    title: str
    file: str
    wrote: str
    inserts: str
    flags: frozenset[str]


def _plain(text: str) -> str:
    return text.replace("␍", "\r").replace("␠", " ").replace("␤", "\n")


def _cases() -> list[object]:
    found: list[object] = []
    for path in sorted(FIXTURES.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        matches = list(_CASE.finditer(text))
        assert len(matches) == text.count("\n--- wrote\n"), f"{path.name} has a broken case"
        for match in matches:
            flags = frozenset(re.findall(r"\[(\w+)\]", match["title"]))
            inserts = _plain(match["inserts"].removesuffix("\n"))
            case = Case(
                match["title"], _plain(match["file"]), _plain(match["wrote"]), inserts, flags
            )
            found.append(pytest.param(case, id=f"{path.stem}: {match['title']}"))
    assert len(found) >= 200
    return found


@pytest.mark.parametrize("case", _cases())
def test_what_is_inserted(case: Case) -> None:
    before, cursor, behind = case.file.partition("$0")
    assert cursor, "the case has no cursor"
    site = CursorSite.at(before + behind, len(before))
    multiline = "block" in case.flags
    rule = BlockEnding(site) if multiline else OneLine(site)
    # As the loop does: the rule is asked after every piece, and what follows is never written.
    raw, stopped = case.wrote, "length" if "length" in case.flags else "end"
    if stopped != "length" and "end" not in case.flags:
        raw, stopped = raw + "\n", "rule"
    for size in range(1, len(raw) + 1):
        cut = rule.cut(raw[:size])
        if cut is not None:
            raw, stopped = raw[:cut], "rule"
            break
    done = finish(site, raw, multiline=multiline, stopped=stopped)
    shown = f"\nat {case.file!r}\nwrote {case.wrote!r}"
    assert done.text == case.inserts, shown
    assert 0 <= done.start <= done.end <= len(raw)


@pytest.mark.parametrize("multiline", [False, True])
def test_a_rule_depends_on_the_text_alone(multiline: bool) -> None:
    site = CursorSite.at("def f(x):\n    ", 14)
    text = "y = g(\n        x)\n    return y\n\nprint(1)\n"
    for size in (3, len(text), 8, 20, len(text) - 2, 1):
        used = BlockEnding(site) if multiline else OneLine(site)
        for _ in range(2):
            used.cut(text)
            used.cut(text[:5])
        fresh = BlockEnding(site) if multiline else OneLine(site)
        assert used.cut(text[:size]) == fresh.cut(text[:size])
