"""``pilotfish fix FILE``: repair a file until its failing test passes."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from engine.features.fix import FixRequest, fix
from pilotfish.asking import ask, can_ask, offer_tests
from pilotfish.console import err
from pilotfish.repairing import add_options, at_work, open_file
from pilotfish.report.fixing import conclude, failed

__all__ = ["EXAMPLES", "add_arguments", "failed", "run"]

EXAMPLES = """\
  pilotfish fix app/prices.py --test "pytest tests/test_prices.py"
  pilotfish fix app/prices.py --write          find its tests; write the patch if it is verified
  pilotfish fix gcd.py --test "python gcd_test.py" --json
  pilotfish fix app.py --test "pytest -k login" --sandbox-allow net,~/fixtures
  pilotfish fix app/prices.py --ask            choose between patches that pass and differ
Exit code 0 when the test passes or a verified patch was found, 1 when not, 2 when it could not
be tried. The patch goes to standard output: pilotfish fix … > p.diff && git apply p.diff"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to repair")
    test = "the failing test, as any shell command"
    add_options(parser, test=test, limit=120.0, write="patch")
    parser.add_argument(
        "--ask",
        action="store_true",
        help="ask which result is right where patches that pass differ",
    )
    parser.add_argument(
        "--answers",
        metavar="FILE",
        type=Path,
        help="let this version of the file answer instead: it does what is meant",
    )
    parser.add_argument(
        "--questions",
        metavar="N",
        type=int,
        choices=range(11),
        default=3,
        help="ask at most N questions (default: 3)",
    )


def run(options: argparse.Namespace) -> int:
    """Repair, show, and write if asked to."""
    if options.ask:
        can_ask()
    opened = open_file(options.file, options)
    answers = open_file(options.answers, options).source.text if options.answers else ""
    request = FixRequest(
        opened.snapshot,
        test=opened.test,
        suite=options.suite,
        time_limit=options.time_limit,
        sandbox=opened.sandbox,
        allow=opened.allow,
        questions=options.questions,
        answers=answers,
    )

    with at_work(options) as work:
        person = partial(ask, telling=work.report) if options.ask else None
        answer = fix(request, work.writer, work.evidence, work.report, work.cancellation, person)
    code = conclude(options, opened, answer)
    if options.ask and (kept := offer_tests(answer)) is not None:
        err().print(f"written: {kept}", markup=False)
    return work.exit_code(code)
