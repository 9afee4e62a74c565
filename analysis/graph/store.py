"""The graph of one project in one SQLite file: facts by content, nodes, edges, what they rest on.

Write-ahead logging: readers see the last complete state while another process writes, and a process
that is killed leaves what it had committed. Every row of a file is written in one transaction with
the file's hash. Node numbers are kept while a file and name exist, so edges from other files stay
true when a file is read anew.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from analysis.environments.distributions import owners_of, standard_library
from analysis.environments.environment import Environment
from analysis.errors import AnalysisError
from analysis.graph.facts import NONE, Interface
from analysis.graph.resolution.edges import Resolved
from analysis.private import own_file, own_folder

# -- nodes of what lies outside of the project: which package and version they belong to


class Outside:
    """External names as nodes. ``environment`` says what is installed; ``None``: nothing known."""

    def __init__(self, environment: Environment | None) -> None:
        self._environment = environment
        self._packages: dict[str, tuple[str, str]] = {}
        self._ids: dict[str, int] = {}

    def node(self, db: sqlite3.Connection, name: str) -> int:
        """The node of external ``name``, made where it is new (within a transaction)."""
        known = self._ids.get(name)
        if known is not None:
            row = db.execute("SELECT 1 FROM node WHERE id=?", (known,)).fetchone()
            if row is not None:
                return known
        package, version = self.package(name.partition(".")[0])
        row = db.execute("SELECT id FROM node WHERE file=0 AND qualname=?", (name,)).fetchone()
        if row is None:
            row = db.execute(
                "INSERT INTO node(file, qualname, kind, name, qualified_name, signature, "
                "docstring, package, version) VALUES(0, ?, 'EXTERNAL', ?, ?, '', '', ?, ?) "
                "RETURNING id",
                (name, name.rpartition(".")[2], name, package, version),
            ).fetchone()
        number: int = row[0]
        self._ids[name] = number
        return number

    def package(self, top: str) -> tuple[str, str]:
        """The distribution and version of top-level module ``top``; empty where it is unknown."""
        known = self._packages.get(top)
        if known is None:
            known = self._packages[top] = self._find(top)
        return known

    def _find(self, top: str) -> tuple[str, str]:
        environment = self._environment
        if environment is None:
            return "", ""
        if top in sys.stdlib_module_names or top == "builtins":
            return standard_library(environment), environment.version_text
        for folder in environment.site_packages:
            said = owners_of(folder).get(top)
            if said:
                package, _, version = said.rpartition(" ")
                return package, version
        return "", ""


#: Of tables, facts and resolution alike: another number, and everything is built anew.
SCHEMA = 7

#: Edge types; USES kinds follow. Their place in this list is what is stored.
EDGES = (
    "CONTAINS",
    "INHERITS",
    "HAS_METHOD",
    "HAS_FIELD",
    "call",
    "read",
    "write",
    "import",
    "decorate",
    "annotate",
    "raise",
)
CODES = {name: code for code, name in enumerate(EDGES)}

_TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE file(
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, module TEXT NOT NULL,
    hash TEXT NOT NULL, mtime INTEGER NOT NULL, size INTEGER NOT NULL,
    resolved INTEGER NOT NULL, problem TEXT NOT NULL);
CREATE TABLE facts(hash TEXT PRIMARY KEY, interface BLOB NOT NULL, sites BLOB NOT NULL);
CREATE TABLE node(
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL, qualname TEXT NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, qualified_name TEXT NOT NULL, parent INTEGER,
    line INTEGER, character INTEGER, end_line INTEGER, end_character INTEGER,
    name_line INTEGER, name_character INTEGER, name_end_line INTEGER, name_end_character INTEGER,
    signature TEXT NOT NULL, docstring TEXT NOT NULL, package TEXT NOT NULL, version TEXT NOT NULL,
    property INTEGER NOT NULL DEFAULT 0,
    UNIQUE(file, qualname));
CREATE INDEX node_qualified ON node(qualified_name);
CREATE INDEX node_name ON node(name, kind);
CREATE INDEX node_method ON node(id, parent, name, property) WHERE kind='METHOD';
CREATE TABLE edge(
    file INTEGER NOT NULL, source INTEGER NOT NULL, target INTEGER NOT NULL, type INTEGER NOT NULL,
    virtual INTEGER NOT NULL, line INTEGER, character INTEGER, end_line INTEGER,
    end_character INTEGER);
CREATE INDEX edge_file ON edge(file);
CREATE INDEX edge_source ON edge(source, type);
CREATE INDEX edge_target ON edge(target, type);
CREATE TABLE loose(
    file INTEGER NOT NULL, source INTEGER NOT NULL, name TEXT NOT NULL, type INTEGER NOT NULL,
    line INTEGER, character INTEGER, end_line INTEGER, end_character INTEGER);
CREATE INDEX loose_file ON loose(file);
CREATE INDEX loose_source ON loose(source);
CREATE INDEX loose_name ON loose(name, type);
CREATE TABLE need(file INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY(key, file)) WITHOUT ROWID;
CREATE INDEX need_file ON need(file);
"""


