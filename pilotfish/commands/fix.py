"""``pilotfish fix FILE``: repair a file until its failing test passes."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.syntax import Syntax
from rich.text import Text

from analysis.deadline import Cancellation
from analysis.errors import AnalysisError, ExplainedError
from analysis.snapshot import Snapshot
from decoding.errors import ModelFileError
from engine.handlers.fix import fix
from engine.loading import choose, load
from engine.messages import FixAnswer, FixRequest
from engine.settings.read import machine_settings
from pilotfish.console import err, explain, out
from pilotfish.later import LaterEvidence, LaterWriter
from pilotfish.options import add_common, add_sandbox, machine_for, seconds, workspace_for
from pilotfish.waiting import interruptible, progress
from repair.patch import apply_diff, write_atomically
from repair.source import read_source

EXAMPLES = """\
  pilotfish fix app/prices.py --test "pytest tests/test_prices.py"
  pilotfish fix app/prices.py --write          find its tests; write the patch if it is verified
  pilotfish fix gcd.py --test "python gcd_test.py" --json
  pilotfish fix app.py --test "pytest -k login" --sandbox-allow net,~/fixtures
Exit code 0 when the test passes or a verified patch was found, 1 when not, 2 when it could not
be tried. The patch goes to standard output: pilotfish fix … > p.diff && git apply p.diff"""

#: Statuses that leave nothing to do.
GOOD = ("verified", "passing")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to repair")
    parser.add_argument(
        "--test", metavar="CMD", default="", help="the failing test, as any shell command"
    )
    parser.add_argument(
        "--suite",
        metavar="CMD",
        default="",
        help="what else must pass (default: the same runner's tests of the workspace)",
    )
    parser.add_argument(
        "--time-limit", metavar="S", type=seconds, default=120.0, help="seconds (default: 120)"
    )
    parser.add_argument("--write", action="store_true", help="write the patch if it is verified")
    add_sandbox(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Repair, show, and write if asked to."""
    path: Path = options.file
    if not path.is_file():
        raise AnalysisError("there is no such file", where=str(path))
    path = path.resolve()
    source = read_source(str(path), path.read_bytes())
    snapshot = Snapshot(str(path), source.text, workspace_for(options, path))
    request = FixRequest(
        snapshot,
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
            evidence = LaterEvidence()
            stack.callback(evidence.close)
            if writer is not None:
                stack.callback(writer.close)
            answer = fix(request, writer, evidence, report, cancellation)
    except ExplainedError as error:
        if not options.json:
            raise
        text = f"{error} ({error.mend})" if error.mend else str(error)
        answer = FixAnswer("error", reason=text)
    written = False
    if options.write and answer.status == "verified":
        write_patch(path, source.path, answer.patch, source.encode(source.text))
        written = True
    if options.json:
        # In ASCII: a patch of a file that is not UTF-8 carries its bytes as lone surrogates.
        print(json.dumps(document_of(answer, written)))  # noqa: T201
    else:
        show(answer, written)
    if answer.status == "error":
        return 2
    return 0 if answer.status in GOOD else 1


def repair_writer(
    options: argparse.Namespace, report: Callable[[str, float], None]
) -> LaterWriter | None:
    """The model that repairs; in its absence the one that completes; else, or for ``none``, none.

    Raises :class:`~decoding.errors.ModelFileError` when the one that was named is not there.
    """
    if options.model == "none":
        return None
    machine = machine_for(options)
    for role in ("repair", "complete"):
        try:
            model = choose(machine, role)
        except ModelFileError:
            if machine.repair_model:
                raise
            continue
        if role != "repair":
            report(f"the larger repair model is not here: using {model.name}", 0.0)
        return LaterWriter(model.name, partial(load, model, machine))
    report("no model is here: templates alone (pilotfish model pull repair)", 0.0)
    return None


def write_patch(path: Path, name: str, patch: str, expected: bytes) -> None:
    """Apply the answer's patch to the file, which must still be as it was.

    Raises :class:`~analysis.errors.AnalysisError` where it is not.
    """
    if path.read_bytes() != expected:
        raise AnalysisError(
            "the file changed while it was being repaired", where=name, mend="run it again"
        )
    write_atomically(str(path), apply_diff(patch, expected))


def document_of(answer: FixAnswer, written: bool) -> dict[str, object]:
    """The JSON of design.md §5."""
    return {
        "status": answer.status,
        "patch": answer.patch,
        "alternatives": [
            {"patch": other.patch, "strategy": other.strategy, "score": other.score}
            for other in answer.alternatives
        ],
        "strategy": answer.strategy,
        "blocks": [
            {"first_line": first, "last_line": last, "suspicion": suspicion}
            for first, last, suspicion in answer.blocks
        ],
        "candidates_run": answer.candidates_run,
        "not_run": list(answer.not_run),
        "seconds": answer.seconds,
        "model_tokens": answer.model_tokens,
        "model": answer.model,
        "reason": answer.reason,
        "rejected": list(answer.rejected),
        "notes": list(answer.notes),
        "written": written,
    }


def show_patch(patch: str) -> None:
    """A patch on standard output: in colour on a terminal, byte for byte otherwise."""
    if patch and sys.stdout.isatty():
        out().print(Syntax(patch, "diff", background_color="default"))
    elif patch:
        sys.stdout.buffer.write(patch.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


def show(answer: FixAnswer, written: bool) -> None:
    """The patch on standard output, what is to be said of it on standard error."""
    console = err()
    if answer.status == "error":
        explain(answer.reason or "the repair could not be tried")
        return
    show_patch(answer.patch)
    colour = {"verified": "green", "passing": "green", "unverified": "yellow"}
    console.print(Text(answer.status, colour.get(answer.status, "red")), end="")
    model = answer.model or "no model"
    found = f" by {answer.strategy}" if answer.strategy else ""
    console.print(
        f"{found}: {answer.reason} ({answer.candidates_run} candidates, "
        f"{answer.model_tokens} tokens of {model}, {answer.seconds:.1f} s)",
        markup=False,
    )
    for note in answer.notes:
        console.print(f"note: {note}", markup=False)
    for test in answer.not_run[:5]:
        console.print(f"not run: {test}", markup=False)
    for reason in answer.rejected[:5]:
        console.print(f"refused: {reason}", markup=False)
    if answer.alternatives:
        console.print(f"{len(answer.alternatives)} more plausible: see --json", markup=False)
    if written:
        console.print("written", markup=False)
