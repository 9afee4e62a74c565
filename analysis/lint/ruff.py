"""The real ruff: its diagnostics as findings, and its safe fixes. The only module that runs it.

The binary is that of Pilotfish's own environment, named by its absolute path, so that no workspace
can put another in its place. ruff reads its configuration from the workspace, which it may: it runs
no code. What that configuration could do otherwise is switched off: writing fixes, a cache in the
workspace, an output file.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import msgspec

from analysis.errors import AnalysisError
from analysis.findings import Edit, Finding, Fix, Severity
from analysis.text.files import is_file, read_bytes

#: Time for one run over one file; ruff needs milliseconds. Batches get it once for each file.
_SECONDS = 10.0
#: Paths of one command line: far below Linux's limit of 2 MiB for paths of usual length.
_BATCH = 400
#: Codes that mean the file does not run; all others are matters of taste or of care.
_ERRORS = ("invalid-syntax", "E9", "F63", "F7", "F82")
_FIXED_OPTIONS = ("--no-cache", "--no-unsafe-fixes", "--quiet", "--exit-zero")
#: Where ruff looks for its configuration: in the folder of a file and in all above it.
_CONFIGURATION = (".ruff.toml", "ruff.toml", "pyproject.toml")
#: A larger file configures nothing; ruff reads whatever is there into memory.
_MOST_CONFIGURATION = 4 << 20
#: How TOML can spell ``extend``.
_MAY_EXTEND = re.compile(rb"extend|\\[uUx]")


class _Place(msgspec.Struct):
    row: int
    column: int


class _Edit(msgspec.Struct):
    content: str | None
    location: _Place
    end_location: _Place


class _Fix(msgspec.Struct):
    applicability: str
    edits: list[_Edit]
    message: str | None = None


class _Diagnostic(msgspec.Struct):
    code: str | None
    message: str
    filename: str
    location: _Place
    end_location: _Place
    fix: _Fix | None = None


class CrashedError(AnalysisError):
    """ruff ended by a signal or took too long: on nested code its stack overflows."""


@cache
def binary() -> str:
    """The absolute path of ruff in Pilotfish's own environment.

    Raises :class:`~analysis.errors.AnalysisError` when the installation has none.
    """
    name = "ruff.exe" if sys.platform == "win32" else "ruff"
    for folder in (sysconfig.get_path("scripts"), str(Path(sys.executable).parent)):
        place = Path(folder, name)
        if place.is_file():
            return str(place)
    raise AnalysisError(
        "ruff is not installed beside pilotfish",
        where=sysconfig.get_path("scripts"),
        help="install pilotfish again, or: pip install ruff",
    )


def check_text(text: str, path: str, root: str) -> tuple[Finding, ...]:
    """The diagnostics of ``text`` as the file ``path``, in order of position.

    ``root`` is the folder ruff runs in. Raises :class:`~analysis.errors.AnalysisError` when ruff
    cannot work, for example on a broken configuration.
    """
    _look_at_configuration([path], root)
    arguments = ("check", "--output-format=json", "--no-fix", "--stdin-filename", path, "-")
    return _findings(_run(arguments, root, text, _SECONDS))


def fixed_text(text: str, path: str, root: str, options: Sequence[str] = ()) -> str:
    """``text`` as the file ``path`` with ruff's safe fixes; ``options`` are of ``ruff check``.

    Raises as :func:`check_text`.
    """
    _look_at_configuration([path], root)
    arguments = ("check", "--fix-only", *options, "--stdin-filename", path, "-")
    return _run(arguments, root, text, _SECONDS).decode("utf-8", "surrogatepass")


def check_files(
    paths: Sequence[str],
    root: str,
    *,
    exclude: bool,
    on_crash: Callable[[str, CrashedError], None],
) -> tuple[Finding, ...]:
    """The diagnostics of files as they are on disk, which must be UTF-8.

    With ``exclude``, files that ruff's configuration excludes have none. ``on_crash`` is told of
    each file that ruff crashes on. Raises otherwise as :func:`check_text`.
    """
    option = "--force-exclude" if exclude else "--no-force-exclude"
    _look_at_configuration(paths, root)
    found: list[Finding] = []
    waiting = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
    while waiting:
        batch = waiting.pop(0)
        arguments = ("check", "--output-format=json", "--no-fix", option, "--", *batch)
        try:
            found += _findings(_run(arguments, root, "", _SECONDS * len(batch)))
        except CrashedError as error:
            middle = len(batch) // 2
            if middle:
                waiting += [batch[:middle], batch[middle:]]
            else:
                on_crash(batch[0], error)
    return tuple(found)


def explained(code: str) -> str:
    """ruff's page of one of its codes; ``""`` where it has none."""
    if not re.fullmatch(r"[A-Z]+\d+", code):
        return ""
    done = subprocess.run(
        [binary(), "rule", code],
        capture_output=True,
        cwd=Path(binary()).anchor,
        timeout=_SECONDS,
        check=False,
    )
    return "" if done.returncode else done.stdout.decode("utf-8", "replace")


