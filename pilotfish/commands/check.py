"""``pilotfish check``: API that the installed versions do not have, and ruff, in one table."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from analysis.environments.candidates import resolve
from analysis.errors import AnalysisError
from analysis.findings import Finding
from analysis.lint import ruff
from analysis.lint.checking import UNREADABLE, FileReport, check_files, read_selected
from analysis.lint.fixing import apply_fixes
from analysis.lint.manual import page
from analysis.lint.nearest import nearest
from analysis.lint.remembered import Remembered
from analysis.lint.rules import RULES
from analysis.lint.selection import Selected, select
from analysis.lint.suppress import UNKNOWN, not_ignored
from analysis.snapshot import Workspace
from analysis.text import TextError, write_file
from analysis.worker.pool import YIELDING, AnalysisPool, WorkerSettings, cache_folder
from engine.settings.read import machine_settings, project_settings, refuse
from engine.settings.values import ProjectSettings
from pilotfish.commands.since import Revision, revision_of
from pilotfish.console import err, explain, harmless, out
from pilotfish.options import add_common, workspace_for
from pilotfish.report import for_programs, text
from pilotfish.report.narrowing import Baseline, by_code, codes, write, write_baseline

EXAMPLES = """\
  pilotfish check                          everything below this folder
  pilotfish check src app.py --fix         and fix what is safe to fix
  pilotfish check . --since origin/main    only the lines that are new
  git diff | pilotfish check --diff -      only the lines that a diff adds, as if applied
  pilotfish check . --format sarif         for code scanning; github annotates a pull request
  pilotfish check src --watch              again whenever a file changes
  pilotfish check - --stdin-filename app.py < edited.py   a text that is not saved
  pilotfish check app.py --python .venv/bin/python   under your project's own interpreter
  pilotfish check . --baseline known.json  only what was not there when known.json was written
  pilotfish check --explain PF101          what a code means, with examples
Exit code 0 when there is nothing to say, 1 with findings, 2 when something could not be checked.
docs/check.md explains the codes, `# noqa` and per-file ignores."""

#: Memory of a worker grows with what it reads; more of them than this rarely pays.
_MOST_WORKERS = 8
_WATCH_SECONDS = 0.5
#: The exit code after Ctrl-C, as shells have it.
INTERRUPTED = 130
_STDIN = Path("-")
#: Time of change and size of each file.
_Stamps = dict[Path, tuple[int, int]]


@dataclass(slots=True)
class _Job:
    """The part of a check that lies in one workspace."""

    workspace: Workspace
    settings: ProjectSettings
    paths: list[Path] = field(default_factory=list)
    #: What came by standard input or is made by a diff.
    given: tuple[Selected, ...] = ()
    #: What the files were before a diff.
    before: Revision | None = None


@dataclass(slots=True)
class _Outcome:
    reports: list[FileReport] = field(default_factory=list)
    fixed: int = 0
    troubles: int = 0
    interrupted: bool = False

    def findings(self) -> list[Finding]:
        reports = sorted(self.reports, key=lambda report: str(report.selected.path))
        return [finding for report in reports for finding in report.findings]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        type=Path,
        help="files and folders (default: .); - reads standard input",
    )
    parser.add_argument(
        "--stdin-filename",
        metavar="PATH",
        type=Path,
        help="the file that standard input is or will be (default: stdin.py)",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="output format (default: text)",
    )
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("--fix", action="store_true", help="apply the fixes that are safe")
    parser.add_argument(
        "--since",
        metavar="REV",
        help="report only findings on lines that are new since this revision",
    )
    parser.add_argument(
        "--diff",
        metavar="FILE",
        type=Path,
        help="report only findings on lines that this unified diff adds, as if it were applied;"
        " - reads standard input",
    )
    parser.add_argument(
        "--watch", action="store_true", help="check again when a file changes, until interrupted"
    )
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="check every file again, without the cache",
    )
    parser.add_argument(
        "--select",
        metavar="CODES",
        type=codes,
        default=(),
        help="report only these codes, as PF,E7",
    )
    parser.add_argument(
        "--ignore", metavar="CODES", type=codes, default=(), help="do not report these codes"
    )
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        type=Path,
        help="report only findings that FILE does not hold; without FILE, write it",
    )
    parser.add_argument(
        "--statistics", action="store_true", help="print how often each code is reported"
    )
    parser.add_argument(
        "-o", "--output-file", metavar="FILE", type=Path, help="write findings to FILE"
    )
    parser.add_argument(
        "-e", "--exit-zero", action="store_true", help="exit with 0 also when there are findings"
    )
    parser.add_argument(
        "-j", "--jobs", metavar="N", type=_count, help="number of processes (default: one per core)"
    )
    parser.add_argument("--explain", metavar="CODE", help="print the page of a code, and exit")
    add_common(parser)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number, 1 or more")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Check; 1 when there are findings, 2 when something could not be checked."""
    if options.explain:
        return _explain(options.explain.strip().upper())
    if options.json:
        options.format = "json"
    jobs, troubles = _jobs(options)
    files = sum(len(_select(job)) for job in jobs)
    most = options.jobs or min(os.cpu_count() or 1, _MOST_WORKERS)
    workers = max(1, min(most, files))
    # Someone waits for a check; a watch goes on beside their work.
    yielding = YIELDING if options.watch else 0
    settings = WorkerSettings(cache_folder(), workers=workers, ahead=False, yielding=yielding)
    with AnalysisPool(settings) as pool:
        # Taken before looking, so that a change meanwhile is not lost.
        seen = _stamps(jobs)
        code = _once(options, jobs, pool, workers, troubles)
        while options.watch and code != INTERRUPTED:
            try:
                seen = _after_change(jobs, seen)
            except KeyboardInterrupt:
                return INTERRUPTED
            code = _once(options, jobs, pool, workers)
    return 0 if options.exit_zero and code == 1 else code


