"""Diffs that ``git apply`` takes, for files as they come; and edits that leave the rest alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repair.errors import RepairError
from repair.source.file import OffsetEdit, read_source
from repair.source.patch import apply_diff, unified_diff

BEFORE = {
    "plain": b"a\nb\nc\nd\ne\nf\ng\nh\n",
    "no newline at the end": b"a\nb",
    "crlf": b"a\r\nb\r\nc\r\n",
    "mixed ends and form feed": b"a\r\nb\n\x0cc\n",
    "bom": b"\xef\xbb\xbfa = 1\nb = 2\n",
    "latin-1": b"# coding: latin-1\nb = '\xe9'\n",
    "line separators inside": "b = '\u2028\x85'\nb\n".encode(),
    "empty lines": b"\n\n\nb\n\n\n",
    "one line": b"b\n",
}


@pytest.mark.parametrize("name", ["m.py", "pkg/with space.py", 'pkg/ünïcode\t".py', "p%20q.py"])
@pytest.mark.parametrize("case", BEFORE)
def test_git_applies_it(case: str, name: str, tmp_path: Path) -> None:
    before = BEFORE[case]
    for after in (before.replace(b"b", b"changed\nlines", 1), before.replace(b"b", b"", 1)):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(before)
        diff = unified_diff(str(tmp_path), str(file), before, after)
        data = diff.encode("utf-8", "surrogateescape")
        subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
        git = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "-"]
        done = subprocess.run(git, cwd=tmp_path, input=data, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode() + diff
        assert file.read_bytes() == after


LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\r\n", b"\n"]), max_size=40)


@given(LINES, LINES, st.booleans())
def test_a_diff_says_exactly_the_change(old: list[bytes], new: list[bytes], cut: bool) -> None:
    before, after = b"".join(old), b"".join(new)
    if cut:
        after = after.removesuffix(b"\n")
    diff = unified_diff("/w", "/w/m.py", before, after)
    if before == after:
        assert diff == ""
    else:
        assert apply_diff(diff, before) == after


def test_a_diff_for_another_text_is_refused() -> None:
    diff = unified_diff("/w", "/w/m.py", b"a\nb\n", b"a\nc\n")
    with pytest.raises(ValueError, match="does not fit"):
        apply_diff(diff, b"x\nb\n")


@pytest.mark.parametrize("case", BEFORE)
def test_a_file_survives_reading_and_writing(case: str) -> None:
    source = read_source("/w/m.py", BEFORE[case])
    assert source.encode(source.text) == BEFORE[case]


def test_positions_count_code_points() -> None:
    text = "# é\r\nx = 'é€𝄞' + y\r\n"
    source = read_source("/w/m.py", text.encode())
    assert source.tree is not None
    name = source.tree.body[0].value.right  # type: ignore[attr-defined]
    start, end = source.span(name)
    assert source.apply([OffsetEdit(start, end, "z")]) == text.replace("y", "z")


def test_lines_end_where_python_ends_them() -> None:
    text = "a = '\u2028'\r\n\x0cb = 1\rc = 2"
    source = read_source("/w/m.py", text.encode())
    assert [source.line(n) for n in (1, 2, 3)] == ["a = '\u2028'\r\n", "\x0cb = 1\r", "c = 2"]
    assert source.line_of(text.index("c")) == 3


def test_bytes_that_are_no_text_are_explained() -> None:
    with pytest.raises(RepairError, match="not text"):
        read_source("/w/m.py", b"# coding: utf-8\n\xff")
    with pytest.raises(RepairError):
        read_source("/w/m.py", b"# coding: utf-7\nx = '+2D0-'\n")


def test_an_encoding_that_cannot_say_it_is_explained() -> None:
    source = read_source("/w/m.py", b"# coding: latin-1\n")
    with pytest.raises(RepairError, match="cannot be encoded as"):
        source.encode("€")
