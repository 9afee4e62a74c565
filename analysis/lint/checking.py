"""Ruff's diagnostics and ours together: for one snapshot, or for many files at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Protocol

from analysis.deadline import Deadline
from analysis.errors import AnalysisError
from analysis.findings import Finding, Severity
from analysis.lint import ruff
from analysis.lint.invented import Looked
from analysis.lint.query import LintQuery
from analysis.lint.selection import Selected
from analysis.lint.suppress import not_ignored, without_repeats
from analysis.snapshot import Snapshot, Workspace
from analysis.text import TextError, TextFile, decode_source, read_file
from analysis.text.files import shown_path
from analysis.text.overlay import MISSING, Buffer, Content, Reads

#: The code of a file that cannot be read or decoded.
UNREADABLE = "PF010"
#: How long a worker may be silent about a part of a file before it is replaced and the file left.
_PATIENCE_S = 90.0
#: Parts of a file that are looked at in one go: long, since nobody waits for something else.
_PART_S = 5.0
#: ``pyi`` files declare; what they name need not be there when they are read.
_STUB = ".pyi"
_NOTEBOOK = ".ipynb"

Ignores = Sequence[tuple[str, tuple[str, ...]]]


class Asks(Protocol):
    """The part of the analysis pool that a check needs."""

    def ask(self, query: Any, deadline: Deadline) -> Future[Any]:
        """Begin to answer ``query``; returns at once."""
        ...


class Memory(Protocol):
    """What is known of files from checks before (:class:`~analysis.lint.remembered.Remembered`)."""

    def seen(self, path: str, text: str) -> None:
        """A file that is checked; all of them are told of before the first question."""
        ...

    def recall(self, path: str, text: str) -> tuple[Finding, ...] | None:
        """Our own findings in a file with this text, or ``None`` when they are not known."""
        ...

    def keep(
        self, path: str, text: str, findings: tuple[Finding, ...], files: Iterable[str]
    ) -> None:
        """What was found in a file, reading ``files``."""
        ...


class _Forgetful:
    def seen(self, path: str, text: str) -> None:
        """Nothing is done with it."""

    def recall(self, path: str, text: str) -> None:
        """Nothing is known."""

    def keep(
        self, path: str, text: str, findings: tuple[Finding, ...], files: Iterable[str]
    ) -> None:
        """Nothing is kept."""


@dataclass(slots=True)
class FileReport:
    """What is known of one file. ``notes`` say what could not be looked at, and why."""

    selected: Selected
    file: TextFile | None = None
    findings: tuple[Finding, ...] = ()
    notes: list[str] = field(default_factory=list)
    #: Whether our own findings were known from before.
    remembered: bool = False
    #: What our own findings were read from.
    read: Reads = field(default_factory=Reads)


def check_snapshot(
    snapshot: Snapshot,
    pool: Asks,
    *,
    with_ruff: bool = True,
    ignores: Ignores = (),
    part_seconds: float = 0.5,
    cancelled: Callable[[], bool] = lambda: False,
    on_found: Callable[[tuple[Finding, ...]], None] = lambda findings: None,
    reads: Reads | None = None,
) -> tuple[Finding, ...]:
    """The findings of one open document, in order of position; what they were read from is added
    to ``reads``.

    Asks ``pool`` for short parts, between which other questions get their turn; ``on_found`` is
    told before each what there is so far, ruff's findings first. Where analysis or ruff fails, the
    other's findings are returned alone. Stops early when ``cancelled``.
    """

    def kept() -> tuple[Finding, ...]:
        ours = not_ignored(without_repeats(found), snapshot.workspace.root, ignores)
        return tuple(sorted(ours, key=_place))

    found: list[Finding] = []
    if with_ruff and snapshot.path:
        try:
            found += ruff.check_text(snapshot.text, snapshot.path, snapshot.workspace.root)
        except AnalysisError as error:
            found.append(_whole_file(snapshot.path, "ruff", error, Severity.WARNING))
    begin = 0
    while begin >= 0 and not cancelled() and not snapshot.path.endswith(_STUB):
        on_found(kept())
        query = LintQuery(snapshot, begin, part_seconds)
        looked: Looked = pool.ask(query, Deadline.after(_PATIENCE_S)).result()
        found += looked.findings
        begin = looked.resume
        if reads is not None:
            reads.add(looked.reads)
    return kept()


def check_files(
    files: Iterable[Selected],
    workspace: Workspace,
    pool: Asks,
    *,
    at_once: int,
    on_trouble: Callable[[AnalysisError], None],
    with_ruff: bool = True,
    ignores: Ignores = (),
    memory: Memory | None = None,
) -> Iterator[FileReport]:
    """Look at many files, ``at_once`` of them in ``pool``; each report comes when it is done.

    What ``memory`` knows is not looked at again.

    A file that cannot be read is reported as a finding and stops nothing. ``on_trouble`` is told
    when ruff cannot work, for example on a broken configuration; our own findings come all the
    same. Raises :class:`~analysis.errors.AnalysisError` when the interpreter that the user named
    does not work.
    """
    reports = [_read(selected) for selected in files]
    with ThreadPoolExecutor(1, thread_name_prefix="ruff") as beside:
        ruffs = beside.submit(_ruff, reports, workspace.root) if with_ruff else None
        said_by_ruff: dict[str, list[Finding]] | None = None
        for report in _looked(reports, workspace, pool, at_once, memory or _Forgetful()):
            if said_by_ruff is None:
                said_by_ruff = _result(ruffs, on_trouble)
            said = said_by_ruff.get(str(report.selected.path), ())
            found = not_ignored(without_repeats((*report.findings, *said)), workspace.root, ignores)
            report.findings = tuple(sorted(found, key=_place))
            yield report


def _result(
    ruffs: Future[dict[str, list[Finding]]] | None, on_trouble: Callable[[AnalysisError], None]
) -> dict[str, list[Finding]]:
    try:
        return ruffs.result() if ruffs is not None else {}
    except AnalysisError as error:
        on_trouble(error)
        return {}


def read_selected(selected: Selected) -> TextFile:
    """The text to look at. Raises :class:`~analysis.text.TextError` where it is none."""
    if (shown := shown_path(selected.path)) != str(selected.path):
        raise TextError(
            "the name holds bytes that are not UTF-8", where=shown, help="rename the file"
        )
    if selected.path.suffix == _NOTEBOOK:
        raise TextError(
            "a notebook is not Python source",
            where=str(selected.path),
            help=f"check what `jupyter nbconvert --to script {selected.path.name}` writes",
        )
    if selected.given is not None:
        return decode_source(selected.given, str(selected.path))
    return read_file(selected.path)


def _read(selected: Selected) -> FileReport:
    try:
        return FileReport(selected, read_selected(selected))
    except TextError as error:
        unreadable = _whole_file(shown_path(selected.path), UNREADABLE, error, Severity.ERROR)
        return FileReport(selected, findings=(unreadable,))


def _whole_file(path: str, code: str, error: AnalysisError, severity: Severity) -> Finding:
    message = f"{error.what}; {error.help}" if error.help else error.what
    return Finding(path, 0, 0, 0, 0, code, severity, message, "pilotfish")


def _ruff(reports: Sequence[FileReport], root: str) -> dict[str, list[Finding]]:
    """ruff's findings by path. What is plain UTF-8 is read by ruff itself, many at once."""
    found: dict[str, list[Finding]] = {}

    def crashed(path: str, error: AnalysisError) -> None:
        found[path] = [_whole_file(path, "ruff", error, Severity.WARNING)]

    batches: dict[bool, list[str]] = {True: [], False: []}
    for report in reports:
        if report.file is None:
            continue
        on_disk = report.selected.given is None
        if on_disk and report.file.encoding == "utf-8" and not report.file.bom:
            batches[report.selected.named].append(report.file.path)
        else:
            path = report.file.path
            try:
                found[path] = list(ruff.check_text(report.file.text, path, root))
            except ruff.CrashedError as error:
                crashed(path, error)
    for named, paths in batches.items():
        for finding in ruff.check_files(paths, root, exclude=not named, on_crash=crashed):
            found.setdefault(finding.path, []).append(finding)
    return found


