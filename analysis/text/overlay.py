"""One view of the files: open buffers stand over the disk.

Every reader of source looks through the overlay in force (:func:`files`), and each answer notes
what it was read from (:class:`Reads`): contents of files and names in folders, by hash. An answer
holds for as long as its reads do, so nothing has to be told which caches a change makes old.

A hash of a file on disk is known by the file's status. A status is not believed while it is younger
than two seconds, since a second write in the same tick leaves no trace in it ("racy git", Git's
technical documentation): the content is hashed again.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from analysis.text.files import read_bytes

Value = TypeVar("Value")
#: A change younger than this may be followed by one with the same status: two seconds is the
#: coarsest time of change that file systems keep (FAT).
_SETTLED_NS = 2_000_000_000
#: Files and folders whose hash is kept.
_KEPT = 16_384
_HALF = re.compile("[\ud800-\udfff]")
#: The hash of what is not there.
MISSING = ""


def digest_of(data: bytes) -> str:
    """The hash that stands for a content."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def whole(text: str) -> str:
    """``text`` with U+FFFD for each half of a surrogate pair, which no file can hold.

    An editor sends such a half while it splits a pair. The two take as many units in each encoding
    of positions, so that everything else keeps its place.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return _HALF.sub("\N{REPLACEMENT CHARACTER}", text)
    return text


class Content:
    """A text (made :func:`whole`) and its hash, which stands for it: two with the same hash are
    equal."""

    __slots__ = ("data", "digest", "text")

    def __init__(self, text: str) -> None:
        self.text = whole(text)
        self.data = self.text.encode()
        self.digest = digest_of(self.data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Content) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Content({self.text!r})"


@dataclass(frozen=True, slots=True)
class Buffer:
    """The content of an open file. ``path`` is absolute."""

    path: str
    content: Content


@dataclass(slots=True)
class Reads:
    """What an answer was read from: hashes of files and of lists of names, by path.

    ``whole`` is false where something was not looked at for lack of time: then asking again may say
    more, and nothing holds.
    """

    files: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    whole: bool = True

    def hold(self, overlay: Overlay) -> bool:
        """Whether ``overlay`` shows the same contents and names."""
        return (
            self.whole
            and all(overlay.digest(p) == was for p, was in self.files.items())
            and all(overlay.listing(p).digest == was for p, was in self.folders.items())
        )

    def add(self, other: Reads) -> None:
        """Take over what ``other`` was read from."""
        self.files.update(other.files)
        self.folders.update(other.folders)
        self.whole = self.whole and other.whole


@dataclass(frozen=True, slots=True)
class Listing:
    """The names in a folder, each with whether it is a folder itself; none where there is none."""

    names: dict[str, bool]
    digest: str


class Overlay:
    """Files as one reader sees them: ``buffers`` over the disk.

    With ``stable`` it is a view of one moment: what was looked at once stays as it was then. For
    one question, not to be kept.
    """

    def __init__(self, buffers: Iterable[Buffer] = (), *, stable: bool = False) -> None:
        self.stable = stable
        self._digests: dict[str, str] = {}
        self._listings: dict[str, Listing] = {}
        self._open: dict[str, Content] = {}
        self._added: dict[str, dict[str, bool]] = {}
        for buffer in buffers:
            if os.path.isabs(buffer.path):
                self._open[buffer.path] = buffer.content
        for path in tuple(self._open):
            # A file may be reached through a link to a folder above it.
            real = os.path.realpath(path)
            self._open.setdefault(real, self._open[path])
            for place in {path, real}:
                below, is_folder = place, False
                while (folder := os.path.dirname(below)) != below:
                    self._added.setdefault(folder, {})[os.path.basename(below)] = is_folder
                    below, is_folder = folder, True

    def buffer(self, path: str) -> Content | None:
        """The open buffer of ``path``."""
        return self._open.get(path)

    def digest(self, path: str) -> str:
        """The hash of the content of ``path``; :data:`MISSING` where there is none."""
        content = self._open.get(path)
        if content is not None:
            return content.digest
        found = self._digests.get(path)
        if found is None:
            found = _disk.digest(path)
            if self.stable:
                self._digests[path] = found
        return found

    def read(self, path: str) -> tuple[bytes, str]:
        """The content of ``path`` and its hash. Raises ``OSError``."""
        content = self._open.get(path)
        if content is not None:
            return content.data, content.digest
        data, found = _disk.read(path)
        if self.stable:
            self._digests[path] = found
        return data, found

    def stamp(self, path: str) -> tuple[int, int]:
        """A cheap sign of the content of ``path``, for who keeps its hash: another content has
        another one. ``(0, …)`` where it may not yet. Raises ``OSError``."""
        content = self._open.get(path)
        if content is not None:
            return -1, int(content.digest[:15], 16)
        status = _status(path)
        return status.key[1] if status.settled else 0, status.key[2]

    def open_below(self, root: str) -> list[str]:
        """The open buffers of files below a folder."""
        return [path for path in self._open if path.startswith(root + os.sep)]

    def listing(self, folder: str) -> Listing:
        """The names in ``folder``."""
        found = self._listings.get(folder)
        if found is not None:
            return found
        found = _disk.listing(folder)
        added = self._added.get(folder)
        if added and not found.names.keys() >= added.keys():
            found = _listing({**added, **found.names})
        if self.stable:
            self._listings[folder] = found
        return found


_DISK = Overlay()
_overlay: ContextVar[Overlay] = ContextVar("_overlay", default=_DISK)
_noted: ContextVar[tuple[Reads, ...]] = ContextVar("_noted", default=())


def files() -> Overlay:
    """The overlay in force; without one, the disk."""
    return _overlay.get()


@contextmanager
def looking_through(overlay: Overlay) -> Iterator[None]:
    """Within the block, every reader sees the files as ``overlay`` shows them."""
    token = _overlay.set(overlay)
    try:
        yield
    finally:
        _overlay.reset(token)


@contextmanager
def noting(into: Reads) -> Iterator[None]:
    """Within the block, what is read is noted in ``into``, and in what is noted into outside."""
    token = _noted.set((*_noted.get(), into))
    try:
        yield
    finally:
        _noted.reset(token)


def note_into(into: Reads) -> None:
    """Note in ``into`` as well, until the innermost :func:`noting` block ends.

    What it holds already counts as read."""
    note_all(into)
    if not any(reads is into for reads in _noted.get()):
        _noted.set((*_noted.get(), into))


def note(path: str, digest: str) -> None:
    """``path`` was read with this hash, or was known already and would have been."""
    for reads in _noted.get():
        reads.files[path] = digest


def note_all(known: Reads) -> None:
    """What is used now was read from ``known`` earlier."""
    for reads in _noted.get():
        if reads is not known:
            reads.add(known)


def digest(path: str) -> str:
    """:meth:`Overlay.digest` of the overlay in force, noted."""
    found = files().digest(path)
    note(path, found)
    return found


def read(path: str) -> tuple[bytes, str]:
    """:meth:`Overlay.read` of the overlay in force, noted. Raises ``OSError``."""
    try:
        data, found = files().read(path)
    except OSError:
        note(path, MISSING)
        raise
    note(path, found)
    return data, found


def listing(folder: str) -> Listing:
    """:meth:`Overlay.listing` of the overlay in force, noted."""
    found = files().listing(folder)
    for reads in _noted.get():
        reads.folders[folder] = found.digest
    return found


def is_file(path: str) -> bool:
    """Whether ``path`` is a file, as the folder that holds it says, which is noted."""
    folder, name = os.path.split(path)
    return listing(folder).names.get(name) is False


def is_folder(path: str) -> bool:
    """Whether ``path`` is a folder, noted likewise."""
    folder, name = os.path.split(path)
    return not name or listing(folder).names.get(name) is True


class _Disk:
    """Hashes of what is on disk. Each is old when the status that it was read under is another, or
    was not yet settled then. Entries are replaced whole, so threads may share it."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, tuple[_Status, str]] = OrderedDict()
        self._folders: OrderedDict[str, tuple[_Status, Listing]] = OrderedDict()

    def digest(self, path: str) -> str:
        try:
            status = _status(path)
            known = self._files.get(path)
            if known is not None and known[0] == status and known[0].settled:
                return known[1]
            if not stat.S_ISREG(status.mode):
                return MISSING
            return self.read(path)[1]
        except (OSError, ValueError):
            return MISSING

    def read(self, path: str) -> tuple[bytes, str]:
        status = _status(path)
        if not stat.S_ISREG(status.mode):
            raise FileNotFoundError(path)
        data = read_bytes(path)
        found = digest_of(data)
        _keep(self._files, path, (status, found))
        return data, found

    def listing(self, folder: str) -> Listing:
        try:
            status = _status(folder)
            known = self._folders.get(folder)
            if known is not None and known[0] == status and known[0].settled:
                return known[1]
            with os.scandir(folder) as entries:
                found = _listing({entry.name: entry.is_dir() for entry in entries})
        except (OSError, ValueError):
            return _NOTHING
        _keep(self._folders, folder, (status, found))
        return found


@dataclass(frozen=True, slots=True)
class _Status:
    """``settled`` tells that a later change could not have left the same status."""

    key: tuple[int, ...]
    mode: int
    settled: bool = field(compare=False)


def _status(path: str) -> _Status:
    found = os.stat(path)
    # What Windows calls st_ctime is the time of creation.
    changed = found.st_ctime_ns if os.name == "posix" else found.st_mtime_ns
    key = (found.st_mtime_ns, changed, found.st_size, found.st_ino, found.st_dev)
    return _Status(key, found.st_mode, abs(time.time_ns() - changed) > _SETTLED_NS)


def _listing(names: dict[str, bool]) -> Listing:
    said = "\0".join(f"{name}/" if names[name] else name for name in sorted(names))
    return Listing(names, digest_of(said.encode("utf-8", "surrogateescape")))


def _keep(kept: OrderedDict[str, Value], path: str, value: Value) -> None:
    kept[path] = value
    while len(kept) > _KEPT:
        kept.popitem(last=False)


_NOTHING = Listing({}, MISSING)
_disk = _Disk()
