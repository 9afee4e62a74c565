"""``pilotfish implement FILE:FUNCTION``: write a function's body so that its tests pass."""

from __future__ import annotations

import argparse
import contextlib
import json

from analysis.deadline import Cancellation
from analysis.errors import AnalysisError, ExplainedError
from analysis.snapshot import Snapshot
from engine.handlers.implement import implement
from engine.messages import FixAnswer, ImplementRequest
from engine.settings.read import machine_settings
from pilotfish.commands.fix import GOOD, document_of, repair_writer, show, write_patch
from pilotfish.commands.view import split_place
from pilotfish.later import LaterEvidence
from pilotfish.options import add_common, add_sandbox, seconds, workspace_for
from pilotfish.waiting import interruptible, progress
from repair.source import read_source

EXAMPLES = """\
  pilotfish implement app/prices.py:discount        find its tests or its examples
  pilotfish implement app/prices.py:Basket.total --test "pytest tests/test_prices.py" --write
  pilotfish implement slug.py:slugify --json
Exit code 0 when the body passes and was verified, 1 when not, 2 when it could not be tried. The
patch goes to standard output: pilotfish implement … > p.diff && git apply p.diff"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "place",
        metavar="FILE:FUNCTION",
        help="a function that has no body yet, by its qualified name, as app.py:Class.method",
    )
    parser.add_argument("--test", metavar="CMD", default="", help="what must pass, as a command")
    parser.add_argument(
        "--suite",
        metavar="CMD",
        default="",
        help="what else must pass (default: the same runner's tests of the workspace)",
    )
    parser.add_argument(
        "--time-limit", metavar="S", type=seconds, default=90.0, help="seconds (default: 90)"
    )
    parser.add_argument("--write", action="store_true", help="write the body if it is verified")
    add_sandbox(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Write, show, and keep if asked to."""
    path, function = split_place(options.place)
    if not function:
        raise AnalysisError(
            "expected FILE:FUNCTION", where=options.place, mend="as in app.py:Basket.total"
        )
    if not path.is_file():
        raise AnalysisError("there is no such file", where=str(path))
    path = path.resolve()
    source = read_source(str(path), path.read_bytes())
    request = ImplementRequest(
        Snapshot(str(path), source.text, workspace_for(options, path)),
        function,
        test=options.test or machine_settings()[0].test_command,
        suite=options.suite,
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
            if writer is None:
                raise AnalysisError(
                    "a body is written by a model, and there is none",
                    mend="pilotfish model pull repair",
                )
            stack.callback(writer.close)
            evidence = LaterEvidence()
            stack.callback(evidence.close)
            answer = implement(request, writer, evidence, report, cancellation)
    except ExplainedError as error:
        if not options.json:
            raise
        text = f"{error} ({error.mend})" if error.mend else str(error)
        answer = FixAnswer("error", reason=text)
    written = options.write and answer.status == "verified"
    if written:
        write_patch(path, source.path, answer.patch, source.encode(source.text))
    if options.json:
        # In ASCII: a patch of a file that is not UTF-8 carries its bytes as lone surrogates.
        print(json.dumps(document_of(answer, written)))  # noqa: T201
    else:
        show(answer, written)
    if answer.status == "error":
        return 2
    return 0 if answer.status in GOOD else 1
