"""Bare names that have no value where they are read, as the data flow of the file shows.

Two sorts: names that nobody in the file binds for them to see, which may still be builtins or come
by a star import; and names that their scope binds, but on no path that leads to the read.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from dataclasses import dataclass

from analysis.semantics.builtin_names import OF_MODULES
from analysis.views.control_flow import flows
from analysis.views.data_flow import DataFlow, DefinitionKind, UseKind, ValueUse
from analysis.views.places import Places
from analysis.views.reaching import data_flow

#: A file longer than this is data.
_LONGEST = 1_000_000
#: Builtins that some version of Python still lacks: whether these exist has to be asked.
_YOUNG = frozenset(
    {"aiter", "anext", "BaseExceptionGroup", "EncodingWarning", "ExceptionGroup"}
    | {"PythonFinalizationError", "WindowsError"}
)
#: What a module has before its first statement, besides builtins.
_OF_MODULES = frozenset({*OF_MODULES, "__path__"})
#: What is defined in every module.
EVERYWHERE = (frozenset(dir(builtins)) - _YOUNG - {"_"}) | _OF_MODULES
_NO_VALUE = frozenset({DefinitionKind.UNBOUND, DefinitionKind.UPDATE})


@dataclass(frozen=True, slots=True)
class Unbound:
    """A read of a name: 0-based line and code point behind it.

    ``assigned`` tells that its scope binds it elsewhere, on no path to here.
    """

    name: str
    end_line: int
    end_character: int
    assigned: bool


def unbound(text: str) -> tuple[Unbound, ...]:
    """The reads of names without a value, in order of position; none where it does not parse."""
    if len(text) > _LONGEST:
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the user's escapes
            tree = ast.parse(text)
        places = Places(text)
        graphs = flows(tree, places)
        flow = data_flow(tree, graphs, places)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    valued = {d.variable for d in flow.definitions if d.kind not in _NO_VALUE}
    reached = {pair.use for pair in flow.pairs}
    found: list[Unbound] = []
    for use in flow.uses:
        if use.id in reached:
            continue
        assigned = use.variable in valued
        owner = use.variable.owner
        scope = graphs[owner].scope if owner < len(graphs) else tree
        if _certain(flow, use, scope, assigned=assigned):
            end = use.span
            found.append(Unbound(use.name, end.end_line, end.end_character, assigned))
    return tuple(found)


def _certain(flow: DataFlow, use: ValueUse, scope: ast.AST, *, assigned: bool) -> bool:
    if use.kind is UseKind.ATTRIBUTE or "." in use.name:
        return False
    local = assigned and isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef)
    if not local and (use.name in EVERYWHERE or (assigned and use.name in _YOUNG)):
        return False  # outside of functions what is not bound yet is looked up further out
    # Where no path leads, nothing arrives either.
    return not assigned or use.node in flow.reaching[use.scope].before
