"""``pilotfish fix [FILE]``: repair a file until its failing test passes."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from analysis.errors import AnalysisError
from engine.features.fix import FixRequest, at_fault, fix
from pilotfish.asking import ask, can_ask, offer_tests
from pilotfish.console import err
from pilotfish.options import workspace_for
from pilotfish.repairing import add_options, at_work, open_file
from pilotfish.report.fixing import conclude, failed
from repair.failure.discovery import file_of_tests

__all__ = ["EXAMPLES", "add_arguments", "failed", "run"]

EXAMPLES = """\
  pilotfish fix app/prices.py --test "pytest tests/test_prices.py"
  pilotfish fix --test "pytest tests/test_prices.py"    find the file at fault, too
  pilotfish fix app/prices.py --write          find its tests; write the patch if it is verified
  pilotfish fix gcd.py --test "python gcd_test.py" --json
  pilotfish fix app.py --test "pytest -k login" --sandbox-allow net,~/fixtures
  pilotfish fix app/prices.py --ask            choose between patches that pass and differ
Exit code 0 when the test passes or a verified patch was found, 1 when not, 2 when it could not
be tried. The patch goes to standard output: pilotfish fix … > p.diff && git apply p.diff"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        nargs="?",
        help="the file to repair (default: the one in which the test of --test goes wrong)",
    )
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
    began, why = time.monotonic(), ""
    if options.file is None:
        options.file, why = _at_fault(options)
        options.time_limit -= time.monotonic() - began
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
    if why:
        answer = replace(
            answer, reason=f"{answer.reason}; chosen: {options.file.name}, since {why}"
        )
    code = conclude(options, opened, answer)
    if options.ask and (kept := offer_tests(answer)) is not None:
        err().print(f"written: {kept}", markup=False)
    return work.exit_code(code)


def _at_fault(options: argparse.Namespace) -> tuple[Path, str]:
    """The file to repair where the command line names none, and why; says so.

    Raises :class:`~analysis.errors.AnalysisError` where nothing says which.
    """
    if not options.test:
        raise AnalysisError(
            "neither a file nor a test is named",
            where="fix",
            help="pilotfish fix FILE, or pilotfish fix --test CMD",
        )
    root = workspace_for(options, Path.cwd()).root
    tests = file_of_tests(options.test, str(Path.cwd())) or file_of_tests(options.test, root)
    if tests is None:
        raise AnalysisError(
            "no file of tests was found",
            where=root,
            help="name the file to repair: pilotfish fix FILE --test CMD",
        )
    opened = open_file(tests, options)
    request = FixRequest(
        opened.snapshot,
        test=opened.test,
        time_limit=options.time_limit,
        sandbox=opened.sandbox,
        allow=opened.allow,
    )
    with at_work(options, model=False) as work:
        path, why = at_fault(request, work.report, work.cancellation)
    here = Path.cwd()
    file = Path(path).relative_to(here) if Path(path).is_relative_to(here) else Path(path)
    err().print(f"repairing {file}: {why}", markup=False)
    return file, why
