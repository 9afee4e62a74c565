"""What stands before the dot of an attribute hole, with all that the rules ask about it."""

from __future__ import annotations

from typing import Any

from parso.utils import split_lines

from analysis.deadline import Deadline
from analysis.environments.distributions import looked_at, standard_library
from analysis.environments.environment import Environment
from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.arms import arms_of
from analysis.semantics.jedi_provider.elsewhere import elsewhere
from analysis.semantics.jedi_provider.narrow import narrowed
from analysis.semantics.jedi_provider.positions import line_start, position
from analysis.semantics.jedi_provider.session import JediSession, infer_receiver
from analysis.semantics.jedi_provider.subclasses import brought_by_subclasses
from analysis.semantics.module_arms import relisted
from analysis.semantics.occurrences import asked, is_called, witnesses
from analysis.semantics.receiver import Receiver
from analysis.semantics.stored import stored_names
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole


def receiver_at(
    session: JediSession,
    offset: int,
    snapshot: Snapshot,
    hole: Hole,
    environment: Environment,
    deadline: Deadline,
) -> Receiver | str:
    """The receiver of an attribute ``hole`` that ``session`` reads at ``offset``; or why there is
    none. Raises ``TimeoutError``."""
    found = receiver_leaves(session, offset)
    if isinstance(found, str):
        return found
    leaf, before = found
    text = session.text
    values = infer_receiver(session, before)
    deadline.check()
    scope = leaf.search_ancestor("funcdef", "lambdef")
    while scope is not None and scope.type == "lambdef":
        scope = scope.search_ancestor("funcdef", "lambdef")
    scope_code = scope.get_code() if scope is not None else text
    narrowing = narrowed(session, leaf, hole.receiver_text, scope)
    origin = session.context_of(leaf).tree_node
    complete = not completeness.incomplete(values)
    more = elsewhere(session, before)
    deadline.check()
    arms = arms_of(values, origin)
    arms += [arm for arm in arms_of(more.values, origin) if arm not in arms]
    deadline.check()
    # A test that holds here was made of whatever value came from elsewhere.
    complete = complete and more.complete
    if narrowing.certain:
        # It is one of these, and also what it was declared as, if that says anything.
        arms = [arm for arm in arms if complete and not arm.says_nothing]
        complete = True
    if narrowing.values is not None:
        arms += arms_of(narrowing.values, origin)
    arms = [relisted(arm, snapshot, environment) for arm in arms]
    deadline.check()
    span = _class_span(leaf, text, hole)
    brought, made = frozenset[str](), False
    if hole.receiver_text in ("self", "cls"):
        around = leaf.search_ancestor("classdef")
        brought = brought_by_subclasses(around)
        made = around is not None and is_called(snapshot.text, around.name.value)
    return Receiver(
        text=hole.receiver_text,
        hole=hole,
        arms=tuple(arms),
        complete=complete,
        environment=environment,
        scope=scope_code,
        before=text[line_start(text, scope) : offset],
        witnesses=witnesses(snapshot.text, hole, span),
        asked=asked(snapshot.text, hole, span),
        stored=stored_names(snapshot.text, hole, arms) | brought,
        nulls=any(completeness.is_none(value) for value in values._set),
        narrowed=narrowing.values is not None and narrowing.complete,
        made=made,
    )


def receiver_leaves(session: JediSession, offset: int) -> tuple[Any, Any] | str:
    """The leaf of the name at ``offset`` and the one before its dot; or why there are none."""
    leaf = session.leaf_at(*position(session.text, offset))
    if leaf is None or leaf.type != "name":
        return "the parser finds no name here"
    dot = leaf.get_previous_leaf()
    if dot is None or dot.value != ".":
        return "the parser finds no dot here"
    before = dot.get_previous_leaf()
    if before is None:
        return "there is nothing before the dot"
    return leaf, before


def version_of(receiver: Receiver, environment: Environment) -> str:
    """Which version was looked at, as far as an arm of ``receiver`` says that, else ``""``."""
    for arm in receiver.arms:
        if arm.path:
            said = looked_at(arm.path, environment)
            if said:
                return said
        elif arm.module.partition(".")[0] in ("builtins", "typing"):
            return standard_library(environment)
    return ""


def _class_span(leaf: Any, text: str, hole: Hole) -> tuple[int, int] | None:
    """The class around a hole on ``self`` or ``cls``, as offsets into the original text."""
    node = leaf.search_ancestor("classdef")
    if node is None or hole.receiver_text not in ("self", "cls"):
        return None
    lines = split_lines(text, keepends=True)
    end = sum(map(len, lines[: node.end_pos[0] - 1])) + node.end_pos[1]
    return line_start(text, node), end