_FILES = "SELECT id, path, module, hash, mtime, size, resolved, problem FROM file"


@dataclass(frozen=True, slots=True)
class FileRow:
    """What the store knows of a file. ``problem`` says why it could not be read, or ``""``."""

    id: int
    path: str
    module: str
    hash: str
    mtime: int
    size: int
    resolved: int
    problem: str


#: Primary result codes of SQLite that no waiting fixes.
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)


class Store:
    """One connection to the graph of a project; not to be shared by threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        own_folder(path.parent)
        try:
            # One after the other: who switches a new file to WAL finds it locked by who does too.
            with FileLock(path.with_suffix(".opening"), mode=0o600):
                self.db = self._opened()
        except (sqlite3.Error, OSError) as error:
            raise AnalysisError(
                f"the code graph cannot be stored: {error}",
                where=str(path),
                help="make room, or give a cache folder that can be written (XDG_CACHE_HOME)",
            ) from None

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _DAMAGED:
                raise
            # Not ours, or damaged from outside (a full disk, a copied half): it is a cache.
            self._remove()
            return self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(own_file(self.path), timeout=60, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA cache_size=-32768")
            db.execute("BEGIN IMMEDIATE")
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
            version = None
            if "meta" in tables:
                row = db.execute("SELECT value FROM meta WHERE key='schema'").fetchone()
                version = row[0] if row else None
            if version != str(SCHEMA):
                names = [
                    row[0]
                    for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")
                ]
                for name in names:
                    db.execute(f'DROP TABLE "{name}"')
                for statement in _TABLES.split(";"):
                    if statement.strip():
                        db.execute(statement)
                db.execute("INSERT INTO meta VALUES('schema', ?)", (str(SCHEMA),))
            db.execute("COMMIT")
        except sqlite3.Error:
            with contextlib.suppress(sqlite3.Error):
                db.close()
            raise
        return db

    def _remove(self) -> None:
        for tail in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                self.path.with_name(self.path.name + tail).unlink()

    def close(self) -> None:
        """Give the file back."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written within."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # -- reading -----------------------------------------------------------------------

    def files(self) -> dict[str, FileRow]:
        """All files by path."""
        return {row[1]: FileRow(*row) for row in self.db.execute(_FILES)}

    def files_at(self, paths: Iterable[str]) -> dict[str, FileRow]:
        """Those of ``paths`` that are known."""
        found = (self.db.execute(_FILES + " WHERE path=?", (path,)).fetchone() for path in paths)
        return {row[1]: FileRow(*row) for row in found if row is not None}

    def interface(self, file: int) -> bytes:
        """The packed interface of a file; ``b""`` where it is gone."""
        row = self.db.execute(
            "SELECT interface FROM facts JOIN file USING(hash) WHERE id=?", (file,)
        ).fetchone()
        return row[0] if row else b""

    def sites(self, file: int) -> bytes:
        """The packed sites of a file; ``b""`` where it is gone."""
        row = self.db.execute(
            "SELECT sites FROM facts JOIN file USING(hash) WHERE id=?", (file,)
        ).fetchone()
        return row[0] if row else b""

    def has_facts(self, digest: str) -> bool:
        """Whether content ``digest`` has facts already."""
        return bool(self.db.execute("SELECT 1 FROM facts WHERE hash=?", (digest,)).fetchone())

    def unresolved(self) -> list[int]:
        """Files whose edges are to be made (anew)."""
        rows = self.db.execute("SELECT id FROM file WHERE resolved=0 ORDER BY id")
        return [row[0] for row in rows]

    def node_ids(self, file: int) -> dict[str, int]:
        """Qualified name within the file → node."""
        return dict(self.db.execute("SELECT qualname, id FROM node WHERE file=?", (file,)))

    # -- writing (within a transaction) ------------------------------------------------

    def touch(self) -> None:
        """Count a change."""
        self.db.execute(
            "INSERT INTO meta VALUES('generation', '1') ON CONFLICT(key) DO UPDATE SET "
            "value = CAST(value AS INTEGER) + 1"
        )

    def put_facts(self, digest: str, interface: bytes, sites: bytes) -> None:
        """Facts by content hash."""
        self.db.execute("INSERT OR IGNORE INTO facts VALUES(?, ?, ?)", (digest, interface, sites))

    def put_file(
        self, path: str, module: str, digest: str, mtime: int, size: int, problem: str
    ) -> int:
        """A file as it is now, unresolved; its number."""
        row = self.db.execute(
            "INSERT INTO file(path, module, hash, mtime, size, resolved, problem) "
            "VALUES(?, ?, ?, ?, ?, 0, ?) ON CONFLICT(path) DO UPDATE SET module=excluded.module, "
            "hash=excluded.hash, mtime=excluded.mtime, size=excluded.size, resolved=0, "
            "problem=excluded.problem RETURNING id",
            (path, module, digest, mtime, size, problem),
        ).fetchone()
        number: int = row[0]
        return number

    def touch_file(self, file: int, mtime: int, size: int) -> None:
        """The same content under another time."""
        self.db.execute("UPDATE file SET mtime=?, size=? WHERE id=?", (mtime, size, file))

    def remove_file(self, file: int) -> None:
        """Forget a file and all that it says."""
        for table in ("node", "edge", "loose", "need"):
            self.db.execute(f"DELETE FROM {table} WHERE file=?", (file,))
        self.db.execute("DELETE FROM file WHERE id=?", (file,))

    def doubt(self, keys: Iterable[str]) -> None:
        """Files that rest on one of ``keys`` are to be resolved anew."""
        for key in keys:
            self.db.execute(
                "UPDATE file SET resolved=0 WHERE id IN (SELECT file FROM need WHERE key=?)", (key,)
            )

    def drop_unused_facts(self, keep: int) -> None:
        """Forget facts of contents that no file has now, where they are more than ``keep`` and
        more than there are files."""
        facts, files = self.db.execute(
            "SELECT (SELECT count(*) FROM facts), (SELECT count(*) FROM file)"
        ).fetchone()
        if facts - files > max(keep, files):
            self.db.execute("DELETE FROM facts WHERE hash NOT IN (SELECT hash FROM file)")


