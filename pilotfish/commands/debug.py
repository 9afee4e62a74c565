"""``pilotfish debug FILE``: what a failing test does block by block, with values and suspicion."""

from __future__ import annotations

import argparse
import contextlib
import json
from pathlib import Path

from analysis.deadline import Cancellation
from analysis.errors import AnalysisError
from analysis.snapshot import Snapshot
from engine.handlers.fix import fix
from engine.handlers.trace import trace
from engine.messages import FixRequest, TraceRequest
from engine.settings.read import machine_settings
from pilotfish.commands.fix import document_of, repair_writer
from pilotfish.later import LaterEvidence
from pilotfish.options import add_common, add_sandbox, seconds, workspace_for
from pilotfish.report.debugging import show
from pilotfish.report.page import page
from pilotfish.waiting import interruptible, progress
from repair.source import read_source

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
        "--test", metavar="CMD", default="", help="the failing test, as any shell command"
    )
    parser.add_argument(
        "--time-limit", metavar="S", type=seconds, default=30.0, help="seconds (default: 30)"
    )
    parser.add_argument(
        "--html", metavar="OUT", type=Path, help="write the report as one self-contained page"
    )
    parser.add_argument(
        "--fix", action="store_true", help="look for a repair too, as long again (pilotfish fix)"
    )
    parser.add_argument(
        "--verdicts",
        action="store_true",
        help="ask the model too: its surprise at each line, its verdict on each block",
    )
    add_sandbox(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Trace and show."""
    path: Path = options.file
    if not path.is_file():
        raise AnalysisError("there is no such file", where=str(path))
    path = path.resolve()
    source = read_source(str(path), path.read_bytes())
    snapshot = Snapshot(str(path), source.text, workspace_for(options, path))
    test = options.test or machine_settings()[0].test_command
    sandbox, allow = not options.no_sandbox, tuple(options.sandbox_allow)
    request = TraceRequest(snapshot, test, options.time_limit, sandbox, allow)
    cancellation = Cancellation()
    with (
        contextlib.ExitStack() as stack,
        interruptible(cancellation),
        progress() as report,
    ):
        wanted = options.verdicts or options.fix
        writer = repair_writer(options, report) if wanted else None
        if writer is not None:
            stack.callback(writer.close)
        asked = writer if options.verdicts else None
        document = trace(request, asked, report, cancellation).document
        if options.fix and document["status"] == "failing" and not cancellation.cancelled:
            repair = FixRequest(
                snapshot, test, time_limit=options.time_limit, sandbox=sandbox, allow=allow
            )
            evidence = LaterEvidence()
            stack.callback(evidence.close)
            answer = fix(repair, writer, evidence, report, cancellation)
            document["repair"] = document_of(answer, written=False)
    if options.html is not None:
        _write(options.html, page(document, source.text))
    if options.json:
        print(json.dumps(document))  # noqa: T201
    else:
        show(document, source.text)
    return _EXIT[document["status"]]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AnalysisError(
            f"the page cannot be written: {error.strerror}", where=str(path)
        ) from None
