"""Which models are on this machine, and the file for a name, a role or a path.

A file's hash is computed once and remembered beside it with the file's size and time of change,
so that using a model costs no second reading of half a gigabyte.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import platformdirs

from analysis.text.files import replace_file
from decoding.errors import ModelFileError
from decoding.models.manifest import Model, find

#: Called with what is being done, bytes done and bytes in all.
Report = Callable[[str, int, int], None]

_CHUNK = 4 * 1024 * 1024


class State(StrEnum):
    """What is known about a model's file on this machine."""

    ABSENT = "absent"
    UNVERIFIED = "unverified"
    """Of the right size; nobody has computed its hash since it was written."""
    VERIFIED = "verified"
    DAMAGED = "damaged"
    """Of the wrong size, so its hash cannot be right."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model file that is on this machine; ``model`` is ``None`` for a file of the user's own."""

    name: str
    path: Path
    model: Model | None = None


def folder() -> Path:
    """Where models are kept: the user's data folder."""
    return platformdirs.user_data_path("pilotfish") / "models"


def path_of(model: Model) -> Path:
    """Where ``model``'s file is or would be."""
    return folder() / model.file


def ignore(stage: str, done: int, total: int) -> None:
    """A :data:`Report` that nobody reads."""


def state(model: Model) -> State:
    """What is known about ``model``'s file, without reading it."""
    try:
        found = path_of(model).stat()
    except OSError:
        return State.ABSENT
    if found.st_size != model.size:
        return State.DAMAGED
    try:
        stamp = json.loads(_stamp(model).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return State.UNVERIFIED
    return State.VERIFIED if stamp == _facts(model, found) else State.UNVERIFIED


def verify(model: Model, report: Report = ignore) -> bool:
    """Compute the hash of ``model``'s file; whether it is the manifest's. Remembers the answer.

    Raises :class:`~decoding.errors.ModelFileError` when the file is not there or unreadable.
    """
    path = path_of(model)
    try:
        right = path.stat().st_size == model.size and sha256(path, report) == model.sha256
        if right:
            remember(model)
        else:
            _stamp(model).unlink(missing_ok=True)
    except FileNotFoundError:
        raise missing(model) from None
    except OSError as error:
        raise ModelFileError(
            f"the model cannot be read: {error.strerror}",
            where=str(path),
            help="check the permissions of the file and its folder",
        ) from None
    return right


def remember(model: Model) -> None:
    """Note that ``model``'s file, as it is now, has the right hash."""
    facts = _facts(model, path_of(model).stat())
    # A read-only store works too: its files are hashed whenever they are opened.
    with contextlib.suppress(OSError):
        replace_file(_stamp(model), json.dumps(facts).encode())


def sha256(path: Path, report: Report = ignore) -> str:
    """The SHA-256 of a file, in hexadecimal. Raises ``OSError``."""
    digest = hashlib.sha256()
    total = path.stat().st_size
    done = 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report("checking", done, total)
    return digest.hexdigest()


def missing(model: Model) -> ModelFileError:
    """The error that says a model is not here and how to get it."""
    word = model.roles[0] if model.roles else model.name
    return ModelFileError(
        f"the model {model.name} is not on this machine",
        where=str(path_of(model)),
        help=f"pilotfish model pull {word}",
    )


def resolve(choice: str | None = None, *, role: str = "complete") -> LocalModel:
    """The file of the model that was asked for: a name, a role, the path of a ``.gguf`` file, or
    ``None`` for the one whose role is ``role``.

    A model of the manifest whose hash nobody has computed yet is hashed once (about two seconds a
    gigabyte). Raises :class:`~decoding.errors.ModelFileError` when it is missing, has the wrong
    hash, or no model is called so.
    """
    if choice and (choice.endswith(".gguf") or os.sep in choice):
        path = Path(choice).expanduser().absolute()
        if not path.is_file():
            raise ModelFileError(
                "no such model file",
                where=choice,
                help="give the path of a .gguf file, or a name from pilotfish model list",
            )
        return LocalModel(path.stem, path)
    model = find(choice or role)
    match state(model):
        case State.ABSENT:
            raise missing(model)
        case State.VERIFIED:
            pass
        case _:
            if not verify(model):
                raise ModelFileError(
                    f"the file is not {model.name}: its hash is wrong",
                    where=str(path_of(model)),
                    help=f"pilotfish model pull {model.name}",
                )
    return LocalModel(model.name, path_of(model), model)


def _stamp(model: Model) -> Path:
    return folder() / f"{model.file}.verified"


def _facts(model: Model, found: os.stat_result) -> dict[str, str | int]:
    return {"sha256": model.sha256, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
