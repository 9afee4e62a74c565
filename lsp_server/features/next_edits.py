"""``textDocument/copilotInlineEdit`` and a code action: the places that must follow an edit.

The request is that of GitHub's language server, so plugins for its next edit suggestions work with
this one. Nothing is proposed that is not the only thing to do (``analysis.next_edits``), so an
empty answer is the usual one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

from lsprotocol import types

from analysis.findings import Fix
from analysis.text import Document, Encoding
from analysis.text.overlay import Content
from engine.client import ExplainedError
from engine.features.next_edits import NextEditsAnswer, NextEditsRequest
from lsp_server.capabilities import KIND_REWRITE, METHOD_DID_SHOW_INLINE_EDIT, METHOD_INLINE_EDIT
from lsp_server.client import Client
from lsp_server.edits import FileEdit, workspace_edit
from lsp_server.failures import INVALID_PARAMS, FeatureError, superseded
from lsp_server.features.code_action import Actions, replacements_of
from lsp_server.graphs import field_of
from lsp_server.places import AnswerPlaces
from lsp_server.positions import offset_of, range_of
from lsp_server.server import Server
from lsp_server.session import View

#: Seconds without a change after which the next change begins another edit.
REST_SECONDS = 1.0
#: Edits of a document whose beginnings are kept: a person may take several proposals after one.
MOST_EARLIER = 8
#: How long an editor's mark waits, and a menu, which holds quick fixes as well: the first question
#: in a project reads all its files.
MARK_S, MENU_S = 30.0, 0.3


class Editing:
    """The texts from which the newest edits of each open document began."""

    def __init__(self, server: Server) -> None:
        self._session = server.session
        self._newest: dict[str, tuple[Document, float]] = {}
        self._earlier: dict[str, deque[Content]] = {}
        server.on_change(self._changed)
        server.on_close(self._forget)

    def earlier(self, document: Document) -> tuple[Content, ...]:
        """The texts before ``document``, the newest first."""
        return tuple(self._earlier.get(document.uri, ()))

    def _changed(self, uri: str) -> None:
        entry = self._session.documents.entry(uri)
        before = self._newest.get(uri)
        self._newest[uri] = entry.document, entry.changed_at
        if before is not None and entry.changed_at - before[1] >= REST_SECONDS:
            kept = self._earlier.setdefault(uri, deque(maxlen=MOST_EARLIER))
            kept.appendleft(Content(before[0].text))
        elif before is not None and uri not in self._earlier:
            self._earlier[uri] = deque([Content(before[0].text)], maxlen=MOST_EARLIER)

    def _forget(self, uri: str) -> None:
        self._newest.pop(uri, None)
        self._earlier.pop(uri, None)


class NextEdits:
    """Asks the engine once for each version of a document and of the other open files."""

    def __init__(self, server: Server) -> None:
        self._session = server.session
        self._editing = Editing(server)
        self._asked: dict[str, tuple[View, int, asyncio.Task[NextEditsAnswer]]] = {}
        server.on_close(self._forget)

    async def of(self, view: View, seconds: float) -> NextEditsAnswer:
        """What must follow the last edits of ``view``; nothing where that is not known in time,
        and then the next time, for the question goes on.

        Raises ``FeatureError`` (content modified) when one of the open files changes meanwhile.
        """
        uri, epoch = view.document.uri, self._session.epoch
        known = self._asked.get(uri)
        if known is None or known[1] != epoch or not _same(known[0], view):
            self._forget(uri)
            task = asyncio.ensure_future(self._ask(view))
            # Whoever waits is told; without anyone, a failure is of no interest.
            task.add_done_callback(lambda t: t.cancelled() or t.exception())
            known = self._asked[uri] = view, epoch, task
        await asyncio.wait([known[2]], timeout=seconds)
        if not _same(self._session.view(uri), view):
            raise superseded("an open file has changed")
        done = known[2].done() and not known[2].cancelled()
        return known[2].result() if done else NextEditsAnswer()

    async def _ask(self, view: View) -> NextEditsAnswer:
        earlier = self._editing.earlier(view.document)
        if not earlier:
            return NextEditsAnswer()
        try:
            request = NextEditsRequest(await self._session.snapshot(view), earlier)
            return await self._session.ask(request)
        except ExplainedError as error:
            self._session.notices.note(f"next edits: {error}")
            return NextEditsAnswer()

    def _forget(self, uri: str) -> None:
        if (asked := self._asked.pop(uri, None)) is not None:
            asked[2].cancel()


def _same(one: View, other: View) -> bool:
    """Whether they show the same texts in all open files."""
    return one.document is other.document and one.buffers == other.buffers


async def files_of(server: Server, answer: NextEditsAnswer) -> list[FileEdit]:
    """The answer as edits of documents; nothing where one cannot be read any more."""
    places, found = AnswerPlaces(server.session), []
    for file in answer.files:
        document = await places.document(file.path)
        if document is None:
            return []
        is_open = server.session.documents.get(document.uri) is document
        replacements = replacements_of(document, Fix(file.title, file.edits))
        found.append(FileEdit(document, replacements, document.version if is_open else None))
    return found


def inline_edits(files: Sequence[FileEdit], offset: int, encoding: Encoding) -> dict[str, Any]:
    """The edits of open documents as GitHub's server gives them: in the first document from
    ``offset`` on, then those before it, then those in others."""
    found: list[dict[str, Any]] = []
    for number, file in enumerate(files):
        if file.version is None:
            continue
        first = offset if number == 0 else 0
        for edit in sorted(file.replacements, key=lambda each: each.start < first):
            where = range_of(file.document, edit.start, edit.end, encoding)
            document = {"uri": file.document.uri, "version": file.version}
            found.append({"text": edit.text, "range": where, "textDocument": document})
    return {"edits": found}


def action_of(files: Sequence[FileEdit], client: Client) -> types.CodeAction:
    """The code action that makes all edits at once."""
    count = sum(len(file.replacements) for file in files)
    places = "1 place that follows" if count == 1 else f"{count} places that follow"
    where = f" (in {len(files)} files)" if len(files) > 1 else ""
    return types.CodeAction(
        title=f"Update {places} this edit{where}",
        kind=KIND_REWRITE,
        edit=workspace_edit(files, client),
    )


def register(server: Server) -> None:
    """Serve the request, and offer the code action."""
    next_edits = NextEdits(server)

    @server.feature(METHOD_INLINE_EDIT)
    async def copilot_inline_edit(params: Any) -> dict[str, Any]:
        uri = field_of(field_of(params, "textDocument"), "uri")
        position = field_of(params, "position")
        line, character = field_of(position, "line"), field_of(position, "character")
        if not (isinstance(uri, str) and isinstance(line, int) and isinstance(character, int)):
            raise FeatureError(INVALID_PARAMS, f"{METHOD_INLINE_EDIT} takes a document and place")
        view = server.session.view(uri)
        offset = offset_of(view.document, types.Position(line, character), view.encoding)
        answer = await server.session.latest(METHOD_INLINE_EDIT, uri, next_edits.of(view, MARK_S))
        return inline_edits(await files_of(server, answer), offset, view.encoding)

    @server.feature(METHOD_DID_SHOW_INLINE_EDIT)
    def did_show_inline_edit(params: Any) -> None:
        del params  # GitHub's server counts; nothing is counted here.

    async def offer(view: View, offset: int) -> Actions:
        del offset
        if not server.session.client.code_action_literals:
            return []
        files = await files_of(server, await next_edits.of(view, MENU_S))
        return [action_of(files, server.session.client)] if files else []

    server.action_offers.append(offer)
