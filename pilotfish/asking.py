"""Questions of a repair to the person at the terminal: what is right, of what patches answer."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from analysis.errors import AnalysisError
from engine.features.fix import FixAnswer, PatchReply
from pilotfish.console import err
from pilotfish.waiting import Telling
from repair.job import Question, Reply
from repair.sandbox.probe.noting import shown


def can_ask() -> None:
    """Raise :class:`~analysis.errors.AnalysisError` where nobody can answer."""
    if not sys.stdin.isatty():
        raise AnalysisError(
            "there is nobody to ask: standard input is not a terminal",
            where="--ask",
            help="run it in a terminal, or without --ask",
        )


def ask(question: Question, telling: Telling) -> Reply | None:
    """What the person says is right; ``None`` where they do not know."""
    console = err()
    with telling.pause():
        said = "Patches that pass the tests differ." if question.splits else "Is this change right?"
        console.print(f"\n{said} What should this be?\n\n  {question.call}\n", markup=False)
        for number, answer in enumerate(question.answers, 1):
            now = " (as now)" if answer == question.before else ""
            console.print(f"  {number}  {answer}{now}", markup=False)
        console.print("  n  none of these\n  ?  I do not know", markup=False)
        while True:
            console.print("> ", end="")
            text = sys.stdin.readline().strip()
            if text in ("", "?"):
                return None
            if text == "n":
                return Reply(question.call, None, question.answers)
            if text.isdecimal() and 1 <= int(text) <= len(question.answers):
                return Reply(question.call, question.answers[int(text) - 1], question.answers)
            if (value := _value(text)) is not None:
                return Reply(question.call, value, question.answers)
            console.print("  a number of the list, n, ?, or = and the right value", markup=False)


def _value(text: str) -> str | None:
    """``= VALUE`` as answers are shown; ``None`` where it is something else."""
    try:
        return shown(ast.literal_eval(text[1:].strip())) if text.startswith("=") else None
    except (SyntaxError, ValueError):
        return None


def offer_tests(answer: FixAnswer) -> Path | None:
    """Offer to keep what was answered as tests, in a file beside the one that was repaired; the
    file that was written."""
    tests = [reply.test for reply in answer.replies if reply.test]
    if not tests:
        return None
    path = _free(Path(answer.file).with_name(f"test_{Path(answer.file).stem}_answers.py"))
    console = err()
    console.print(f"\nKeep your answers as tests, in {path.name}? [y/N] ", end="", markup=False)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        return None
    try:
        path.write_text("\n\n".join(tests), encoding="utf-8")
    except OSError as error:
        raise AnalysisError(
            f"the tests cannot be written: {error.strerror}", where=str(path)
        ) from None
    return path


def _free(path: Path) -> Path:
    """``path``, or the first name like it that no file has."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem}_{number}.py")
    return found


def told(reply: PatchReply) -> str:
    """A reply in one line."""
    return f"{reply.call}: {reply.answer or 'none of what patches answer'}"
