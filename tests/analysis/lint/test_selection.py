from __future__ import annotations

import os
from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.lint.patterns import fits
from analysis.lint.selection import select


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*.py", "a/b.py", True),
        ("build", "a/build/c.py", True),
        ("build/", "a/build/c.py", True),
        ("/build", "a/build/c.py", False),
        ("tests/*.py", "tests/a.py", True),
        ("tests/*.py", "tests/deep/a.py", False),
        ("tests/**", "tests/deep/a.py", True),
        ("**/gen/*.py", "a/b/gen/c.py", True),
        ("**/gen/*.py", "gen/c.py", True),
        ("a?.py", "ab.py", True),
        ("a[!b].py", "ab.py", False),
        ("a[bc].py", "ac.py", True),
        ("[z-a]", "x", False),
        ("a+b(c).py", "a+b(c).py", True),
        ("", "a", False),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert fits(pattern, path) is expected


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")


def selected(root: Path, *paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    found = select([root / path for path in paths or (".",)], root, exclude)
    return [str(file.path.relative_to(root)) for file in found]


def test_a_folder_is_walked_without_what_is_not_the_users(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.pyi", "c.txt", "d/e.py", ".venv/x.py", "node_modules/y.py")
    make(tmp_path, "env/pyvenv.cfg", "env/z.py", "__pycache__/a.py", "d/f g %20.py")
    assert selected(tmp_path) == ["a.py", "b.pyi", "d/e.py", "d/f g %20.py"]


def test_what_is_named_is_never_excluded(tmp_path: Path) -> None:
    make(tmp_path, ".venv/x.py", "gen/y.py", "script")
    (tmp_path / ".gitignore").write_text("gen\n")
    files = [".venv/x.py", "gen/y.py", "script"]
    assert selected(tmp_path, *files, exclude=("gen",)) == files
    assert selected(tmp_path, ".venv") == [".venv/x.py"]


def test_excludes_and_gitignore(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "gen/b.py", "keep.tmp.py", "x.tmp.py", "sub/c.py", "sub/local.py")
    (tmp_path / ".gitignore").write_text("# made\n*.tmp.py\n!keep.tmp.py\n")
    (tmp_path / "sub" / ".gitignore").write_text("local.py\r\n")
    assert selected(tmp_path, exclude=("gen",)) == ["a.py", "keep.tmp.py", "sub/c.py"]
    assert selected(tmp_path, "sub") == ["sub/c.py"]


def test_a_file_named_twice_comes_once(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    assert selected(tmp_path, "a.py", ".", "a.py") == ["a.py"]


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    (tmp_path / "loop").symlink_to(tmp_path)
    assert selected(tmp_path) == ["a.py"]


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="no such file"):
        select([tmp_path / "nope.py"], tmp_path)


def test_names_that_are_not_unicode(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.py"
    with open(name, "wb"):  # noqa: PTH123 - a name that pathlib's text does not show
        pass
    assert len(selected(tmp_path)) == 1


def test_a_folder_that_cannot_be_read_costs_that_folder_only(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "closed" / "inner").mkdir(parents=True)
    (tmp_path / "closed" / "b.py").touch()
    (tmp_path / "closed").chmod(0o600)
    # The folders of pytest are root's alone.
    for folder in (tmp_path, *(p for p in tmp_path.parents if "pytest-of-" in str(p))):
        folder.chmod(0o755)
    got, put = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            os.write(put, repr([s.path.name for s in select([tmp_path], tmp_path)]).encode())
        except BaseException as error:  # noqa: BLE001 - told to the parent
            os.write(put, repr(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(got, 1000).decode() == "['a.py']"
