"""Cypher over the graph, by the embedded engine ``ladybug``: loaded from the store, read-only.

The store is the truth; the engine holds a copy in memory that is loaded when a query asks for it
and gone with the process. Every node kind is a table, so that ``(c:CLASS)`` reads as one would
write it; ``USES`` joins all of them.
"""

from __future__ import annotations

import csv
import difflib
import importlib
import re
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError
from analysis.graph.queries.questions import BY_NAME, EXACT
from analysis.graph.queries.walking import Methods
from analysis.graph.store import CODES, EDGES

# -- all edges of the graph at once: those stored, and those that rest on a name


RELATIONS = ("CONTAINS", "INHERITS", "HAS_METHOD", "HAS_FIELD", "USES")
_USES = frozenset(CODES[name] for name in EDGES if name not in RELATIONS)
_VIRTUAL = ("call", "decorate", "raise")


def joined(db: sqlite3.Connection) -> Iterator[tuple[int, int, str, tuple[Any, ...]]]:
    """(source, target, relation, (kind, how, place…)) of every edge; only uses have the last."""
    methods = Methods(db)
    rows = db.execute(
        "SELECT source, target, type, virtual, line, character, end_line, end_character FROM edge"
    )
    for source, target, code, virtual, *span in rows:
        name = EDGES[code]
        if name in RELATIONS:
            yield source, target, name, ()
            continue
        yield source, target, "USES", (name, EXACT, *span)
        if virtual and name in _VIRTUAL:
            for method in methods.overriding(target):
                yield source, method, "USES", (name, BY_NAME, *span)
    rows = db.execute(
        "SELECT source, name, type, line, character, end_line, end_character FROM loose"
    )
    for source, name, code, *span in rows:
        for method, kind in methods.meant(name, code, _USES):
            yield source, method, "USES", (EDGES[kind], BY_NAME, *span)


KINDS = ("MODULE", "CLASS", "FUNCTION", "METHOD", "FIELD", "GLOBAL_VARIABLE", "EXTERNAL")
_NODE_COLUMNS = (
    "id INT64 PRIMARY KEY, name STRING, qualified_name STRING, path STRING, line INT64, "
    "character INT64, end_line INT64, end_character INT64, signature STRING, docstring STRING, "
    "package STRING, version STRING"
)
_PROPERTIES = tuple(column.split()[0] for column in _NODE_COLUMNS.split(", "))
_USE_COLUMNS = (
    "kind STRING, how STRING, line INT64, character INT64, end_line INT64, end_character INT64"
)
_USE_PROPERTIES = tuple(column.split()[0] for column in _USE_COLUMNS.split(", "))
#: A query that runs longer is not an everyday one; the engine ends it.
_LONGEST_MS = 120_000

#: More rows are no answer to read, and would be held in memory.
_MOST_ROWS = 100_000

