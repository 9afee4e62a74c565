"""What the client on the other side can do, of what Pilotfish makes use of.

Read from the JSON of ``initialize``. Whatever is absent, or not of the type that the protocol
says, counts as not supported: Pilotfish works with clients that lack any optional capability.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Position encodings that are served, as the protocol spells them.
ENCODINGS = ("utf-8", "utf-16", "utf-32")
#: What the protocol falls back to.
DEFAULT_ENCODING = "utf-16"
#: ``CodeActionTag.LLMGenerated``.
_LLM_GENERATED = 1


@dataclass(frozen=True, slots=True)
class Client:
    """One client. ``encoding`` is the negotiated position encoding, the first it asked for."""

    name: str = ""
    encoding: str = DEFAULT_ENCODING
    process_id: int | None = None
    pull_diagnostics: bool = False
    refresh_diagnostics: bool = False
    refresh_lenses: bool = False
    publish_versions: bool = False
    apply_edit: bool = False
    document_changes: bool = False
    change_annotations: bool = False
    progress: bool = False
    configuration: bool = False
    watch_files: bool = False
    register_configuration: bool = False
    code_action_literals: bool = False
    preferred_actions: bool = False
    resolves_edits: bool = False
    disabled_actions: bool = False
    #: It marks code actions whose edits a model wrote (``CodeActionTag.LLMGenerated``).
    tags_model_actions: bool = False
    nested_symbols: bool = False
    inline_completion: bool = False
    show_document: bool = False
    #: Pilotfish's own, under ``experimental.pilotfish``: the client follows
    #: ``pilotfish/didChangeStatus``, shows what *Debug* answers, shows patches before it asks for
    #: one to be applied, and hides suggestions that turn out to be wrong.
    status_notification: bool = False
    trace_view: bool = False
    repair_preview: bool = False
    withdrawals: bool = False


def dig(value: object, *path: str) -> Any:
    """The value under the keys ``path``, or ``None`` where one is missing."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def read_client(params: Mapping[str, Any]) -> Client:
    """The client that sent these parameters of ``initialize``."""
    capabilities = params.get("capabilities")

    def supports(*path: str) -> bool:
        return dig(capabilities, *path) is True

    offered = _list(dig(capabilities, "general", "positionEncodings"))
    name = dig(params, "clientInfo", "name")
    process = params.get("processId")
    action = ("textDocument", "codeAction")
    return Client(
        name=name if isinstance(name, str) else "",
        encoding=next((e for e in offered if e in ENCODINGS), DEFAULT_ENCODING),
        process_id=process if isinstance(process, int) and process > 0 else None,
        pull_diagnostics=isinstance(dig(capabilities, "textDocument", "diagnostic"), Mapping),
        refresh_diagnostics=supports("workspace", "diagnostics", "refreshSupport"),
        refresh_lenses=supports("workspace", "codeLens", "refreshSupport"),
        publish_versions=supports("textDocument", "publishDiagnostics", "versionSupport"),
        apply_edit=supports("workspace", "applyEdit"),
        document_changes=supports("workspace", "workspaceEdit", "documentChanges"),
        change_annotations=isinstance(
            dig(capabilities, "workspace", "workspaceEdit", "changeAnnotationSupport"), Mapping
        ),
        progress=supports("window", "workDoneProgress"),
        configuration=supports("workspace", "configuration"),
        watch_files=supports("workspace", "didChangeWatchedFiles", "dynamicRegistration"),
        register_configuration=supports(
            "workspace", "didChangeConfiguration", "dynamicRegistration"
        ),
        code_action_literals=isinstance(
            dig(capabilities, *action, "codeActionLiteralSupport"), Mapping
        ),
        preferred_actions=supports(*action, "isPreferredSupport"),
        resolves_edits=supports(*action, "dataSupport")
        and "edit" in _list(dig(capabilities, *action, "resolveSupport", "properties")),
        disabled_actions=supports(*action, "disabledSupport"),
        tags_model_actions=_LLM_GENERATED
        in _list(dig(capabilities, *action, "tagSupport", "valueSet")),
        inline_completion=isinstance(
            dig(capabilities, "textDocument", "inlineCompletion"), Mapping
        ),
        status_notification=supports("experimental", "pilotfish", "statusNotification"),
        trace_view=supports("experimental", "pilotfish", "traceView"),
        repair_preview=supports("experimental", "pilotfish", "repairPreview"),
        withdrawals=supports("experimental", "pilotfish", "withdrawals"),
        show_document=supports("window", "showDocument", "support"),
        nested_symbols=supports(
            "textDocument", "documentSymbol", "hierarchicalDocumentSymbolSupport"
        ),
    )


def read_folders(params: Mapping[str, Any]) -> tuple[str, ...]:
    """URIs of the workspace folders in the parameters of ``initialize``, possibly none."""
    folders = [
        folder["uri"]
        for folder in _list(params.get("workspaceFolders"))
        if isinstance(dig(folder, "uri"), str)
    ]
    root = params.get("rootUri")
    if not folders and isinstance(root, str):
        folders = [root]
    return tuple(folders)
