"""``pilotfish fix FILE``: repair a file until its failing test passes."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.handlers.fix import fix
from engine.messages import FixAnswer, FixRequest
from pilotfish.repairing import Work, add_options, attempt, open_file
from pilotfish.report.fixing import conclude

EXAMPLES = """\
  pilotfish fix app/prices.py --test "pytest tests/test_prices.py"
  pilotfish fix app/prices.py --write          find its tests; write the patch if it is verified
  pilotfish fix gcd.py --test "python gcd_test.py" --json
  pilotfish fix app.py --test "pytest -k login" --sandbox-allow net,~/fixtures
Exit code 0 when the test passes or a verified patch was found, 1 when not, 2 when it could not
be tried. The patch goes to standard output: pilotfish fix … > p.diff && git apply p.diff"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to repair")
    test = "the failing test, as any shell command"
    add_options(parser, test=test, limit=120.0, write="patch")


def run(options: argparse.Namespace) -> int:
    """Repair, show, and write if asked to."""
    opened = open_file(options.file, options)
    request = FixRequest(
        opened.snapshot,
        test=opened.test,
        suite=options.suite,
        time_limit=options.time_limit,
        sandbox=opened.sandbox,
        allow=opened.allow,
    )

    def ask(work: Work) -> FixAnswer:
        return fix(request, work.writer, work.evidence, work.report, work.cancellation)

    return conclude(options, opened, attempt(options, ask, FixAnswer.failed))
