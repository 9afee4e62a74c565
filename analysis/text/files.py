"""Python files on disk: byte order mark, coding cookie (PEP 263) and line ends kept as they are."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
import signal
import stat
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analysis.text.document import TextError

# -- where a workspace begins, and which of its files a repair may read and change
#
# A path that a sandbox tells is written by the code that runs there. It counts only where it leads
# to a file of the workspace; that is asked when it is learned and once more before it is written
# to.


#: Names of folders and files that no repair ever touches: version control, editors, CI, and what
#: is installed.
PROTECTED = frozenset(
    {
        *(".git", ".hg", ".svn", ".vscode", ".idea", ".github", ".gitlab-ci.yml", ".ci"),
        *(".circleci", "site-packages", "dist-packages", "node_modules"),
    }
)


#: Files and folders that mark the root of a workspace (docs/command-line.md).
ROOT_MARKERS = ("pyproject.toml", "setup.cfg", ".git")


def find_root(folder: Path, at_hand: Iterable[Path], *, above: bool) -> Path:
    """The root of the workspace that ``folder`` belongs to: one rule for every front door.

    The nearest folder with a root marker; else the innermost folder ``at_hand`` that holds it (the
    working directory, the folders of an editor); else the first ancestor that is no package.
    Without ``above``, no marker above that folder at hand counts: a person opened it, and not the
    home with a ``.git`` above it.
    """
    holding = [each for each in at_hand if folder.is_relative_to(each)]
    top = max(holding, key=lambda each: len(each.parts), default=None)
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in ROOT_MARKERS):
            return candidate
        if candidate == top and not above:
            break
    if top is not None:
        return top
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
    return folder


def real_path(path: str | os.PathLike[str]) -> Path:
    """Where ``path`` leads, links followed as far as they lead somewhere.

    Not ``Path.resolve``, which raises ``RuntimeError`` for a link that leads to itself.
    """
    return Path(os.path.realpath(path))


def inside(path: str | os.PathLike[str], root: str | os.PathLike[str]) -> Path | None:
    """Where ``path`` leads, links followed, if that is a regular file below ``root`` that is not
    protected; ``None`` otherwise."""
    try:
        real, folder = Path(path).resolve(strict=True), Path(root).resolve(strict=True)
        if folder in real.parents and real.is_file():
            return None if PROTECTED.intersection(real.relative_to(folder).parts) else real
    except (OSError, ValueError, RuntimeError):
        pass
    return None


#: PEP 263: a comment in the first two lines.
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_BYTES_LINE_END = re.compile(rb"\r\n|\r|\n")
_TEXT_LINE_END = re.compile(r"\r\n|\r|\n")
#: Larger files are data, not code a person edits.
MAX_FILE_BYTES = 64 * 1024 * 1024


def read_bytes(path: Path | str, most: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of a file that somebody else may have put there: the one reader for these.

    A workspace can hold a link to ``/dev/zero`` or a FIFO under any name. Raises ``OSError`` for
    whatever is not a regular file of at most ``most`` bytes that may be read. Never blocks.
    """
    data = first_bytes(path, most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"the file is larger than {_size(most)}")
    return data


def read_text(path: Path | str, most: int = MAX_FILE_BYTES) -> str:
    """As :func:`read_bytes`, decoded as UTF-8 with replacement of what is none."""
    return read_bytes(path, most).decode("utf-8", "replace")


def first_bytes(path: Path | str, count: int) -> bytes:
    """The first ``count`` bytes of a regular file, or all it has. Raises as :func:`read_bytes`."""
    try:
        # Opening a device can do something already; opening a FIFO waits for its writer.
        _refuse_special(os.stat(path))  # noqa: PTH116 - as os.open
        descriptor = os.open(path, os.O_RDONLY | _UNBLOCKED)
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.EINVAL, str(error)) from None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        _refuse_special(status)
        # Not ``read(count)``, which sets aside as much memory.
        parts, left, step = [], count, max(status.st_size + 1, 1 << 16)
        while left > 0 and (part := file.read(min(left, step))):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


def is_file(path: Path | str) -> bool:
    """Whether there is a file; ``False``, too, where that may not be known."""
    return os.path.isfile(path)  # noqa: PTH113 - pathlib raises where a folder is closed


def is_folder(path: Path | str) -> bool:
    """Whether there is a folder; ``False``, too, where that may not be known."""
    return os.path.isdir(path)  # noqa: PTH112 - pathlib raises where a folder is closed


def shown_path(path: Path | str) -> str:
    """``path`` as text: bytes that are not UTF-8 (PEP 383) as escapes, ``\\xff.py``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


_UNBLOCKED = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def _refuse_special(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "this is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "this is not a regular file")


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >> 20 else f"{count} bytes"


@dataclass(frozen=True, slots=True)
class TextFile:
    """The text of a file and what is needed to write it back the same way.

    ``text`` keeps its line ends as they were and holds no byte order mark; ``bom`` says there was
    one. ``encoding`` is a codec's normalized name.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False


