"""Parsed library files on disk: a half-written one is parsed anew, and none is ever half there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from parso import cache as parso_cache
from parso.grammar import load_grammar

from analysis.semantics.jedi_provider import kept

cache: Any = parso_cache


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Whatever is installed here is taken back when the test ends.
    monkeypatch.setattr(cache, "_load_from_file_system", cache._load_from_file_system)
    monkeypatch.setattr(cache, "_save_to_file_system", cache._save_to_file_system)
    kept.install()
    path = tmp_path / "library.py"
    path.write_text("class Reader:\n    def read(self): ...\n" * 50)
    return path


def _parse(path: Path, folder: Path) -> str:
    cache.parser_cache.clear()
    module = load_grammar().parse(path=path, cache=True, diff_cache=True, cache_path=folder)
    code: str = module.get_code()
    return code


def test_a_half_written_file_is_parsed_anew_and_fixed(library: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    code = _parse(library, folder)
    (stored,) = folder.rglob("*.pkl")
    whole = stored.stat().st_size
    for content in (stored.read_bytes()[: whole // 2], b"", b"no pickle at all"):
        stored.write_bytes(content)
        assert _parse(library, folder) == code
        assert stored.stat().st_size == whole


def test_a_write_that_fails_leaves_what_was_there(library: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    _parse(library, folder)
    (stored,) = folder.rglob("*.pkl")
    before = stored.read_bytes()
    with pytest.raises((TypeError, AttributeError)):
        # A function of a test cannot be pickled.
        cache._save_to_file_system(load_grammar()._hashed, library, lambda: 0, cache_path=folder)
    assert stored.read_bytes() == before
    assert list(stored.parent.iterdir()) == [stored]
