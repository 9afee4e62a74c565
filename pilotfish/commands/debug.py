"""``pilotfish debug FILE``: trace a failing test block by block, with values and suspicion."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.text.files import real_path
from engine.features.fix import FixRequest, fix
from engine.features.trace import TraceRequest, trace
from pilotfish.console import err, print_document
from pilotfish.repairing import add_options, at_work, open_file
from pilotfish.report.debugging import show
from pilotfish.report.fixing import document_of
from pilotfish.report.page import page

EXAMPLES = """\
  pilotfish debug gcd.py --test "python gcd_test.py"
  pilotfish debug app/prices.py --test "pytest tests/test_prices.py::test_discount"
  pilotfish debug app/prices.py --html report.html     find its tests; a page to click through
  pilotfish debug app/prices.py --fix --html r.html    the same with a repair
  pilotfish debug app/prices.py --json                 one JSON document (docs/debug.md)
Exit code 0 when the test passes, 1 when it fails and was looked at, 2 when it could not be run."""

_EXIT = {"passing": 0, "failing": 1, "error": 2}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to look at")
    parser.add_argument(
        "--html", metavar="OUT", type=Path, help="write the report as one self-contained page"
    )
    parser.add_argument(
        "--fix", action="store_true", help="also look for a repair, for up to the same time again"
    )
    parser.add_argument(
        "--verdicts",
        action="store_true",
        help="also ask the model how likely each line is and whether each block is right",
    )
    test = "the failing test, as any shell command"
    add_options(parser, test=test, limit=30.0, suite=False)


def run(options: argparse.Namespace) -> int:
    """Trace and show."""
    opened = open_file(options.file, options)
    request = TraceRequest(
        opened.snapshot, opened.test, options.time_limit, opened.sandbox, opened.allow
    )
    with at_work(options, model=options.verdicts or options.fix) as work:
        asked = work.writer if options.verdicts else None
        answer = trace(request, asked, work.report, work.cancellation)
        document, text = answer.document, answer.text
        if options.fix and document["status"] == "failing" and not work.cancellation.cancelled:
            repair = FixRequest(
                opened.snapshot,
                opened.test,
                time_limit=options.time_limit,
                sandbox=opened.sandbox,
                allow=opened.allow,
            )
            fixed = fix(repair, work.writer, work.evidence, work.report, work.cancellation)
            document["repair"] = document_of(fixed, written=False)
    if options.html is not None:
        _write(options.html, page(document, text))
        err().print(f"page written to {real_path(options.html)}", markup=False)
    if options.json:
        print_document(document)
    else:
        show(document, text)
    return work.exit_code(_EXIT[document["status"]])


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AnalysisError(
            f"the page cannot be written: {error.strerror}", where=str(path)
        ) from None
