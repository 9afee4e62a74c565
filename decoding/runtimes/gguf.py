"""What a GGUF file says about itself, and whether it is whole, before any native code opens it.

Format: the GGUF specification of the ggml project (versions 2 and 3, little-endian): a header,
metadata, a table of tensors, and their data. Knows nothing of models or prompts.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

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


def read(path: Path) -> GgufFile:
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
