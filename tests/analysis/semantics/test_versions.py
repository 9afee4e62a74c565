"""The installed version decides, and one that nobody described is not trusted."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.environments.candidates import resolve
from analysis.environments.environment import Environment
from analysis.names import NameSet, Tier
from analysis.semantics import reference
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at

_OLD = "class Client:\n    def fetch(self): ...\ndef gone(url): ...\n"
_NEW = (
    "class Client:\n    def fetch(self): ...\n    def stream(self): ...\n"
    "def come(url, retries=0): ...\n"
)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


def _installed(root: Path, source: str, version: str) -> Workspace:
    """A workspace whose ``.venv`` holds ``shifty`` in a version; read, not started."""
    root.mkdir()
    venv.create(root / ".venv", symlinks=True, with_pip=False)
    packages = root / ".venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (packages / "shifty.py").write_text(source)
    info = packages / f"shifty-{version}.dist-info"
    info.mkdir()
    (info / "RECORD").write_text(f"shifty.py,,\nshifty-{version}.dist-info/RECORD,,\n")
    return Workspace(str(root))


def _ask(provider: ReferenceProvider, workspace: Workspace, text: str) -> NameSet:
    snapshot = Snapshot(str(Path(workspace.root) / "app.py"), text, workspace)
    return provider.names(snapshot, hole_at(text, len(text)), Deadline.after(60))


def test_two_environments_two_answers(provider: ReferenceProvider, tmp_path: Path) -> None:
    old = _installed(tmp_path / "old", _OLD, "1.0")
    new = _installed(tmp_path / "new", _NEW, "2.0")
    for text, only_old, only_new in (
        ("import shifty\nshifty.", "gone", "come"),
        ("from shifty import ", "gone", "come"),
        ("import shifty\nshifty.Client().", None, "stream"),
    ):
        before = _ask(provider, old, text)
        after = _ask(provider, new, text)
        assert before.tier is after.tier is Tier.CLOSED
        assert (before.looked_at, after.looked_at) == ("shifty 1.0", "shifty 2.0")
        assert only_new in after.spellings() - before.spellings()
        if only_old:
            assert only_old in before.spellings() - after.spellings()
    call = _ask(provider, new, "import shifty\nshifty.come('x', retries=1, r")
    assert call.tier is Tier.CLOSED
    assert call.spellings() == {"url"}, "a keyword is not given twice"


def test_an_upgrade_is_noticed(provider: ReferenceProvider, tmp_path: Path) -> None:
    workspace = _installed(tmp_path / "w", _OLD, "1.0")
    assert "gone" in _ask(provider, workspace, "from shifty import ").spellings()
    packages = tmp_path / "w" / ".venv" / "lib" / f"python3.{sys.version_info.minor}"
    packages = packages / "site-packages"
    (packages / "shifty.py").write_text(_NEW)
    (packages / "shifty-1.0.dist-info").rename(packages / "shifty-2.0.dist-info")
    answer = _ask(provider, workspace, "from shifty import ")
    assert "come" in answer.spellings()
    assert answer.looked_at == "shifty 2.0"


def test_a_version_that_typeshed_does_not_describe_is_open(
    provider: ReferenceProvider, tmp_path: Path
) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.8.1\n")
    answer = _ask(provider, Workspace(str(tmp_path)), "''.")
    assert answer.tier is Tier.OPEN
    assert "upper" in answer.spellings()
    assert "3.8" in answer.reason


def test_an_environment_that_is_made_while_it_is_looked_for_is_found_the_next_time(
    provider: ReferenceProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    workspace = Workspace(str(root))

    def resolved_before_it_was_made(asked: Workspace) -> Environment:
        found = resolve(asked)
        if not root.exists():
            _installed(root, _NEW, "1.0")
        return found

    monkeypatch.setattr(reference, "resolve", resolved_before_it_was_made)
    text = "import shifty\n"
    snapshot = Snapshot(f"{workspace.root}/app.py", text, workspace)
    hole = hole_at(text, text.index("shifty"))
    assert "shifty" not in provider.names(snapshot, hole, Deadline.after(20)).spellings()
    assert "shifty" in provider.names(snapshot, hole, Deadline.after(20)).spellings()
