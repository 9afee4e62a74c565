"""What variables may hold at one point of a node, and how that is joined where ways meet.

A state says of each variable which definitions of this node it may hold and whether what it held
before the node may still be there.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.views.variables import Variable

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
