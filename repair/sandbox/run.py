"""What to run in a sandbox, and what came of it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

#: Calls that say something of what a program does, however little they differ.
_CALLS = 4


class Outcome(StrEnum):
    """How one test ended. ``TIMEOUT`` and ``CRASH``: the process ended inside it."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    TIMEOUT = "timeout"
    CRASH = "crash"

    @property
    def bad(self) -> bool:
        """Whether this is a failure."""
        return self not in (Outcome.PASSED, Outcome.SKIPPED)


#: A place in a file as ``ast`` has it: 1-based line and UTF-8 byte column, and the same of its end.
Place = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """A test command as the probe runs it (``repair.sandbox.probe``).

    ``runner``: ``pytest``, ``unittest``, ``doctest``, ``script``, ``module``, ``code`` or
    ``command``. ``path0`` goes first on ``sys.path``. ``select`` runs these tests only, in this
    order; without it, the tests named ``first`` run first, and then those that rest on one of the
    functions ``ahead``: (path, qualified name within it, distance). ``part`` is the number of one
    of so many parts, which alone is run.
    """

    runner: str
    command: str
    args: tuple[str, ...]
    cwd: str
    path0: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    select: tuple[str, ...] | None = None
    first: tuple[str, ...] = ()
    ahead: tuple[tuple[str, str, int], ...] = ()
    part: tuple[int, int] | None = None

    @property
    def selects(self) -> bool:
        """Whether the runner can run chosen tests alone."""
        return self.runner in ("pytest", "unittest", "doctest")

    def wire(self) -> dict[str, Any]:
        """As the probe reads it."""
        return {
            "runner": self.runner,
            "command": self.command,
            "args": list(self.args),
            "cwd": self.cwd,
            "path0": self.path0,
            "env": dict(self.env),
            "select": None if self.select is None else list(self.select),
            "first": list(self.first),
            "ahead": [list(function) for function in self.ahead],
            "part": self.part,
        }


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one run. Times are seconds; zero is no bound.

    It ends as ``timeout`` after ``wall`` of wall clock, ``cpu`` of processor time, ``idle``
    without word of a test (``importing`` longer until the first one begins: everything is imported
    and collected before), or when a test takes more processor time than ``caps`` has for it
    (``""`` for those it does not name); as ``early`` after one of these times, where a test is bad
    by then. With ``stop`` it ends at the first bad test, but not before ``leading`` tests.
    ``trace`` counts lines of the file under repair, and tells for each line of the functions
    ``steps`` of tests (path, a line in it, name) which of them it ran (``probe.lines``); ``places``
    tells which expressions of it ran (``probe.lines``); ``blocks`` follows it block by block
    (``{"plan": …, "limits": …}``, ``probe.blocks``); ``modules`` tells what was loaded and
    compiled, and whether files were left. Without ``private`` the workspace is read-only.
    """

    wall: float
    cpu: float = 0.0
    idle: float = 0.0
    importing: float = 0.0
    early: tuple[float, ...] = ()
    caps: Mapping[str, float] | None = None
    stop: bool = False
    leading: int = 1
    trace: bool = False
    steps: tuple[tuple[str, int, str], ...] = ()
    places: bool = False
    blocks: Mapping[str, Any] | None = None
    modules: bool = False
    private: bool = True

    def wire(self) -> dict[str, Any]:
        """As the probe reads it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Preload:
    """What runs import and compile, done once before they are forked: names of ``modules``, none
    of them the workspace's, and ``patterns`` of regular expressions (text, whether it stands for
    bytes, flags). With ``pytest`` its plugins are imported as it would. ``own`` are names of
    modules that runs find in the workspace: another copy of one must not be there before."""

    modules: tuple[str, ...] = ()
    patterns: tuple[tuple[str, bool, int], ...] = ()
    pytest: bool = False
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailedTest:
    """Why a test failed. ``lines`` are 1-based lines of the file under repair on the way.

    ``frames`` are ``(path, line, function)``, outermost first; ``script_line`` is the deepest line
    of a script that was reached, 0 if it is none. ``absent`` is the name that was looked for in
    vain, ``present`` what was there in its place.
    """

    exception: str
    message: str = ""
    frames: tuple[tuple[str, int, str], ...] = ()
    lines: tuple[int, ...] = ()
    script_line: int = 0
    absent: str = ""
    present: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test's end. ``seconds`` of wall time."""

    __test__ = False  # pytest would collect it by its name

    id: str
    outcome: Outcome
    seconds: float = 0.0
    failure: FailedTest | None = None
    #: Lines (1-based) of the file under repair that the test ran, when traced.
    lines: frozenset[int] = frozenset()
    #: Places in it that the test ran, when asked for and known (from Python 3.11).
    places: frozenset[Place] = frozenset()
    #: What the test's function did, in order of when it last did it: its 1-based line, and the
    #: ``lines`` that this ran.
    steps: tuple[tuple[int, frozenset[int]], ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """One run: how the process ended, its tests in order, and the tail of what it printed.

    ``ended``: ``done``, ``timeout``, ``early`` or ``crash``. ``hits`` counts executed lines
    (1-based) of the file under repair when traced, ``last`` the line that ran last. ``cannot`` says
    why new code did not fit live functions. ``root`` is pytest's root folder, ``others`` are tests
    of other parts than the plan's, ``near`` those that run first, by name or by what they rest on.
    ``modules`` are loaded modules and their files, ``entered`` files of which functions ran, where
    lines were traced, ``patterns`` regular expressions in the cache of ``re`` (as :class:`Preload`
    has them), ``wrote`` whether files were left behind; all when asked for.
    ``trace`` are the events of ``probe.blocks`` in order.
    """

    ended: str
    code: int | None = None
    tests: tuple[TestResult, ...] = ()
    output: str = ""
    seconds: float = 0.0
    hits: Mapping[int, int] = field(default_factory=dict)
    last: int = 0
    collected: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    root: str = ""
    files: tuple[str, ...] = ()
    modules: tuple[tuple[str, str], ...] = ()
    entered: tuple[str, ...] = ()
    patterns: tuple[tuple[str, bool, int], ...] = ()
    cannot: str = ""
    wrote: bool = False
    trace: tuple[Mapping[str, Any], ...] = ()

    def bad(self) -> tuple[TestResult, ...]:
        """The tests that did not pass."""
        return tuple(test for test in self.tests if test.outcome.bad)

    def passed(self) -> bool:
        """Whether everything ran and nothing failed."""
        return self.ended == "done" and self.code == 0 and not self.bad()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What variants of a program answer to the same ``calls`` (as texts).

    ``original`` and each row of ``variants`` have one answer for each call: a result or an
    exception as text, or ``None`` where it is not known. A variant that could not be run is
    ``None`` altogether. ``wanted`` are the answers that the file itself promises, ``None`` where it
    promises none. ``own`` tells which calls the tests make themselves.
    """

    calls: tuple[str, ...]
    original: tuple[str | None, ...]
    variants: tuple[tuple[str | None, ...] | None, ...]
    wanted: tuple[str | None, ...] = ()
    own: tuple[bool, ...] = ()

    def is_own(self, index: int) -> bool:
        """Whether the tests make this call themselves, as far as is known."""
        return index < len(self.own) and self.own[index]

    def tells(self, row: tuple[str | None, ...]) -> bool:
        """Whether there are calls enough, of which some tell ``row`` from the program as it is."""
        return len(self.calls) >= _CALLS and row != self.original

    def broken(self, row: tuple[str | None, ...]) -> tuple[str, ...]:
        """The calls whose answer in ``row`` is not the one that is wanted."""
        told = zip(self.calls, self.wanted, row, strict=False)
        return tuple(
            call
            for call, wanted, answer in told
            if wanted is not None
            and answer is not None
            # What a call leaves of its arguments is not promised.
            and answer.partition(", leaving ")[0] != wanted
        )
