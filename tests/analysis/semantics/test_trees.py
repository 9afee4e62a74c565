"""Parsed files: one content a tree; on disk none is half there, or of another content."""

from __future__ import annotations

import argparse
import dataclasses
import os
import typing
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from jedi import settings
from parso.grammar import load_grammar
from parso.utils import split_lines

from analysis.semantics.jedi_provider.patches import parsing
from analysis.semantics.jedi_provider.quick_parser import QuickParser

_SOURCES = [Path(str(m.__file__)).read_text("utf-8") for m in (argparse, dataclasses, typing)]
CODE = "class Reader:\n    def read(self): ...\n" * 50


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "cache_directory", str(tmp_path / "cache"))
    path = tmp_path / "library.py"
    path.write_text(CODE)
    return path


def _parse(path: Path, *, again: bool = True) -> str:
    if again:
        parsing._imported.clear()
    code: str = parsing._of_file(load_grammar(), str(path)).node.get_code()
    return code


def test_a_half_written_file_is_parsed_anew_and_fixed(library: Path, tmp_path: Path) -> None:
    assert _parse(library) == CODE
    (stored,) = (tmp_path / "cache").rglob("*.node")
    whole = stored.stat().st_size
    for content in (stored.read_bytes()[: whole // 2], b"", b"no pickle at all"):
        stored.write_bytes(content)
        assert _parse(library) == CODE
        assert stored.stat().st_size == whole
    assert {file.suffix for file in stored.parent.iterdir()} == {".node"}


@pytest.mark.parametrize("again", [True, False])
def test_a_write_of_the_same_size_and_time_is_another_content(library: Path, again: bool) -> None:
    before = library.stat()
    _parse(library)
    library.write_text(CODE.replace("read", "load"))
    os.utime(library, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "load" in _parse(library, again=again)
    library.unlink()
    with pytest.raises(FileNotFoundError):
        _parse(library, again=again)


def test_a_name_that_was_changed_on_disk_is_not_believed(library: Path, tmp_path: Path) -> None:
    _parse(library)
    (stored,) = (tmp_path / "cache").rglob("*.node")
    whole = stored.read_bytes()
    assert b"Reader" in whole
    stored.write_bytes(whole.replace(b"Reader", b"Writer"))  # a pickle as good as before
    assert _parse(library) == CODE
    assert stored.read_bytes() == whole


def test_a_cache_folder_that_cannot_be_made_costs_the_cache_alone(
    library: Path, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file stands where the folder would be")
    assert _parse(library) == CODE


def _leaves(node: Any) -> Iterator[tuple[object, ...]]:
    inside = getattr(node, "children", ())
    yield type(node), node.type, node.start_pos, len(inside), getattr(node, "prefix", "")
    if not inside:
        yield node.value, getattr(node, "token_type", ""), node.parent.type
    for child in inside:
        yield from _leaves(child)


@given(st.randoms(use_true_random=False))
@settings_of(max_examples=30, deadline=None)
def test_the_quick_parser_makes_the_tree_that_parso_makes(random: Random) -> None:
    """Of a part of a real file in which something was deleted, moved or put in."""
    text = random.choice(_SOURCES)
    begin = random.randrange(len(text))
    text = text[begin : begin + random.randrange(3000)]
    for _ in range(random.randrange(3)):
        at = random.randrange(len(text) + 1)
        broken = random.choice(
            ("", "(", ")", ":", "\n  ", "'", "def ", "{", " x.", "\n", 'f"{', "\\")
        )
        text = text[:at] + broken + text[at + random.randrange(20) :]
    grammar: Any = load_grammar()
    lines = split_lines(text, keepends=True)
    theirs = grammar._parser(
        grammar._pgen_grammar, error_recovery=True, start_nonterminal="file_input"
    ).parse(tokens=grammar._tokenizer(lines))
    ours = QuickParser(grammar._pgen_grammar).parse(grammar._tokenizer(lines))
    assert list(_leaves(ours)) == list(_leaves(theirs))
    assert ours.get_code() == text
