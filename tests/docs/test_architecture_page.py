"""The page about the architecture names what is there, and each request in its lane."""

from __future__ import annotations

import re
from pathlib import Path

from engine.routes import ROUTES, Lane

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_what_it_names_exists() -> None:
    named = re.findall(r"`((?:analysis|decoding|repair|engine|lsp_server|tests)[/.][\w/.]*)`", PAGE)
    assert named
    for name in named:
        path = ROOT / name if "/" in name else ROOT / name.replace(".", "/")
        assert path.exists() or path.with_suffix(".py").exists(), name


def test_the_lanes_hold_the_requests_of_the_registry() -> None:
    shown = {
        lane: set(re.findall(rf"^\| {lane.value} \| ([^|:]+)", PAGE, re.M)[0].strip().split(", "))
        for lane in Lane
    }
    routed: dict[Lane, set[str]] = {lane: set() for lane in Lane}
    for request, route in ROUTES.items():
        words = re.findall("[A-Z][a-z]+", request.__name__.removesuffix("Request"))
        routed[route.lane].add(" ".join(words).lower())
    assert shown == routed


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
