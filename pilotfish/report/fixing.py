"""How a repair ends on the command line: its JSON, its words on a terminal, its exit code."""

from __future__ import annotations

import argparse

from rich.text import Text

from engine.messages import FixAnswer
from pilotfish.console import err, explain
from pilotfish.repairing import Opened, keep, print_document, show_patch, show_remarks

#: Statuses that leave nothing to do.
GOOD = ("verified", "passing")
_COLOURS = {"verified": "green", "passing": "green", "unverified": "yellow"}


def conclude(options: argparse.Namespace, opened: Opened, answer: FixAnswer) -> int:
    """Keep the patch if asked to, show the answer; the exit code.

    Raises :class:`~analysis.errors.AnalysisError` where the file to be written has changed.
    """
    written = keep(options, opened, answer.status, answer.patch, answer.file)
    if options.json:
        print_document(document_of(answer, written))
    else:
        _show(answer, written)
    if answer.status == "error":
        return 2
    return 0 if answer.status in GOOD else 1


def document_of(answer: FixAnswer, written: bool) -> dict[str, object]:
    """The JSON of design.md §5."""
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
        "written": written,
    }


def _show(answer: FixAnswer, written: bool) -> None:
    """The patch on standard output, what is to be said of it on standard error."""
    console = err()
    if answer.status == "error":
        explain(answer.reason or "the repair could not be tried")
        return
    show_patch(answer.patch)
    console.print(Text(answer.status, _COLOURS.get(answer.status, "red")), end="")
    tokens = f"{answer.model_tokens} tokens of {answer.model}" if answer.model else "no model"
    found = f" by {answer.strategy}" if answer.strategy else ""
    console.print(
        f"{found}: {answer.reason} ({answer.candidates_run} candidates, "
        f"{tokens}, {answer.seconds:.1f} s)",
        markup=False,
    )
    show_remarks(console, "note", answer.notes)
    show_remarks(console, "not run", answer.not_run)
    show_remarks(console, "refused", answer.rejected)
    if answer.alternatives:
        console.print(f"{len(answer.alternatives)} more plausible: see --json", markup=False)
    if written:
        console.print("written", markup=False)
