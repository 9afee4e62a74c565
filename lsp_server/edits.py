"""From a unified diff to edits of open documents, as the client takes them.

Diffs come from a repair. They are applied only where every line they speak of is there, and only
to files that a repair may touch. Edits are versioned where the client can refuse stale ones, and
annotated if they are unsure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from lsprotocol import types

from analysis.errors import AnalysisError
from analysis.text import PROTECTED, Document, Encoding
from lsp_server.client import Client
from lsp_server.positions import range_of

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
#: What ends a line of a diff; its text may hold carriage returns of its own.
_NO_NEWLINE = "\\"
_ANNOTATION = "pilotfish-unverified"


class PatchError(AnalysisError):
    """A diff does not fit the text it is about, or may not be applied."""


@dataclass(frozen=True, slots=True)
class FilePatch:
    """The part of a diff that is about one file; ``path`` is relative to the workspace root."""

    path: str
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines from ``start`` (0-based) on: ``before`` becomes ``after``. Lines keep their ends."""

    start: int
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def first_change(self) -> int:
        """The first line (0-based) that is different afterwards."""
        return self.start + _common(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Replacement:
    """Replace the code points from ``start`` to ``end`` by ``text``."""

    start: int
    end: int
    text: str


def read_diff(diff: str) -> tuple[FilePatch, ...]:
    """The files of a unified diff. Raises :class:`PatchError` for what is none."""
    lines = diff.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    files: list[FilePatch] = []
    index = 0
    while index < len(lines):
        if not lines[index].startswith("--- "):
            index += 1
            continue
        if index + 1 >= len(lines) or not lines[index + 1].startswith("+++ "):
            raise PatchError("a diff names only one side of a file", where="diff")
        path = _path(lines[index + 1][4:])
        index += 2
        hunks: list[Hunk] = []
        while index < len(lines) and (match := _HUNK.match(lines[index])):
            hunk, index = _hunk(lines, index + 1, match)
            hunks.append(hunk)
        files.append(FilePatch(path, tuple(hunks)))
    if not files:
        raise PatchError("there is no diff in this text", where="diff")
    return tuple(files)


def _path(header: str) -> str:
    name = header.split("\t")[0].rstrip("\r")
    if name.startswith('"') and name.endswith('"'):
        # git quotes names that are not ASCII, as octal escapes of their UTF-8 bytes.
        name = name[1:-1].encode("latin-1").decode("unicode_escape").encode("latin-1").decode()
    _, _, path = name.partition("/")
    parts = PurePosixPath(path).parts
    if not path or path.startswith("/") or ".." in parts:
        raise PatchError("the diff leaves the workspace", where=name)
    if PROTECTED.intersection(parts):
        raise PatchError("a repair does not touch this file", where=path)
    return path


def _hunk(lines: list[str], index: int, match: re.Match[str]) -> tuple[Hunk, int]:
    first, old, new = int(match[1]), int(match[2] or 1), int(match[4] or 1)
    before: list[str] = []
    after: list[str] = []
    last: list[list[str]] = []
    while index < len(lines) and (
        len(before) < old or len(after) < new or lines[index].startswith(_NO_NEWLINE)
    ):
        line = lines[index]
        mark, text = line[:1] or " ", line[1:] + "\n"
        if mark == _NO_NEWLINE:
            for side in last:
                side[-1] = side[-1][:-1]
        elif mark in " -+":
            last = [side for side, marks in ((before, " -"), (after, " +")) if mark in marks]
            for side in last:
                side.append(text)
        else:
            raise PatchError("a hunk of the diff is cut", where="diff")
        index += 1
    if len(before) != old or len(after) != new:
        raise PatchError("a hunk of the diff is cut", where="diff")
    # A hunk without old lines names the line behind which it inserts.
    return Hunk(first - 1 if old else first, tuple(before), tuple(after)), index


def replacements(patch: FilePatch, document: Document) -> tuple[Replacement, ...]:
    """The edits that make ``patch`` true in ``document``, in order, as small as whole lines go.

    Raises :class:`PatchError` unless every line that the patch expects is there.
    """
    lines = _lines(document.text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found: list[Replacement] = []
    for hunk in patch.hunks:
        there = tuple(lines[hunk.start : hunk.start + len(hunk.before)])
        if there != hunk.before:
            raise PatchError("the file is not what the patch was made for", where=patch.path)
        head = _common(hunk.before, hunk.after)
        tail = _common(hunk.before[head:][::-1], hunk.after[head:][::-1])
        first, last = hunk.start + head, hunk.start + len(hunk.before) - tail
        text = "".join(hunk.after[head : len(hunk.after) - tail])
        found.append(Replacement(starts[first], starts[last], text))
    return tuple(found)


def _lines(text: str) -> list[str]:
    """Lines as a diff has them: only a line feed ends one."""
    parts = text.split("\n")
    lines = [part + "\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _common(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    return sum(1 for _ in _while_equal(a, b))


def _while_equal(a: tuple[str, ...], b: tuple[str, ...]) -> Iterator[None]:
    for left, right in zip(a, b, strict=False):
        if left != right:
            return
        yield


def apply(found: tuple[Replacement, ...], text: str) -> str:
    """``text`` after the replacements."""
    for edit in reversed(found):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


# ---------------------------------------------------------------------- as the client takes them


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
