from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from analysis.deadline import Deadline
from analysis.lint.invented import Looked, look
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace

Look = Callable[[str], Looked]


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("jedi")))


@pytest.fixture
def look_at(provider: ReferenceProvider, tmp_path: Path) -> Look:
    """Looks at a text as a file of an empty workspace."""

    def looked(text: str) -> Looked:
        return look(Snapshot(str(tmp_path / "app.py"), text, Workspace(str(tmp_path))), provider)

    return looked


class InProcess:
    """Answers like the analysis pool, at once and in this process."""

    def __init__(self, provider: ReferenceProvider) -> None:
        self.provider = provider

    def ask(self, query: Any, deadline: Deadline) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(query.answer(self.provider, deadline))
        return future


@pytest.fixture
def pool(provider: ReferenceProvider) -> InProcess:
    return InProcess(provider)


def environment(root: Path, package: str, source: str, version: str) -> None:
    """A virtual environment in ``root`` that holds one version of one package, and no Python."""
    site = root / ".venv" / "lib" / "python3.11" / "site-packages"
    info = site / f"{package}-{version}.dist-info"
    (site / package).mkdir(parents=True)
    info.mkdir()
    (root / ".venv" / "bin").mkdir()
    (root / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (root / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n")
    (site / package / "__init__.py").write_text(source)
    (info / "METADATA").write_text(f"Name: {package}\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{package}/__init__.py,,\n")
