"""The page about the architecture names what is there."""

from __future__ import annotations

import re
from pathlib import Path

from engine.request import Lane

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_what_it_names_exists() -> None:
    named = re.findall(r"`((?:analysis|decoding|repair|engine|lsp_server|tests)[/.][\w/.]*)`", PAGE)
    assert named
    for name in named:
        path = ROOT / name if "/" in name else ROOT / name.replace(".", "/")
        assert path.exists() or path.with_suffix(".py").exists(), name


def test_the_lanes_are_those_of_the_engine() -> None:
    shown = re.findall(r"^\| (\w+) \| [^|]+ \|$", PAGE.partition("| lane |")[2], re.M)
    assert shown == [lane.value for lane in Lane]


def test_references_to_invariants_and_pages_lead_somewhere() -> None:
    listed = set(
        re.findall(r"^(\d+)\. ", PAGE.partition("## Invariants")[2].split("\n## ")[0], re.M)
    )
    assert listed == {str(number) for number in range(1, len(listed) + 1)}
    referred = set()
    for room in ("analysis", "decoding", "repair", "engine", "lsp_server", "pilotfish", "tests"):
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert "design" + ".md" not in text, path
            for page in re.findall(r"\bdocs/[\w/-]+\.md", text):
                assert (ROOT / page).is_file(), f"{path}: {page}"
            for numbers in re.findall(r"\binvariants? (\d+(?: and \d+)*)", text, re.I):
                referred |= set(re.findall(r"\d+", numbers))
    assert len(referred) > 5
    assert referred <= listed