def _look_at_configuration(paths: Iterable[str], root: str) -> None:
    """Refuse what ruff would read as configuration and cannot end to read, as ``/dev/zero``, a FIFO
    or a file without end.

    Raises :class:`~analysis.errors.AnalysisError`.
    """
    folders = {Path(root, path).parent for path in paths}
    folders |= {above for folder in folders for above in folder.parents}
    # ruff itself passes over what is not a regular file, but not where ``extend`` names it.
    waiting = [place for f in folders for n in _CONFIGURATION if is_file(place := f / n)]
    seen = set(waiting)
    while waiting:
        place = waiting.pop()
        try:
            extended = _extended_by(place)
        except OSError as error:
            raise AnalysisError(
                f"ruff could not check: its configuration cannot be read: {error.strerror}",
                where=str(place),
                help="remove it, or name a regular file in 'extend'",
            ) from None
        if extended is not None and extended not in seen:
            seen.add(extended)
            waiting.append(extended)


def _extended_by(place: Path) -> Path | None:
    """The file that the configuration ``place`` extends. Raises :class:`OSError`."""
    data = read_bytes(place, _MOST_CONFIGURATION)
    if not _MAY_EXTEND.search(data):
        return None
    try:
        settings = tomllib.loads(data.decode())
        if place.name == "pyproject.toml":
            settings = settings["tool"]["ruff"]
        named = settings["extend"]
    except (KeyError, TypeError):
        return None
    except (ValueError, RecursionError):
        # Whatever ruff makes of it, nobody looked at what it names.
        raise OSError(errno.EINVAL, "it is not valid TOML") from None
    if not isinstance(named, str):
        return None
    # ruff expands both, as a shell does.
    return Path(place.parent, os.path.expanduser(os.path.expandvars(named)))  # noqa: PTH111


def _run(arguments: Iterable[str], root: str, text: str, seconds: float) -> bytes:
    command, *rest = arguments
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RUFF_")}
    try:
        done = subprocess.run(
            [binary(), command, *_FIXED_OPTIONS, *rest],
            input=text.encode("utf-8", "surrogatepass"),
            capture_output=True,
            cwd=root or None,
            env=environment,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CrashedError(f"ruff did not answer within {seconds:.0f} s", where=root) from None
    except OSError as error:
        raise AnalysisError(f"ruff could not be run: {error.strerror}", where=root) from None
    if done.returncode < 0 or b"overflowed its stack" in done.stderr:
        raise CrashedError("ruff crashed on this code", where=root)
    if done.returncode:
        raise AnalysisError(
            f"ruff could not check: {_reason(done.stderr)}",
            where=root,
            help="fix ruff's configuration; `ruff check` says more",
        )
    return done.stdout


def _reason(output: bytes) -> str:
    lines = [line.strip() for line in output.decode("utf-8", "replace").split("\n")]
    said = [line for line in lines if line and line != "ruff failed"]
    return " ".join(said)[:600] or "it gave no reason"


def _findings(output: bytes) -> tuple[Finding, ...]:
    try:
        diagnostics = msgspec.json.decode(output or b"[]", type=list[_Diagnostic])
    except msgspec.MsgspecError as error:
        raise AnalysisError(f"ruff's answer was not understood: {error}", where=binary()) from None
    found = [
        Finding(
            d.filename,
            *_span(d.location, d.end_location),
            d.code or "invalid-syntax",
            _severity(d.code or "invalid-syntax"),
            d.message,
            "ruff",
            _fixes(d.fix),
        )
        for d in diagnostics
    ]
    return tuple(sorted(found, key=lambda f: (f.path, f.line, f.character, f.code)))


def _span(start: _Place, end: _Place) -> tuple[int, int, int, int]:
    """ruff counts lines and code points from 1."""
    return start.row - 1, start.column - 1, end.row - 1, end.column - 1


def _severity(code: str) -> Severity:
    return Severity.ERROR if code.startswith(_ERRORS) else Severity.WARNING


def _fixes(fix: _Fix | None) -> tuple[Fix, ...]:
    if fix is None:
        return ()
    edits = tuple(Edit(*_span(e.location, e.end_location), e.content or "") for e in fix.edits)
    return (Fix(fix.message or "Fix", edits, safe=fix.applicability == "safe"),)
