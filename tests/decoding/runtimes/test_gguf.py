"""The check of a model file before native code opens it: refused with a reason, never a crash."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from decoding.errors import ModelFileError
from decoding.models.store import read_header


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def made_up(tensor_bytes: int = 4 * 64, architecture: str = "qwen2") -> bytes:
    """A small, valid file: three scalars, two arrays and one float tensor of 64 values."""
    entries = [
        _string("general.architecture") + struct.pack("<I", 8) + _string(architecture),
        _string("qwen2.context_length") + struct.pack("<II", 4, 32768),
        _string("tokenizer.ggml.add_bos_token") + struct.pack("<I?", 7, False),
        _string("tokenizer.ggml.tokens")
        + struct.pack("<IIQ", 9, 8, 2)
        + _string("a")
        + _string("é"),
        _string("tokenizer.ggml.scores") + struct.pack("<IIQ2f", 9, 6, 2, 0.5, 1.5),
    ]
    tensor = _string("output.weight") + struct.pack("<IQQIQ", 2, 8, 8, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(entries)) + b"".join(entries) + tensor
    return head + bytes(-len(head) % 32) + bytes(tensor_bytes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "my model 100%.gguf"


def test_scalars_are_read_and_arrays_left_out(path: Path) -> None:
    path.write_bytes(made_up())
    file = read_header(path)
    assert file.metadata == {
        "general.architecture": "qwen2",
        "qwen2.context_length": 32768,
        "tokenizer.ggml.add_bos_token": False,
    }
    assert file.tensors == 1
    assert file.text("general.architecture") == "qwen2"
    assert file.number("qwen2.context_length") == 32768
    assert file.text("qwen2.context_length", "not text") == "not text"


@pytest.mark.parametrize("size", [0, 1, 3, 4, 11, 24, 60, 150, 255, 256, 300])
def test_a_truncated_file_is_refused(path: Path, size: int) -> None:
    path.write_bytes(made_up()[:size])
    with pytest.raises(ModelFileError, match=r"truncated|not a GGUF"):
        read_header(path)


def test_a_missing_byte_at_the_very_end_is_noticed(path: Path) -> None:
    path.write_bytes(made_up()[:-1])
    with pytest.raises(ModelFileError, match="truncated: 1 bytes are missing"):
        read_header(path)


@pytest.mark.slow
def test_every_cut_is_refused_and_no_cut_is_anything_but_a_refusal(path: Path) -> None:
    whole = made_up()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(ModelFileError):
            read_header(path)


@pytest.mark.slow
def test_damaged_bytes_are_refused_or_harmless(path: Path) -> None:
    whole = bytearray(made_up())
    chance = random.Random(5)
    refused = 0
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            read_header(path)
        except ModelFileError:
            refused += 1
    assert refused > 500


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 a wheel, say", "not a GGUF"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "is not valid"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + _string("k") + struct.pack("<I", 99), "type 99"),
    ],
)
def test_what_is_wrong_is_said(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=reason) as caught:
        read_header(path)
    assert caught.value.where == str(path)
    assert caught.value.help


def test_a_missing_file_and_a_folder_are_explained(path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such model file"):
        read_header(path)
    path.mkdir()
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_header(path)