def _explain(code: str) -> int:
    """Print the page of a code of ours, or what ruff says of one of its own."""
    for rule in RULES:
        if code == rule.CODE:
            out().print(page(rule), markup=False, end="")
            return 0
    known = [rule.CODE for rule in RULES]
    told = "" if code.startswith("PF") else ruff.explained(code)
    if not told:
        near = nearest(code, known) if code.startswith("PF") else ()
        raise AnalysisError(
            f"unknown code '{code}'",
            where="--explain",
            help=f"did you mean {' or '.join(near)}?"
            if near
            else f"codes are {', '.join(known)}, and those of ruff",
        )
    out().print(told, markup=False, end="")
    return 0


def _after_change(jobs: list[_Job], seen: _Stamps) -> _Stamps:
    """Wait until files differ from ``seen`` and have come to rest: who saves a file may empty it
    first, and an empty file has no findings."""
    before = seen
    while (now := _stamps(jobs)) == seen or now != before:
        before = now
        time.sleep(_WATCH_SECONDS)
    return now


def _jobs(options: argparse.Namespace) -> tuple[list[_Job], int]:
    """The parts of the check, and how many files of a diff cannot be checked."""
    machine, problems = machine_settings()
    refuse(problems)
    jobs: dict[Workspace, _Job] = {}
    given, before, errors = _given(options)
    for error in errors:
        explain(error.what, where=error.where, help=error.help)
    texts = {file.path: file for file in given}
    paths = [path for path in options.paths or [Path()] if path != _STDIN]
    for path in [*texts, *(paths if options.diff is None else ())]:
        if path not in texts and not os.path.lexists(path):
            raise AnalysisError("no such file or folder", where=str(path))
        workspace = workspace_for(options, path)
        if workspace.python is None and machine.python:
            workspace = replace(workspace, python=machine.python)
        if workspace not in jobs:
            settings, problems = project_settings(Path(workspace.root))
            refuse(problems)
            _refuse_unknown_codes(settings)
            jobs[workspace] = _Job(workspace, settings, before=before)
        if path in texts:
            jobs[workspace].given += (texts[path],)
        else:
            jobs[workspace].paths.append(path)
    return list(jobs.values()), len(errors)


def _refuse_unknown_codes(settings: ProjectSettings) -> None:
    """Raise where per-file ignores name a code of ours that does not exist: it ignores nothing."""
    known = [UNREADABLE, UNKNOWN, *(rule.CODE for rule in RULES)]
    for pattern, ignored in settings.per_file_ignores:
        for code in ignored:
            if code.upper().startswith("PF") and not any(k.startswith(code) for k in known):
                meant = code.upper()
                close = (meant,) if meant in known else nearest(meant, known) or known
                raise AnalysisError(
                    f"unknown code '{code}'",
                    where=f"[tool.pilotfish.per-file-ignores] '{pattern}'",
                    help=f"write {' or '.join(close)}, or the beginning of codes, as PF",
                )


