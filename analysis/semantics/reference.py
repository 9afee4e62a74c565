"""The provider that answers: it knows whose Python it is and who knows which kind of hole."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from analysis.deadline import Deadline
from analysis.environments.candidates import WORKSPACE_FOLDERS, resolve
from analysis.environments.environment import Environment
from analysis.names import NameSet, Tier
from analysis.semantics import import_holes, key_holes, name_holes
from analysis.semantics.jedi_provider.provider import JediProvider
from analysis.semantics.judgement import argument, value
from analysis.semantics.type_facts import TypeFacts
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole, HoleKind
from analysis.text import overlay

#: Texts whose answers are kept, and answers of one of them.
_TEXTS = 16
_ANSWERS = 512
_BARE = frozenset({HoleKind.NAME, HoleKind.DECORATOR, HoleKind.EXCEPTION})
_IMPORTS = frozenset({HoleKind.IMPORT_MODULE, HoleKind.IMPORT_MEMBER})


@dataclass(slots=True)
class _KnownAnswers:
    """The answers about one text, all of them old when one of its ``reads`` is."""

    reads: overlay.Reads = field(default_factory=overlay.Reads)
    answers: OrderedDict[Hole, NameSet] = field(default_factory=OrderedDict)
    held_in: overlay.Overlay | None = None

    def holds(self) -> bool:
        """Whether nothing that was read has changed; looked at once for each overlay."""
        files = overlay.files()
        if self.held_in is not files:
            if not self.reads.hold(files):
                return False
            self.held_in = files
        return True


@dataclass(slots=True)
class _KnownEnvironment:
    """An environment, old when its ``stamps`` are others; ``reads`` say what it was chosen by, for
    answers that are kept elsewhere."""

    environment: Environment
    reads: overlay.Reads
    stamps: object
    #: The overlay under which the stamps were compared last.
    held_in: overlay.Overlay | None = None


class ReferenceProvider:
    """A :class:`~analysis.semantics.provider.SemanticProvider`. Not thread-safe.

    ``cache_directory`` takes what may be kept between runs: parsed library files.
    """

    def __init__(self, cache_directory: str) -> None:
        self._jedi = JediProvider(cache_directory)
        self._environments: dict[Workspace, _KnownEnvironment] = {}
        self._known: OrderedDict[tuple[object, ...], _KnownAnswers] = OrderedDict()

    def names(self, snapshot: Snapshot, hole: Hole, deadline: Deadline) -> NameSet:
        """The names that may stand in ``hole``.

        Raises :class:`~analysis.errors.AnalysisError` only for an interpreter that the user named
        and that does not work.
        """
        if hole.kind is HoleKind.NONE:
            return NameSet.abstain(hole.kind.value, hole.reason or "no name is written here")
        if deadline.expired():
            return NameSet.abstain(hole.kind.value, "late")
        with self._looking_at(snapshot) as (environment, known):
            answer = known.answers.get(hole)
            if answer is None:
                answer = self._look_up(snapshot, hole, environment, deadline)
                # A part of it may be missing that had no time; the next one to ask has more.
                if answer.reason != "late" and not deadline.expired():
                    known.answers[hole] = answer
                    while len(known.answers) > _ANSWERS:
                        known.answers.popitem(last=False)
        return answer

    def holds(self, snapshot: Snapshot, hole: Hole, name: str) -> bool:
        """Whether ``name`` certainly is among the names of ``hole``. Raises as :meth:`names`."""
        if hole.kind is not HoleKind.ATTRIBUTE:
            return False
        with self._looking_at(snapshot) as (environment, _):
            return self._jedi.holds(snapshot, hole, name, environment)

    @contextmanager
    def type_facts(self, snapshot: Snapshot, hole: Hole) -> Iterator[TypeFacts | None]:
        """The types around ``hole``. Raises as :meth:`names`."""
        with self._looking_at(snapshot) as (environment, _):
            yield self._jedi.type_facts(snapshot, hole, environment)

    def reads(self, snapshot: Snapshot) -> overlay.Reads:
        """What the answers about ``snapshot`` were read from: more than was needed, never less."""
        with self._looking_at(snapshot) as (_, known):
            return known.reads

    @contextmanager
    def _looking_at(self, snapshot: Snapshot) -> Iterator[tuple[Environment, _KnownAnswers]]:
        """Look through the overlay in force or, where a caller has put none, the snapshot's."""
        around = overlay.files()
        with overlay.looking_through(around if around.stable else snapshot.overlay()):
            whose = self._whose(snapshot.workspace)
            environment = whose.environment
            key = (snapshot.text, snapshot.path, snapshot.workspace, environment)
            known = self._known.get(key)
            if known is None or not known.holds():
                known = self._known[key] = _KnownAnswers(held_in=overlay.files())
                known.reads.add(whose.reads)
                while len(self._known) > _TEXTS:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
            with overlay.noting(known.reads):
                yield environment, known

    def environment(self, workspace: Workspace) -> Environment:
        """Whose Python it is; looked up again when one of its folders changed.

        Raises as :func:`~analysis.environments.candidates.resolve`.
        """
        return self._whose(workspace).environment

    def _whose(self, workspace: Workspace) -> _KnownEnvironment:
        files = overlay.files()
        known = self._environments.get(workspace)
        if known is not None and files.stable and known.held_in is files:
            return known
        if known is not None and known.stamps == _stamps(known.environment, workspace):
            known.held_in = files
            return known
        # Both are taken before: what changes while the environment is looked up makes it old.
        before, reads = _own(workspace), _deciding(workspace)
        environment = resolve(workspace)
        known = _KnownEnvironment(environment, reads, _stamps(environment, workspace))
        if _own(workspace) == before:
            self._environments[workspace] = known
        else:
            self._environments.pop(workspace, None)
        return known

    def _look_up(
        self, snapshot: Snapshot, hole: Hole, environment: Environment, deadline: Deadline
    ) -> NameSet:
        if hole.kind in (HoleKind.ATTRIBUTE, HoleKind.KEYWORD, HoleKind.LITERAL):
            return self._jedi.names(snapshot, hole, environment, deadline)
        if hole.kind is HoleKind.ARGUMENT:
            keywords = self._jedi.names(snapshot, hole, environment, deadline)
            return argument(keywords, name_holes.names_for(snapshot, hole, environment))
        if hole.kind is HoleKind.ARGUMENT_TYPE:
            taken = self._jedi.names(snapshot, hole, environment, deadline)
            if taken.tier is not Tier.CLOSED:
                return taken
            return value(taken, name_holes.names_for(snapshot, hole, environment))
        if hole.kind in _IMPORTS:
            return import_holes.names_for(snapshot, hole, environment)
        if hole.kind in _BARE:
            return name_holes.names_for(snapshot, hole, environment)
        if not hole.in_string:  # an expression, which begins with a name
            return name_holes.names_for(snapshot, hole, environment)
        typed = self._jedi.names(snapshot, hole, environment, deadline)
        return key_holes.names_for(snapshot, hole, typed)


