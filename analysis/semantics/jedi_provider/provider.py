"""The reference provider: jedi's inference under Pilotfish's judgement of what it may prune."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from jedi.inference.gradual.typing import TypedDict

from analysis.deadline import Deadline
from analysis.environments.distributions import looked_at
from analysis.environments.environment import Environment, import_roots
from analysis.names import Name, NameSet, Tier, expression, plain
from analysis.semantics.jedi_provider import completeness, declared
from analysis.semantics.jedi_provider.accepted import OpenTypeError, accepted, argument_strings
from analysis.semantics.jedi_provider.calls import callees_of, class_callee
from analysis.semantics.jedi_provider.declared import stands_for
from analysis.semantics.jedi_provider.fields import typed_dict_keys
from analysis.semantics.jedi_provider.misfits import misfits
from analysis.semantics.jedi_provider.receivers import (
    anyone_has,
    receiver_at,
    receiver_leaves,
    version_of,
)
from analysis.semantics.jedi_provider.session import (
    JediSession,
    infer_receiver,
    line_start,
    position,
    prepare,
)
from analysis.semantics.jedi_provider.type_facts import JediTypeFacts
from analysis.semantics.jedi_provider.union_members import classes_of, label_of, resolved_order
from analysis.semantics.judgement import judge, judge_call
from analysis.semantics.key_holes import typed_keys
from analysis.semantics.occurrences import keywords_used, with_placeholder
from analysis.semantics.receiver import Callee
from analysis.semantics.rules.narrowing import prefixes, told_of
from analysis.snapshot import Snapshot
from analysis.syntax.guards import REFUSED_CALLS
from analysis.syntax.hole import BASE_CLASS, Hole, HoleKind
from analysis.text import overlay

#: Texts whose parse and inference are kept: the file being edited and a few beside it. One is old
#: when what it read of other files is.
_SESSIONS = 4
_UNCALLABLE = "the callee is declared with a non-callable type"
_UNKNOWN = "the callee may also be something that could not be inferred"


class JediProvider:
    """Answers attribute holes. Not thread-safe; lives in the analysis worker.

    ``cache_directory`` takes jedi's parsed library files.
    """

    def __init__(self, cache_directory: str) -> None:
        prepare(cache_directory)
        self._sessions: OrderedDict[tuple[str, str, Environment], JediSession] = OrderedDict()

    def names(
        self, snapshot: Snapshot, hole: Hole, environment: Environment, deadline: Deadline
    ) -> NameSet:
        """The names for an attribute, the keywords for a keyword or an argument, the keys of a
        TypedDict for a subscript. Never raises for user code."""
        monitor = hole.kind.value
        look_up = {
            HoleKind.ATTRIBUTE: self._attributes,
            HoleKind.SUBSCRIPT_KEY: self._keys,
            HoleKind.LITERAL: self._literals,
            HoleKind.ARGUMENT_TYPE: self._accepted,
        }.get(hole.kind, self._keywords)
        try:
            return look_up(snapshot, hole, environment, deadline)
        except RecursionError:
            self._forget(snapshot.path)
            return NameSet.abstain(monitor, "the inference recursed too deeply")
        except TimeoutError:
            return NameSet.abstain(monitor, "late")
        except Exception as error:  # noqa: BLE001 - jedi's own defects
            self._forget(snapshot.path)
            return NameSet.abstain(monitor, f"jedi failed: {type(error).__name__}")

    def holds(self, snapshot: Snapshot, hole: Hole, name: str, environment: Environment) -> bool:
        """Whether the receiver of an attribute hole certainly has ``name``. Never raises."""
        text, offset = with_placeholder(snapshot.text, hole.start, hole.end)
        session = self._session(text, snapshot, environment)
        session.renew()
        try:
            found = receiver_leaves(session, offset)
            if isinstance(found, str):
                return False
            leaf, before = found
            values = infer_receiver(session, before)
            return anyone_has(values, name, session.context_of(leaf).tree_node)
        except Exception:  # noqa: BLE001 - jedi's own defects; the listing will say which
            return False

    def type_facts(
        self, snapshot: Snapshot, hole: Hole, environment: Environment
    ) -> JediTypeFacts | None:
        """The types around ``hole``; ``None`` where jedi cannot read the text."""
        text, _ = with_placeholder(snapshot.text, hole.start, hole.end)
        try:
            session = self._session(text, snapshot, environment)
        except Exception:  # noqa: BLE001 - jedi's own defects
            return None
        session.renew()
        return JediTypeFacts(session, lambda offset: position(text, offset))

    def _attributes(
        self, snapshot: Snapshot, hole: Hole, environment: Environment, deadline: Deadline
    ) -> NameSet:
        text, offset = with_placeholder(snapshot.text, hole.start, hole.end)
        session = self._session(text, snapshot, environment)
        session.renew()
        receiver = receiver_at(session, offset, snapshot, hole, environment, deadline)
        if isinstance(receiver, str):
            return NameSet.abstain(hole.kind.value, receiver)
        return judge(hole.kind.value, receiver, version_of(receiver, environment))

    def _keywords(
        self, snapshot: Snapshot, hole: Hole, environment: Environment, deadline: Deadline
    ) -> NameSet:
        monitor = hole.kind.value
        text, offset = with_placeholder(snapshot.text, hole.start, hole.end)
        if hole.reason == BASE_CLASS:
            return self._of_header(snapshot, hole, environment, text, offset)
        called = self._called(snapshot, hole, environment, text)
        if isinstance(called, str):
            return NameSet.abstain(monitor, called)
        session, last, values, doubt = called
        deadline.check()
        callees = callees_of(values)
        used = keywords_used(snapshot.text, hole)
        said = next((s for c in callees if c.path and (s := looked_at(c.path, environment))), "")
        answer = judge_call(
            monitor,
            callees,
            doubt,
            used,
            hole.receiver_text,
            hole.given,
            said,
        )
        arity = answer.arity
        unknown = arity is not None and not arity.signatures and not doubt
        if arity and unknown and declared.uncallable(session, last, hole.receiver_text):
            answer = replace(answer, arity=replace(arity, uncallable=True), reason=_UNCALLABLE)
        answer = replace(answer, deprecated=_deprecated(callees, values, snapshot.path))
        # No keyword is given twice.
        left = tuple(name for name in answer.names if name.name not in hole.given.keywords)
        answer = replace(answer, names=left)
        if answer.tier is Tier.CLOSED and (guard := REFUSED_CALLS.intersection(hole.guards)):
            return replace(answer, tier=Tier.OPEN, reason=f"the call is guarded ({min(guard)})")
        return answer

    def _of_header(
        self, snapshot: Snapshot, hole: Hole, environment: Environment, text: str, offset: int
    ) -> NameSet:
        """The keywords of the header of the class that the hole stands in."""
        monitor = hole.kind.value
        session = self._session(text, snapshot, environment)
        session.renew()
        leaf = session.leaf_at(*position(text, offset))
        node = leaf.search_ancestor("classdef") if leaf is not None else None
        if node is None:
            return NameSet.abstain(monitor, "the parser does not find the class")
        callee = class_callee(session.context_of(node).create_value(node))
        said = looked_at(callee.path, environment) if callee.path else ""
        answer = judge_call(monitor, [callee], "", frozenset(), "", hole.given, said)
        left = tuple(name for name in answer.names if name.name not in hole.given.keywords)
        return replace(answer, names=left)

    def _keys(
        self, snapshot: Snapshot, hole: Hole, environment: Environment, deadline: Deadline
    ) -> NameSet:
        monitor = hole.kind.value
        if hole.receiver is None:
            return NameSet.abstain(monitor, "there is nothing before the bracket")
        session = self._session(snapshot.text, snapshot, environment)
        session.renew()
        last = session.end_at(*position(snapshot.text, hole.receiver[1] - 1))
        if last is None:
            return NameSet.abstain(monitor, "the parser does not find the subscripted value")
        values = infer_receiver(session, last)
        deadline.check()
        members = [value for value in values._set if not completeness.is_none(value)]
        if not members or not all(isinstance(value, TypedDict) for value in members):
            return NameSet.abstain(monitor, "not a TypedDict")
        keys: dict[str, None] = {}
        whole = not completeness.incomplete(values)
        for value in members:
            whole = whole and resolved_order(value._definition_class)[1]
            keys.update(dict.fromkeys(typed_dict_keys(classes_of(value._definition_class))))
        return typed_keys(keys, label_of(members[0]._definition_class), whole=whole)

    def _literals(
        self, snapshot: Snapshot, hole: Hole, environment: Environment, deadline: Deadline
    ) -> NameSet:
        monitor = hole.kind.value
        if hole.receiver is None or hole.given.unpacked:
            return NameSet.abstain(monitor, "the parameter is not known")
        session = self._session(snapshot.text, snapshot, environment)
        session.renew()
        last = session.end_at(*position(snapshot.text, hole.receiver[1] - 1))
        if last is None:
            return NameSet.abstain(monitor, "the parser does not find the callee")
        values = infer_receiver(session, last)
        deadline.check()
        found = argument_strings(values, hole.given.positional, hole.keyword)
        if not found:
            return NameSet.abstain(monitor, "the parameter takes other strings, too")
        doubt = _UNKNOWN
        guard = REFUSED_CALLS.intersection(hole.guards)
        if guard:
            doubt = f"the call is guarded ({min(guard)})"
        sure = not guard and not completeness.incomplete(values)
        return NameSet(
            monitor,
            Tier.CLOSED if sure else Tier.OPEN,
            "every string that the parameter's Literal holds" if sure else doubt,
            tuple(Name(text, "value", "str") for text in sorted(found)),
            "Literal",
        )

    def _called(
        self, snapshot: Snapshot, hole: Hole, environment: Environment, text: str
    ) -> tuple[JediSession, Any, Any, str] | str:
        """What is called at an argument of ``text``: the leaf that it ends with, its values and
        what makes them doubtful; or why that is not known."""
        if hole.receiver is None:
            return "there is nothing before the parenthesis"
        session = self._session(text, snapshot, environment)
        session.renew()
        last = session.end_at(*position(text, hole.receiver[1] - 1))
        if last is None:
            return "the parser does not find the callee"
        values = infer_receiver(session, last)
        doubt = _UNKNOWN if completeness.incomplete(values) else _told_of(hole, text, last)
        return session, last, values, doubt

    def _accepted(
        self, snapshot: Snapshot, hole: Hole, environment: Environment, deadline: Deadline
    ) -> NameSet:
        monitor = hole.kind.value
        text, offset = with_placeholder(snapshot.text, hole.start, hole.end)
        called = self._called(snapshot, hole, environment, text)
        if isinstance(called, str):
            return NameSet.abstain(monitor, called)
        session, called_at, values, doubt = called
        deadline.check()
        for callee in callees_of(values) if not doubt else ():
            doubt = doubt or (callee.doubt and f"{callee.label}: {callee.doubt}")
        guard = REFUSED_CALLS.intersection(hole.guards)
        if doubt or guard:
            return NameSet.abstain(monitor, doubt or f"the call is guarded ({min(guard)})")
        try:
            stands = stands_for(session, called_at, values)
            found, parts = accepted(values, hole.given, hole.keyword, stands)
        except OpenTypeError as error:
            return NameSet.abstain(monitor, str(error))
        deadline.check()
        leaf = session.leaf_at(*position(text, offset))
        written = hole.prefix if hole.end == hole.cursor else ""
        unfit = list(misfits(session, leaf, parts, written))
        if plain(expression(written)) and written not in unfit:
            last = session.end_at(*position(text, hole.end - 1))
            if last is not None and declared.unfit(session, last, written, parts):
                unfit.append(written)
        found = replace(found, misfits=tuple(sorted(unfit)))
        reason = "every type that the parameter's annotation names is known"
        return NameSet(monitor, Tier.CLOSED, reason, receiver_type=found.type, accepted=found)

    def _forget(self, path: str) -> None:
        """Drop what is inferred about a file: of what failed jedi holds a half for the whole."""
        for known in [k for k in self._sessions if k[1] == path]:
            del self._sessions[known]

    def _session(self, text: str, snapshot: Snapshot, environment: Environment) -> JediSession:
        key = (text, snapshot.path, environment)
        session = self._sessions.get(key)
        if session is not None and session.holds():
            overlay.note_into(session.reads)
        else:
            # The parser makes the tree of a file's next text out of that of its last one.
            self._forget(snapshot.path)
            overlay.note_into(reads := overlay.Reads())
            session = JediSession(
                text,
                snapshot.path,
                environment,
                import_roots(snapshot.path, snapshot.workspace, environment),
                snapshot.workspace.root,
                reads,
            )
            self._sessions[key] = session
            while len(self._sessions) > _SESSIONS:
                self._sessions.popitem(last=False)
        self._sessions.move_to_end(key)
        return session


def _told_of(hole: Hole, text: str, last: Any) -> str:
    """Why the object whose method is called may be another one than it was declared as."""
    owner, dot, _ = hole.receiver_text.rpartition(".")
    if not dot or hole.receiver is None:
        return ""
    before = text[line_start(text, last.search_ancestor("funcdef")) : hole.receiver[0]]
    return next((reason for part in prefixes(owner) if (reason := told_of(part, before))), "")


def _deprecated(callees: list[Callee], values: Any, path: str) -> str | None:
    """What is said of the deprecation of all callees; not in the file that defines them."""
    said = [callee.deprecated for callee in callees if callee.path != path]
    if completeness.incomplete(values) or len(said) < len(callees) or None in said:
        return None
    return next((text for text in said if text), "") if said else None
