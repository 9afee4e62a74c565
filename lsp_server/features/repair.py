"""*Repair*, *Implement* and *Optimize*: code actions over tests and functions, the commands behind
them, and their outcome.

Each runs for seconds to minutes with a progress bar that can be cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types

from analysis.snapshot import Snapshot
from analysis.text import Document
from analysis.text.overlay import Overlay, whole
from engine.client import ExplainedError
from engine.features.fix import FixRequest
from engine.features.implement import ImplementRequest
from engine.features.optimize import OptimizeRequest
from lsp_server.capabilities import (
    COMMAND_APPLY,
    COMMAND_DEBUG,
    COMMAND_IMPLEMENT,
    COMMAND_OPTIMIZE,
    COMMAND_REPAIR,
    KIND_REWRITE,
)
from lsp_server.failures import INVALID_PARAMS, FeatureError
from lsp_server.outcomes import (
    RepairOutcome,
    actions,
    apply_choice,
    conclude,
    document_of,
    fixed,
    made_faster,
    previewed,
)
from lsp_server.positions import path_of
from lsp_server.progress import ask_long
from lsp_server.server import Server
from lsp_server.session import View
from lsp_server.testcases import (
    case_at,
    command_for,
    examples_at,
    examples_command,
    function_at,
    targets,
)

#: Why nothing is run.
UNTRUSTED = "this workspace is not trusted, so its tests are not run (pilotfish trust DIR)"


@dataclass(frozen=True, slots=True)
class Order:
    """What a command is asked: work on the document ``uri`` until ``test`` passes.

    An empty ``test`` stands for the command of the user's settings. ``function`` is the qualified
    name of what is to be written (*Implement*, *Optimize*).
    """

    uri: str
    test: str = ""
    function: str = ""

    def to_json(self) -> dict[str, str]:
        """The command's argument."""
        named = {"function": self.function} if self.function else {"test": self.test}
        return {"uri": self.uri, **named}

    @classmethod
    def from_arguments(cls, arguments: object, command: str) -> Order:
        """The order in the arguments of ``command``. Raises ``FeatureError`` for wrong ones."""
        first = arguments[0] if isinstance(arguments, list | tuple) and arguments else None
        if isinstance(first, Mapping):
            uri, test, name = first.get("uri"), first.get("test", ""), first.get("function", "")
            if (
                isinstance(uri, str)
                and path_of(uri)
                and isinstance(test, str)
                and isinstance(name, str)
                and bool(name) == (command in (COMMAND_IMPLEMENT, COMMAND_OPTIMIZE))
            ):
                return cls(uri, test, name)
        wanted = "a function" if command in (COMMAND_IMPLEMENT, COMMAND_OPTIMIZE) else "a test"
        raise FeatureError(
            INVALID_PARAMS, f"{command} takes an object with the uri of a file and {wanted}"
        )


# ---------------------------------------------------------------------- offers


def tested(server: Server, document: Document, root: str, offset: int) -> tuple[str, str]:
    """The test, or the function with examples, at ``offset`` of a file: its name and the command
    that runs it; two empty strings where there is none."""
    tree = server.session.tree(document)
    if (case := case_at(tree, offset)) is not None:
        return case.name.rpartition("::")[2], command_for(document.path, root, case)
    if (case := examples_at(tree, offset)) is not None:
        return f"the examples of {case.name}", examples_command(document.path, root)
    return "", ""


async def offers(server: Server, view: View, offset: int) -> list[tuple[str, str, Order]]:
    """Titles, commands and orders of what can be run at ``offset``: repairs, then *Debug*."""
    document = view.document
    if not document.path:
        return []
    tree = server.session.tree(document)
    root = await server.session.workspaces.root_of(document)
    name, command = tested(server, document, root, offset)
    if not name:
        configured = server.session.machine.test_command
        title = f"Repair this file until '{configured}' passes"
        return [(title, COMMAND_REPAIR, Order(document.uri))] if configured else []
    case = case_at(tree, offset)
    paths: tuple[str, ...] = (document.path,)
    if case is not None:
        files = Overlay(view.buffers, stable=True)
        paths = await asyncio.to_thread(targets, tree, case, document.path, root, files)
    found = []
    for path in paths:
        file = "this file" if path == document.path else Path(path).name
        passes = f"{name} passes" if case is not None else "its examples pass"
        uri = server.session.documents.uri_of(path) if path != document.path else document.uri
        found.append((f"Repair {file} until {passes}", COMMAND_REPAIR, Order(uri, command)))
    # Where it went wrong, and in which file, is found by running it.
    found.append((f"Debug {name}: show what ran", COMMAND_DEBUG, Order(document.uri, command)))
    return found


