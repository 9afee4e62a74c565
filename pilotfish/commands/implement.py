"""``pilotfish implement FILE:FUNCTION``: write a function's body so that its tests pass."""

from __future__ import annotations

import argparse

from analysis.errors import AnalysisError
from engine.features.implement import ImplementRequest, implement
from pilotfish.repairing import add_options, at_work, open_place
from pilotfish.report.fixing import conclude, failed

__all__ = ["EXAMPLES", "add_arguments", "failed", "run"]

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
    add_options(
        parser, test="the tests that must pass, as a shell command", limit=90.0, write="body"
    )


def run(options: argparse.Namespace) -> int:
    """Write, show, and keep if asked to."""
    opened, function = open_place(options)
    request = ImplementRequest(
        opened.snapshot,
        function,
        test=opened.test,
        suite=options.suite,
        time_limit=options.time_limit,
        sandbox=opened.sandbox,
        allow=opened.allow,
    )

    with at_work(options) as work:
        if work.writer is None:
            raise AnalysisError(
                "implement needs a model, and none is installed",
                help="pilotfish model pull repair",
            )
        answer = implement(request, work.writer, work.evidence, work.report, work.cancellation)
    return work.exit_code(conclude(options, opened, answer))
