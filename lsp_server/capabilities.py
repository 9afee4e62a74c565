"""What the server offers, as the JSON that ``initialize`` is answered with.

Written out rather than derived, so that it can be sent before anything heavy is imported; a test
holds it against the features that are registered.
"""

from __future__ import annotations

from typing import Any

from lsp_server.client import Client

COMMAND_REPAIR = "pilotfish.repair"
COMMAND_IMPLEMENT = "pilotfish.implement"
COMMAND_OPTIMIZE = "pilotfish.optimize"
COMMAND_APPLY = "pilotfish.applyRepair"
COMMAND_DEBUG = "pilotfish.debug"
COMMAND_RESTART = "pilotfish.restart"
COMMAND_PAUSE = "pilotfish.pause"
COMMANDS = (
    COMMAND_REPAIR,
    COMMAND_IMPLEMENT,
    COMMAND_OPTIMIZE,
    COMMAND_APPLY,
    COMMAND_DEBUG,
    COMMAND_RESTART,
    COMMAND_PAUSE,
)

KIND_FIX_ALL = "source.fixAll.pilotfish"
KIND_REWRITE = "refactor.rewrite"
CODE_ACTION_KINDS = ("quickfix", KIND_REWRITE, KIND_FIX_ALL)

#: Custom requests; each is described in docs/protocol.md.
METHOD_STATUS = "pilotfish/status"
METHOD_TRACE = "pilotfish/trace"
#: Sent to clients that say ``statusNotification``.
NOTIFICATION_STATUS = "pilotfish/didChangeStatus"
#: Sent to clients that say ``withdrawals``.
NOTIFICATION_WITHDRAWN = "pilotfish/withdrawn"
METHOD_EXPECTED_TYPE = "pilotfish/expectedType"
METHOD_RELEVANT_TYPES = "pilotfish/relevantTypes"
METHOD_RELEVANT_HEADERS = "pilotfish/relevantHeaders"
METHOD_ERROR_REPORT = "pilotfish/errorReport"
METHOD_TUTORIAL = "pilotfish/aiTutorial"
#: Those of GitHub's language server for next edit suggestions.
METHOD_INLINE_EDIT = "textDocument/copilotInlineEdit"
METHOD_DID_SHOW_INLINE_EDIT = "textDocument/didShowInlineEdit"
CUSTOM_METHODS = (
    METHOD_STATUS,
    METHOD_TRACE,
    METHOD_EXPECTED_TYPE,
    METHOD_RELEVANT_TYPES,
    METHOD_RELEVANT_HEADERS,
    METHOD_ERROR_REPORT,
    METHOD_TUTORIAL,
    METHOD_INLINE_EDIT,
)

#: ``TextDocumentSyncKind.Incremental``.
_INCREMENTAL = 2


def server_capabilities(client: Client) -> dict[str, Any]:
    """``ServerCapabilities`` for this client."""
    offered: dict[str, Any] = {
        "positionEncoding": client.encoding,
        "textDocumentSync": {"openClose": True, "change": _INCREMENTAL, "save": True},
        "inlineCompletionProvider": {},
        "codeActionProvider": (
            {
                "codeActionKinds": list(CODE_ACTION_KINDS),
                "resolveProvider": client.resolves_edits,
            }
            if client.code_action_literals
            else True
        ),
        "executeCommandProvider": {"commands": list(COMMANDS), "workDoneProgress": True},
        "hoverProvider": True,
        # A list that opens at every dot would take the place of ghost text.
        "completionProvider": {} if client.inline_completion else {"triggerCharacters": ["."]},
        "signatureHelpProvider": {"triggerCharacters": ["(", ","]},
        "documentSymbolProvider": True,
        "documentHighlightProvider": True,
        "workspaceSymbolProvider": True,
        "referencesProvider": True,
        "callHierarchyProvider": True,
        "typeHierarchyProvider": True,
        "codeLensProvider": {"resolveProvider": True},
        "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
    }
    if client.pull_diagnostics:
        # Pushed to clients that do not pull; both would show everything twice.
        offered["diagnosticProvider"] = {
            "identifier": "pilotfish",
            "interFileDependencies": True,
            "workspaceDiagnostics": True,
        }
    return offered
