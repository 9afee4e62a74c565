"""Ollama's store read in place: a store of real files on disk, and what must not be believed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from decoding.errors import DecodingError, ModelFileError
from decoding.models import ollama, store
from decoding.models.store import FileState
from decoding.opening import local_model, open_writer
from tests.decoding.runtimes.test_gguf import made_up
from tests.pilotfish.command import PILOTFISH

Put = Callable[..., Path]
MODEL = "application/vnd.ollama.image.model"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store of Ollama's, and a data folder of ours to note hashes in."""
    (tmp_path / "models" / "manifests").mkdir(parents=True)
    (tmp_path / "models" / "blobs").mkdir()
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "models"


@pytest.fixture
def put(root: Path) -> Put:
    """Puts a file into the store as ``ollama pull`` lays it down; gives back the blob."""

    def put(
        name: str, data: bytes | Path, *, digest: str = "", host: str = "a.host", kind: str = MODEL
    ) -> Path:
        if isinstance(data, Path):
            hexes = digest or store.sha256(data)
            blob = root / "blobs" / f"sha256-{hexes}"
            os.link(data, blob)
        else:
            hexes = digest or sha256(data).hexdigest()
            blob = root / "blobs" / f"sha256-{hexes}"
            blob.write_bytes(data)
        path, _, tag = name.partition(":")
        manifest = root / "manifests" / host / path / tag
        manifest.parent.mkdir(parents=True, exist_ok=True)
        layers = [
            {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:00"},
            {"mediaType": kind, "digest": f"sha256:{hexes}", "size": blob.stat().st_size},
        ]
        manifest.write_text(json.dumps({"schemaVersion": 2, "layers": layers}))
        return blob

    return put


def test_every_model_is_listed_as_ollama_calls_it(put: Put) -> None:
    put("library/coder:0.5b", made_up())
    put("somebody/coder:latest", made_up())
    put("them/theirs:q4", made_up())
    put("them/theirs:q4", made_up(), host="another.host")
    listed = ollama.stored()
    assert [model.name for model in listed] == [
        "ollama:a.host/them/theirs:q4",
        "ollama:another.host/them/theirs:q4",
        "ollama:coder:0.5b",
        "ollama:somebody/coder:latest",
    ]
    assert {model.architecture for model in listed} == {"qwen2"}
    assert {model.state for model in listed} == {FileState.UNVERIFIED}
    with pytest.raises(ModelFileError, match="several models") as caught:
        ollama.resolve("ollama:them/theirs:q4")
    assert "another.host/them/theirs:q4" in caught.value.help
    assert ollama.resolve("ollama:another.host/them/theirs:q4").path.is_file()


def test_a_file_is_hashed_once_and_never_copied(put: Put, root: Path) -> None:
    blob = put("library/coder:latest", made_up())
    found = local_model("ollama:coder", "complete")
    assert (found.path, found.name) == (blob, "ollama:coder:latest")
    assert ollama.stored()[0].state is FileState.VERIFIED
    assert sorted(path.name for path in (root / "blobs").iterdir()) == [blob.name]
    # Other bytes of the same size under the same name are another file.
    blob.write_bytes(made_up()[:-1] + b"\1")
    os.utime(blob, ns=(1, 1))
    with pytest.raises(ModelFileError, match="hash is wrong") as caught:
        ollama.resolve("ollama:coder")
    assert caught.value.help == "ollama pull coder:latest"


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("{", "manifest cannot be read"),
        ("[" * 100_000, "manifest cannot be read"),
        ('{"layers": 3}', "manifest cannot be read"),
        ('{"layers": []}', "not a model of one GGUF file"),
        (
            json.dumps({"layers": [{"mediaType": MODEL, "digest": "sha256:../../../etc/passwd"}]}),
            "no SHA-256 of a model",
        ),
        (
            json.dumps({"layers": [{"mediaType": MODEL, "digest": f"sha256:{'a' * 64}"}]}),
            "not there",
        ),
    ],
)
def test_a_manifest_is_not_believed(root: Path, manifest: str, reason: str) -> None:
    path = root / "manifests" / "a.host" / "library" / "coder" / "latest"
    path.parent.mkdir(parents=True)
    path.write_text(manifest)
    (listed,) = ollama.stored()
    assert reason in listed.reason
    with pytest.raises(ModelFileError, match=reason):
        ollama.resolve("ollama:coder")


