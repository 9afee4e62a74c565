"""``textDocument/hover``: what the name under the cursor is, which version was looked at, and the
values it had in the newest debug run of the text as it is."""

from __future__ import annotations

from lsprotocol import types

from analysis.names import Tier
from engine.features.inspect import InspectAnswer, InspectRequest
from lsp_server.positions import offset_of, range_of, word_at
from lsp_server.server import Server
from lsp_server.session import View

FEATURE = types.TEXT_DOCUMENT_HOVER

#: Late is better than nothing: a client cancels what nobody waits for any more. After this,
#: analysis is stuck.
DEADLINE_MS = 10_000


def describe(word: str, answer: InspectAnswer) -> str:
    """What is known of ``word``, as plain text; ``""`` if nothing is."""
    names = answer.names
    name = next((n for n in names.names if n.name == word), None)
    if name is None:
        if names.tier is Tier.CLOSED and names.receiver_type:
            return f"{names.receiver_type} has no {word}" + _looked_at(names.looked_at)
        return ""
    kind = f"({name.kind}) " if name.kind else ""
    type_ = f": {name.type}" if name.type else ""
    of = f" of {names.receiver_type}" if names.receiver_type else ""
    return f"{kind}{word}{type_}{of}{_looked_at(names.looked_at)}"


def _looked_at(version: str) -> str:
    return f"\nlooked at {version}" if version else ""


async def hover(server: Server, view: View, position: types.Position) -> types.Hover | None:
    """The hover at ``position``, or ``None`` where there is nothing to say."""
    session, document = server.session, view.document
    word = word_at(document, offset_of(document, position, view.encoding))
    if word is None:
        return None
    name = document.text[slice(*word)]
    line, character = document.lines.position(word[1])
    told = []
    if session.serves_language_features:
        snapshot = await session.snapshot(view)
        request = InspectRequest(snapshot, line, character, deadline_ms=DEADLINE_MS)
        told.append(describe(name, await session.ask(request)))
    traced = session.traced.get(document.path)
    if traced is not None and traced.text == document.text:
        # No other server knows these.
        told.append(traced.values(name, line))
    if not any(told):
        return None
    text = "\n".join(part for part in told if part)
    contents = types.MarkupContent(types.MarkupKind.PlainText, text)
    return types.Hover(contents, range_of(document, *word, view.encoding))


def register(server: Server) -> None:
    """Serve the request."""

    @server.feature(FEATURE)
    async def text_document_hover(params: types.HoverParams) -> types.Hover | None:
        view = server.session.view(params.text_document.uri)
        return await hover(server, view, params.position)
