"""Pulling from Hugging Face: its real client against a server of ours that speaks its part."""

from __future__ import annotations

import hashlib
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.decoding.models.local_hub import Hub, serving

pytestmark = pytest.mark.process

#: More than the 10 MiB that the client writes at a time.
CONTENT = random.Random(3).randbytes(12_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def hub() -> Iterator[tuple[str, type[Hub]]]:
    with serving(CONTENT, SHA256) as found:
        yield found


def _pull(endpoint: str, tmp_path: Path, patience: float = 30, **more: str) -> tuple[str, Path]:
    model = {
        "name": "made-up",
        "file": "made-up.gguf",
        "size": len(CONTENT),
        "sha256": SHA256,
        "sources": [{"repository": "someone/made-up", "file": "m.gguf"}],
    }
    script = Path(__file__).with_name("pulling.py")
    done = subprocess.run(
        [sys.executable, str(script), json.dumps({"model": model, "patience": patience, **more})],
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HUB_OFFLINE": "0",
            "NO_PROXY": "127.0.0.1",
            "XDG_DATA_HOME": str(tmp_path),
            "PYTHONPATH": str(Path(__file__).parents[3]),
        },
    )
    return done.stdout, tmp_path / "pilotfish" / "models" / "made-up.gguf"


def test_a_model_comes_from_the_hub(hub: tuple[str, type[Hub]], tmp_path: Path) -> None:
    said, path = _pull(hub[0], tmp_path)
    assert "pulled from Hugging Face" in said
    assert path.read_bytes() == CONTENT


def test_a_transfer_that_broke_off_goes_on_where_it_was(
    hub: tuple[str, type[Hub]], tmp_path: Path
) -> None:
    hub[1].breaks = True
    said, path = _pull(hub[0], tmp_path)
    assert "pulled from Hugging Face" in said
    assert path.read_bytes() == CONTENT
    assert hub[1].ranges == [None, f"bytes={10 * 1024 * 1024}-"]


def test_what_an_earlier_pull_left_is_not_fetched_again(
    hub: tuple[str, type[Hub]], tmp_path: Path
) -> None:
    partial = tmp_path / "pilotfish" / "models" / ".partial" / "made-up"
    partial.mkdir(parents=True)
    (partial / "hub").write_bytes(CONTENT[:11_000_000])
    said, path = _pull(hub[0], tmp_path)
    assert "pulled from Hugging Face" in said
    assert path.read_bytes() == CONTENT
    assert hub[1].ranges == ["bytes=11000000-"]


def test_other_bytes_under_the_same_name_are_not_even_fetched(
    hub: tuple[str, type[Hub]], tmp_path: Path
) -> None:
    hub[1].tag = "0" * 64
    said, path = _pull(hub[0], tmp_path)
    assert "different content under this name" in said
    assert not path.exists()
    assert hub[1].ranges == []


def test_a_pull_that_is_cancelled_tries_no_other_source(
    hub: tuple[str, type[Hub]], tmp_path: Path
) -> None:
    said, _ = _pull(hub[0], tmp_path, cancel="Hugging Face")
    assert said.splitlines()[-1] == "cancelled"


def test_a_hub_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said, path = _pull(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path, patience=0.5)
    assert "no answer within" in said or "timed out" in said
    assert not path.exists()