def _stamps(environment: Environment, workspace: Workspace) -> object:
    """What decides about an environment: the status of its program and of what configures it, and
    the names in its folders, of which a package that is installed or removed changes one."""
    places = [
        environment.executable,
        str(Path(environment.executable).parent.parent / "pyvenv.cfg"),
    ]
    files = overlay.files()
    listings = {folder: files.listing(folder) for folder in environment.site_packages}
    for folder, listing in listings.items():
        places += (f"{folder}/{name}" for name in listing.names if name.endswith(".pth"))
    names = tuple(listing.digest for listing in listings.values())
    return _own(workspace), tuple(map(_status, places)), names


def _own(workspace: Workspace) -> object:
    """The status of the workspace's own environments, which come before others."""
    return tuple(
        _status(f"{workspace.root}/{folder}{file}")
        for folder in WORKSPACE_FOLDERS
        for file in ("", "/bin", "/pyvenv.cfg")
    )


def _deciding(workspace: Workspace) -> overlay.Reads:
    """The same as contents and names."""
    files, reads = overlay.files(), overlay.Reads()
    for folder in WORKSPACE_FOLDERS:
        place = f"{workspace.root}/{folder}"
        reads.files[f"{place}/pyvenv.cfg"] = files.digest(f"{place}/pyvenv.cfg")
        for names in (place, f"{place}/bin"):
            reads.folders[names] = files.listing(names).digest
    return reads


def _status(place: str) -> tuple[int, ...]:
    try:
        found = Path(place).stat()
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
