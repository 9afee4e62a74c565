"""What findings and patches look like as diagnostics, code actions and edits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from lsprotocol import types

from analysis.findings import Edit, Finding, Fix, Severity
from analysis.text import Document, Encoding
from engine.features.fix import FixAnswer
from lsp_server.client import Client, read_client
from lsp_server.edits import FileEdit, Replacement, can_ask, workspace_edit
from lsp_server.features.code_action import fix_all, quick_fixes, wants
from lsp_server.features.diagnostics import report, to_diagnostics
from lsp_server.handshake import Greeting
from lsp_server.outcomes import actions, fixed
from lsp_server.positions import uri_of
from lsp_server.server import Server
from lsp_server.session import View
from lsp_server.settings import Settings
from tests.lsp_server.silent_engine import SilentEngine

CLIENTS = Path(__file__).resolve().parents[1] / "fixtures" / "clients"
TEXT = "s = '🎈é'; s.uper()\r\ns.lowr()\n"
DOCUMENT = Document(TEXT, "/w/a.py", "file:///w/a.py", 7)


def client(name: str) -> Client:
    return read_client(json.loads((CLIENTS / f"{name}.json").read_text()))


#: Gets its edits with the offer.
PLAIN = replace(client("vscode_like"), resolves_edits=False)


def finding(line: int, start: int, end: int, *fixes: Fix) -> Finding:
    message = "str has no such attribute"
    severity = Severity.ERROR
    return Finding(
        "/w/a.py",
        line,
        start,
        line,
        end,
        "invented-attribute",
        severity,
        message,
        "pilotfish",
        fixes,
    )


def fix(line: int, start: int, end: int, text: str, safe: bool = True) -> Fix:
    return Fix(f"Change to '{text}'", (Edit(line, start, line, end, text),), safe)


UPPER = finding(0, 12, 16, fix(0, 12, 16, "upper"), fix(0, 12, 16, "swapcase"))
LOWER = finding(1, 2, 6, fix(1, 2, 6, "lower", safe=False))


def view(encoding: Encoding = Encoding.UTF16) -> View:
    return View(DOCUMENT, Settings(), encoding, 0.0)


@pytest.mark.parametrize(
    ("encoding", "start"), [(Encoding.UTF8, 16), (Encoding.UTF16, 13), (Encoding.UTF32, 12)]
)
def test_findings_are_shown_in_the_clients_units(encoding: Encoding, start: int) -> None:
    (shown,) = to_diagnostics(DOCUMENT, [UPPER], encoding)
    assert shown.range.start == types.Position(0, start)
    assert shown.range.end == types.Position(0, start + 4)
    assert (shown.code, shown.source) == ("invented-attribute", "pilotfish")
    assert shown.severity is types.DiagnosticSeverity.Error


def test_what_the_client_has_already_is_not_sent_again() -> None:
    shown = to_diagnostics(DOCUMENT, [UPPER, LOWER], Encoding.UTF16)
    first = report(shown, None)
    assert isinstance(first, types.RelatedFullDocumentDiagnosticReport)
    again = report(to_diagnostics(DOCUMENT, [UPPER, LOWER], Encoding.UTF16), first.result_id)
    assert isinstance(again, types.RelatedUnchangedDocumentDiagnosticReport)
    other = report(shown[:1], first.result_id)
    assert isinstance(other, types.RelatedFullDocumentDiagnosticReport)
    assert other.items == shown[:1]


def test_a_fix_is_offered_where_its_finding_is() -> None:
    full = PLAIN
    cursor = TEXT.index("uper") + 2
    actions = quick_fixes(view(), [UPPER, LOWER], cursor, cursor, full)
    assert [a.title for a in actions] == ["Change to 'upper'", "Change to 'swapcase'"]
    # One preferred fix a finding, and only a safe one.
    assert [bool(a.is_preferred) for a in actions] == [True, False]
    (unsafe,) = quick_fixes(view(), [UPPER, LOWER], len(TEXT) - 4, len(TEXT) - 4, full)
    assert not unsafe.is_preferred
    assert quick_fixes(view(), [UPPER, LOWER], 0, 3, full) == []
    assert actions[0].edit is not None
    assert actions[0].edit.changes is None
    (change,) = actions[0].edit.document_changes or []
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.version == 7
    (edit,) = change.edits
    assert isinstance(edit, types.TextEdit)
    assert (edit.new_text, edit.range.start.character) == ("upper", 13)


def test_a_client_that_knows_no_versions_gets_plain_changes() -> None:
    neovim = replace(client("neovim_0.11"), resolves_edits=False)
    (action, *_) = quick_fixes(view(), [UPPER], 12, 12, neovim)
    assert action.edit is not None
    assert action.edit.document_changes is None
    assert list(action.edit.changes or {}) == ["file:///w/a.py"]


def test_fix_all_takes_what_is_safe_and_does_not_overlap() -> None:
    clash = finding(0, 12, 16, fix(0, 11, 14, "?"))
    twice = finding(0, 0, 0, fix(0, 0, 0, "# a\n"))
    action = fix_all(view(), [UPPER, clash, LOWER, twice, twice], PLAIN)
    assert action is not None
    assert action.edit is not None
    (change,) = action.edit.document_changes or []
    assert isinstance(change, types.TextDocumentEdit)
    texts = [e.new_text for e in change.edits if isinstance(e, types.TextEdit)]
    assert texts == ["# a\n", "upper"]
    assert fix_all(view(), [LOWER], client("vscode_like")) is None


@pytest.mark.parametrize(
    ("only", "kind", "wanted"),
    [
        (None, "quickfix", True),
        ([""], "quickfix", True),
        (["quickfix"], "quickfix", True),
        (["source"], "source.fixAll.pilotfish", True),
        (["source.fixAll"], "source.fixAll.pilotfish", True),
        (["sour"], "source.fixAll.pilotfish", False),
        (["refactor"], "quickfix", False),
        ([], "quickfix", False),
    ],
)
def test_kinds_are_prefixes_by_whole_words(only: list[str] | None, kind: str, wanted: bool) -> None:
    assert wants(only, kind) is wanted


def test_an_edit_in_doubt_asks_first_where_the_client_can() -> None:
    file = FileEdit(DOCUMENT, (Replacement(0, 1, "t"),), 7)
    careful = workspace_edit([file], client("vscode_like"), doubt="2 tests were not run")
    (change,) = careful.document_changes or []
    assert isinstance(change, types.TextDocumentEdit)
    (edit,) = change.edits
    assert isinstance(edit, types.AnnotatedTextEdit)
    annotation = (careful.change_annotations or {})[edit.annotation_id]
    assert annotation.needs_confirmation
    assert annotation.description == "2 tests were not run"
    assert not can_ask(client("neovim_0.11"))
    plain = workspace_edit([file], client("vscode_like"))
    assert plain.change_annotations is None


def test_clients_are_read_as_they_are() -> None:
    neovim, code, bare = client("neovim_0.11"), client("vscode_like"), client("bare")
    assert (neovim.encoding, code.encoding, bare.encoding) == ("utf-8", "utf-16", "utf-16")
    assert (neovim.pull_diagnostics, neovim.refresh_diagnostics) == (True, False)
    assert (neovim.apply_edit, neovim.document_changes, neovim.watch_files) == (True, False, False)
    assert code.disabled_actions
    assert code.change_annotations
    assert bare == Client(name="bare")


DIFF = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n"


@pytest.mark.parametrize(
    ("strategy", "tokens", "tagged"),
    [
        ("infill: expression", 40, True),
        ("body by the model, repaired by template: comparison", 40, True),
        ("template: comparison", 40, False),  # the model wrote others, or only read
        ("import", 0, False),
        ("template: comparison + expression", 0, False),
        ("template: comparison + expression", 40, True),
    ],
)
async def test_a_patch_that_a_model_wrote_says_so(
    tmp_path: Path, strategy: str, tokens: int, tagged: bool
) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    knows = {"textDocument": {"codeAction": {"tagSupport": {"valueSet": [1]}}}}
    document = Document("a = 1\n", str(tmp_path / "a.py"), uri_of(str(tmp_path / "a.py")))
    answer = FixAnswer("verified", DIFF, strategy=strategy, model_tokens=tokens)
    for capabilities, tags in ((knows, [types.CodeActionTag.LlmGenerated]), ({}, None)):
        asking = read_client({"capabilities": capabilities})
        server = Server(Greeting(asking), SilentEngine)
        [action] = await actions(server, fixed(document, str(tmp_path), answer))
        assert action.tags == (tags if tagged else None)