def generation(db: sqlite3.Connection) -> int:
    """A number that grows with every change of a store."""
    row = db.execute("SELECT value FROM meta WHERE key='generation'").fetchone()
    return int(row[0]) if row else 0


# -- facts and resolved edges of a file as rows of the store


_NODE = (
    "INSERT INTO node(file, qualname, kind, name, qualified_name, parent, line, character, "
    "end_line, end_character, name_line, name_character, name_end_line, name_end_character, "
    "signature, docstring, package, version, property) "
    "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,'','',?) "
    "ON CONFLICT(file, qualname) DO UPDATE SET kind=excluded.kind, name=excluded.name, "
    "qualified_name=excluded.qualified_name, parent=excluded.parent, line=excluded.line, "
    "character=excluded.character, end_line=excluded.end_line, "
    "end_character=excluded.end_character, name_line=excluded.name_line, "
    "name_character=excluded.name_character, name_end_line=excluded.name_end_line, "
    "name_end_character=excluded.name_end_character, signature=excluded.signature, "
    "docstring=excluded.docstring, property=excluded.property"
)
_MEMBERSHIP = {"METHOD": "HAS_METHOD", "FIELD": "HAS_FIELD"}


def write_nodes(db: sqlite3.Connection, file: int, module: str, interface: Interface) -> None:
    """Bring the nodes of ``file`` in line with its facts; numbers of names that stay are kept."""
    definitions = interface.definitions
    now = {definition.qualname for definition in definitions}
    before = dict(db.execute("SELECT qualname, id FROM node WHERE file=?", (file,)))
    db.executemany(
        "DELETE FROM node WHERE id=?", [(i,) for name, i in before.items() if name not in now]
    )
    properties = {scope.definition for scope in interface.scopes if scope.role == "property"}
    rows = []
    for number, definition in enumerate(definitions):
        qualified = f"{module}.{definition.qualname}" if definition.qualname else module
        name = definition.name or module.rpartition(".")[2]
        rows.append(
            (
                *(file, definition.qualname, definition.kind, name, qualified, None),
                *definition.span,
                *definition.name_span,
                *(definition.signature, definition.docstring, number in properties),
            )
        )
    db.executemany(_NODE, rows)
    ids = dict(db.execute("SELECT qualname, id FROM node WHERE file=?", (file,)))
    db.executemany(
        "UPDATE node SET parent=? WHERE id=?",
        [
            (ids[definitions[d.parent].qualname], ids[d.qualname])
            for d in definitions
            if d.parent != NONE
        ],
    )


