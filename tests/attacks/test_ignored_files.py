"""``.gitignore`` is the clone's: it says what git takes it to say, in linear time."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.lint.patterns import fits
from analysis.lint.selection import select

_SETS = ("[ab]", "[!a]", "[a-c]", "[]a]", "[b-a]", "[[:alpha:]]")
_PIECES = st.sampled_from([*"ab*?/.![]-", "ab", "**", "/**/", "**/", "\\a", *_SETS])
_PATHS = st.lists(st.text("abc.", min_size=1, max_size=3), min_size=1, max_size=4).filter(
    lambda parts: not {".", ".."} & set(parts)
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    return root


def test_a_pattern_says_what_git_says(repository: Path) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(_PIECES, min_size=1, max_size=5), st.lists(_PATHS, min_size=20, max_size=40))
    def holds(pieces: list[str], paths: list[list[str]]) -> None:
        pattern = "".join(pieces)
        if pattern.startswith("!") or not pattern.strip("/"):
            return
        (repository / ".gitignore").write_text(f"{pattern}\n")
        names = sorted({"/".join(parts) for parts in paths})
        said = subprocess.run(
            ["git", "check-ignore", "--no-index", "--stdin"],
            cwd=repository,
            input="\n".join(names),
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split()
        if not pattern.endswith("/"):  # what is a folder, only the disk tells
            assert [n for n in names if fits(pattern, n)] == sorted(said), pattern

    holds()


@pytest.mark.parametrize("pattern", ["*a" * 40 + "*b", "**/" * 40 + "b", "*[a-z]" * 40 + "?b"])
def test_no_pattern_takes_more_than_its_length(tmp_path: Path, pattern: str) -> None:
    (tmp_path / ".gitignore").write_text(f"{pattern}\n" * 20)
    for number in range(50):
        (tmp_path / f"{'a' * 200}{number}.py").touch()
    start = time.process_time()
    assert len(select([tmp_path], tmp_path)) == 50
    assert time.process_time() - start < 5
