"""How a repair ends on the command line: its JSON, its words on a terminal, its exit code."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.errors import AnalysisError
from engine.features.fix import FixAnswer, PatchQuestion
from pilotfish.asking import told
from pilotfish.console import err, explain, is_verbose, print_document
from pilotfish.repairing import Opened, keep, show_patch, show_remarks
from pilotfish.report.text import diff, harmless
from repair.choice.differences import CHANGES

#: Statuses that leave nothing to do.
GOOD = ("verified", "passing")
#: Changed calls that are shown without ``--verbose``.
_ROWS = 3
_COLOURS = {"verified": "green", "passing": "green", "ambiguous": "yellow", "unverified": "yellow"}


def conclude(options: argparse.Namespace, opened: Opened, answer: FixAnswer) -> int:
    """Keep the patch if asked to, show the answer; the exit code.

    Raises :class:`~analysis.errors.AnalysisError`, after the patch was shown, where the file to be
    written has changed or cannot be written.
    """
    written, trouble = False, None
    try:
        written = keep(options, opened, answer.status, answer.patch, answer.file)
    except AnalysisError as error:
        trouble = error
    if options.json:
        print_document(document_of(answer, written))
    else:
        _show(answer, written, opened.path)
    if trouble is not None:
        raise trouble
    if answer.status == "error":
        return 2
    return 0 if answer.status in GOOD else 1


def failed(reason: str) -> dict[str, object]:
    """The JSON of what could not be tried."""
    return document_of(FixAnswer.failed(reason), written=False)


def document_of(answer: FixAnswer, written: bool) -> dict[str, object]:
    """The JSON of docs/command-line.md."""
    return {
        "status": answer.status,
        "patch": answer.patch,
        "file": answer.file,
        "confidence": answer.confidence,
        "alternatives": [
            {"patch": other.patch, "strategy": other.strategy, "score": other.score}
            for other in answer.alternatives
        ],
        "strategy": answer.strategy,
        "blocks": [
            {"first_line": first, "last_line": last, "suspicion": suspicion}
            for first, last, suspicion in answer.blocks
        ],
        "candidates_run": answer.candidates_run,
        "not_run": list(answer.not_run),
        "seconds": answer.seconds,
        "timings": dict(answer.timings),
        "model_tokens": answer.model_tokens,
        "model": answer.model,
        "reason": answer.reason,
        "rejected": list(answer.rejected),
        "notes": list(answer.notes),
        "changes": [
            {"call": call, "before": before, "after": after}
            for call, before, after in answer.changes
        ],
        "attempt": answer.attempt,
        "question": _question(answer.question),
        "questions": [
            {"call": reply.call, "answer": reply.answer, "test": reply.test}
            for reply in answer.replies
        ],
        "rivals": answer.rivals,
        "written": written,
    }


def _question(question: PatchQuestion | None) -> dict[str, object] | None:
    """The call on which patches part, and the patch for each answer."""
    if question is None:
        return None
    options = [{"answer": each.answer, "patch": each.patch} for each in question.options]
    return {"call": question.call, "before": question.before, "options": options}


def _show(answer: FixAnswer, written: bool, path: Path) -> None:
    """The patch on standard output; on standard error a summary of three short lines: the verdict,
    what was run, and what changes beyond the failure. The rest with ``--verbose``."""
    console = err()
    if answer.status == "error":
        explain(answer.reason or "the repair could not be tried")
        return
    show_patch(answer.patch)
    console.print(_verdict(answer, path))
    console.print(_run(answer), markup=False)
    if answer.patch:
        _show_changes(console, answer)
    if (question := answer.question) is not None:
        answers = " or ".join(each.answer for each in question.options)
        said = f"question: {question.call}: {answers}? (fix --ask)"
        console.print(Text(harmless(said)))
    show_remarks(console, "answered", tuple(map(told, answer.replies)))
    _show_details(console, answer)
    if answer.attempt:
        console.print("nearest attempt, which does not pass:", markup=False)
        console.print(diff(answer.attempt))
    if written:
        console.print(f"written: {_shown(Path(answer.file) if answer.file else path)}")


_WORDS = {"none": "not repaired", "passing": "nothing to repair"}


def _verdict(answer: FixAnswer, path: Path) -> Text:
    """Whether it is repaired, how sure that is, and where."""
    word = _WORDS.get(answer.status, answer.status)
    said = Text(word, f"bold {_COLOURS.get(answer.status, 'red')}")
    if not answer.patch:
        return said + Text(f": {answer.reason}")
    if answer.confidence:
        said.append(f" ({answer.confidence:.0%} sure)")
    strategy = answer.strategy.removeprefix("template: ")
    place = _shown(Path(answer.file) if answer.file else path)
    return said + Text(f": changes {place}{_changed_lines(answer.patch)} ({strategy})")


def _changed_lines(patch: str) -> str:
    """Which lines of the file a patch changes, as `` at line 5``."""
    removed: list[int] = []
    added: list[int] = []
    at = 0
    for line in patch.splitlines():
        if line.startswith("@@"):
            at = int(line.split()[1].partition(",")[0].lstrip("-"))
        elif not line.startswith(("+++", "---")) and at:
            if line[:1] == "+":
                added.append(at)
                continue
            if line[:1] == "-":
                removed.append(at)
            at += 1
    found = removed or added
    if not found:
        return ""
    first, last = min(found), max(found)
    return f" at line {first}" if first == last else f" at lines {first} to {last}"


def _run(answer: FixAnswer) -> str:
    """What was run, and what it said of the patch."""
    tried = f"{answer.candidates_run} candidate{'' if answer.candidates_run == 1 else 's'}"
    spent = f"{tried} in {answer.seconds:.0f} s"
    return f"tests: {answer.reason} ({spent})" if answer.patch else f"tried: {spent}"


def _show_changes(console: Console, answer: FixAnswer) -> None:
    """The calls that a patch answers differently, in a table."""
    if not answer.changes:
        console.print("beyond the failure: no other result is known to change", markup=False)
        return
    note = next((n for n in answer.notes if n.startswith(CHANGES)), "").partition(", e.g.")[0]
    console.print(f"beyond the failure: {note}", markup=False)
    shown = answer.changes if is_verbose() else answer.changes[:_ROWS]
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("  call", overflow="fold", ratio=2)
    for column in ("before", "after"):
        table.add_column(column, overflow="fold", ratio=1)
    for call, before, after in shown:
        table.add_row(*(Text(harmless(part)) for part in (f"  {call}", before, after)))
    console.print(table)


def _show_details(console: Console, answer: FixAnswer) -> None:
    """Notes, and with ``--verbose`` everything else that is known."""
    notes = tuple(note for note in answer.notes if not note.startswith(CHANGES))
    if not is_verbose():
        hidden = len(notes) + len(answer.rejected) + len(answer.not_run) + len(answer.alternatives)
        if hidden:
            console.print(Text(f"{hidden} more detail{'s' * (hidden > 1)} with --verbose", "dim"))
        return
    show_remarks(console, "note", notes)
    show_remarks(console, "not run", answer.not_run)
    show_remarks(console, "refused", answer.rejected)
    for other in answer.alternatives:
        console.print(f"alternative: {other.strategy}, score {other.score:.2f}", markup=False)
    if answer.model:
        console.print(f"model: {answer.model}, {answer.model_tokens} tokens", markup=False)
    if answer.patch:
        console.print(f"strategy: {answer.strategy}", markup=False)


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
