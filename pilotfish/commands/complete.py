"""``pilotfish complete``: print the completion at a position."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import Future, wait
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec
from rich.markup import escape

from analysis.deadline import Cancellation, Deadline
from analysis.errors import AnalysisError, ExplainedError
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.text.document import LineIndex, TextError
from analysis.text.files import read_file
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from decoding.writer import Completion, Writer, of_nodes
from engine.features.complete import CompleteRequest, complete
from engine.writers import choose, load
from pilotfish.commands.inspect import PlaceLine
from pilotfish.console import err
from pilotfish.options import add_common, machine_for, parse_location, workspace_for

EXAMPLES = """\
  pilotfish complete app.py:12:17                 what goes at line 12, column 17
  pilotfish complete app.py:12:1 --multiline      up to the end of a block
  pilotfish complete app.py:12:17 --json          with confidence, events and times
  echo '{"path":"app.py","line":11,"character":16}' | pilotfish complete --jsonl"""

#: Seconds for the analysis to read a file it has not seen, as a server does when one is opened.
_FIRST_LOOK = 15.0

#: Milliseconds for a name: as an editor has it, and where only the answer is waited for.
_EDITOR_MS, _PATIENT_MS = 300, 15_000

_T = TypeVar("_T")


class CompletionLine(PlaceLine):
    """One input line: a place, and what overrides the options there."""

    guidance: bool | None = None
    max_tokens: int | None = None
    multiline: bool | None = None
    deadline_ms: int | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "location", metavar="FILE:LINE:COL", nargs="?", help="the position, counted from 1"
    )
    parser.add_argument(
        "--jsonl",
        action="store_true",
        help="read one JSON object a line: path, line, character (from 0), optionally text, "
        "guidance, max_tokens, multiline, deadline_ms",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document instead of the text"
    )
    parser.add_argument(
        "--no-guidance", action="store_true", help="use the model alone, without analysis"
    )
    parser.add_argument(
        "--max-tokens",
        type=int,
        default=48,
        metavar="N",
        help="maximum number of tokens (default: 48)",
    )
    parser.add_argument("--multiline", action="store_true", help="complete to the end of the block")
    parser.add_argument(
        "--deadline-ms",
        type=int,
        metavar="N",
        help="milliseconds that analysis has for each name (default: 300 with --jsonl, as in an "
        "editor; otherwise 15000)",
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Complete at one location, or at each line of standard input; 1 if a line was an error."""
    if options.jsonl == bool(options.location):
        raise AnalysisError(
            "either FILE:LINE:COL or --jsonl",
            where="complete",
            help="as in: pilotfish complete app.py:12:17",
        )
    if options.model == "none":
        raise AnalysisError(
            "a completion needs a model",
            where="--model none",
            help="pilotfish inspect FILE:LINE:COL lists the names that fit, without a model; "
            "pilotfish model list names the models",
        )
    if options.deadline_ms is None:
        # Nobody types meanwhile: an unchecked name is worse than a moment.
        options.deadline_ms = _EDITOR_MS if options.jsonl else _PATIENT_MS
    _check(options.max_tokens, options.deadline_ms)
    with ExitStack() as stack:
        # Before anything that takes time: what is asked for must be there.
        request = None if options.jsonl else _request_at(options)
        machine = machine_for(options)
        model = choose(machine, "complete")
        pool = stack.enter_context(AnalysisPool(WorkerSettings(cache_folder())))
        reader = _Reader(pool)
        if request is not None:
            # The analysis reads the file while the model is loaded.
            reader.begin(request)
        writer = load(model, machine)
        stack.callback(writer.close)
        if request is None:
            return _answer_lines(options, writer, reader, sys.stdin.buffer, sys.stdout.buffer)
        done = _complete(request, writer, reader)
    if options.json:
        shown = _shown(request, done)
        sys.stdout.buffer.write(msgspec.json.encode(shown) + b"\n")
    else:
        _tell(done)
        if not done.text:
            err().print(f"nothing to insert: {_why_nothing(done)}", markup=False)
        if done.text:
            sys.stdout.buffer.write(done.text.encode() + b"\n")
    return 0


class _Reader:
    """Lets the analysis read each file once before names in it are asked for with a deadline."""

    def __init__(self, pool: AnalysisPool) -> None:
        self.pool = pool
        self._looks: dict[str, Future[NameSet]] = {}

    def begin(self, request: CompleteRequest) -> Future[NameSet] | None:
        """Start to read the file of a guided request; the look at it, begun now or earlier."""
        snapshot = request.snapshot
        if not request.guidance:
            return None
        if snapshot.path not in self._looks:
            self.pool.warm(snapshot.workspace)
            where = (snapshot, request.line, request.character)
            look = self.pool.inspect(*where, Deadline.after(_FIRST_LOOK))
            self._looks[snapshot.path] = look
        return self._looks[snapshot.path]