def _given(
    options: argparse.Namespace,
) -> tuple[tuple[Selected, ...], Revision | None, tuple[AnalysisError, ...]]:
    """What standard input holds or a diff makes, where it is asked for; what it was before, and
    what is wrong with files of the diff. Raises for what cannot be done with it."""
    if options.stdin_filename is not None and _STDIN not in options.paths:
        raise AnalysisError(
            "--stdin-filename without standard input", help="name - among the paths"
        )
    if _STDIN not in options.paths and options.diff is None:
        return (), None, ()
    kind = "standard input" if options.diff is None else "a diff"
    for name in ("fix", "watch"):
        if getattr(options, name):
            raise AnalysisError(f"--{name} cannot work on {kind}", help="name a file")
    if options.diff is None:
        place = Path(os.path.abspath(options.stdin_filename or "stdin.py"))  # noqa: PTH100
        return (Selected(place, named=True, given=sys.stdin.buffer.read()),), None, ()
    if options.paths or options.since:
        raise AnalysisError(
            "--diff takes no PATH and no --since", help="the diff names its files and lines"
        )
    # The library that reads diffs costs a start where there is none.
    from pilotfish.commands.patched import patched

    made = patched(options.diff, options.workspace)
    return made.files, Revision("", made.before), made.errors


def _select(job: _Job) -> tuple[Selected, ...]:
    return job.given + select(job.paths, Path(job.workspace.root), job.settings.exclude)


def _once(
    options: argparse.Namespace,
    jobs: list[_Job],
    pool: AnalysisPool,
    workers: int,
    troubles: int = 0,
) -> int:
    began = time.monotonic()
    outcome = _Outcome(troubles=troubles)
    try:
        for job in jobs:
            _check(options, job, pool, workers, outcome)
    except KeyboardInterrupt:
        outcome.interrupted = True
    texts = {r.file.path: r.file.text for r in outcome.reports if r.file}
    findings = list(by_code(outcome.findings(), options.select, options.ignore))
    if options.baseline is not None and not outcome.interrupted:
        findings = _beyond_baseline(options.baseline, findings, texts)
    _write(options, jobs, texts, findings)
    for report in outcome.reports:
        for note in report.notes:
            err().print(f"{report.selected.path}: {note}", markup=False)
    _summary(outcome, findings, time.monotonic() - began, since=bool(options.since or options.diff))
    if outcome.interrupted:
        explain("interrupted: not every file was checked")
        return INTERRUPTED
    if outcome.troubles:
        return 2
    return 1 if findings else 0


def _beyond_baseline(
    path: Path, findings: list[Finding], texts: Mapping[str, str]
) -> list[Finding]:
    """What the baseline does not know; all is known where it is written now."""
    if path.exists():
        return list(Baseline.read(path).new(findings, texts))
    write_baseline(path, findings, texts)
    held = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    err().print(f"baseline written to {path}: {held}", markup=False)
    return []


def _check(
    options: argparse.Namespace, job: _Job, pool: AnalysisPool, workers: int, outcome: _Outcome
) -> None:
    files = _select(job)
    base = job.before
    if options.since:
        root = Path(job.workspace.root)
        base = revision_of(options.since, root, [file.path for file in files])
        files = tuple(file for file in files if not _unchanged(file, base))

    def trouble(error: AnalysisError) -> None:
        outcome.troubles += 1
        explain(error.what, where=error.where, help=error.help)

    def look(chosen: Sequence[Selected]) -> Iterator[FileReport]:
        with _memory(options, job.workspace) as memory:
            for report in check_files(
                chosen,
                job.workspace,
                pool,
                at_once=workers,
                on_trouble=trouble,
                ignores=job.settings.per_file_ignores,
                memory=memory,
            ):
                report.findings = _new(report.findings, report, base)
                yield report

    reports: list[FileReport] = []
    try:
        for report in _shown(look(files), len(files)):
            reports.append(report)
        if options.fix:
            before = _counted(options, reports)
            changed = [report.selected for report in reports if _fix(report, job, base, outcome)]
            reports = [report for report in reports if report.selected not in changed]
            reports += look(changed)
            # One fix may settle several findings; what is left and what is fixed add up.
            outcome.fixed += max(0, before - _counted(options, reports))
    finally:
        # At Ctrl-C, what was found until then.
        outcome.reports += reports


def _memory(
    options: argparse.Namespace, workspace: Workspace
) -> AbstractContextManager[Remembered | None]:
    if options.no_cache or options.diff is not None:
        return nullcontext()
    return Remembered(cache_folder(), workspace, resolve(workspace))


def _unchanged(file: Selected, base: Revision) -> bool:
    try:
        return base.unchanged(str(file.path), read_selected(file).text)
    except TextError:
        return False


def _new(
    findings: tuple[Finding, ...], report: FileReport, base: Revision | None
) -> tuple[Finding, ...]:
    if base is None or report.file is None:
        return findings
    return base.of_change(findings, report.file.path, report.file.text)