def test_only_regular_files_are_opened(put: Put, root: Path) -> None:
    blob = put("library/coder:latest", made_up())
    blob.unlink()
    os.mkfifo(blob)
    os.mkfifo(root / "manifests" / "a.host" / "library" / "coder" / "other")
    assert [model.reason for model in ollama.stored()] == [
        "its file is not a regular file",
        "its manifest cannot be read",
    ]


def test_files_that_are_no_gguf_say_so(put: Put) -> None:
    put("library/tensors:latest", b"{}", kind="application/vnd.ollama.image.tensor")
    put("library/other:latest", b"PK\3\4 something")
    assert [(model.name, model.reason) for model in ollama.stored()] == [
        ("ollama:other:latest", "not a GGUF file"),
        ("ollama:tensors:latest", "it is not a model of one GGUF file"),
    ]


def test_what_is_not_there_is_said_with_what_is(put: Put) -> None:
    put("library/coder:0.5b", made_up())
    with pytest.raises(ModelFileError, match="no model 'coder:latest'") as caught:
        ollama.resolve("ollama:coder")
    assert caught.value.help == "there are: ollama:coder:0.5b"


def test_no_store_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "none"))
    assert ollama.stored() == []
    with pytest.raises(ModelFileError, match="no models on this machine"):
        ollama.resolve("ollama:coder")


@pytest.mark.process
def test_the_command_lists_them(put: Put) -> None:
    put("library/coder:0.5b", made_up())
    put("library/other:latest", b"PK\3\4 something")
    done = _pilotfish("model", "list")
    assert "ollama:coder:0.5b" in done.stdout
    assert "ollama:other:latest: not a GGUF file" in done.stdout
    rows = json.loads(_pilotfish("model", "list", "--json").stdout)
    assert [row["family"] for row in rows if row["name"] == "ollama:coder:0.5b"] == ["qwen2"]


@pytest.mark.model
def test_a_file_of_the_store_is_loaded_and_completes(put: Put, tmp_path: Path) -> None:
    """The real 0.5B, under the name that Ollama would give its file."""
    put("library/qwen2.5-coder:0.5b", _of_ours("complete"))
    file = tmp_path / "add.py"
    file.write_text("def add(first, second):\n    return \n")
    done = _pilotfish("complete", f"{file}:2:12", "--json", "--model", "ollama:qwen2.5-coder:0.5b")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["model"] == "ollama:qwen2.5-coder:0.5b"
    assert "first" in shown["text"]


@pytest.mark.model
def test_a_model_that_cannot_fill_in_is_said(put: Put) -> None:
    put("library/smollm2:135m", _of_ours("quick"))
    with pytest.raises(DecodingError, match="no fill-in-the-middle tokens"):
        open_writer(local_model("ollama:smollm2:135m", "complete"))


@pytest.mark.model
def test_an_architecture_that_llama_cpp_does_not_know_is_named(put: Put) -> None:
    put("library/strange:latest", made_up(architecture="qwan9"))
    with pytest.raises(ModelFileError, match="'qwan9' is not supported"):
        open_writer(local_model("ollama:strange", "complete"))


def _pilotfish(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PILOTFISH, *words], capture_output=True, text=True, check=False)


def _of_ours(role: str) -> Path:
    """Our own file for ``role``: found before the test moved the data folder."""
    return OURS / store.find(role).file


OURS = store.folder()
