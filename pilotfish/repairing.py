"""What commands that run tests and offer a patch share: options, the file, the model, the patch.

Such a command opens a file (:func:`open_file`, :func:`open_place`), works on it inside
:func:`at_work`, which ends with what it has at Ctrl-C, and keeps the patch (:func:`keep`).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from analysis.deadline import Cancellation
from analysis.errors import AnalysisError
from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole
from analysis.text import inside
from analysis.text.files import read_bytes, real_path, replace_file
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from decoding.errors import ModelFileError
from decoding.writer import Writer
from engine.settings.read import machine_settings
from engine.writers import Writers, choose, load
from pilotfish.console import err, out
from pilotfish.options import (
    add_common,
    add_sandbox,
    machine_for,
    seconds,
    split_place,
    workspace_for,
)
from pilotfish.report.text import diff
from pilotfish.waiting import INTERRUPTED, Telling, interruptible, progress
from repair.source.file import Source, read_source
from repair.source.patch import apply_diff

Report = Callable[[str, float], None]


# ---------------------------------------------------------------------- options


def add_options(
    parser: argparse.ArgumentParser, *, test: str, limit: float, write: str = "", suite: bool = True
) -> None:
    """Declare the options that these commands share; ``limit`` is the default in seconds.

    ``test`` is the help of ``--test``; ``write`` what ``--write`` keeps, if the command has it.
    """
    parser.add_argument("--test", metavar="CMD", default="", help=test)
    if suite:
        parser.add_argument(
            "--suite",
            metavar="CMD",
            default="",
            help="other tests that must pass (default: the same runner's tests of the workspace)",
        )
    parser.add_argument(
        "--time-limit",
        metavar="S",
        type=seconds,
        default=limit,
        help=f"seconds (default: {limit:.0f})",
    )
    if write:
        parser.add_argument(
            "--write", action="store_true", help=f"write the {write} if it is verified"
        )
    add_sandbox(parser)
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document to standard output"
    )
    add_common(parser)


# ---------------------------------------------------------------------- the file


@dataclass(frozen=True)
class Opened:
    """The file that a command works on, as it is on the disk, and how its tests are run."""

    path: Path
    source: Source
    snapshot: Snapshot
    test: str
    sandbox: bool
    allow: tuple[str, ...]


def open_file(path: Path, options: argparse.Namespace) -> Opened:
    """The file ``path`` under the command's options.

    Raises :class:`~analysis.errors.AnalysisError` where there is none.
    """
    if path.is_dir():
        raise AnalysisError(
            "this is a folder, not a file", where=str(path), help="name one file of it"
        )
    if not path.is_file():
        raise AnalysisError("no such file", where=str(path))
    path = real_path(path)
    source = read_source(str(path), read_bytes(path))
    workspace = workspace_for(options, path)
    return Opened(
        path,
        source,
        Snapshot(str(path), source.text, workspace),
        _from_root(options.test, workspace.root) or machine_settings()[0].test_command,
        not options.no_sandbox,
        tuple(options.sandbox_allow),
    )


def _from_root(test: str, root: str) -> str:
    """The test command as it is run in the workspace's ``root``: files that are named from the
    working directory are named from there. Says where it runs, where that is another folder."""
    here, there = Path.cwd(), Path(root)
    if not test or here == real_path(there):
        return test
    try:
        words = shlex.split(test)
    except ValueError:
        words = []
    for word in words:
        name, colons, rest = word.partition("::")
        if name.endswith(".py") and (here / name).is_file() and not (there / name).exists():
            test = test.replace(word, f"{os.path.relpath(here / name, there)}{colons}{rest}")
    err().print(f"the test command runs in {root}: {test}", markup=False)
    return test


def open_place(options: argparse.Namespace) -> tuple[Opened, str]:
    """The file and the function that ``FILE:FUNCTION`` names.

    Raises :class:`~analysis.errors.AnalysisError` where it names none.
    """
    path, function = split_place(options.place)
    if not function:
        raise AnalysisError(
            "expected FILE:FUNCTION", where=options.place, help="as in app.py:Basket.total"
        )
    return open_file(path, options), function


# ---------------------------------------------------------------------- the work


class LaterEvidence:
    """An ``Evidence`` whose workers are started by the first question, which most repairs end
    before."""

    def __init__(self) -> None:
        self._pool: AnalysisPool | None = None

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        """As :meth:`~decoding.guidance.evidence.Evidence.start`."""
        if self._pool is None:
            self._pool = AnalysisPool(WorkerSettings(cache_folder()))
        return self._pool.start(snapshot, hole)

    def close(self) -> None:
        """End the workers, if they were started."""
        if self._pool is not None:
            self._pool.close()


@dataclass(frozen=True)
class Work:
    """What a command works with. ``writer`` is ``None`` without a model."""

    writer: Writer | None
    evidence: LaterEvidence
    report: Telling
    cancellation: Cancellation

    def exit_code(self, code: int) -> int:
        """``code``, or 130 where Ctrl-C ended the work."""
        return INTERRUPTED if self.cancellation.cancelled else code


@contextlib.contextmanager
def at_work(options: argparse.Namespace, *, model: bool = True) -> Iterator[Work]:
    """Progress, Ctrl-C that ends the work with what it has, and a model if ``model`` is wanted.

    Raises :class:`~decoding.errors.ModelFileError` when the model that was named is not there.
    """
    cancellation = Cancellation()
    with contextlib.ExitStack() as stack:
        stack.enter_context(interruptible(cancellation))
        report = stack.enter_context(progress())
        models = repair_models(options, report) if model else None
        if models is not None:
            stack.callback(models.close)
            stack.callback(models.unload)
        evidence = LaterEvidence()
        stack.callback(evidence.close)
        writer = models.repairing() if models is not None else None
        yield Work(writer, evidence, report, cancellation)


def repair_models(options: argparse.Namespace, report: Report) -> Writers | None:
    """The model that repairs; in its absence the one that completes; else, or for ``none``, none.
    The first call loads it: most repairs end before.

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
            report(f"the repair model is not installed: using {model.name}", 0.0)
        return Writers(lambda: machine, choose, load)
    report(
        "no model is installed: repairing with templates only (see pilotfish model pull repair)",
        0.0,
    )
    return None