def _looked(
    reports: Sequence[FileReport], workspace: Workspace, pool: Asks, at_once: int, memory: Memory
) -> Iterator[FileReport]:
    """The reports with our own findings, each when it is complete."""
    for file in (report.file for report in reports):
        if file is not None:
            memory.seen(file.path, file.text)
    given = tuple(
        Buffer(each.file.path, Content(each.file.text))
        for each in reports
        if each.file is not None and each.selected.given is not None
    )
    waiting = iter(reports)
    running: dict[Future[Looked], tuple[FileReport, Snapshot]] = {}

    def ask(report: FileReport, snapshot: Snapshot, begin: int) -> None:
        query = LintQuery(snapshot, begin, _PART_S)
        running[pool.ask(query, Deadline.after(_PATIENCE_S))] = report, snapshot

    exhausted = False
    while running or not exhausted:
        while not exhausted and len(running) < at_once:
            report = next(waiting, None)
            if report is None:
                exhausted = True
            elif report.file is None or report.file.path.endswith(_STUB):
                yield report
            elif (known := memory.recall(report.file.path, report.file.text)) is not None:
                report.findings += known
                report.remembered = True
                yield report
            else:
                path, text = report.file.path, report.file.text
                ask(report, Snapshot(path, text, workspace, buffers=given), 0)
        for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
            report, snapshot = running.pop(future)
            looked = future.result()
            report.findings += looked.findings
            report.read.add(looked.reads)
            if looked.resume >= 0:
                ask(report, snapshot, looked.resume)
                continue
            if looked.reason:
                report.notes.append(f"not wholly looked at: {looked.reason}")
            elif report.read.whole:
                files = [path for path, digest in report.read.files.items() if digest != MISSING]
                memory.keep(snapshot.path, snapshot.text, report.findings, files)
            yield report


def _place(finding: Finding) -> tuple[int, int, str]:
    return finding.line, finding.character, finding.code
