"""A file-backed store: an append-only journal of JSON lines, compacted now and then."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple


class Conflict(Exception):
    """The record was changed by somebody else in the meantime."""


class Corrupt(Exception):
    """The journal cannot be read; says which line."""


class Store:
    """Records by key, each with a version that counts its changes."""

    def __init__(self, path: "str | os.PathLike[str]", compact_after: int = 1000) -> None:
        self.path = Path(path)
        self.compact_after = compact_after
        self._records: Dict[str, Tuple[int, Any]] = {}
        self._lines = 0
        if self.path.exists():
            self._load()

    def _load(self) -> None:
        with self.path.open(encoding="utf-8") as file:
            lines = file.readlines()
        torn = False
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                entry = json.loads(line)
            except ValueError:
                if number == len(lines) and not line.endswith("\n"):
                    torn = True  # the last write was cut off: everything before it holds
                    break
                raise Corrupt(f"{self.path.name}, line {number}") from None
            self._apply(entry)
            self._lines += 1
        if torn:
            self.compact()

    def _apply(self, entry: Dict[str, Any]) -> None:
        if entry["op"] == "put":
            self._records[entry["key"]] = (entry["version"], entry["value"])
        else:
            self._records.pop(entry["key"], None)

    def _append(self, entry: Dict[str, Any]) -> None:
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
        self._apply(entry)
        self._lines += 1
        if self._lines > self.compact_after and self._lines > 2 * len(self._records):
            self.compact()

    def get(self, key: str, default: Any = None) -> Any:
        """The value under ``key``: a copy, so that changing it changes nothing here."""
        if key not in self._records:
            return default
        return json.loads(json.dumps(self._records[key][1]))

    def version(self, key: str) -> int:
        """How often the record was written; 0 when there is none."""
        return self._records[key][0] if key in self._records else 0

    def put(self, key: str, value: Any, expect: Optional[int] = None) -> int:
        """Write; returns the new version. Raises :class:`Conflict` unless at ``expect``."""
        current = self.version(key)
        if expect is not None and expect != current:
            raise Conflict(f"{key}: at version {current}, expected {expect}")
        value = json.loads(json.dumps(value))
        self._append({"op": "put", "key": key, "value": value, "version": current + 1})
        return current + 1

    def delete(self, key: str) -> bool:
        """Remove; says whether there was something."""
        if key not in self._records:
            return False
        self._append({"op": "delete", "key": key})
        return True

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Keys that start with ``prefix``, sorted."""
        return iter(sorted(key for key in self._records if key.startswith(prefix)))

    def compact(self) -> None:
        """Write the journal anew, without what was overwritten; versions are kept."""
        fresh = self.path.with_suffix(".tmp")
        with fresh.open("w", encoding="utf-8", newline="\n") as file:
            for key in self.keys():
                version, value = self._records[key]
                entry = {"op": "put", "key": key, "value": value, "version": version}
                file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True) + "\n")
        os.replace(fresh, self.path)
        self._lines = len(self._records)


def tail(path: "str | os.PathLike[str]", count: int, chunk: int = 4096) -> List[str]:
    """The last ``count`` lines of a file, read from its end."""
    if count <= 0:
        return []
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        position = file.tell()
        data = b""
        while position > 0 and data.count(b"\n") <= count:
            step = min(chunk, position)
            position -= step
            file.seek(position)
            data = file.read(step) + data
    # Cut into lines before decoding: the first one may begin in the middle of a character.
    return [line.decode("utf-8") for line in data.splitlines()[-count:]]
