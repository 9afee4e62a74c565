"""Trust: said once, kept apart from the workspace, never half written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.trust import (
    distrust,
    is_trusted,
    trust,
    trust_file,
    trusted_folders,
    trusting_folder,
)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def test_what_lies_in_a_trusted_folder_is_trusted(tmp_path: Path) -> None:
    root = _folder(tmp_path / "a b%20é" / "inner")
    assert not is_trusted(root)
    trust(root.parent)
    assert is_trusted(root)
    assert is_trusted(root / "not" / "there")
    assert not is_trusted(tmp_path)
    assert not is_trusted(tmp_path / "a b%20éx")
    assert not distrust(root)
    assert trusting_folder(root) == root.parent
    assert distrust(root.parent)
    assert not is_trusted(root)


def test_a_link_that_is_turned_elsewhere_carries_no_trust(tmp_path: Path) -> None:
    good, evil, link = _folder(tmp_path / "good"), _folder(tmp_path / "evil"), tmp_path / "link"
    link.symlink_to(good)
    trust(link)
    assert is_trusted(good)
    link.unlink()
    link.symlink_to(evil)
    assert not is_trusted(link)


@pytest.mark.parametrize("text", ["{", '{"/": true}', "[1]", '"/"', "[" * 100_000, "\0"])
def test_a_broken_list_trusts_nothing_and_says_so(tmp_path: Path, text: str) -> None:
    trust_file().parent.mkdir(parents=True)
    trust_file().write_text(text, "utf-8")
    with pytest.raises(EngineError) as refused:
        is_trusted(tmp_path)
    assert refused.value.where == str(trust_file())
    assert "delete the file" in refused.value.help


def test_a_relative_folder_in_the_list_trusts_nothing(tmp_path: Path) -> None:
    trust_file().parent.mkdir(parents=True)
    trust_file().write_text('[".", ""]', "utf-8")
    assert trusted_folders() == ()
    assert not is_trusted(Path())


def test_processes_that_trust_at_once_lose_nothing(tmp_path: Path) -> None:
    folders = [_folder(tmp_path / f"p{n}") for n in range(6)]
    code = "import sys; from pathlib import Path; from engine.trust import trust; "
    code += "[trust(Path(p)) for p in sys.argv[1:] for _ in range(5)]"
    running = [subprocess.Popen([sys.executable, "-c", code, str(folder)]) for folder in folders]
    assert [process.wait(60) for process in running] == [0] * len(folders)
    assert sorted(trusted_folders()) == sorted(folders)