def write_edges(
    db: sqlite3.Connection,
    file: int,
    interface: Interface,
    resolved: Resolved,
    nodes_of: Callable[[int], dict[str, int]],
    outside: Callable[[str], int],
) -> None:
    """Replace the edges of ``file``; ``outside`` gives the node of an external name."""
    for table in ("edge", "loose", "need"):
        db.execute(f"DELETE FROM {table} WHERE file=?", (file,))
    own = nodes_of(file)
    edges: list[tuple[int | None, ...]] = []
    for d in interface.definitions:
        if d.parent != NONE:
            parent = interface.definitions[d.parent]
            inside = parent.kind == "CLASS" and d.kind in _MEMBERSHIP
            kind = _MEMBERSHIP[d.kind] if inside else "CONTAINS"
            source, target = own.get(parent.qualname), own.get(d.qualname)
            if source is not None and target is not None:
                edges.append((file, source, target, CODES[kind], 0, *d.name_span))
    for edge in resolved.edges:
        source = own.get(edge.source)
        if edge.target[0] == 0:
            found: int | None = outside(edge.target[1])
        else:
            found = nodes_of(edge.target[0]).get(edge.target[1])
        if source is None or found is None:
            continue
        kind = "INHERITS" if edge.kind == "base" else edge.kind
        edges.append((file, source, found, CODES[kind], int(edge.virtual), *edge.span))
    db.executemany("INSERT INTO edge VALUES(?,?,?,?,?,?,?,?,?)", edges)
    db.executemany(
        "INSERT INTO loose VALUES(?,?,?,?,?,?,?,?)",
        [
            (file, own[loose.source], loose.name, CODES[loose.kind], *loose.span)
            for loose in resolved.loose
            if loose.kind in CODES
        ],
    )
    db.executemany(
        "INSERT OR IGNORE INTO need VALUES(?,?)", [(file, key) for key in resolved.needs]
    )
    db.execute("UPDATE file SET resolved=1 WHERE id=?", (file,))
