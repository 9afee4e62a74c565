"""The facts of a file as the overlay in force shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from analysis.graph.extraction.definitions import annotation_text, docstring
from analysis.graph.extraction.state import Reading
from analysis.graph.extraction.statements import StatementReader
from analysis.graph.facts import (
    NONE,
    Definition,
    FileFacts,
    Interface,
    UseSite,
    fingerprints,
    pack,
)
from analysis.program.binders import exported
from analysis.text.document import TextError
from analysis.text.files import MAX_FILE_BYTES, decode_source
from analysis.text.overlay import files

# -- the facts of one file, read off its tree in one pass


def extract(text: str) -> FileFacts:
    """The facts of ``text``. Never raises for code that does not parse: what does is read."""
    reading = Reading(text)
    root = reading.root
    end = reading.points(*root.start_point, *root.end_point)
    whole = (0, 0, end[2], end[3])
    reading.define("MODULE", "", "", whole, (0, 0, 0, 0), "", docstring(root, reading.data))
    StatementReader(reading).suite(root)
    _fields(reading)
    reading.scopes[0].all = exported(reading.tree)
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


#: What the hash of a content that cannot be read as source begins with.
UNREADABLE = "!"
#: Source longer than this is data that was written by a program: its names are not looked up.
_LONGEST = 8 * 1024 * 1024


class Read(msgspec.Struct, array_like=True, frozen=True):
    """What reading a file gave: its content hash and packed facts (``b""`` where known).

    ``problem`` says why it could not be read, or is ``""``.
    """

    digest: str
    interface: bytes
    sites: bytes
    problem: str


def read_facts(path: str, known: Callable[[str], bool] = lambda digest: False) -> Read:
    """The facts of the file at ``path``; one that cannot be read has none and a ``problem``."""
    view = files()
    try:
        content = view.buffer(path)
        if content is None and Path(path).stat().st_size > min(_LONGEST, MAX_FILE_BYTES):
            raise TextError(f"the file is larger than {_LONGEST >> 20} MiB", where=path)
        data, digest = view.read(path)
        if known(digest):
            return Read(digest, b"", b"", "")
        facts = extract(content.text if content else decode_source(data, path).text)
        return Read(digest, pack(facts.interface), pack(facts.sites), "")
    except (OSError, TextError) as error:
        what = error.what if isinstance(error, TextError) else str(error.strerror)
    except RecursionError:
        what = "the code is nested too deeply"
    except Exception as error:  # noqa: BLE001 - a defect of ours costs this file, not the project
        what = f"internal error ({error!r}); please report it"
    facts = extract("")
    return Read(UNREADABLE + view.digest(path), pack(facts.interface), pack(facts.sites), what)
