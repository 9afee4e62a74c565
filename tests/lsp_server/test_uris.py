from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.positions import path_of, uri_of


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///home/a/b.py", "/home/a/b.py"),
        ("file:///a%20b/50%25/%C3%A9%F0%9F%8E%88.py", "/a b/50%/é🎈.py"),
        ("file://localhost/a.py", "/a.py"),
        ("file:///a%23b%3Fc.py", "/a#b?c.py"),
        ("untitled:Untitled-1", ""),
        ("vscode-notebook-cell:/a.ipynb#W0", ""),
        ("file://server/share/a.py", ""),
        ("file:///a%00b.py", ""),
        ("file://[/a.py", ""),
        ("", ""),
    ],
)
def test_paths_of_uris(uri: str, path: str) -> None:
    assert path_of(uri) == path


def test_a_name_that_is_not_utf8_comes_through(tmp_path: Path) -> None:
    odd = Path(str(tmp_path) + "/caf\udce9.py")
    odd.write_text("x = 1\n")
    assert path_of(tmp_path.as_uri() + "/caf%E9.py") == str(odd)
    assert path_of(uri_of(str(odd))) == str(odd)


def test_there_and_back() -> None:
    for path in ("/a b/50%/é🎈.py", "/x/#1?.py"):
        assert path_of(uri_of(path)) == path
