"""``textDocument/inlineCompletion``: ghost text.

A suggestion stays good while the person types what it begins with: then the rest of it is given at
once, without the engine. Anything else waits until the document rests, and a newer request stops
the older one.

Where a person asks for one, or for another one, a few alternatives follow the first.

Where analysis was late a suggestion is shown unchecked, looked at once more when analysis is there,
and withdrawn if it holds what does not exist.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types

from analysis.findings import Severity
from analysis.snapshot import Snapshot
from analysis.text import Document, Encoding
from engine.client import RequestFailedError
from engine.features.check import CheckRequest
from engine.features.complete import CompleteRequest
from lsp_server.capabilities import NOTIFICATION_WITHDRAWN
from lsp_server.positions import offset_of, range_of
from lsp_server.server import Server
from lsp_server.session import Session, View
from lsp_server.times import SuggestionTime

FEATURE = types.TEXT_DOCUMENT_INLINE_COMPLETION

#: Samples besides the first text: few differ where the context says what must come.
ALTERNATIVES = 4


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What was offered where: the text around the cursor, and the text to insert there."""

    before: str
    after: str
    text: str

    def rest_at(self, text: str, offset: int) -> str | None:
        """What is left to insert when the document is ``text`` and the cursor at ``offset``.

        ``None`` unless all that happened since is that the beginning of the suggestion was typed;
        ``""`` when all of it was.
        """
        typed = offset - len(self.before)
        if (
            0 <= typed <= len(self.text)
            and len(text) - offset == len(self.after)
            and text.startswith(self.before)
            and text.startswith(self.text[:typed], len(self.before))
            and text.endswith(self.after)
        ):
            return self.text[typed:]
        return None


@dataclass(frozen=True, slots=True)
class Place:
    """Where to complete: a text, an offset into it, and what an item is to replace there.

    ``head`` is text that the item must begin with: the entry selected in the completion list.
    """

    text: str
    offset: int
    replaced: tuple[int, int]
    head: str = ""


def place_of(document: Document, params: types.InlineCompletionParams, encoding: Encoding) -> Place:
    """The place that the parameters name.

    With an entry selected in the client's completion list, the place is where the cursor would be
    had that entry been accepted; ghost text continues it (LSP 3.18, *SelectedCompletionInfo*).
    """
    offset = offset_of(document, params.position, encoding)
    selected = params.context.selected_completion_info
    if selected is None:
        return Place(document.text, offset, (offset, offset))
    start = offset_of(document, selected.range.start, encoding)
    end = max(start, offset_of(document, selected.range.end, encoding))
    text = document.text[:start] + selected.text + document.text[end:]
    return Place(text, start + len(selected.text), (start, end), selected.text)


def to_list(
    document: Document, place: Place, texts: Sequence[str], encoding: Encoding
) -> types.InlineCompletionList:
    """The answer that inserts one of ``texts`` at ``place``, the best first.

    Plain strings, never a snippet: what the model writes is inserted as it is.
    """
    where = range_of(document, *place.replaced, encoding)
    items = [types.InlineCompletionItem(place.head + text, range=where) for text in texts]
    return types.InlineCompletionList(items=items)


class Suggestions:
    """The newest suggestions of each document."""

    def __init__(self) -> None:
        self._newest: dict[str, list[Suggestion]] = {}
        #: What was withdrawn last in each document: it is not shown again there.
        self._withdrawn: dict[str, Suggestion] = {}

    def recall(self, uri: str, place: Place) -> list[str]:
        """What is left of the newest suggestions, of those that are still good."""
        newest = self._newest.get(uri, [])
        return [rest for each in newest if (rest := each.rest_at(place.text, place.offset))]

    def keep(self, uri: str, place: Place, texts: Sequence[str]) -> list[Suggestion]:
        """Remember suggestions, in the place of those before them, but for the one that was
        withdrawn."""
        before, after = place.text[: place.offset], place.text[place.offset :]
        made = [Suggestion(before, after, text) for text in texts]
        self._newest[uri] = [each for each in made if each != self._withdrawn.get(uri)]
        return self._newest[uri]

    def withdraw(self, uri: str, suggestion: Suggestion) -> bool:
        """Forget a suggestion for good; whether it was still among the newest."""
        self._withdrawn[uri] = suggestion
        if suggestion not in self._newest.get(uri, []):
            return False
        self._newest[uri].remove(suggestion)
        return True

    def forget(self, uri: str) -> None:
        """Drop what is kept of a document."""
        self._newest.pop(uri, None)
        self._withdrawn.pop(uri, None)


