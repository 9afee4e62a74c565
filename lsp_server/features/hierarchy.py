"""Call and type hierarchy, from the code graph.

What rests on a name alone (a method of something unknown) is told as such in an item's detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lsprotocol import types

from analysis.symbols import Link, Symbol
from engine.features.graph import GraphQuestion
from lsp_server.graphs import ask_at, ask_marked, mark
from lsp_server.places import AnswerPlaces, kind_of
from lsp_server.positions import uri_of
from lsp_server.server import Server
from lsp_server.session import View

Item = TypeVar("Item", types.CallHierarchyItem, types.TypeHierarchyItem)
#: What can be called.
_CALLABLE = frozenset({"FUNCTION", "METHOD", "CLASS"})
_BY_NAME = "by name"


async def item_of(
    kind: type[Item], places: AnswerPlaces, symbol: Symbol, how: str = ""
) -> Item | None:
    """A symbol as an item; ``None`` where it has no place in the project."""
    whole = await places.range(symbol.path, symbol.span)
    name = await places.range(symbol.path, symbol.name_span, symbol.name)
    if whole is None or name is None:
        return None
    container, _, _ = symbol.qualified_name.rpartition(".")
    return kind(
        name=symbol.name,
        kind=kind_of(symbol),
        uri=uri_of(symbol.path),
        range=whole,
        selection_range=name,
        detail=f"{container} ({how})" if how == _BY_NAME else container or None,
        data=mark(symbol),
    )


async def prepare(
    server: Server,
    view: View,
    position: types.Position,
    kind: type[Item],
    wanted: frozenset[str],
) -> list[Item] | None:
    """The item at ``position`` if it is of a ``wanted`` kind."""
    answer = await ask_at(server, view, position, GraphQuestion.PREPARE)
    if answer.symbol is None or answer.symbol.kind not in wanted:
        return None
    item = await item_of(kind, AnswerPlaces(server.session), answer.symbol)
    return [item] if item else None


def grouped(links: Sequence[Link]) -> list[tuple[Symbol, list[Link]]]:
    """Links by the symbol at their other end, in order of first appearance."""
    found: dict[tuple[str, str], tuple[Symbol, list[Link]]] = {}
    for link in links:
        key = (link.symbol.qualified_name, link.symbol.path)
        found.setdefault(key, (link.symbol, []))[1].append(link)
    return list(found.values())


async def calls(
    server: Server, data: object, question: GraphQuestion
) -> list[tuple[types.CallHierarchyItem, list[types.Range]]]:
    """Who calls the symbol, or whom it calls, with the places of the calls."""
    answer = await ask_marked(server, data, question)
    places = AnswerPlaces(server.session)
    found = []
    for symbol, links in grouped(answer.links):
        item = await item_of(types.CallHierarchyItem, places, symbol, links[0].how)
        ranges = [await places.range(link.path, link.span) for link in links]
        if item is not None:
            found.append((item, [r for r in ranges if r]))
    return found


async def types_around(
    server: Server, data: object, question: GraphQuestion
) -> list[types.TypeHierarchyItem]:
    """The bases of a class or the classes that name it as theirs."""
    answer = await ask_marked(server, data, question)
    places = AnswerPlaces(server.session)
    found = [await item_of(types.TypeHierarchyItem, places, link.symbol) for link in answer.links]
    return [item for item in found if item]


def register(server: Server) -> None:
    """Serve the requests."""

    @server.feature(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY)
    async def prepare_calls(
        params: types.CallHierarchyPrepareParams,
    ) -> list[types.CallHierarchyItem] | None:
        view = server.session.view(params.text_document.uri)
        return await prepare(server, view, params.position, types.CallHierarchyItem, _CALLABLE)

    @server.feature(types.CALL_HIERARCHY_INCOMING_CALLS)
    async def incoming(
        params: types.CallHierarchyIncomingCallsParams,
    ) -> list[types.CallHierarchyIncomingCall]:
        found = await calls(server, params.item.data, GraphQuestion.CALLERS)
        return [types.CallHierarchyIncomingCall(item, ranges) for item, ranges in found]

    @server.feature(types.CALL_HIERARCHY_OUTGOING_CALLS)
    async def outgoing(
        params: types.CallHierarchyOutgoingCallsParams,
    ) -> list[types.CallHierarchyOutgoingCall]:
        found = await calls(server, params.item.data, GraphQuestion.CALLEES)
        return [types.CallHierarchyOutgoingCall(item, ranges) for item, ranges in found]

    @server.feature(types.TEXT_DOCUMENT_PREPARE_TYPE_HIERARCHY)
    async def prepare_types(
        params: types.TypeHierarchyPrepareParams,
    ) -> list[types.TypeHierarchyItem] | None:
        view = server.session.view(params.text_document.uri)
        wanted = frozenset({"CLASS"})
        return await prepare(server, view, params.position, types.TypeHierarchyItem, wanted)

    @server.feature(types.TYPE_HIERARCHY_SUPERTYPES)
    async def supertypes(
        params: types.TypeHierarchySupertypesParams,
    ) -> list[types.TypeHierarchyItem]:
        return await types_around(server, params.item.data, GraphQuestion.SUPERTYPES)

    @server.feature(types.TYPE_HIERARCHY_SUBTYPES)
    async def subtypes(params: types.TypeHierarchySubtypesParams) -> list[types.TypeHierarchyItem]:
        return await types_around(server, params.item.data, GraphQuestion.SUBTYPES)
