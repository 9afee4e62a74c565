"""``pilotfish inspect``: list the names that are valid at a position, and how certain that is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from analysis.deadline import Cancellation
from analysis.errors import AnalysisError, ExplainedError
from analysis.names import Arity
from analysis.snapshot import Snapshot
from analysis.text.files import read_file
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from engine.features.inspect import InspectAnswer, InspectRequest, inspect
from pilotfish.options import add_common, workspace_for

EXAMPLES = """\
  echo '{"path":"app.py","line":3,"character":10}' | pilotfish inspect --jsonl
  pilotfish inspect --jsonl --deadline-ms 500 < positions.jsonl"""


class PlaceLine(msgspec.Struct):
    """One input line: 0-based line, 0-based code point; ``text`` instead of what is on disk."""

    path: str
    line: int
    character: int
    text: str | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_common(parser)
    parser.add_argument(
        "--jsonl",
        action="store_true",
        help="read one JSON object a line: path, line, character (from 0), optionally text",
    )
    parser.add_argument(
        "--deadline-ms",
        type=int,
        default=5000,
        metavar="N",
        help="milliseconds for each answer (default: 5000)",
    )


def run(options: argparse.Namespace) -> int:
    """Answer every line of standard input with one line, in order; 1 if any was an error."""
    if not options.jsonl:
        raise AnalysisError(
            "positions are read as JSON Lines", where="inspect", help="add --jsonl; see --help"
        )
    if options.deadline_ms <= 0:
        raise AnalysisError("the deadline must be positive", where="--deadline-ms")
    with AnalysisPool(WorkerSettings(cache_folder())) as pool:
        return answer_lines(options, pool, sys.stdin.buffer, sys.stdout.buffer)


def answer_lines(
    options: argparse.Namespace, pool: AnalysisPool, lines: BinaryIO, answers: BinaryIO
) -> int:
    """Answer ``lines`` one by one; a bad one gets ``{"error": …}`` and the next goes on."""
    failed = False
    for line in lines:
        if not line.strip():
            continue
        try:
            answer = _shown(_answer(options, pool, line))
        except ExplainedError as error:
            failed = True
            answer = {"error": str(error)}
        answers.write(msgspec.json.encode(answer) + b"\n")
        answers.flush()
    return 1 if failed else 0


def _answer(options: argparse.Namespace, pool: AnalysisPool, line: bytes) -> InspectAnswer:
    try:
        asked = msgspec.json.decode(line, type=PlaceLine)
    except msgspec.MsgspecError as error:
        raise AnalysisError(f"not a line of the expected form: {error}") from None
    except UnicodeDecodeError:
        raise AnalysisError("the line is not UTF-8") from None
    path = Path(asked.path).expanduser().absolute()
    text = read_file(path).text if asked.text is None else asked.text
    snapshot = Snapshot(str(path), text, workspace_for(options, path))
    request = InspectRequest(snapshot, asked.line, asked.character, options.deadline_ms)
    return inspect(request, pool, Cancellation())


def _shown(answer: InspectAnswer) -> dict[str, object]:
    names = answer.names
    shown: dict[str, object] = {
        "monitor": names.monitor,
        "tier": names.tier.value,
        "reason": names.reason,
        "names": [
            {"name": n.name, "kind": n.kind, "type": n.type, "origin": n.origin}
            for n in names.names
        ],
        "receiver_type": names.receiver_type,
        "ms": round(answer.ms, 3),
    }
    if names.arity is not None:
        shown["arity"] = _arity(names.arity)
    return shown


def _arity(arity: Arity) -> dict[str, object]:
    return {
        "more": arity.more if arity.more >= 0 else None,
        "missing": list(arity.missing),
        "closed": arity.closed,
        "reason": arity.reason,
        "signatures": [
            [{"name": p.name, "kind": p.kind.value, "required": p.required} for p in s.parameters]
            for s in arity.signatures
        ],
    }
