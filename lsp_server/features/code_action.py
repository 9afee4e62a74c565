"""``textDocument/codeAction``: quick fixes of findings, fix-all, and what ``repair`` offers.

A client that can resolve gets its edits when an action is chosen: until then it carries what they
are made of, so that nothing is looked up again. Every edit names the version it was made for, so
that a client refuses it once the text has moved on. Only fixes that are safe, and repairs that were
verified, are preferred.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from lsprotocol import types

from analysis.findings import Finding, Fix
from analysis.text import Document
from analysis.text.overlay import whole
from engine.client import ExplainedError
from lsp_server.capabilities import KIND_FIX_ALL
from lsp_server.client import Client
from lsp_server.edits import FileEdit, Replacement, workspace_edit
from lsp_server.failures import INVALID_PARAMS, FeatureError, superseded
from lsp_server.features.diagnostics import to_diagnostic
from lsp_server.graphs import field_of
from lsp_server.positions import offset_of
from lsp_server.server import Server
from lsp_server.session import View

FEATURE = types.TEXT_DOCUMENT_CODE_ACTION
RESOLVE = types.CODE_ACTION_RESOLVE

#: A person is looking at a menu that does not open: wait no longer for what can be fixed.
FINDINGS_SECONDS = 3.0

Actions = list[types.CodeAction | types.Command]


def wants(only: Sequence[str] | None, kind: str) -> bool:
    """Whether a client that asks for the kinds ``only`` wants ``kind``; ``None`` asks for all."""
    return only is None or any(kind == o or kind.startswith(f"{o}.") or o == "" for o in only)


def replacements_of(document: Document, fix: Fix) -> tuple[Replacement, ...]:
    """The edits of a fix, in order of position."""
    lines = document.lines
    return tuple(
        sorted(
            (
                Replacement(
                    lines.offset(edit.line, edit.character),
                    lines.offset(edit.end_line, edit.end_character),
                    edit.text,
                )
                for edit in fix.edits
            ),
            key=lambda r: (r.start, r.end),
        )
    )


def _can_be_applied(document: Document, fix: Fix) -> bool:
    # The engine saw U+FFFD for half of a surrogate pair: its edits do not write that back.
    replaced = any("\N{REPLACEMENT CHARACTER}" in edit.text for edit in fix.edits)
    return not replaced or whole(document.text) is document.text


def put_edit(
    action: types.CodeAction,
    document: Document,
    replacements: tuple[Replacement, ...],
    client: Client,
) -> None:
    """Give ``action`` its edit, or, for a client that resolves, what the edit is made of."""
    if not client.resolves_edits:
        file = FileEdit(document, replacements, document.version)
        action.edit = workspace_edit([file], client)
        return
    edits = [[r.start, r.end, r.text] for r in replacements]
    action.data = {"uri": document.uri, "version": document.version, "edits": edits}


def resolve(server: Server, action: types.CodeAction) -> types.CodeAction:
    """``action`` with its edit. One that has none to be resolved is returned as it is.

    Raises ``FeatureError``: content modified when the document is another version by now, invalid
    parameters for data that are not ours.
    """
    if action.data is None or action.edit is not None:
        return action
    uri, version, edits = (field_of(action.data, name) for name in ("uri", "version", "edits"))
    if not isinstance(uri, str) or not isinstance(edits, list):
        raise FeatureError(INVALID_PARAMS, "not a Pilotfish action: its data is missing")
    document = server.session.documents.get(uri)
    if document is None or document.version != version:
        raise superseded("the document has changed since the action was offered")
    try:
        replacements = tuple(Replacement(int(a), int(b), str(text)) for a, b, text in edits)
    except (TypeError, ValueError):
        raise FeatureError(
            INVALID_PARAMS, "not a Pilotfish action: its data is not understood"
        ) from None
    file = FileEdit(document, replacements, document.version)
    action.edit = workspace_edit([file], server.session.client)
    return action


def quick_fixes(
    view: View, findings: Sequence[Finding], start: int, end: int, client: Client
) -> list[types.CodeAction]:
    """The fixes of findings that touch the code points from ``start`` to ``end``."""
    document = view.document
    found: list[types.CodeAction] = []
    for finding in findings:
        first = document.lines.offset(finding.line, finding.character)
        last = document.lines.offset(finding.end_line, finding.end_character)
        if last < start or end < first:
            continue
        preferred = False
        for fix in finding.fixes:
            if not _can_be_applied(document, fix):
                continue
            action = types.CodeAction(
                title=fix.title,
                kind=types.CodeActionKind.QuickFix,
                diagnostics=[to_diagnostic(document, finding, view.encoding)],
            )
            put_edit(action, document, replacements_of(document, fix), client)
            if fix.safe and client.preferred_actions and not preferred:
                preferred = True
                action.is_preferred = True
            found.append(action)
    return found


def fix_all(view: View, findings: Sequence[Finding], client: Client) -> types.CodeAction | None:
    """Every safe fix at once, leaving out those that overlap an earlier one; ``None`` for none."""
    taken: list[Replacement] = []
    for finding in findings:
        fix = next((m for m in finding.fixes if m.safe), None)
        if fix is None or not _can_be_applied(view.document, fix):
            continue
        edits = replacements_of(view.document, fix)
        if not any(_overlap(a, b) for a in edits for b in taken):
            taken.extend(edits)
    if not taken:
        return None
    taken.sort(key=lambda r: (r.start, r.end))
    action = types.CodeAction(title="Fix all that is safe (Pilotfish)", kind=KIND_FIX_ALL)
    put_edit(action, view.document, tuple(taken), client)
    return action


def _overlap(a: Replacement, b: Replacement) -> bool:
    # Two insertions at one place would come out in an order that nobody chose.
    return (a.start < b.end and b.start < a.end) or a.start == b.start


async def code_actions(server: Server, view: View, params: types.CodeActionParams) -> Actions:
    """What can be done about the range that the parameters name."""
    session = server.session
    only, client = params.context.only, session.client
    start = offset_of(view.document, params.range.start, view.encoding)
    end = max(start, offset_of(view.document, params.range.end, view.encoding))
    actions: Actions = []
    if client.code_action_literals:
        try:
            async with asyncio.timeout(FINDINGS_SECONDS):
                findings = await server.checks.findings(view)
        except TimeoutError:
            # The check goes on, and its fixes are there when the menu is opened again.
            findings = ()
        except ExplainedError as error:
            # What is at fault is told where diagnostics are; repairs may still be offered.
            session.notices.note(f"quick fixes: {error}")
            findings = ()
        if wants(only, types.CodeActionKind.QuickFix):
            actions.extend(quick_fixes(view, findings, start, end, client))
        if only is not None and wants(only, KIND_FIX_ALL):
            everything = fix_all(view, findings, client)
            actions.extend([everything] if everything else [])
    for offer in server.action_offers:
        actions.extend(each for each in await offer(view, start) if wants(only, _kind(each)))
    session.require_current(view)
    return actions


def _kind(action: types.CodeAction | types.Command) -> str:
    kind = action.kind if isinstance(action, types.CodeAction) else None
    return kind or types.CodeActionKind.QuickFix


def register(server: Server) -> None:
    """Serve the request."""

    @server.feature(RESOLVE)
    def code_action_resolve(action: types.CodeAction) -> types.CodeAction:
        return resolve(server, action)

    @server.feature(FEATURE)
    async def code_action(params: types.CodeActionParams) -> Actions:
        uri = params.text_document.uri
        view = server.session.view(uri)
        try:
            return await code_actions(server, view, params)
        except FeatureError:
            # Editors ask at every move of the cursor; for a text that is gone there is nothing.
            return []