_TEXT_OR_WORD = re.compile(
    r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|(?P<comment>//[^\n]*|/\*.*?\*/)|[.:$]\s*\w+"
    r"|(?P<word>\w+)|(?P<end>;)",
    re.S,
)
#: How a statement that reads the graph begins. The engine has statements besides that fetch native
#: code from the network, and procedures that read files.
_READS = frozenset({"MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN"})
_WRITES = frozenset(
    {"CREATE", "DELETE", "DETACH", "SET", "MERGE", "REMOVE", "DROP", "ALTER", "COPY", "LOAD"}
    | {"INSTALL", "ATTACH", "EXPORT", "IMPORT", "CHECKPOINT", "USE", "CALL"}
)
_PLACE = re.compile(r"\(line: (?P<line>\d+), offset: (?P<offset>\d+)\)")
#: Variables that patterns, ``AS`` and ``UNWIND`` bind.
_BOUND = re.compile(r"(?:(?<!\w)[(\[]\s*|\bAS\s+)(?P<variable>[a-z_]\w*)", re.I)
_NAMED = re.compile(r"(?:Table|property|Variable|variable|function|Function) '?(?P<name>\w+)'?")


class CypherError(AnalysisError):
    """A query cannot be answered; ``where`` is its line and column, from 1."""


def query(db: sqlite3.Connection, text: str) -> list[dict[str, Any]]:
    """The rows that Cypher query ``text`` gives: alias → value, nodes and edges as mappings.

    Raises :class:`CypherError` for a query that is wrong or would write, and where the engine is
    not installed.
    """
    _refuse_writes(text)
    try:
        engine = importlib.import_module("ladybug")
    except ImportError:
        raise CypherError(
            "Cypher needs the embedded graph engine, which is not installed",
            where="graph query",
            help="pip install '.[graph]' in Pilotfish's folder; callers, uses, impact and path "
            "need no Cypher",
        ) from None
    database = engine.Database(":memory:", buffer_pool_size=1 << 30)
    connection = engine.Connection(database)
    try:
        load(db, connection)
        connection.set_query_timeout(_LONGEST_MS)
        return _rows(connection, text)
    finally:
        connection.close()
        database.close()


def _rows(connection: Any, text: str) -> list[dict[str, Any]]:
    try:
        answer = connection.execute(text)
    except RuntimeError as error:
        raise _explained(str(error), text) from None
    last = answer[-1] if isinstance(answer, list) else answer
    columns = last.get_column_names()
    found: list[dict[str, Any]] = []
    while last.has_next():
        if len(found) == _MOST_ROWS:
            raise CypherError(
                f"the query has more than {_MOST_ROWS:,} rows",
                where="query",
                help="end it with LIMIT, or count() them",
            )
        found.append({c: plain(v) for c, v in zip(columns, last.get_next(), strict=True)})
    return found


def plain(value: Any) -> Any:
    """A value of the engine as JSON has it: nodes and edges without their internal numbers."""
    if isinstance(value, dict):
        inner = {k: plain(v) for k, v in value.items() if k not in ("_ID", "_SRC", "_DST")}
        label = inner.pop("_LABEL", None)
        if label is None:
            return {k: v for k, v in inner.items() if k not in ("_NODES", "_RELS")} | {
                k.strip("_").lower(): v for k, v in inner.items() if k in ("_NODES", "_RELS")
            }
        return {"label": label} | {k: v for k, v in inner.items() if k != "id" and v is not None}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


# -- loading ---------------------------------------------------------------------------------------


def load(db: sqlite3.Connection, connection: Any) -> int:
    """Load the whole graph into the engine; how many edges it has."""
    kinds = dict(db.execute("SELECT id, kind FROM node"))
    buckets: dict[tuple[str, str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for source, target, relation, rest in joined(db):
        start, end = kinds.get(source), kinds.get(target)
        if start is not None and end is not None:
            buckets[relation, start, end].append((source, target, *rest))
    for kind in KINDS:
        connection.execute(f"CREATE NODE TABLE {kind}({_NODE_COLUMNS})")
    for relation in RELATIONS:
        pairs = [f"FROM {a} TO {b}" for name, a, b in buckets if name == relation]
        pairs = pairs or ["FROM CLASS TO CLASS"]
        columns = f", {_USE_COLUMNS}" if relation == "USES" else ""
        connection.execute(f"CREATE REL TABLE {relation}({', '.join(pairs)}{columns})")
    with tempfile.TemporaryDirectory(prefix="pilotfish-graph-") as folder:
        for kind in KINDS:
            rows = db.execute(
                "SELECT n.id, n.name, n.qualified_name, coalesce(f.path, ''), n.line, n.character, "
                "n.end_line, n.end_character, n.signature, n.docstring, n.package, n.version "
                "FROM node n LEFT JOIN file f ON f.id = n.file WHERE n.kind=?",
                (kind,),
            ).fetchall()
            if rows:
                place = _write(Path(folder) / f"{kind}.csv", rows)
                # Docstrings hold line ends, which the parallel reader takes for the row's.
                connection.execute(f"COPY {kind} FROM '{place}' (PARALLEL=false, ESCAPE='\"')")
        for (relation, start, end), edges in buckets.items():
            place = _write(Path(folder) / f"{relation}-{start}-{end}.csv", edges)
            connection.execute(f"COPY {relation} FROM '{place}' (from='{start}', to='{end}')")
    return sum(map(len, buckets.values()))


def _write(path: Path, rows: list[tuple[Any, ...]]) -> str:
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return str(path).replace("\\", "/").replace("'", "\\'")


# -- what is wrong with a query --------------------------------------------------------------------


def _refuse_writes(text: str) -> None:
    begins = True
    for match in _TEXT_OR_WORD.finditer(text):
        word = (match["word"] or "").upper()
        if match["comment"]:
            continue
        wrong = word in _WRITES or (begins and word and word not in _READS)
        begins = bool(match["end"]) or (begins and not word)
        if wrong:
            raise CypherError(
                f"the graph is read-only, and {word} would do something else than read it",
                where=_where(text, match.start()),
                help="ask with MATCH … WHERE … RETURN; graph build DIR brings it up to date",
            )
    if not text.strip():
        raise CypherError(
            "the query is empty",
            where="query",
            help="as in 'MATCH (c:CLASS)-[:HAS_METHOD]->(m) RETURN c.name, m.name'",
        )


def _where(text: str, offset: int) -> str:
    line = text.count("\n", 0, offset)
    return f"query:{line + 1}:{offset - (text.rfind(chr(10), 0, offset) + 1) + 1}"


def _explained(said: str, text: str) -> CypherError:
    first, _, _ = said.partition("\n")
    what = re.sub(r"^\w+ exception: ", "", first)
    place = _PLACE.search(said)
    if place is not None:
        line, offset = int(place["line"]), int(place["offset"])
        what = _PLACE.sub("", what).split(": expected rule")[0].strip()
        words = text.split("\n")[line - 1][offset:] if line <= text.count("\n") + 1 else ""
        near = words[:24].strip()
        return CypherError(
            f"the query does not parse at '{near}'" if near else "the query ends too early",
            where=f"query:{line}:{offset + 1}",
            help="see docs/graph.md for the labels and examples",
        )
    named = _NAMED.search(what)
    if named is None:
        return CypherError(what, where="query", help="see docs/graph.md for the labels")
    name = named["name"]
    found = re.search(rf"\b{re.escape(name)}\b", text, re.I)
    where = _where(text, found.start()) if found else "query"
    if what.startswith("Variable"):
        bound = sorted({match["variable"] for match in _BOUND.finditer(text)})
        return CypherError(
            what.rstrip("."),
            where=where,
            help=f"the query binds {', '.join(bound)}"
            if bound
            else "bind it in MATCH, as (c:CLASS)",
        )
    known = [*KINDS, *RELATIONS, *_PROPERTIES, *_USE_PROPERTIES]
    near_names = difflib.get_close_matches(name.upper(), [k.upper() for k in known], 1, 0.5)
    near = next((k for k in known if near_names and k.upper() == near_names[0]), "")
    labels = f"labels are {', '.join(KINDS)}; edges {', '.join(RELATIONS)}"
    return CypherError(
        what.rstrip("."),
        where=where,
        help=f"did you mean {near}? {labels}" if near and near != name else labels,
    )
