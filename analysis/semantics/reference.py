"""The provider that answers: it knows whose Python it is and who knows which kind of hole."""

from __future__ import annotations

import time
from collections import OrderedDict
from pathlib import Path

from analysis.deadline import Deadline
from analysis.environments.environment import Environment
from analysis.environments.resolve import resolve
from analysis.names import NameSet, Tier
from analysis.semantics import import_holes, key_holes, name_holes
from analysis.semantics.jedi_provider.provider import JediProvider
from analysis.semantics.judgement import argument, value
from analysis.semantics.reads import noting
from analysis.semantics.type_facts import TypeFacts
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole, HoleKind

#: Answers that are kept, and for how many seconds: other files may change meanwhile.
_ANSWERS = 256
_ANSWER_AGE_S = 5.0
_BARE = frozenset({HoleKind.NAME, HoleKind.DECORATOR, HoleKind.EXCEPTION})
#: Files of which it is kept what their answers were read from: as many as jedi keeps, and more.
_NOTED = 16
_IMPORTS = frozenset({HoleKind.IMPORT_MODULE, HoleKind.IMPORT_MEMBER})


class ReferenceProvider:
    """A :class:`~analysis.semantics.provider.SemanticProvider`. Not thread-safe.

    ``cache_directory`` takes what may be kept between runs: parsed library files.
    """

    def __init__(self, cache_directory: str) -> None:
        self._jedi = JediProvider(cache_directory)
        self._environments: dict[Workspace, tuple[tuple[float, ...], Environment]] = {}
        self._read: OrderedDict[str, set[str]] = OrderedDict()
        self._answers: OrderedDict[tuple[object, ...], tuple[float, NameSet]] = OrderedDict()

    def names(self, snapshot: Snapshot, hole: Hole, deadline: Deadline) -> NameSet:
        """The names that may stand in ``hole``.

        Raises :class:`~analysis.errors.AnalysisError` only for an interpreter that the user named
        and that does not work.
        """
        if hole.kind is HoleKind.NONE:
            return NameSet.abstain(hole.kind.value, hole.reason or "no name is written here")
        if deadline.expired():
            return NameSet.abstain(hole.kind.value, "late")
        environment = self.environment(snapshot.workspace)
        world = self._environments[snapshot.workspace]
        key = (snapshot.text, snapshot.path, snapshot.unsaved, hole, world)
        kept = self._answers.get(key)
        if kept is not None and time.monotonic() - kept[0] < _ANSWER_AGE_S:
            self._answers.move_to_end(key)
            return kept[1]
        with noting(self._noted(snapshot.path)):
            answer = self._look_up(snapshot, hole, environment, deadline)
        if answer.reason != "late":
            self._answers[key] = (time.monotonic(), answer)
            while len(self._answers) > _ANSWERS:
                self._answers.popitem(last=False)
        return answer

    def holds(self, snapshot: Snapshot, hole: Hole, name: str) -> bool:
        """Whether ``name`` certainly is among the names of ``hole``. Raises as :meth:`names`."""
        if hole.kind is not HoleKind.ATTRIBUTE:
            return False
        return self._jedi.holds(snapshot, hole, name, self.environment(snapshot.workspace))

    def type_facts(self, snapshot: Snapshot, hole: Hole) -> TypeFacts | None:
        """The types around ``hole``. Raises as :meth:`names`."""
        return self._jedi.type_facts(snapshot, hole, self.environment(snapshot.workspace))

    def refresh(self) -> None:
        """Other files may have changed: forget what stands on those that have."""
        self._answers.clear()
        self._jedi.refresh()

    def files(self, snapshot: Snapshot) -> frozenset[str]:
        """The files that answers about ``snapshot`` were read from, as absolute paths.

        Of the files that were asked about last; more than were needed, never fewer.
        """
        return frozenset(self._noted(snapshot.path) | self._jedi.files(snapshot.path))

    def _noted(self, path: str) -> set[str]:
        noted = self._read.setdefault(path, set())
        self._read.move_to_end(path)
        while len(self._read) > _NOTED:
            self._read.popitem(last=False)
        return noted

    def environment(self, workspace: Workspace) -> Environment:
        """Whose Python it is; looked up again when one of its folders changed.

        Raises as :func:`~analysis.environments.resolve.resolve`.
        """
        known = self._environments.get(workspace)
        if known is not None and known[0] == _stamps(known[1], workspace):
            return known[1]
        environment = resolve(workspace)
        self._environments[workspace] = (_stamps(environment, workspace), environment)
        return environment

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


def _stamps(environment: Environment, workspace: Workspace) -> tuple[float, ...]:
    """Times of change of what decides about an environment; 0 for what is not there."""
    root = Path(workspace.root)
    places = [
        Path(environment.executable),
        Path(environment.executable).parent.parent / "pyvenv.cfg",
        root / ".venv",
        root / "venv",
        *map(Path, environment.site_packages),
    ]
    return tuple(_changed(place) for place in places)


def _changed(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except OSError:
        return 0.0
