from __future__ import annotations

import contextlib
import encodings.aliases
import os
import pkgutil
import sys
from pathlib import Path

import pytest

from analysis.text import TextError, dominant_newline, read_file, write_file
from analysis.text.files import replace_file

KEPT = {
    "plain": b"x = 1\n",
    "empty": b"",
    "bom": b"\xef\xbb\xbfx = 1\n",
    "crlf": b"x = 1\r\ny = 2\r\n",
    "mixed": b"a\r\nb\nc\rd",
    "form feed": b"a\x0c\nb\n",
    "u2028": "a = '\u2028'\n".encode(),
    "latin-1": "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
    "second line": "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n".encode(
        "cp1252"
    ),
    "nul": b"x = 1\x00\n",
    "names": "größe = 1\n".encode(),
}


@pytest.mark.parametrize("data", KEPT.values(), ids=KEPT.keys())
def test_a_file_is_written_back_byte_for_byte(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mit leer %20.py"
    path.write_bytes(data)
    file = read_file(path)
    write_file(file, file.text)
    assert path.read_bytes() == data
    assert list(tmp_path.iterdir()) == [path]


def test_encoding_and_mark_survive_a_change(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"# coding: latin-1\r\nx = '\xe9'\r\n")
    file = read_file(path)
    assert (file.encoding, file.text[-5:]) == ("iso8859-1", "'é'\r\n")
    write_file(file, file.text.replace("é", "è"))
    assert path.read_bytes() == b"# coding: latin-1\r\nx = '\xe8'\r\n"


def test_permissions_and_links_survive(tmp_path: Path) -> None:
    real, link = tmp_path / "real.py", tmp_path / "link.py"
    real.write_text("x = 1\n")
    real.chmod(0o755)
    link.symlink_to(real)
    write_file(read_file(link), "x = 2\n")
    assert link.is_symlink()
    assert real.read_text() == "x = 2\n"
    assert real.stat().st_mode & 0o777 == 0o755


def test_replacing_keeps_permissions_and_follows_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / ("n" * 252 + ".py"), tmp_path / "link.py"
    real.write_bytes(b"old")
    real.chmod(0o754)
    link.symlink_to(real)
    replace_file(link, b"new", durable=True)
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o777 == 0o754
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_cannot_be_replaced_stays_and_nothing_is_left_behind(tmp_path: Path) -> None:
    folder = tmp_path / "m.py"
    folder.mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(folder, b"new")
    with pytest.raises(OSError, match="No such file"):
        replace_file(tmp_path / "absent" / "m.py", b"new")
    assert list(tmp_path.iterdir()) == [folder]


REFUSED = {
    "latin-1 without cookie": (b"ok = 1\nx = '\xe9'\n", "line 2 holds bytes that are not utf-8"),
    "unknown cookie": (b"# coding: klingon\n", "unknown encoding 'klingon'"),
    "half a pair": (b"# coding: utf-7\nx = '+2D0-'\n", "line 2 holds half of a surrogate pair"),
    "mark against cookie": (b"\xef\xbb\xbf# coding: latin-1\n", "byte order mark"),
    "utf-16": ("x".encode("utf-16"), "UTF-16"),
    "not a text encoding": (b"# coding: hex\n61\n", "not a text encoding"),
}


@pytest.mark.parametrize(("data", "what"), REFUSED.values(), ids=REFUSED.keys())
def test_what_python_would_refuse_is_explained(tmp_path: Path, data: bytes, what: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(data)
    with pytest.raises(TextError, match=what) as caught:
        read_file(path)
    assert caught.value.where == str(path)


def test_a_folder_a_missing_file_and_a_pipe_are_explained(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="this is a folder"):
        read_file(tmp_path)
    with pytest.raises(TextError, match="No such file"):
        read_file(tmp_path / "missing.py")
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.py")
        with pytest.raises(TextError, match="not a regular file"):
            read_file(tmp_path / "pipe.py")


def test_text_that_does_not_fit_the_encoding_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"# coding: latin-1\n")
    with pytest.raises(TextError, match="U\\+20AC does not exist in iso8859-1"):
        write_file(read_file(path), "# coding: latin-1\n'€'\n")
    assert path.read_bytes() == b"# coding: latin-1\n"


@pytest.mark.parametrize(
    ("text", "newline"), [("", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\rb", "\r"), ("a\nb", "\n")]
)
def test_the_dominant_line_end(text: str, newline: str) -> None:
    assert dominant_newline(text) == newline


def test_every_codec_of_python_reads_a_file_or_refuses_it(tmp_path: Path) -> None:
    names = {module.name for module in pkgutil.iter_modules(encodings.__path__)}
    path = tmp_path / "a.py"
    for name in sorted(names | encodings.aliases.aliases.keys()):
        for body in (b"x = 1\n", b"\xff\xfe", b"xn--a-\\ud800 +2ADYAA-"):
            path.write_bytes(b"# coding: %b\n%b" % (name.encode(), body))
            with contextlib.suppress(TextError):
                assert "\ud800" not in read_file(path).text