def decode_source(data: bytes, path: str) -> TextFile:
    """The text of ``data`` as Python would decode it: mark, then cookie, else UTF-8.

    Raises :class:`TextError` for an unknown or contradicting cookie and for bytes that do not
    decode. NUL bytes and form feeds are text; whether Python accepts them is not decided here.
    """
    for mark, name in ((codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16")):
        if data.startswith(mark):
            raise TextError(
                f"the file is {name}, which is not Python source",
                where=path,
                help="save it as UTF-8",
            )
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    declared = _cookie(body)
    encoding = "utf-8"
    if declared:
        try:
            encoding = codecs.lookup(declared).name
        except LookupError:
            raise TextError(
                f"the coding cookie names an unknown encoding '{declared}'",
                where=path,
                help="write # -*- coding: utf-8 -*- or remove the line",
            ) from None
        if bom and encoding != "utf-8":
            raise TextError(
                f"the file begins with a UTF-8 byte order mark but declares '{declared}'",
                where=path,
                help="remove the coding cookie",
            )
    try:
        text = body.decode(encoding)
        if not isinstance(text, str):  # pragma: no cover - bytes.decode refuses these itself
            raise LookupError(encoding)
        text.encode()
    except UnicodeDecodeError as error:
        line = len(_BYTES_LINE_END.findall(body, 0, error.start)) + 1
        raise TextError(
            f"line {line} holds bytes that are not {encoding}",
            where=path,
            help="save the file as UTF-8, or declare its encoding, as # -*- coding: latin-1 -*-",
        ) from None
    except UnicodeEncodeError as error:
        line = len(_TEXT_LINE_END.findall(error.object, 0, error.start)) + 1
        raise TextError(
            f"line {line} holds half of a surrogate pair",
            where=path,
            help="save the file as UTF-8 without that character",
        ) from None
    except (LookupError, UnicodeError):  # ``undefined`` and ``punycode`` raise the bare class
        raise TextError(f"'{declared}' is not a text encoding of this file", where=path) from None
    return TextFile(path, text, encoding, bom)


def _cookie(body: bytes) -> str:
    first, _, rest = _first_line(body)
    match = _COOKIE.match(first)
    if match is None and _BLANK.match(first):
        match = _COOKIE.match(_first_line(rest)[0])
    return match[1].decode("ascii", "replace") if match else ""


def _first_line(body: bytes) -> tuple[bytes, bytes, bytes]:
    head = body[:4096]
    end = _BYTES_LINE_END.search(head)
    if end is None:
        return head, b"", b""
    return head[: end.start()], end[0], head[end.end() :]


def read_file(path: Path | str) -> TextFile:
    """Read and decode a Python file.

    Raises :class:`TextError` when it cannot be read (missing, a folder, forbidden, not a regular
    file, too large) or decoded.
    """
    where = os.path.abspath(path)  # noqa: PTH100 - symlinks are to stay as the user wrote them
    try:
        data = read_bytes(where)
    except OSError as error:
        raise TextError(f"cannot be read: {error.strerror or error}", where=where) from None
    return decode_source(data, where)


def write_file(file: TextFile, text: str) -> None:
    """Put ``text`` in place of what ``file`` was read from: same encoding, mark and permissions.

    Line ends are written as ``text`` has them. The file is replaced in one step, so that a reader
    or a crash sees the old text or the new one. Raises :class:`TextError` when ``text`` cannot be
    encoded or the file cannot be written; then nothing has changed.
    """
    try:
        data = text.encode(file.encoding)
    except UnicodeEncodeError as error:
        raise TextError(
            f"character U+{ord(text[error.start]):04X} does not exist in {file.encoding}",
            where=file.path,
            help="change the file's coding cookie to utf-8",
        ) from None
    try:
        replace_file(file.path, codecs.BOM_UTF8 + data if file.bom else data, durable=True)
    except OSError as error:
        raise TextError(f"cannot be written: {error.strerror or error}", where=file.path) from None


def replace_file(
    path: Path | str, data: bytes, *, durable: bool = False, private: bool = False
) -> None:
    """Put ``data`` in place of the file ``path`` in one step: the one writer of files that others
    may read meanwhile.

    A link is followed, permissions are kept; a new file can be read by everybody, a ``private`` one
    by the user alone. ``durable`` waits for the disk, and lets ``SIGTERM`` wait: for what a person
    would miss, not for a cache. Raises ``OSError``; then nothing has changed and nothing was left
    behind.
    """
    with _unended() if durable else contextlib.nullcontext():
        _replace_file(path, data, durable=durable, private=private)


@contextlib.contextmanager
def _unended() -> Iterator[None]:
    """``SIGTERM`` ends this process after what is done here. Python lets the main thread alone say
    so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)
        if came:
            os.kill(os.getpid(), signal.SIGTERM)


def _replace_file(path: Path | str, data: bytes, *, durable: bool, private: bool) -> None:
    target = real_path(path)
    # Not named after the target, whose name may be as long as names can be.
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        if not private:
            temporary.chmod(stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644)
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def dominant_newline(text: str) -> str:
    """The line end most lines of ``text`` have; ``"\\n"`` where there is none."""
    windows = text.count("\r\n")
    counts = {"\n": text.count("\n") - windows, "\r\n": windows, "\r": text.count("\r") - windows}
    return max(counts, key=lambda end: counts[end])
