"""What was found by running tests: patches to choose from, shown before they are applied, applied
to the text that they were made for, and told in one short sentence.

A patch that was not verified is never applied without the person's word (invariant 9).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types

from analysis.text import Document, inside, read_file
from engine.features.fix import FixAnswer, by_model
from engine.features.optimize import OptimizeAnswer
from lsp_server.edits import (
    FileEdit,
    PatchError,
    apply,
    can_ask,
    read_diff,
    replacements,
    workspace_edit,
)
from lsp_server.positions import path_of, position_of
from lsp_server.server import Server

#: Statuses of answers that hold a patch.
_FOUND = ("verified", "ambiguous", "unverified")
#: Code points of an answer that a button or the title of an action has room for.
_SHORT = 60
_HEADS = {"verified": "verified patch", "ambiguous": "one of several patches"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One patch: a unified ``diff``, a short ``title``, and what speaks against it (``doubt``),
    ``""`` where it is verified. ``by_model`` says that a model wrote a part of it."""

    diff: str
    title: str
    doubt: str = ""
    by_model: bool = False

    @property
    def verified(self) -> bool:
        """Whether nothing is left to be asked."""
        return not self.doubt


@dataclass(frozen=True, slots=True)
class RepairOutcome:
    """How work on ``document`` ended; ``root`` is what the patches are relative to.

    ``said`` tells in one sentence what was run, ``details`` is everything else that is known.
    ``question`` asks which of the answers in ``titles`` is right, where patches differ there.
    """

    document: Document
    root: str
    status: str
    reason: str
    choices: tuple[Choice, ...] = ()
    said: str = ""
    details: tuple[str, ...] = ()
    strategy: str = ""
    seconds: float = 0.0
    question: str = ""
    answers: tuple[tuple[str, Choice], ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is a patch."""
        return bool(self.choices)


# ---------------------------------------------------------------------- from the engine's answers


def fixed(document: Document, root: str, answer: FixAnswer) -> RepairOutcome:
    """The outcome of a repair, or of writing a body."""
    found = bool(answer.patch) and answer.status in _FOUND
    choices = _choices(answer) if found else ()
    question, answers = "", []
    if found and answer.question is not None:
        asked = answer.question
        question = (
            "Pilotfish: several patches pass the tests, and they differ. "
            f"What should {asked.call} be? (Now: {asked.before})"
        )
        for option in asked.options:
            chosen = next(choice for choice in choices if choice.diff == option.patch)
            answers.append((_short(option.answer), chosen))
    return RepairOutcome(
        document,
        root,
        answer.status,
        answer.reason,
        choices,
        _sentence(answer.status, answer.patch, answer.reason, answer.seconds) if found else "",
        tuple(_details(answer)),
        answer.strategy,
        answer.seconds,
        question,
        tuple(answers),
    )


def made_faster(document: Document, root: str, answer: OptimizeAnswer) -> RepairOutcome:
    """The outcome of measuring faster versions of a function."""
    found = [answer.best, *answer.alternatives] if answer.best is not None else []
    doubt = "" if answer.status == "verified" else answer.reason or "it was not verified"
    choices = tuple(
        Choice(
            each.patch,
            f"{each.ratio:.1f} times as fast",
            doubt if n == 0 else _LESS,
            "by the model" in each.strategy,
        )
        for n, each in enumerate(found)
    )
    said = ""
    if answer.best is not None:
        best = answer.best
        said = (
            f"{best.ratio:.1f} times as fast (measured; {best.low:.1f} to {best.high:.1f}), "
            f"same answers on {answer.inputs} calls"
        )
    details = (
        f"tried: {answer.candidates_run} versions in {answer.seconds:.0f} s",
        *(f"refused: {each}" for each in answer.rejected),
    )
    return RepairOutcome(
        document,
        root,
        answer.status,
        answer.reason,
        choices,
        said,
        details,
        answer.best.strategy if answer.best else "",
        answer.seconds,
    )


_LESS = "an alternative: only the best version was validated in full"


def _choices(answer: FixAnswer) -> tuple[Choice, ...]:
    """The patches of an answer, the best first. Alternatives are plausible only."""
    told = {o.patch: o.answer for o in answer.question.options} if answer.question else {}
    call = _short(answer.question.call) if answer.question else ""
    doubt = _doubt(answer)
    patches = {answer.patch: answer.strategy}
    for patch in told:
        patches.setdefault(patch, answer.strategy)
    for other in answer.alternatives:
        patches.setdefault(other.patch, other.strategy)
    found = []
    for patch, strategy in patches.items():
        verified = patch == answer.patch and answer.status == "verified"
        meaning = f"{call}: {_short(told[patch])}" if patch in told else ""
        title = meaning or strategy.removeprefix("template: ")
        wrote = by_model(strategy, answer.model_tokens)
        found.append(Choice(patch, title, "" if verified else doubt, wrote))
    return tuple(found)


def _short(text: str) -> str:
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


def _doubt(answer: FixAnswer) -> str:
    if answer.status == "verified":
        return "an alternative to the verified patch; it passes the failing test"
    left = f"; not run: {', '.join(answer.not_run)}" if answer.not_run else ""
    return f"{answer.reason or 'it was not verified'}{left}"


def _sentence(status: str, diff: str, reason: str, seconds: float) -> str:
    """What was found, where, and what was run, for a notification."""
    (file, *more) = read_diff(diff)
    line = file.hunks[0].first_change + 1 if file.hunks else 1
    place = f"{Path(file.path).name}, line {line}" + (
        f" and {len(more)} more files" if more else ""
    )
    head = _HEADS.get(status, "patch, not verified")
    return f"{head} for {place}: {reason.partition(';')[0]} ({seconds:.0f} s)"


def _details(answer: FixAnswer) -> list[str]:
    """Everything that is known of a repair, a line each."""
    found = [answer.reason] if answer.reason else []
    if answer.confidence:
        found.append(f"confidence: {answer.confidence:.0%}")
    found += [f"note: {note}" for note in answer.notes]
    found += [f"changes: {call} = {new} (before: {old})" for call, old, new in answer.changes]
    found += [f"not run: {test}" for test in answer.not_run]
    found += [f"refused: {each}" for each in answer.rejected]
    if answer.strategy:
        found.append(f"strategy: {answer.strategy}")
    found.append(f"tried: {answer.candidates_run} candidates in {answer.seconds:.1f} s")
    if answer.model:
        found.append(f"model: {answer.model}, {answer.model_tokens} tokens")
    return found


# ---------------------------------------------------------------------- edits


async def document_of(server: Server, uri: str) -> Document:
    """The open document, or what the disk holds. Raises :class:`~analysis.text.TextError`."""
    document = server.session.documents.get(uri)
    if document is not None:
        return document
    file = await asyncio.to_thread(read_file, path_of(uri))
    return Document(file.text, path_of(uri), uri)


async def edits_of(server: Server, diff: str, root: str) -> list[FileEdit]:
    """The edits of a diff. Raises ``PatchError`` where it does not fit what is there now."""
    found = []
    for patch in read_diff(diff):
        path = Path(root) / patch.path
        if await asyncio.to_thread(inside, path, root) is None:
            raise PatchError("a repair does not touch this file", where=str(path))
        uri = server.session.documents.uri_of(str(path))
        document = await document_of(server, uri)
        version = document.version if server.session.documents.get(uri) else None
        found.append(FileEdit(document, replacements(patch, document), version))
    return found


async def previewed(server: Server, outcome: RepairOutcome) -> list[dict[str, Any]]:
    """The choices as JSON for a client that shows them first; one that fits no more is left out."""
    found = []
    for index, choice in enumerate(outcome.choices):
        try:
            files = await edits_of(server, choice.diff, outcome.root)
        except PatchError:
            continue
        found.append(
            {
                "index": index,
                "title": choice.title,
                "verified": choice.verified,
                "doubt": choice.doubt,
                "diff": choice.diff,
                "files": [
                    {
                        "uri": file.document.uri,
                        "text": apply(file.replacements, file.document.text),
                        "line": _changed_place(server, file).line,
                    }
                    for file in files
                ],
            }
        )
    return found


def _changed_place(server: Server, file: FileEdit) -> types.Position:
    """Where the first change begins in the text after the edit: its line's first sign."""
    text = apply(file.replacements, file.document.text)
    start = file.replacements[0].start if file.replacements else 0
    after = Document(text, file.document.path, file.document.uri)
    while start < len(text) and text[start] in " \t":
        start += 1
    return position_of(after, start, server.session.encoding)


async def apply_choice(
    server: Server, outcome: RepairOutcome, choice: Choice, *, sure: bool
) -> bool:
    """Ask the client to apply a patch, and to show the changed place; whether it was applied.

    ``sure``: the person has chosen it, so that nothing is asked. A document that changed meanwhile
    keeps its text.
    """
    session, before = server.session, outcome.document
    now = await document_of(server, before.uri)
    if now.text != before.text or now.version != before.version:
        session.notices.say(
            types.MessageType.Warning,
            f"Pilotfish: {Path(now.path).name} was edited meanwhile, so the repair "
            "was not applied. Run it again.",
        )
        return False
    files = await edits_of(server, choice.diff, outcome.root)
    doubt = "" if sure else choice.doubt
    if not session.client.apply_edit:
        session.notices.say(
            types.MessageType.Info,
            f"Pilotfish found a {outcome.status} repair: it is among the code actions of the file.",
        )
        return False
    if doubt and not can_ask(session.client):
        chosen = await session.notices.ask(
            types.MessageType.Warning, f"Not verified: {doubt}. Apply it?", ["Apply", "Discard"]
        )
        if chosen != "Apply":
            return False
    edit = workspace_edit(files, session.client, doubt=doubt)
    label = f"Pilotfish: {outcome.status} repair"
    params = types.ApplyWorkspaceEditParams(edit, label=label)
    response = await asyncio.wrap_future(server.workspace_apply_edit(params))
    if response.applied and files and session.client.show_document:
        place = _changed_place(server, files[0])
        shown = types.ShowDocumentParams(
            files[0].document.uri, take_focus=True, selection=types.Range(place, place)
        )
        session.spawn(_show(server, shown))
    return bool(response.applied)


async def _show(server: Server, params: types.ShowDocumentParams) -> None:
    await server.window_show_document_async(params)


async def conclude(server: Server, outcome: RepairOutcome) -> bool:
    """Tell the person how the work ended, and apply its patch; whether it was applied.

    A client that shows patches first is told nothing of one: it asks for it to be applied.
    """
    session = server.session
    if not outcome.found:
        kind = types.MessageType.Error if outcome.status == "error" else types.MessageType.Info
        text = outcome.reason or {"passing": "the test passes already"}.get(
            outcome.status, "no patch makes the test pass"
        )
        session.notices.say(kind, f"Pilotfish: {text}")
        return False
    if session.client.repair_preview:
        return False
    choice, sure = outcome.choices[0], outcome.choices[0].verified
    if outcome.question:
        titles = dict(outcome.answers)
        said = await session.notices.ask(types.MessageType.Info, outcome.question, list(titles))
        if said in titles:
            choice, sure = titles[said], True
    applied = await apply_choice(server, outcome, choice, sure=sure)
    if applied:
        said = f"Pilotfish applied a {outcome.said}. Undo takes it back."
        session.notices.say(types.MessageType.Info, said)
    return applied


async def actions(server: Server, outcome: RepairOutcome) -> list[types.CodeAction]:
    """What was found, as edits: the verified patch preferred, others to be confirmed."""
    client = server.session.client
    found = []
    for choice in outcome.choices:
        if choice.doubt and not can_ask(client):
            continue
        files = await edits_of(server, choice.diff, outcome.root)
        verified = choice.verified
        title = "Apply the verified repair" if verified else f"Apply a repair ({choice.title})"
        action = types.CodeAction(
            title=title,
            kind=types.CodeActionKind.QuickFix,
            edit=workspace_edit(files, client, doubt=choice.doubt),
        )
        if verified and client.preferred_actions:
            action.is_preferred = True
        if choice.by_model and client.tags_model_actions:
            action.tags = [types.CodeActionTag.LlmGenerated]
        found.append(action)
    return found
