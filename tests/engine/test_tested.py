"""What is run for one file, whatever else is open."""

from __future__ import annotations

from pathlib import Path

from analysis.snapshot import Snapshot, Workspace
from analysis.text.overlay import Buffer, Content
from engine.handlers.tested import untested


def test_another_file_that_cannot_be_saved_does_not_concern_this_one(tmp_path: Path) -> None:
    names = ("a.py", "latin.py", "broken.py", "new.py")
    a, latin, broken, new = (str(tmp_path / name) for name in names)
    Path(a).write_text("x = 1\n")
    Path(latin).write_bytes(b"# coding: latin-1\nx = '\xe9'\n")
    Path(broken).write_bytes(b"x = '\xe9'\n")
    buffers = (
        Buffer(latin, Content("# coding: latin-1\nx = '\u4e2d'\n")),
        Buffer(broken, Content("x = 'e'\n")),
        Buffer(new, Content("y = '\ud83d'\n")),
    )
    snapshot = Snapshot(a, "x = 2\n", Workspace(str(tmp_path)), buffers=buffers)
    assert untested(snapshot).base == {
        a: b"x = 2\n",
        broken: b"x = 'e'\n",
        new: "y = '\ufffd'\n".encode(),
    }
