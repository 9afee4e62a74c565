"""``textDocument/completion``: the names that may stand at the cursor, from the same sets as
guidance uses. Private names rank last; what the set's tier is stands in each item's detail.

A list that is late is the one that was last known at that place, or empty; it is marked as
incomplete, so that the client asks again.

Where the client shows ghost text the list does not open by itself at a dot, since it would take its
place; it is there when it is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lsprotocol import types

from analysis.names import Name, NameSet, Tier
from analysis.syntax.hole import HoleKind
from analysis.syntax.holes import hole_at
from analysis.text.overlay import Buffer
from engine.features.inspect import InspectRequest
from lsp_server.positions import offset_of, word_at
from lsp_server.server import Server
from lsp_server.session import View

#: A list that comes later than this is in the way (issue H: of a file just opened).
DEADLINE_MS = 1500
#: The same where a list is known (benchmarks.latency --beside: 200 ms at the 95th percentile).
KNOWN_DEADLINE_MS = 120
#: More are not read by anybody; the client asks again when more is typed.
MOST_ITEMS = 400
#: What stands behind a word and would be the member's name if the word were not there.
_JOINED = re.compile(r"[ \t]*[^\W\d]")

_KINDS = {
    "function": types.CompletionItemKind.Function,
    "class": types.CompletionItemKind.Class,
    "instance": types.CompletionItemKind.Variable,
    "module": types.CompletionItemKind.Module,
    "param": types.CompletionItemKind.Variable,
    "property": types.CompletionItemKind.Property,
    "statement": types.CompletionItemKind.Variable,
    "keyword": types.CompletionItemKind.Field,
}


def ranked(names: NameSet, typed: str) -> list[Name]:
    """The names that begin with what is typed, whatever its case: public ones before private
    ones, private ones before those that begin with two underscores, then by name."""
    lower = typed.lower()
    found = [name for name in names.names if name.name.lower().startswith(lower)]

    def rank(name: Name) -> tuple[bool, bool, str, str]:
        private = name.name.startswith("__"), name.name.startswith("_")
        return *private, name.name.lower(), name.name

    return sorted(found, key=rank)


def item(name: Name, names: NameSet, order: int) -> types.CompletionItem:
    """One name. A keyword argument is inserted with its equals sign."""
    keyword = name.kind == "keyword" and names.monitor in ("keyword", "argument")
    doubt = "" if names.tier is Tier.CLOSED else "maybe not all"
    detail = " · ".join(part for part in (name.type, names.looked_at, doubt) if part)
    return types.CompletionItem(
        label=f"{name.name}=" if keyword else name.name,
        kind=_KINDS.get(name.kind, types.CompletionItemKind.Text),
        detail=detail or None,
        sort_text=f"{order:05}",
        filter_text=name.name,
    )


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Where a name is typed: the text around it, and all else that an answer may be read from.
    Another text, buffer, setting or file on disk makes another place."""

    before: str
    after: str
    buffers: tuple[Buffer, ...]
    epoch: int


@dataclass(frozen=True, slots=True)
class Known:
    """The newest names that a document was answered with. Old with its place."""

    place: ListPlace
    names: NameSet


async def completion(
    server: Server, view: View, position: types.Position, known_lists: dict[str, Known]
) -> types.CompletionList | None:
    """The list at ``position``, or ``None`` where nothing is known. ``known_lists`` are the newest
    ones, by document."""
    session, document = server.session, view.document
    offset = offset_of(document, position, view.encoding)
    start, end = word_at(document, offset) or (offset, offset)
    after = document.text[end:]
    line, character = document.lines.position(offset)
    snapshot = await session.snapshot(view)
    hole = hole_at(document.text, offset, session.tree(document))
    if hole.kind is HoleKind.ATTRIBUTE and not hole.store and not _JOINED.match(after):
        # The members are the same whatever is typed of one: the answer for the dot is used again.
        snapshot = snapshot.with_text(document.text[:start] + after)
        line, character = document.lines.position(start)
    place = ListPlace(document.text[:start], after, view.buffers, session.epoch)
    known = known_lists.get(document.uri)
    names = known.names if known is not None and known.place == place else None
    deadline_ms = DEADLINE_MS if names is None else KNOWN_DEADLINE_MS
    request = InspectRequest(snapshot, line, character, deadline_ms=deadline_ms)
    answer = await session.ask(request)
    if not answer.late:
        names = answer.names
        if names.tier is Tier.ABSTAIN:
            return None
        known_lists[document.uri] = Known(place, names)
    elif names is None:
        return types.CompletionList(is_incomplete=True, items=[])
    found = ranked(names, document.text[start:offset])
    shown = [item(name, names, order) for order, name in enumerate(found[:MOST_ITEMS])]
    incomplete = answer.late or len(found) > MOST_ITEMS
    return types.CompletionList(is_incomplete=incomplete, items=shown)


def register(server: Server) -> None:
    """Serve the request."""
    known_lists: dict[str, Known] = {}

    def closed(uri: str) -> None:
        known_lists.pop(uri, None)

    server.on_close(closed)

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["."])
    )
    async def text_document_completion(
        params: types.CompletionParams,
    ) -> types.CompletionList | None:
        view = server.session.view(params.text_document.uri)
        if not server.session.serves_language_features:
            return None
        work = completion(server, view, params.position, known_lists)
        return await server.session.latest("completion", view.document.uri, work)
