"""What happens to variables while a node is walked: looked up, defined, used, thrown.

A walker calls it step by step in the order of evaluation; branches are walked apart and joined.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from analysis.views.data_flow import DefinitionKind, UseKind, Variable, Variables
from analysis.views.flow import Span
from analysis.views.places import FunctionNode

# -- what variables may hold at one point of a node, and how that is joined where ways meet
#
# A state says of each variable which definitions of this node it may hold and whether what it held
# before the node may still be there.


#: Definitions made in this node (by their numbers in ``Record.definitions``), and whether what was
#: there before may still be.
Held = tuple[frozenset[int], bool]
BEFORE: Held = (frozenset(), True)
NOTHING: Held = (frozenset(), False)
State = dict[Variable, Held]


def held(state: State, variable: Variable) -> Held:
    """What a variable may hold; ``x.y`` holds nothing of before where ``x`` is another."""
    found = state.get(variable)
    if found is None and "." in variable.name:
        parent = Variable(variable.owner, variable.name.rpartition(".")[0])
        return BEFORE if held(state, parent)[1] else NOTHING
    return found or BEFORE


def is_under(variable: Variable, root: Variable) -> bool:
    """Whether ``variable`` is an attribute of ``root``, or of one of it."""
    return variable.owner == root.owner and variable.name.startswith(f"{root.name}.")


def join(one: State, other: State) -> State:
    """Either of two."""
    joined: State = {}
    for variable in one.keys() | other.keys():
        (a, before), (b, before_too) = held(one, variable), held(other, variable)
        joined[variable] = (a | b, before or before_too)
    return joined


def joined(states: Sequence[State]) -> State:
    """Any of several."""
    result = states[0]
    for state in states[1:]:
        result = join(result, state)
    return dict(result)


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition as the evaluator meets it."""

    variable: Variable
    kind: DefinitionKind
    node: int
    span: Span | None
    deferred: bool


@dataclass(slots=True)
class Used:
    """A use with what reaches it from inside its node and, if ``before``, from before it.

    ``early`` uses stand before the loop whose header they are in: the iterable of a ``for``.
    """

    variable: Variable
    kind: UseKind
    node: int
    span: Span
    deferred: bool
    early: bool
    inside: frozenset[int] = frozenset()
    before: bool = False


@dataclass(frozen=True)
class _Frame:
    """A lambda or comprehension that is being walked."""

    owner: int
    names: frozenset[str]
    deferred: bool
    hides_class: bool


class Record:
    """What the nodes of one scope did so far, and the state in the one that is being walked.

    ``owners`` gives out numbers for lambdas and comprehensions.
    """

    def __init__(self, scope: int, variables: Variables, owners: Iterator[int]) -> None:
        self.scope = scope
        self.variables = variables
        self._owners = owners
        self._frame_owner: dict[ast.AST, int] = {}
        self._frames: list[_Frame] = []
        self._used: dict[tuple[object, Variable, UseKind], Used] = {}
        #: What is known behind the step walked last.
        self.state: State = {}
        #: What is known where an exception left the node; ``None`` where none can have yet.
        self.thrown: State | None = None
        self.node = 0
        #: Whether what is walked stands before the loop whose header it is in.
        self.early = False
        self.defined: dict[tuple[object, Variable], int] = {}
        self.definitions: list[Defined] = []

    @property
    def uses(self) -> list[Used]:
        """Every use met so far."""
        return list(self._used.values())

    def begin(self, node: int) -> None:
        """Walk ``node`` from here on."""
        self.node, self.state, self.thrown, self.early = node, {}, None, False

    def lookup(self, name: str) -> tuple[Variable, bool]:
        """What a name means here, and whether it is asked for later than it stands."""
        return self._meaning(name, any(frame.hides_class for frame in self._frames))

    def bound_by_walrus(self, name: str) -> tuple[Variable, bool]:
        """What a walrus binds here: in a comprehension, a name of the scope around it (PEP 572)."""
        return self._meaning(name, False)

    def _meaning(self, name: str, inside: bool) -> tuple[Variable, bool]:
        deferred = False
        for frame in reversed(self._frames):
            if name in frame.names:
                return Variable(frame.owner, name), deferred
            deferred |= frame.deferred
        return self.variables.resolve(self.scope, name, inside=inside), deferred

    def use(self, name: str, key: object, span: Span, kind: UseKind) -> None:
        """``name`` is used; ``key`` tells this use from others, however often it is walked."""
        variable, deferred = self.lookup(name)
        self.seen(variable, key, span, kind, deferred)

    def seen(
        self, variable: Variable, key: object, span: Span, kind: UseKind, deferred: bool
    ) -> None:
        """The same of a variable that has been looked up."""
        place = (key, variable, kind)
        used = self._used.get(place)
        if used is None:
            used = Used(variable, kind, self.node, span, deferred, self.early)
            self._used[place] = used
        inside, before = held(self.state, variable)
        used.inside |= inside
        used.before |= before

    def define(self, name: str, key: object, span: Span | None, kind: DefinitionKind) -> None:
        """``name`` is given a value (or loses it); ``key`` as in :meth:`use`."""
        variable, deferred = self.lookup(name)
        self.note(variable, key, span, kind, deferred=deferred)

    def note(
        self,
        variable: Variable,
        key: object,
        span: Span | None,
        kind: DefinitionKind,
        *,
        deferred: bool,
    ) -> None:
        """The same of a variable that has been looked up."""
        number = self.defined.setdefault((key, variable), len(self.definitions))
        if number == len(self.definitions):
            self.definitions.append(Defined(variable, kind, self.node, span, deferred))
        if deferred:
            return
        if kind is DefinitionKind.UPDATE:
            inside, before = held(self.state, variable)
            self.state[variable] = (inside | {number}, before)
            return
        for path in [v for v in self.state if is_under(v, variable)]:
            self.state[path] = NOTHING
        self.state[variable] = (frozenset({number}), False)

    # -- ways through

    def may_raise(self) -> None:
        """An exception may leave the node here."""
        self.thrown = dict(self.state) if self.thrown is None else join(self.thrown, self.state)

    def branches(self, ways: Sequence[Callable[[], None]]) -> None:
        """Each way from the state as it is; afterwards one of them was taken."""
        start = self.state
        behind = []
        for way in ways:
            self.state = dict(start)
            way()
            behind.append(self.state)
        self.state = joined(behind)

    @contextmanager
    def inside(self, node: ast.AST, names: Iterable[str], *, deferred: bool) -> Iterator[None]:
        """Walk what is inside a lambda or comprehension, or under type parameters."""
        names = frozenset(names)
        if isinstance(node, ast.ClassDef | FunctionNode) and not names:
            yield
            return
        owner = self._frame_owner.get(node)
        if owner is None:
            owner = self._frame_owner[node] = next(self._owners)
        saved = dict(self.state), self.thrown
        hides = not isinstance(node, ast.ClassDef | FunctionNode)
        self._frames.append(_Frame(owner, names, deferred, hides))
        yield
        self._frames.pop()
        if deferred:
            self.state, self.thrown = saved
