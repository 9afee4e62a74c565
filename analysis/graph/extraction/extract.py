"""The facts of one file, read off its tree in one pass."""

from __future__ import annotations

from analysis.graph.extraction.describe import annotation_text, docstring
from analysis.graph.extraction.state import Reading
from analysis.graph.extraction.statements import StatementReader
from analysis.graph.facts.file import NONE, Definition, FileFacts, Interface, UseSite
from analysis.graph.facts.fingerprint import fingerprints


def extract(text: str) -> FileFacts:
    """The facts of ``text``. Never raises for code that does not parse: what does is read."""
    reading = Reading(text)
    root = reading.root
    end = reading.points(*root.start_point, *root.end_point)
    whole = (0, 0, end[2], end[3])
    reading.define("MODULE", "", "", whole, (0, 0, 0, 0), "", docstring(root, reading.data))
    StatementReader(reading).suite(root)
    _fields(reading)
    interface = Interface(
        reading.scopes, reading.uses.table.rows, reading.blocks, reading.definitions, {}
    )
    interface.hashes = fingerprints(interface)
    return FileFacts(interface, [site for site in reading.sites if not _is_local(reading, site)])


def _fields(reading: Reading) -> None:
    """FIELD and GLOBAL_VARIABLE nodes, behind the nodes that have scopes of their own."""
    for owner, name, node, place in reading.field_nodes:
        outer = reading.definitions[owner]
        qualname = f"{outer.qualname}.{name}" if outer.qualname else name
        if qualname in reading.by_qualname:
            continue
        kind = "GLOBAL_VARIABLE" if outer.kind == "MODULE" else "FIELD"
        reading.by_qualname[qualname] = len(reading.definitions)
        reading.definitions.append(
            Definition(
                kind,
                name,
                qualname,
                owner,
                reading.uses.span(node),
                reading.uses.span(place),
                annotation_text(node, reading.data),
                "",
            )
        )


def _is_local(reading: Reading, site: UseSite) -> bool:
    """Whether ``site`` reads or writes a plain local variable, which is no node."""
    row = reading.uses.table.rows[site.expression] if site.expression != NONE else ("",)
    if row[0] != "n" or site.kind not in ("read", "write", "annotate"):
        return False
    scope, first = site.scope, True
    while scope > 0:
        here = reading.scopes[scope]
        if row[1] in here.globals:
            return False
        bindings = here.names.get(row[1])
        if bindings is not None and (here.kind != "class" or first):
            if here.kind == "class":
                return False
            return all(b.how in ("value", "param", "narrow", "del") for b in bindings)
        first = first and here.kind == "comprehension"
        scope = here.parent
    return False
