"""*Repair*: code actions over a failing test, the command behind them, and its outcome.

A repair runs for seconds to minutes with a progress bar that can be cancelled. Its patch is
applied only to the text that it was made for. What was not verified is never applied without the
person's word (invariant 9).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types

from analysis.snapshot import Snapshot
from analysis.text import Document, inside, read_file
from analysis.text.overlay import whole
from engine.client import ExplainedError
from engine.features.fix import FixAnswer, FixRequest
from lsp_server.capabilities import COMMAND_REPAIR
from lsp_server.edits import FileEdit, can_ask, workspace_edit
from lsp_server.failures import INVALID_PARAMS, FeatureError
from lsp_server.patches import PatchError, read_diff, replacements
from lsp_server.progress import ask_long
from lsp_server.server import Server
from lsp_server.session import View
from lsp_server.testcases import case_at, command_for, examples_at, examples_command, targets
from lsp_server.uris import path_of, uri_of

#: Statuses of answers that hold a patch.
FOUND = ("verified", "ambiguous", "unverified")
#: Code points of an answer that a button or the title of an action has room for.
_SHORT = 60
#: Why nothing is run.
UNTRUSTED = "this workspace is not trusted, so its tests are not run (pilotfish trust DIR)"


@dataclass(frozen=True, slots=True)
class Order:
    """What the command is asked: repair the document ``uri`` until ``test`` passes.

    An empty ``test`` stands for the command of the user's settings.
    """

    uri: str
    test: str = ""

    def to_json(self) -> dict[str, str]:
        """The command's argument."""
        return {"uri": self.uri, "test": self.test}

    @classmethod
    def from_arguments(cls, arguments: object, command: str) -> Order:
        """The order in the arguments of ``command``. Raises ``FeatureError`` for wrong ones."""
        first = arguments[0] if isinstance(arguments, list | tuple) and arguments else None
        if isinstance(first, Mapping):
            uri, test = first.get("uri"), first.get("test", "")
            if isinstance(uri, str) and path_of(uri) and isinstance(test, str):
                return cls(uri, test)
        raise FeatureError(
            INVALID_PARAMS, f"{command} takes an object with the uri of a file and a test"
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a repair of ``document`` ended; ``root`` is what its patches are relative to."""

    document: Document
    root: str
    answer: FixAnswer


# ---------------------------------------------------------------------- offers


async def offers(server: Server, view: View, offset: int) -> list[tuple[str, Order]]:
    """Titles and orders of the repairs that make sense at ``offset``."""
    document = view.document
    if not document.path:
        return []
    tree = server.session.tree(document)
    case = case_at(tree, offset)
    root = await server.session.workspaces.root_of(document)
    if case is None and examples_at(tree, offset) is not None:
        order = Order(document.uri, examples_command(document.path, root))
        return [("Repair this file until its examples pass", order)]
    if case is None:
        command = server.session.machine.test_command
        if not command:
            return []
        return [(f"Repair this file until '{command}' passes", Order(document.uri))]
    command = command_for(document.path, root, case)
    found = []
    for path in await asyncio.to_thread(targets, tree, case, document.path, root):
        name = "this file" if path == document.path else Path(path).name
        uri = document.uri if path == document.path else uri_of(path)
        title = f"Repair {name} until {case.name.split('::')[-1]} passes"
        found.append((title, Order(uri, command)))
    return found


async def offered(
    server: Server, outcomes: Mapping[str, Outcome], view: View, offset: int
) -> list[types.CodeAction | types.Command]:
    """Code actions: patches that a repair has found, then repairs to run."""
    client = server.session.client
    actions: list[types.CodeAction | types.Command] = []
    outcome = outcomes.get(view.document.uri)
    if outcome is not None and outcome.document is view.document and client.code_action_literals:
        actions.extend(await patch_actions(server, outcome))
    snapshot = await server.session.snapshot(view)
    for title, order in await offers(server, view, offset):
        command = types.Command(title=title, command=COMMAND_REPAIR, arguments=[order.to_json()])
        if snapshot.workspace.trusted:
            actions.append(_action(title, command) if client.code_action_literals else command)
        elif client.disabled_actions:
            action = types.CodeAction(title=title, kind=types.CodeActionKind.QuickFix)
            action.disabled = types.CodeActionDisabled(reason=UNTRUSTED)
            actions.append(action)
    return actions


def _action(title: str, command: types.Command) -> types.CodeAction:
    return types.CodeAction(title=title, kind=types.CodeActionKind.QuickFix, command=command)


async def patch_actions(server: Server, outcome: Outcome) -> list[types.CodeAction]:
    """What a repair found, as edits: the verified patch preferred, others to be confirmed."""
    client, answer = server.session.client, outcome.answer
    actions = []
    for diff, verified, strategy in _patches(answer):
        told = _meaning(answer, diff)
        doubt = "" if verified else _doubt(answer)
        if doubt and not can_ask(client):
            continue
        files = await _file_edits(server, diff, outcome.root)
        title = "Apply the verified repair" if verified else f"Apply a repair ({told or strategy})"
        action = types.CodeAction(
            title=title,
            kind=types.CodeActionKind.QuickFix,
            edit=workspace_edit(files, client, doubt=doubt),
        )
        if verified and client.preferred_actions:
            action.is_preferred = True
        actions.append(action)
    return actions


def _patches(answer: FixAnswer) -> list[tuple[str, bool, str]]:
    """Diff, whether it is verified, and strategy of each patch. Alternatives are plausible only."""
    found = []
    if answer.patch and answer.status in FOUND:
        found.append((answer.patch, answer.status == "verified", answer.strategy))
    if answer.question is not None:
        known = {answer.patch, *(other.patch for other in answer.alternatives)}
        rest = (each.patch for each in answer.question.options if each.patch not in known)
        found.extend((patch, False, answer.strategy) for patch in rest)
    found.extend((other.patch, False, other.strategy) for other in answer.alternatives)
    return found


def _meaning(answer: FixAnswer, diff: str) -> str:
    """What a call answers with the patch ``diff``, where patches that pass part there."""
    question = answer.question
    if question is None:
        return ""
    for each in question.options:
        if each.patch == diff:
            return f"{_short(question.call)}: {_short(each.answer)}"
    return ""


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


async def _chosen(server: Server, answer: FixAnswer) -> str:
    """The diff of the patch whose answer the person says is right; ``""`` where they choose
    none."""
    question = answer.question
    if question is None:
        return ""
    titles = {_short(each.answer): each.patch for each in question.options}
    text = (
        "Pilotfish: several patches pass the tests, and they differ. "
        f"What should {question.call} be? (Now: {question.before})"
    )
    return titles.get(
        await server.session.notices.ask(types.MessageType.Info, text, list(titles)), ""
    )


def _doubt(answer: FixAnswer) -> str:
    left = f"; not run: {', '.join(answer.not_run)}" if answer.not_run else ""
    return f"{answer.reason or 'this repair was not verified'}{left}"


# ---------------------------------------------------------------------- the command


async def document_of(server: Server, uri: str) -> Document:
    """The open document, or what the disk holds. Raises :class:`~analysis.text.TextError`."""
    document = server.session.documents.get(uri)
    if document is not None:
        return document
    file = await asyncio.to_thread(read_file, path_of(uri))
    return Document(file.text, path_of(uri), uri)


async def _file_edits(server: Server, diff: str, root: str) -> list[FileEdit]:
    """The edits of a diff. Raises ``PatchError`` where it does not fit what is there now."""
    found = []
    for patch in read_diff(diff):
        path = Path(root) / patch.path
        if await asyncio.to_thread(inside, path, root) is None:
            raise PatchError("a repair does not touch this file", where=str(path))
        uri = _open_uri(server, str(path))
        document = await document_of(server, uri)
        version = document.version if server.session.documents.get(uri) else None
        found.append(FileEdit(document, replacements(patch, document), version))
    return found


def _open_uri(server: Server, path: str) -> str:
    """The URI under which a file is open, as the client spells it, or its own."""
    documents = server.session.documents
    for uri in documents.uris():
        if (document := documents.get(uri)) is not None and document.path == path:
            return uri
    return uri_of(path)


async def subject(server: Server, uri: str) -> tuple[Document, Snapshot]:
    """The document whose code is to be run, and the engine's view of it.

    Raises :class:`~engine.client.ExplainedError` where the workspace is not trusted, and for a text
    that no file can hold.
    """
    session = server.session
    document = await document_of(server, uri)
    workspace = await session.workspaces.of(document, session.settings)
    if not workspace.trusted:
        raise ExplainedError(UNTRUSTED, where=workspace.root)
    if (text := whole(document.text)) is not document.text:
        half = next(i for i, (a, b) in enumerate(zip(text, document.text, strict=True)) if a != b)
        raise ExplainedError(
            f"line {document.position(half).line + 1} holds half of a surrogate pair, so that the "
            "file cannot be saved or run",
            where=document.path,
            help="delete that character",
        )
    buffers = session.documents.buffers(but=uri)
    return document, Snapshot(document.path, document.text, workspace, document.version, buffers)


async def run_repair(server: Server, order: Order, token: types.ProgressToken | None) -> Outcome:
    """Ask the engine, with a progress bar. Cancelling it gives what was found so far."""
    document, snapshot = await subject(server, order.uri)
    limit = float(server.session.settings.repair.time_limit)
    request = FixRequest(snapshot, test=order.test, time_limit=limit)
    answer = await ask_long(server, request, f"Repairing {Path(document.path).name}", token)
    return Outcome(document, snapshot.workspace.root, answer)


async def conclude(server: Server, order: Order, outcome: Outcome) -> bool:
    """Tell the person how a repair ended, and apply its patch; whether it was applied.

    A document that changed meanwhile keeps its text.
    """
    session, answer = server.session, outcome.answer
    if answer.status not in FOUND or not answer.patch:
        kind = types.MessageType.Error if answer.status == "error" else types.MessageType.Info
        text = answer.reason or {"passing": "the test passes already"}.get(
            answer.status, "no patch makes the test pass"
        )
        session.notices.say(kind, f"Pilotfish: {text}")
        return False
    chosen_patch = await _chosen(server, answer)
    now = await document_of(server, order.uri)
    if now.text != outcome.document.text or now.version != outcome.document.version:
        session.notices.say(
            types.MessageType.Warning,
            f"Pilotfish: {Path(now.path).name} was edited meanwhile, so the repair "
            "was not applied. Run it again.",
        )
        return False
    files = await _file_edits(server, chosen_patch or answer.patch, outcome.root)
    decided = answer.status == "verified" or bool(chosen_patch)
    doubt = "" if decided else _doubt(answer)
    if not session.client.apply_edit:
        session.notices.say(
            types.MessageType.Info,
            f"Pilotfish found a {answer.status} repair: it is among the code actions of the file.",
        )
        return False
    if doubt and not can_ask(session.client):
        chosen = await session.notices.ask(
            types.MessageType.Warning, f"Not verified: {doubt}. Apply it?", ["Apply", "Discard"]
        )
        if chosen != "Apply":
            return False
    edit = workspace_edit(files, session.client, doubt=doubt)
    response = await asyncio.wrap_future(
        server.workspace_apply_edit(
            types.ApplyWorkspaceEditParams(edit, label=f"Pilotfish: {answer.status} repair")
        )
    )
    return bool(response.applied)


def register(server: Server) -> None:
    """Offer repairs and run them."""
    outcomes: dict[str, Outcome] = {}

    async def offer(view: View, offset: int) -> list[types.CodeAction | types.Command]:
        return await offered(server, outcomes, view, offset)

    async def repair(params: types.ExecuteCommandParams) -> dict[str, Any]:
        order = Order.from_arguments(params.arguments, COMMAND_REPAIR)
        outcome = await run_repair(server, order, params.work_done_token)
        outcomes[order.uri] = outcome
        applied = await conclude(server, order, outcome)
        answer = outcome.answer
        return {
            "status": answer.status,
            "applied": applied,
            "reason": answer.reason,
            "strategy": answer.strategy,
            "patch": answer.patch,
            "seconds": answer.seconds,
        }

    @server.command(COMMAND_REPAIR)
    async def repair_command(params: types.ExecuteCommandParams) -> dict[str, Any]:
        uri = Order.from_arguments(params.arguments, COMMAND_REPAIR).uri
        return await server.session.latest(COMMAND_REPAIR, uri, repair(params))

    def forget(uri: str) -> None:
        outcomes.pop(uri, None)

    server.action_offers.append(offer)
    server.on_close(forget)