def writing(server: Server, view: View, offset: int) -> list[tuple[str, str, str, Order]]:
    """Title, command, kind and order of what may be done with the function whose ``def`` is on
    the line of ``offset``: write its body where it has none, else make it faster."""
    document = view.document
    if not document.path:
        return []
    tree = server.session.tree(document)
    function = function_at(tree, offset)
    if function is None or case_at(tree, offset) is not None:
        return []
    if function.line != document.lines.line_of(offset) and not function.is_stub:
        return []
    order, name = Order(document.uri, function=function.name), function.name.rpartition(".")[2]
    if function.is_stub:
        title = f"Implement {name} from its docstring and tests"
        return [(title, COMMAND_IMPLEMENT, types.CodeActionKind.QuickFix, order)]
    return [(f"Make {name} faster (measured)", COMMAND_OPTIMIZE, KIND_REWRITE, order)]


async def offered(
    server: Server, outcomes: Mapping[str, RepairOutcome], view: View, offset: int
) -> list[types.CodeAction | types.Command]:
    """Code actions: patches that were found, then what can be run."""
    client = server.session.client
    found: list[types.CodeAction | types.Command] = []
    outcome = outcomes.get(view.document.uri)
    if outcome is not None and outcome.document is view.document and client.code_action_literals:
        found.extend(await actions(server, outcome))
    snapshot = await server.session.snapshot(view)
    runs = [
        (title, name, types.CodeActionKind.QuickFix, order)
        for title, name, order in await offers(server, view, offset)
    ]
    for title, name, kind, order in (*runs, *writing(server, view, offset)):
        command = types.Command(title=title, command=name, arguments=[order.to_json()])
        if not snapshot.workspace.trusted:
            if client.disabled_actions:
                action = types.CodeAction(title=title, kind=kind)
                action.disabled = types.CodeActionDisabled(reason=UNTRUSTED)
                found.append(action)
        elif client.code_action_literals:
            found.append(types.CodeAction(title=title, kind=kind, command=command))
        else:
            found.append(command)
    return found


# ---------------------------------------------------------------------- the commands


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


async def run(
    server: Server, command: str, order: Order, token: types.ProgressToken | None
) -> RepairOutcome:
    """Ask the engine, with a progress bar. Cancelling it gives what was found so far."""
    document, snapshot = await subject(server, order.uri)
    limit = float(server.session.settings.repair.time_limit)
    name, root = Path(document.path).name, snapshot.workspace.root
    if command == COMMAND_OPTIMIZE:
        optimize = OptimizeRequest(snapshot, order.function, order.test, time_limit=limit)
        faster = await ask_long(server, optimize, f"Measuring {order.function}", token)
        return made_faster(document, root, faster)
    if command == COMMAND_IMPLEMENT:
        body = ImplementRequest(snapshot, order.function, order.test, time_limit=limit)
        written = await ask_long(server, body, f"Writing {order.function}", token)
        return fixed(document, root, written)
    request = FixRequest(snapshot, test=order.test, time_limit=limit)
    return fixed(document, root, await ask_long(server, request, f"Repairing {name}", token))


def register(server: Server) -> None:
    """Offer what can be run, and run it."""
    outcomes: dict[str, RepairOutcome] = {}

    async def offer(view: View, offset: int) -> list[types.CodeAction | types.Command]:
        return await offered(server, outcomes, view, offset)

    async def work(command: str, order: Order, token: types.ProgressToken | None) -> dict[str, Any]:
        outcome = await run(server, command, order, token)
        outcomes[order.uri] = outcome
        applied = await conclude(server, outcome)
        answer = {
            "status": outcome.status,
            "applied": applied,
            "reason": outcome.reason,
            "strategy": outcome.strategy,
            "patch": outcome.choices[0].diff if outcome.choices else "",
            "seconds": outcome.seconds,
            "summary": outcome.said,
            "details": list(outcome.details),
        }
        if server.session.client.repair_preview:
            answer["patches"] = await previewed(server, outcome)
        return answer

    def serve(command: str) -> None:
        @server.command(command)
        async def run_command(params: types.ExecuteCommandParams) -> dict[str, Any]:
            order = Order.from_arguments(params.arguments, command)
            done = work(command, order, params.work_done_token)
            return await server.session.latest(COMMAND_REPAIR, order.uri, done)

    for command in (COMMAND_REPAIR, COMMAND_IMPLEMENT, COMMAND_OPTIMIZE):
        serve(command)

    @server.command(COMMAND_APPLY)
    async def apply_repair(params: types.ExecuteCommandParams) -> bool:
        match params.arguments:
            case [{"uri": str(uri), "patch": int(number)}] if uri in outcomes:
                outcome = outcomes[uri]
                if 0 <= number < len(outcome.choices):
                    return await apply_choice(server, outcome, outcome.choices[number], sure=True)
        raise FeatureError(
            INVALID_PARAMS,
            f"{COMMAND_APPLY} takes the uri of a repaired file and the index of a patch",
        )

    def forget(uri: str) -> None:
        # A preview may close the file that it is about: what was found stays while it fits.
        outcome = outcomes.get(uri)
        if outcome is not None and not server.session.client.repair_preview:
            del outcomes[uri]

    server.action_offers.append(offer)
    server.on_close(forget)