def _fix(report: FileReport, job: _Job, base: Revision | None, outcome: _Outcome) -> bool:
    """Apply the safe fixes of one file; whether it was written."""
    file = report.file
    if file is None or not any(fix.safe for finding in report.findings for fix in finding.fixes):
        return False
    root, ignores = job.workspace.root, job.settings.per_file_ignores

    def again(changed: str) -> tuple[Finding, ...]:
        found = not_ignored(ruff.check_text(changed, file.path, root), root, ignores)
        return base.of_change(found, file.path, changed) if base is not None else found

    try:
        changed, _ = apply_fixes(file.text, report.findings, again)
        if changed == file.text:
            return False
        write_file(file, changed)
    except AnalysisError as error:
        outcome.troubles += 1
        explain(error.what, where=error.where, help=error.help)
        return False
    return True


def _counted(options: argparse.Namespace, reports: Sequence[FileReport]) -> int:
    findings = [finding for report in reports for finding in report.findings]
    return len(list(by_code(findings, options.select, options.ignore)))


def _write(
    options: argparse.Namespace,
    jobs: list[_Job],
    texts: Mapping[str, str],
    findings: list[Finding],
) -> None:
    if options.statistics:
        written = _statistics(options.format, findings)
    elif options.format != "text":
        written = _document(options.format, jobs, findings)
    elif options.output_file is None:
        text.show(out(), findings, texts)
        return
    else:
        plain = Console(file=io.StringIO(), highlight=False, soft_wrap=True, emoji=False)
        text.show(plain, findings, texts)
        assert isinstance(plain.file, io.StringIO)
        written = plain.file.getvalue().rstrip("\n")
    written = f"{written}\n" if written else ""
    if options.output_file is not None:
        write(options.output_file, written)
        return
    # Not through rich, which would rewrite what looks like markup or an emoji's name.
    # JSON says control characters by escapes of its own.
    sys.stdout.write(harmless(written) if options.format == "github" else written)
    sys.stdout.flush()


def _statistics(form: str, findings: list[Finding]) -> str:
    """How often each code is reported, the most frequent first."""
    counted = Counter(finding.code for finding in findings)
    example = {finding.code: finding.message for finding in reversed(findings)}
    if form == "json":
        rows = [{"code": c, "count": n, "example": example[c]} for c, n in counted.most_common()]
        return json.dumps(rows)
    counts = counted.most_common()
    return "\n".join(f"{n:>6}  {c:<8} {text.harmless(example[c])}" for c, n in counts)


def _document(form: str, jobs: list[_Job], findings: list[Finding]) -> str:
    documents: dict[str, Callable[[], str]] = {
        "json": lambda: for_programs.json_array(findings),
        "github": lambda: for_programs.github_commands(findings),
        "sarif": lambda: for_programs.sarif_log(findings, Path(jobs[0].workspace.root)),
    }
    return documents[form]()


def _summary(outcome: _Outcome, findings: list[Finding], seconds: float, *, since: bool) -> None:
    files = len(outcome.reports)
    known = sum(report.remembered for report in outcome.reports)
    found = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    found += " left" if outcome.fixed else ""
    words = [f"{found} in {files} file{'' if files == 1 else 's'}"]
    fixable = sum(any(fix.safe for fix in finding.fixes) for finding in findings)
    if fixable:
        words.append(f"{fixable} fixable with --fix")
    if outcome.fixed:
        words.append(f"{outcome.fixed} fixed")
    if not files and not since and not outcome.troubles and not outcome.interrupted:
        err().print("no Python files found", style="yellow")
    style = "yellow" if findings else "green"
    err().print(
        f"[{style}]{', '.join(words)}[/{style}], "
        + (f"{known} from cache, " if known else "")
        + f"{seconds:.1f} s"
    )


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """A bar on standard error, where a person watches."""
    console = err()
    if not console.is_terminal or total < 2:
        yield lambda: None
        return
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def _shown(reports: Iterator[FileReport], total: int) -> Iterator[FileReport]:
    with _progress(total) as step:
        for report in reports:
            step()
            yield report


def _stamps(jobs: list[_Job]) -> _Stamps:
    """Those of what is checked, and of the files of the workspace that it may use."""
    stamps: _Stamps = {}
    for job in jobs:
        root = Path(job.workspace.root)
        for file in (*_select(job), *select([root], root, job.settings.exclude)):
            try:
                status = file.path.stat()
            except OSError:
                continue
            stamps[file.path] = (status.st_mtime_ns, status.st_size)
    return stamps
