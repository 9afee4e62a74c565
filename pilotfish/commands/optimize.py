"""``pilotfish optimize FILE:FUNCTION``: a faster version of a function, measured."""

from __future__ import annotations

import argparse
import contextlib
import json
from dataclasses import asdict

from rich.text import Text

from analysis.deadline import Cancellation
from analysis.errors import AnalysisError, ExplainedError
from analysis.snapshot import Snapshot
from engine.handlers.optimize import optimize
from engine.messages import OptimizeAnswer, OptimizeRequest
from engine.settings.read import machine_settings
from pilotfish.commands.fix import repair_writer, show_patch, write_patch
from pilotfish.commands.view import split_place
from pilotfish.console import err, explain
from pilotfish.later import LaterEvidence
from pilotfish.options import add_common, add_sandbox, seconds, workspace_for
from pilotfish.waiting import interruptible, progress
from repair.source import read_source

EXAMPLES = """\
  pilotfish optimize app/search.py:find --test "pytest tests/test_search.py"
  pilotfish optimize fib.py:fib --test "python -m doctest fib.py" --model none --write
Exit code 0 when a faster version was found, 1 when none was measured to be faster, 2 when it
could not be tried. The patch goes to standard output, for git apply."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "place",
        metavar="FILE:FUNCTION",
        help="a function by its qualified name, as app.py:Class.method",
    )
    parser.add_argument(
        "--test",
        metavar="CMD",
        default="",
        help="what must pass, and whose calls are measured, as a command",
    )
    parser.add_argument(
        "--time-limit", metavar="S", type=seconds, default=120.0, help="seconds (default: 120)"
    )
    parser.add_argument("--write", action="store_true", help="write the version if it is verified")
    add_sandbox(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, show, and keep if asked to."""
    path, function = split_place(options.place)
    if not function:
        raise AnalysisError(
            "expected FILE:FUNCTION", where=options.place, mend="as in app.py:Basket.total"
        )
    if not path.is_file():
        raise AnalysisError("there is no such file", where=str(path))
    path = path.resolve()
    source = read_source(str(path), path.read_bytes())
    request = OptimizeRequest(
        Snapshot(str(path), source.text, workspace_for(options, path)),
        function,
        test=options.test or machine_settings()[0].test_command,
        time_limit=options.time_limit,
        sandbox=not options.no_sandbox,
        allow=tuple(options.sandbox_allow),
    )
    cancellation = Cancellation()
    try:
        with (
            contextlib.ExitStack() as stack,
            interruptible(cancellation),
            progress() as report,
        ):
            writer = repair_writer(options, report)
            evidence = LaterEvidence()
            stack.callback(evidence.close)
            if writer is not None:
                stack.callback(writer.close)
            answer = optimize(request, writer, evidence, report, cancellation)
    except ExplainedError as error:
        if not options.json:
            raise
        text = f"{error} ({error.mend})" if error.mend else str(error)
        answer = OptimizeAnswer("error", text)
    patch = answer.best.patch if answer.best else ""
    written = options.write and answer.status == "verified"
    if written:
        write_patch(path, source.path, patch, source.encode(source.text))
    if options.json:
        # In ASCII: a patch of a file that is not UTF-8 carries its bytes as lone surrogates.
        print(json.dumps({**asdict(answer), "patch": patch, "written": written}))  # noqa: T201
    else:
        _show(answer, patch, written)
    if answer.status == "error":
        return 2
    return 0 if answer.best else 1


def _show(answer: OptimizeAnswer, patch: str, written: bool) -> None:
    """The patch on standard output, what was measured on standard error."""
    if answer.status == "error":
        explain(answer.reason)
        return
    show_patch(patch)
    console = err()
    console.print(Text(answer.status, "green" if answer.best else "red"), end="")
    found = f" by {answer.best.strategy}" if answer.best else ""
    console.print(
        f"{found}: {answer.reason} ({answer.candidates_run} versions, {answer.seconds:.1f} s)",
        markup=False,
    )
    for reason in answer.rejected[:5]:
        console.print(f"not offered: {reason}", markup=False)
    if written:
        console.print("written", markup=False)