def _complete(request: CompleteRequest, writer: Writer, reader: _Reader) -> Completion:
    look = reader.begin(request)
    if look is not None:
        # What it found, or that it failed, does not matter here: names are asked for again.
        wait([look], timeout=_FIRST_LOOK)
    return complete(request, writer, reader.pool, Cancellation()).completion


def _answer_lines(
    options: argparse.Namespace,
    writer: Writer,
    reader: _Reader,
    lines: BinaryIO,
    answers: BinaryIO,
) -> int:
    """Answer ``lines`` one by one; a bad one gets ``{"error": …}`` and the next goes on."""
    failed = False
    for line in lines:
        if not line.strip():
            continue
        try:
            request = _request_of(options, line)
            answer = _shown(request, _complete(request, writer, reader))
        except ExplainedError as error:
            failed = True
            answer = {"error": str(error)}
        answers.write(msgspec.json.encode(answer) + b"\n")
        answers.flush()
    return 1 if failed else 0


def _request_at(options: argparse.Namespace) -> CompleteRequest:
    path, line, character = parse_location(options.location)
    request = _request(options, CompletionLine(str(path), line, character))
    lines = LineIndex(request.snapshot.text)
    width = lines.end(line) - lines.start(line)
    if line >= len(lines) or character > width:
        there = f"{len(lines)} lines" if line >= len(lines) else f"{width} characters in this line"
        raise TextError(f"the position is past the end: there are {there}", where=options.location)
    return request


def _request_of(options: argparse.Namespace, line: bytes) -> CompleteRequest:
    try:
        asked = msgspec.json.decode(line, type=CompletionLine)
    except msgspec.MsgspecError as error:
        raise AnalysisError(f"not a line of the expected form: {error}") from None
    except UnicodeDecodeError:
        raise AnalysisError("the line is not UTF-8") from None
    return _request(options, asked)


def _request(options: argparse.Namespace, asked: CompletionLine) -> CompleteRequest:
    path = Path(asked.path).expanduser().absolute()
    text = read_file(path).text if asked.text is None else asked.text
    request = CompleteRequest(
        Snapshot(str(path), text, workspace_for(options, path)),
        asked.line,
        asked.character,
        guidance=_or(asked.guidance, not options.no_guidance),
        max_tokens=_or(asked.max_tokens, options.max_tokens),
        multiline=_or(asked.multiline, options.multiline),
        deadline_ms=_or(asked.deadline_ms, options.deadline_ms),
    )
    _check(request.max_tokens, request.deadline_ms)
    return request


def _or(said: _T | None, otherwise: _T) -> _T:
    return otherwise if said is None else said


def _check(max_tokens: int, deadline_ms: int) -> None:
    for value, name in ((max_tokens, "--max-tokens"), (deadline_ms, "--deadline-ms")):
        if value <= 0:
            raise AnalysisError("must be positive", where=name)


def _shown(request: CompleteRequest, done: Completion) -> dict[str, object]:
    shown: dict[str, object] = msgspec.to_builtins(done)
    del shown["pieces"]
    text = request.snapshot.text
    offset = LineIndex(text).start(request.line) + request.character
    nodes = of_nodes(text, offset, done.text, done.pieces)
    confidence = round(done.confidence, 4)
    return {**shown, "confidence": confidence, "nodes": msgspec.to_builtins(nodes)}


def _why_nothing(done: Completion) -> str:
    """Why a completion is empty, from how it ended and what guidance did."""
    given_up = [event.reason for event in done.events if event.rejected and not event.chosen]
    if given_up:
        return f"the model's name does not exist, and no other fits ({given_up[-1]})"
    if done.stopped:
        return f"the model wrote nothing that fits here ({done.stopped})"
    return "the model wrote nothing here"


def _tell(done: Completion) -> None:
    """What guidance did, for a person."""
    for event in done.events:
        if event.rejected and event.disputed:
            what = f"'{event.rejected}' is unknown ({event.reason}) but stays: the model is sure"
        elif event.rejected:
            what = f"'{event.rejected}' does not exist ({event.reason})"
            what += f": '{event.chosen}'" if event.chosen else ""
        else:
            continue
        err().print(f"[yellow]{event.monitor}[/yellow]: {escape(what)}")