# ---------------------------------------------------------------------- the patch


def keep(
    options: argparse.Namespace, opened: Opened, status: str, patch: str, file: str = ""
) -> bool:
    """Under ``--write`` apply a verified patch to the file, which must still be as it was; ``file``
    names another one of the workspace that the patch is for.

    Returns whether it was written. Raises :class:`~analysis.errors.AnalysisError` where the file
    has changed, is none that a repair may change, or cannot be written.
    """
    if not options.write or status != "verified":
        return False
    path = Path(file) if file else opened.path
    if path != opened.path and inside(path, opened.snapshot.workspace.root) is None:
        raise AnalysisError("a repair does not touch this file", where=str(path))
    changed = None
    try:
        before = read_bytes(path)
    except OSError:
        before = b""
    if path != opened.path or before == opened.source.encode(opened.source.text):
        with contextlib.suppress(ValueError):
            changed = apply_diff(patch, before)
    if changed is None:
        raise AnalysisError(
            "the file changed while Pilotfish worked on it", where=str(path), help="run it again"
        )
    try:
        replace_file(path, changed, durable=True)
    except OSError as error:
        raise AnalysisError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            help="make the folder writable, or apply the patch above with git apply",
        ) from None
    return True


def show_patch(patch: str) -> None:
    """A patch on standard output: in colour on a terminal, byte for byte otherwise."""
    console = out()
    if patch and (console.is_terminal or console.color_system is not None):
        console.print(diff(patch))
    elif patch:
        sys.stdout.buffer.write(patch.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


#: Of each kind of remark so many are shown; the rest is in ``--json``.
_SHOWN = 20


def show_remarks(console: Console, kind: str, remarks: tuple[str, ...]) -> None:
    """The first of ``remarks``, a line for each, and how many more there are."""
    for remark in remarks[:_SHOWN]:
        console.print(f"{kind}: {remark}", markup=False)
    if len(remarks) > _SHOWN:
        console.print(f"{kind}: {len(remarks) - _SHOWN} more, see --json", markup=False)
