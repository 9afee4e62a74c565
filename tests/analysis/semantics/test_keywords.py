"""Keywords of a call: what is given already is not offered again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from analysis.deadline import Deadline
from analysis.names import Tier
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import HoleKind
from analysis.syntax.holes import hole_at

CODE = """\
def get(url, *, timeout=None, verify=True): ...


def f(url):
    get(url, verify=get(url, timeout=1), $0)
"""


def test_a_keyword_is_not_offered_twice(tmp_path: Path) -> None:
    provider = ReferenceProvider(str(tmp_path / "cache"))
    before, after = CODE.split("$0")
    hole = replace(hole_at(before + after, len(before)), kind=HoleKind.KEYWORD)
    names = provider.names(
        Snapshot(
            str(tmp_path / "a.py"), before + after, Workspace(str(tmp_path), python=sys.executable)
        ),
        hole,
        Deadline.after(30),
    )
    assert names.tier is Tier.CLOSED
    assert names.spellings() == {"url", "timeout"}
