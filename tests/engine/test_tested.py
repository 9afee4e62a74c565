"""What is run for one file, whatever else is open."""

from __future__ import annotations

from pathlib import Path

from analysis.snapshot import Snapshot, Workspace
from analysis.text.overlay import Buffer, Content
from engine.tested import on_disk, untested


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


def test_an_unsaved_file_of_another_project_is_not_shown_to_the_tests(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    texts = {root / "m.py": "a = 1\n", root / "new.py": "b = 2\n", tmp_path / "c.py": "key = 3\n"}
    buffers = tuple(Buffer(str(path), Content(text)) for path, text in texts.items())
    snapshot = Snapshot(str(root / "m.py"), "a = 1\n", Workspace(str(root)), buffers=buffers)
    _source, _original, base = on_disk(snapshot)
    assert set(base) == {str(root / "m.py"), str(root / "new.py")}
