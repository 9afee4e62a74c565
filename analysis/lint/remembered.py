"""Findings of files that were looked at before, kept on disk while what they stand on holds.

One SQLite file in the user's cache folder, in WAL mode, so that two processes may use it at once
(sqlite.org/wal.html). A row is found by everything that decides about findings and is known
beforehand: the path and the text, the Python, and the programs that judged, so that another version
of Pilotfish finds nothing and writes anew. What was read to judge is in the row and compared.
A cache that cannot be used is done without.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Self

import msgspec

import analysis
from analysis.environments.environment import Environment
from analysis.findings import Finding
from analysis.lint.dependencies import Dependencies, Surveyor, content
from analysis.lint.interface import ImportedInterface
from analysis.private import own_file, own_folder
from analysis.snapshot import Workspace

#: Rows are dropped after so many days, and written anew when they are needed.
_DAYS = 30
#: How long a process waits for another that writes.
_WAIT_S = 2.0
_TABLES = """
create table if not exists findings (key text primary key, value blob, made integer);
create table if not exists sources (source text primary key, digest text, made integer);
create table if not exists interfaces (digest text primary key, value blob, made integer);
"""


class _Kept(msgspec.Struct):
    findings: tuple[Finding, ...]
    dependencies: Dependencies


class Remembered:
    """The memory of one run of a check in one workspace. Use as a context manager.

    ``folder`` is where the file lies; it is made where it is missing.
    """

    def __init__(self, folder: str, workspace: Workspace, environment: Environment) -> None:
        self._base = _identity(workspace, environment)
        self._new: dict[str, ImportedInterface] = {}
        self._database = _opened(Path(folder) / "check.sqlite")
        self._surveyor = Surveyor(
            workspace, environment, self._known, self._digested, self._new.__setitem__
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def seen(self, path: str, text: str) -> None:
        """A file that is checked, read already; to be told of all of them before asking."""
        self._surveyor.seen(path, text)

    def recall(self, path: str, text: str) -> tuple[Finding, ...] | None:
        """The findings of ``path`` with this text, or ``None`` when they are not known."""
        row = self._row("select value from findings where key = ?", self._key(path, text))
        if row is None:
            return None
        try:
            kept = msgspec.json.decode(row, type=_Kept)
        except msgspec.MsgspecError:
            return None
        holds = self._surveyor.hold(kept.dependencies, path, quiet=not kept.findings)
        return kept.findings if holds else None

    def keep(
        self, path: str, text: str, findings: tuple[Finding, ...], files: Iterable[str]
    ) -> None:
        """Remember what was found in ``path``, reading ``files``."""
        kept = _Kept(findings, self._surveyor.survey(path, files))
        self._write(
            "insert or replace into findings values (?, ?, ?)",
            [(self._key(path, text), msgspec.json.encode(kept), _day())],
        )

    def close(self) -> None:
        """Write what is left, drop what is old, close the file."""
        self._write(
            "insert or replace into sources values (?, ?, ?)",
            [(source, made.digest, _day()) for source, made in self._new.items()],
        )
        self._write(
            "insert or replace into interfaces values (?, ?, ?)",
            [(made.digest, msgspec.json.encode(made), _day()) for made in self._new.values()],
        )
        for table in ("findings", "sources", "interfaces"):
            self._write(f"delete from {table} where made < ?", [(_day() - _DAYS,)])
        if self._database is not None:
            self._database.close()
            self._database = None

    def _known(self, source: str) -> str | None:
        if source in self._new:
            return self._new[source].digest
        value = self._row("select digest from sources where source = ?", source)
        return str(value) if value is not None else None

    def _digested(self, digest: str) -> ImportedInterface | None:
        fresh = next((made for made in self._new.values() if made.digest == digest), None)
        if fresh is not None:
            return fresh
        row = self._row("select value from interfaces where digest = ?", digest)
        try:
            return msgspec.json.decode(row, type=ImportedInterface) if row is not None else None
        except msgspec.MsgspecError:
            return None

    def _key(self, path: str, text: str) -> str:
        return hashlib.sha256(f"{self._base}\0{path}\0{content(text)}".encode()).hexdigest()

    def _row(self, query: str, key: str) -> bytes | str | None:
        if self._database is None:
            return None
        try:
            row = self._database.execute(query, (key,)).fetchone()
        except sqlite3.Error:
            return None
        return row[0] if row else None

    def _write(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        if self._database is None or not rows:
            return
        # Another process may write at this moment for longer than we wait: then it is not kept.
        with contextlib.suppress(sqlite3.Error), self._database:
            self._database.executemany(statement, rows)


def _opened(file: Path) -> sqlite3.Connection | None:
    for _ in range(2):
        try:
            own_folder(file.parent)
            database = sqlite3.connect(own_file(file), timeout=_WAIT_S)
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = normal")
            database.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                return None  # locked, or a disk that is full or read-only
            with contextlib.suppress(OSError):
                file.unlink()  # no database: damaged, so made anew
        except OSError:
            return None
        else:
            return database
    return None


def _identity(workspace: Workspace, environment: Environment) -> str:
    facts = (workspace.root, environment.executable, environment.version, environment.sys_path)
    return hashlib.sha256(repr((facts, _program())).encode("utf-8", "replace")).hexdigest()


@cache
def _program() -> str:
    """The programs that judge, as they are: a version, or an edit of our own sources, differs."""
    own = Path(analysis.__file__).parent
    stamps = []
    for place in sorted(own.rglob("*.py")):
        status = place.stat()
        stamps.append((str(place), status.st_mtime_ns, status.st_size))
    versions = tuple(version(name) for name in ("pilotfish", "jedi", "parso", "tree-sitter-python"))
    return repr((versions, sys.version_info[:3], os.name, stamps))


def _day() -> int:
    return int(time.time() // 86_400)
