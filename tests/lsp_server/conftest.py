from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lsp_server.raw_client import RawClient


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment whose settings, trust, logs and caches are the test's own."""
    home = tmp_path / "xdg"
    return {
        **os.environ,
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }


@pytest.fixture
def client(environment: dict[str, str]) -> Iterator[RawClient]:
    """A server that was started and not yet spoken to."""
    with RawClient(environment) as raw:
        yield raw
