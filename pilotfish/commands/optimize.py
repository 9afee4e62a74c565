"""``pilotfish optimize FILE:FUNCTION``: a faster version of a function, measured."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rich.text import Text

from analysis.errors import AnalysisError
from engine.features.optimize import OptimizeAnswer, OptimizeRequest, optimize
from pilotfish.console import err, explain, print_document
from pilotfish.repairing import (
    add_options,
    at_work,
    keep,
    open_place,
    show_patch,
    show_remarks,
)
from repair.source.file import Source

EXAMPLES = """\
  pilotfish optimize app/search.py:find --test "pytest tests/test_search.py"
  pilotfish optimize fib.py:fib --test "python -m doctest fib.py" --model none --write
Exit code 0 when a faster version was found, 1 when none was measured to be faster, 2 when it
could not be tried. The patch goes to standard output, for git apply."""

#: Lines that take a smaller share of the time are not worth a word.
_TOLD = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "place",
        metavar="FILE:FUNCTION",
        help="a function by its qualified name, as app.py:Class.method",
    )
    test = (
        "the tests that must pass and whose calls are measured, as a shell command (default: those "
        "that reach the function)"
    )
    add_options(parser, test=test, limit=120.0, write="version", suite=False)


def run(options: argparse.Namespace) -> int:
    """Measure, show, and keep if asked to."""
    opened, function = open_place(options)
    request = OptimizeRequest(
        opened.snapshot,
        function,
        test=opened.test,
        time_limit=options.time_limit,
        sandbox=opened.sandbox,
        allow=opened.allow,
    )

    with at_work(options) as work:
        answer = optimize(request, work.writer, work.evidence, work.report, work.cancellation)
    patch = answer.best.patch if answer.best else ""
    written, trouble = False, None
    try:
        written = keep(options, opened, answer.status, patch)
    except AnalysisError as error:
        trouble = error
    if options.json:
        print_document(_document(answer, written))
    else:
        _show(answer, patch, written, opened.source)
    if trouble is not None:
        raise trouble
    if answer.status == "error":
        return work.exit_code(2)
    return work.exit_code(0 if answer.best else 1)


def failed(reason: str) -> dict[str, object]:
    """The JSON of what could not be tried."""
    return _document(OptimizeAnswer("error", reason), written=False)


def _document(answer: OptimizeAnswer, written: bool) -> dict[str, object]:
    patch = answer.best.patch if answer.best else ""
    return {**asdict(answer), "patch": patch, "written": written}


def _show(answer: OptimizeAnswer, patch: str, written: bool, source: Source) -> None:
    """The patch on standard output, what was measured on standard error."""
    if answer.status == "error":
        explain(answer.reason)
        return
    show_patch(patch)
    console = err()
    console.print(Text(answer.status, "green" if answer.best else "red"), end="")
    found = f" by {answer.best.strategy}" if answer.best else ""
    count = answer.candidates_run
    tried = f"{count} version{'s' * (count != 1)}"
    console.print(
        f"{found}: {answer.reason} ({tried}, {answer.seconds:.1f} s)",
        markup=False,
    )
    for line, share in answer.hot:
        if share >= _TOLD:
            said = f"{share:.0%} of the time: line {line + 1}: {source.line(line + 1).strip()}"
            console.print(said, markup=False)
    show_remarks(console, "not offered", answer.rejected)
    if written:
        console.print("written", markup=False)
