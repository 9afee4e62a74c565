"""Edits as the client takes them: versioned where it can refuse stale ones, annotated if unsure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lsprotocol import types

from analysis.text import Document, Encoding
from lsp_server.client import Client
from lsp_server.patches import Replacement
from lsp_server.positions import range_of

_ANNOTATION = "pilotfish-unverified"


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Replacements in one file. ``version`` is ``None`` for a file that is not open."""

    document: Document
    replacements: tuple[Replacement, ...]
    version: int | None = None


def workspace_edit(
    files: Sequence[FileEdit], client: Client, *, doubt: str = ""
) -> types.WorkspaceEdit:
    """The edit of ``files`` in the form that ``client`` knows.

    With ``doubt`` the client asks the person before it applies anything, if it can; the text says
    why (:func:`can_ask` tells whether it can).
    """
    encoding = Encoding(client.encoding)
    if not client.document_changes:
        return types.WorkspaceEdit(
            changes={f.document.uri: list(_text_edits(f, encoding)) for f in files}
        )
    asks = bool(doubt) and can_ask(client)
    changes: list[types.TextDocumentEdit] = []
    for file in files:
        edits: list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit] = []
        for edit in _text_edits(file, encoding):
            edits.append(
                types.AnnotatedTextEdit(_ANNOTATION, edit.range, edit.new_text) if asks else edit
            )
        identifier = types.OptionalVersionedTextDocumentIdentifier(
            uri=file.document.uri, version=file.version
        )
        changes.append(types.TextDocumentEdit(identifier, edits))
    annotation = types.ChangeAnnotation("Not verified", needs_confirmation=True, description=doubt)
    return types.WorkspaceEdit(
        document_changes=list(changes),
        change_annotations={_ANNOTATION: annotation} if asks else None,
    )


def can_ask(client: Client) -> bool:
    """Whether the client itself asks before it applies an edit that is in doubt."""
    return client.change_annotations and client.document_changes


def _text_edits(file: FileEdit, encoding: Encoding) -> list[types.TextEdit]:
    return [
        types.TextEdit(range_of(file.document, r.start, r.end, encoding), r.text)
        for r in file.replacements
    ]
