"""Texts of one file, asked about in turns, as while it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.environments.candidates import resolve
from analysis.semantics.jedi_provider.provider import JediProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at

FIRST = "class A:\n    x = 1\n\n\nclass B:\n    y = 1\n\n\na = A()\nb = B()\nb.\n"


@pytest.mark.parametrize("path", ["", "edited.py"])
def test_an_earlier_text_is_asked_about_again(tmp_path: Path, path: str) -> None:
    provider, workspace = JediProvider(str(tmp_path / "cache")), Workspace("/nowhere")
    where = str(tmp_path / path) if path else ""
    for text in (FIRST, f"class C: ...\n\n\n{FIRST}", FIRST):
        hole = hole_at(text, text.rindex("b.") + 2)
        names = provider.names(
            Snapshot(where, text, workspace), hole, resolve(workspace), Deadline.after(60)
        )
        assert names.receiver_type == "B"
        assert "y" in names.spellings()