async def suggest(
    session: Session, suggestions: Suggestions, view: View, params: types.InlineCompletionParams
) -> types.InlineCompletionList:
    """The suggestions for ``view``, from memory or from the engine.

    Raises ``FeatureError`` (content modified) when the document changes before it is there.
    """
    begin = time.monotonic()
    document, options = view.document, view.settings.inline_completion
    place = place_of(document, params, view.encoding)
    if not options.enabled or session.pauses.hold(document.path):
        return types.InlineCompletionList(items=[])
    automatic = params.context.trigger_kind is types.InlineCompletionTriggerKind.Automatic
    remembered = suggestions.recall(document.uri, place)
    if remembered and (automatic or len(remembered) > 1):
        session.times.note(SuggestionTime(_since(begin), remembered=True))
        return to_list(document, place, remembered, view.encoding)
    if automatic:
        await session.rest(view, options.debounce_ms)
    rest = _since(begin)
    snapshot = (await session.snapshot(view)).with_text(place.text)
    line, character = Document(place.text).lines.position(place.offset)
    request = CompleteRequest(
        snapshot,
        line,
        character,
        guidance=options.guidance,
        max_tokens=options.max_tokens,
        multiline=None if isinstance(options.multiline, str) else options.multiline,
        deadline_ms=options.deadline_ms,
        alternatives=0 if automatic else ALTERNATIVES,
    )
    try:
        answer = await session.ask(request)
    except RequestFailedError as error:
        if error.kind != "cancelled":
            session.note_trouble(str(error))
        raise
    session.note_trouble("")
    session.require_current(view)
    text, spent = answer.completion.text, answer.completion.ms
    # What a hint was waited for is no time of the model's.
    model = spent.prefill + spent.decode
    session.times.note(SuggestionTime(_since(begin), rest, model, spent.prefill))
    # What is shown already stays the first.
    texts = dict.fromkeys([*remembered, text, *(each.text for each in answer.alternatives)])
    kept = suggestions.keep(document.uri, place, [text for text in texts if text])
    if answer.completion.unchecked:
        for each in kept:
            if each.text == text:
                session.spawn(check_late(session, suggestions, document.uri, each, snapshot))
    return to_list(document, place, [each.text for each in kept], view.encoding)


async def check_late(
    session: Session, suggestions: Suggestions, uri: str, shown: Suggestion, around: Snapshot
) -> None:
    """Look at a suggestion when analysis is there, and withdraw it if it holds what does not
    exist. ``around`` is the view of its document."""
    lines = Document(shown.before + shown.text).lines
    first, last = lines.position(len(shown.before)), lines.position(len(shown.before + shown.text))
    snapshot = around.with_text(shown.before + shown.text + shown.after)
    with contextlib.suppress(RequestFailedError):  # nothing is known: it stays as it is
        answer = await session.ask(CheckRequest(snapshot, ruff=False))
        wrong = [
            finding.message
            for finding in answer.findings
            if finding.severity is Severity.ERROR
            and (finding.line, finding.character) < last
            and first < (finding.end_line, finding.end_character)
        ]
        if wrong and suggestions.withdraw(uri, shown) and session.client.withdrawals:
            told = {"uri": uri, "text": shown.text, "reason": wrong[0]}
            session.notify(NOTIFICATION_WITHDRAWN, told)


def _since(begin: float) -> float:
    return (time.monotonic() - begin) * 1000


def register(server: Server) -> None:
    """Serve the request."""
    suggestions = Suggestions()

    @server.feature(FEATURE)
    async def inline_completion(
        params: types.InlineCompletionParams,
    ) -> types.InlineCompletionList:
        session = server.session
        view = session.view(params.text_document.uri)
        work = suggest(session, suggestions, view, params)
        return await session.latest(FEATURE, params.text_document.uri, work)

    server.on_close(suggestions.forget)
