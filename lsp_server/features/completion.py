"""``textDocument/completion``: the names that may stand at the cursor, from the same sets as
guidance uses. Private names rank last; what the set's tier is stands in each item's detail.

Where the client shows ghost text the list does not open by itself at a dot, since it would take its
place; it is there when it is asked for."""

from __future__ import annotations

from lsprotocol import types

from engine.messages import InspectRequest, Name, NameSet, Tier
from lsp_server.positions import offset_of, word_at
from lsp_server.server import Server
from lsp_server.session import View

#: A list that comes later than this is in the way.
DEADLINE_MS = 1000
#: More are not read by anybody; the client asks again when more is typed.
MOST_ITEMS = 400

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


async def completion(
    server: Server, view: View, position: types.Position
) -> types.CompletionList | None:
    """The list at ``position``, or ``None`` where nothing is known."""
    session, document = server.session, view.document
    offset = offset_of(document, position, view.encoding)
    start, _ = word_at(document, offset) or (offset, offset)
    line, character = document.lines.position(offset)
    snapshot = await session.snapshot(view)
    request = InspectRequest(snapshot, line, character, deadline_ms=DEADLINE_MS)
    names = (await session.ask(request)).names
    if names.tier is Tier.ABSTAIN:
        return None
    found = ranked(names, document.text[start:offset])
    shown = [item(name, names, order) for order, name in enumerate(found[:MOST_ITEMS])]
    return types.CompletionList(is_incomplete=len(found) > MOST_ITEMS, items=shown)


def register(server: Server) -> None:
    """Serve the request."""

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["."])
    )
    async def text_document_completion(
        params: types.CompletionParams,
    ) -> types.CompletionList | None:
        view = server.session.view(params.text_document.uri)
        if not server.session.serves_language_features:
            return None
        work = completion(server, view, params.position)
        return await server.session.latest("completion", view.document.uri, work)
