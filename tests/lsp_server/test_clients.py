"""A session as each kind of client has it: marks under what does not exist, and their fixes.

Through the installed server, under the capabilities of real clients, in every encoding. The text
holds what counts differently in each, in front of what is looked for.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient

from tests.lsp_server.raw_client import PATIENCE, PILOTFISH

pytestmark = pytest.mark.process

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "clients"
CLIENTS = ("neovim_0.11", "neovim_0.12_like", "vscode_like", "bare")
ENCODINGS = ("utf-8", "utf-16", "utf-32")
CONVERTER = get_converter()

BEFORE = "import json\r\n\f\nnote = '🎈é\u2028'; json.dumpz(note)\n"
WRONG, RIGHT = "dumpz", "dumps"


class Editor:
    """A client with one document, counting columns in ``encoding``."""

    def __init__(self, client: LanguageClient, encoding: str, uri: str, text: str) -> None:
        self.client = client
        self.encoding = encoding
        self.uri = uri
        self.text = text
        self.version = 1
        item = types.TextDocumentItem(uri, "python", 1, text)
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def _units(self, text: str) -> int:
        if self.encoding == "utf-8":
            return len(text.encode())
        return len(text.encode("utf-16-le")) // 2 if self.encoding == "utf-16" else len(text)

    def position(self, offset: int) -> types.Position:
        before = self.text[:offset].replace("\r\n", "\n")
        line = before.count("\n")
        return types.Position(line, self._units(before.split("\n")[-1]))

    def span(self, word: str) -> types.Range:
        start = self.text.index(word)
        return types.Range(self.position(start), self.position(start + len(word)))

    def offset(self, position: types.Position) -> int:
        places = [n for n in range(len(self.text) + 1) if self.text[n - 1 : n + 1] != "\r\n"]
        return next(n for n in places if self.position(n) == position)

    def apply(self, edits: list[types.TextEdit]) -> None:
        """Apply the server's edits here, and tell it so as an editor does."""
        assert len(edits) == 1
        (edit,) = edits
        start, end = self.offset(edit.range.start), self.offset(edit.range.end)
        self.text = self.text[:start] + edit.new_text + self.text[end:]
        self.version += 1
        change = types.TextDocumentContentChangePartial(edit.range, edit.new_text)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri), [change]
            )
        )

    async def diagnostics(self) -> list[types.Diagnostic]:
        """Pulled, or the next that are pushed."""
        capabilities = self.client.capabilities
        assert capabilities is not None
        if capabilities.text_document and capabilities.text_document.diagnostic:
            report = await self.client.text_document_diagnostic_async(
                types.DocumentDiagnosticParams(types.TextDocumentIdentifier(self.uri))
            )
            assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
            return list(report.items)
        await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        return list(self.client.diagnostics[self.uri])

    async def ours(self) -> list[types.Diagnostic]:
        """Pilotfish's own, which come after ruff's in a document that was just opened."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if found := [d for d in await self.diagnostics() if d.source == "pilotfish"]:
                    return found

    async def actions(self, span: types.Range, only: list[str] | None = None) -> list[Any]:
        return list(
            await self.client.text_document_code_action_async(
                types.CodeActionParams(
                    types.TextDocumentIdentifier(self.uri),
                    span,
                    types.CodeActionContext([], only=only),
                )
            )
            or []
        )


@asynccontextmanager
async def session(
    environment: dict[str, str], name: str, encoding: str, folder: Path, **options: Any
) -> AsyncIterator[LanguageClient]:
    """A client with the capabilities of the fixture ``name`` that has shaken hands."""
    fixture = json.loads((FIXTURES / f"{name}.json").read_text())
    if name != "bare":
        fixture["capabilities"]["general"]["positionEncodings"] = [encoding]
    config = ClientServerConfig([PILOTFISH, "serve"], server_env=environment)
    client = await config.start()
    assert isinstance(client, LanguageClient)
    params = types.InitializeParams(
        capabilities=CONVERTER.structure(fixture["capabilities"], types.ClientCapabilities),
        workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
        initialization_options={"inlineCompletion": {"enabled": False}, **options},
    )
    try:
        result = await client.initialize_session(params)
        assert result.capabilities.position_encoding == encoding
        yield client
        await client.shutdown_session()
    finally:
        process = client._server
        if process is not None and process.returncode is None:
            process.kill()  # the test has failed: there is nobody to part from politely
        await client.stop()  # type: ignore[no-untyped-call]


def _edits(edit: types.WorkspaceEdit, uri: str, version: int) -> list[types.TextEdit]:
    """The edits of the one document, which are versioned where the client can tell versions."""
    if edit.changes is not None:
        return list(edit.changes[uri])
    (change,) = edit.document_changes or []
    assert isinstance(change, types.TextDocumentEdit)
    assert (change.text_document.uri, change.text_document.version) == (uri, version)
    return [e for e in change.edits if isinstance(e, types.TextEdit)]


#: Each client in an encoding of its own; `make test` adds the others.
QUICK = {
    ("neovim_0.11", "utf-8"),
    ("neovim_0.12_like", "utf-32"),
    ("vscode_like", "utf-16"),
    ("bare", "utf-16"),
}
MATRIX = [
    pytest.param(*pair, marks=[] if pair in QUICK else [pytest.mark.editor])
    for pair in itertools.product(CLIENTS, ENCODINGS)
    # Without the capability there is only what the protocol falls back to.
    if pair[0] != "bare" or pair[1] == "utf-16"
]


@pytest.mark.parametrize(("name", "encoding"), MATRIX)
async def test_an_invented_member_is_marked_and_fixed(
    environment: dict[str, str], tmp_path: Path, name: str, encoding: str
) -> None:
    path = tmp_path / "a b%20.py"
    async with session(environment, name, encoding, tmp_path) as client:
        editor = Editor(client, encoding, path.as_uri(), BEFORE)
        wrong = await editor.ours()
        assert [(d.range, d.severity) for d in wrong] == [
            (editor.span(WRONG), types.DiagnosticSeverity.Error)
        ]
        assert RIGHT in wrong[0].message
        actions = await editor.actions(editor.span(WRONG), ["quickfix"])
        if name == "bare":
            assert actions == []  # it knows commands only, and this is none
            return
        offered = next(a for a in actions if RIGHT in a.title)
        assert (offered.edit is None) is (offered.data is not None)
        fix = await client.code_action_resolve_async(offered) if offered.data else offered
        assert fix.edit is not None
        editor.apply(_edits(fix.edit, editor.uri, 1))
        assert editor.text == BEFORE.replace(WRONG, RIGHT)
        assert not [d for d in await editor.diagnostics() if d.source == "pilotfish"]
        assert [a for a in await editor.actions(editor.span(RIGHT)) if a.edit or a.data] == []
        if offered.data:
            with pytest.raises(JsonRpcException, match="has changed"):
                await client.code_action_resolve_async(offered)


async def test_a_pull_names_its_result(environment: dict[str, str], tmp_path: Path) -> None:
    async with session(environment, "vscode_like", "utf-16", tmp_path) as client:
        editor = Editor(client, "utf-16", "untitled:Untitled-1", BEFORE)
        identifier = types.TextDocumentIdentifier(editor.uri)
        await editor.ours()
        first = await client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(identifier)
        )
        assert isinstance(first, types.RelatedFullDocumentDiagnosticReport)
        again = await client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(identifier, previous_result_id=first.result_id)
        )
        assert isinstance(again, types.RelatedUnchangedDocumentDiagnosticReport)


async def test_hover_tells_what_a_name_is(environment: dict[str, str], tmp_path: Path) -> None:
    async with session(environment, "vscode_like", "utf-16", tmp_path) as client:
        editor = Editor(client, "utf-16", (tmp_path / "a.py").as_uri(), "import json\njson.dumps\n")
        hover = None
        while hover is None:
            # A worker that has just begun may be later than a hover waits.
            hover = await client.text_document_hover_async(
                types.HoverParams(
                    types.TextDocumentIdentifier(editor.uri), editor.span("dumps").start
                )
            )
        assert isinstance(hover.contents, types.MarkupContent)
        assert "dumps" in hover.contents.value
        assert hover.range == editor.span("dumps")
        nothing = await client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(editor.uri), types.Position(2, 0))
        )
        assert nothing is None


async def test_settings_come_with_the_start_and_later(
    environment: dict[str, str], tmp_path: Path
) -> None:
    options = {"diagnostics": {"enabled": False}}
    async with session(environment, "vscode_like", "utf-16", tmp_path, **options) as client:
        editor = Editor(client, "utf-16", (tmp_path / "a.py").as_uri(), BEFORE)
        assert await editor.diagnostics() == []
        client.workspace_did_change_configuration(
            types.DidChangeConfigurationParams({"pilotfish": {"diagnostics": {"enabled": True}}})
        )
        assert await editor.ours() != []
