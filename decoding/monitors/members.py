"""Monitors of members: of a value, of self, of an enumeration, and of what an import names."""

from __future__ import annotations

import keyword

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at
from analysis.syntax.lexer import Clause, Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict, holds
from decoding.vocabulary.constraint import Constraint, Names

# --------------------------------------------------------------------------------------------------
# The attribute monitor: behind ``receiver.`` only a member of the receiver's type may be read.
# --------------------------------------------------------------------------------------------------


#: Code points behind a name after which it is no longer waited for an ``=`` that would make it a
#: store: longer target lists than this are not worth a late verdict.
_PATIENCE = 80
#: Receivers behind which private names are as good as public ones: code of the class itself.
OWN = frozenset({"self", "cls"})


class AttributeMonitor(Monitor):
    """Judges loads behind any receiver but the class itself, which has a monitor of its own."""

    name = HoleKind.ATTRIBUTE.value
    kinds = frozenset({HoleKind.ATTRIBUTE})

    def begins(self, lexer: Lexer) -> bool:
        """Behind a dot that follows a value, outside import statements."""
        return begins_attribute(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Not the class itself."""
        return hole.receiver_text not in OWN

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is a member, is stored to, or stands under a guard after all."""
        return judge_member(hole, names, passage)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member, and whatever ends a name.

        Private names rank last (docs/analysis.md): one is chosen only where it was begun or nothing
        else is left. The model may write any of them by itself.
        """
        return public_first(names, typed, "_")


def begins_attribute(lexer: Lexer) -> bool:
    """Behind a dot that follows a value, outside import statements."""
    return lexer.dereference and lexer.clause is Clause.NONE


def judge_member(hole: Hole, names: NameSet, passage: Passage) -> Verdict:
    """Rejected if it is no member and is read.

    A name that is assigned may be new, so a doubtful one is rejected only when the text behind it
    shows that it is read.
    """
    if not passage.name or holds(names, passage.name):
        return Verdict.ALLOWED
    behind = passage.behind.strip(" \t\f")
    seen = _seen(passage, passage.after)
    if seen.kind is not HoleKind.ATTRIBUTE or set(seen.guards) - set(hole.guards):
        return Verdict.ALLOWED
    # A single "=" may still become "==".
    assigned = behind == "=" and not passage.ended
    if seen.store and not assigned:
        return Verdict.ALLOWED
    if passage.ended or "\n" in behind or len(behind) > _PATIENCE:
        return Verdict.REJECTED
    # Would it be a store if an assignment came next? Then it is too early to tell.
    if _seen(passage, " 0\n" if assigned else "= 0\n").store:
        return Verdict.UNDECIDED
    return Verdict.REJECTED


def public_first(names: NameSet, typed: str, hidden: str) -> Constraint | None:
    """A member that does not begin with ``hidden``, unless it was begun or nothing else is left."""
    spellings = names.spellings()
    if not typed.startswith("_"):
        spellings = frozenset(s for s in spellings if not s.startswith(hidden)) or spellings
    return Constraint.over(Names.of(spellings), typed.encode())


def _seen(passage: Passage, after: str) -> Hole:
    return hole_at(passage.before + passage.written + after, len(passage.before))


# --------------------------------------------------------------------------------------------------
# The monitor of ``self`` and ``cls``: in a class, its own members, private ones among them.
# --------------------------------------------------------------------------------------------------


class SelfMonitor(Monitor):
    """Judges loads of members of the class that the code is in."""

    name = "self_member"
    kinds = frozenset({HoleKind.ATTRIBUTE})

    def begins(self, lexer: Lexer) -> bool:
        """Behind a dot that follows a value."""
        return begins_attribute(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Only the class itself."""
        return hole.receiver_text in OWN

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if the class has it or gets it here."""
        return judge_member(hole, names, passage)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member; what the language calls by itself (``__init__``) last."""
        return public_first(names, typed, "__")


# --------------------------------------------------------------------------------------------------
# The enumeration monitor: what is chosen of an enumeration is one of its members.
# --------------------------------------------------------------------------------------------------


#: What every enumeration has and hardly another class.
_MARK = "_member_map_"
#: Where names come from that are of all enumerations.
_INHERITED = frozenset({"enum", "builtins", "object", ""})


class EnumMonitor(Monitor):
    """Rejects nothing by itself: ``Color.mro()`` is sound, if rare. Where another monitor rejects
    a name, it is a member that takes its place."""

    name = "enum_member"
    kinds = frozenset({HoleKind.ATTRIBUTE})

    def begins(self, lexer: Lexer) -> bool:
        """Behind a dot that follows a value."""
        return begins_attribute(lexer)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed: whether it exists, the attribute monitor says."""
        return Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member of the enumeration, where the receiver is one."""
        if not names.receiver_type.startswith("type[") or _MARK not in names.spellings():
            return None
        members = {
            name.name
            for name in names.names
            if name.kind in ("statement", "instance")
            and name.origin not in _INHERITED
            and not name.name.startswith("_")
        }
        return Constraint.over(Names.of(members), typed.encode()) if members else None


# --------------------------------------------------------------------------------------------------
# The module monitor: behind ``import`` and ``from`` only modules that exist.
# --------------------------------------------------------------------------------------------------


class ImportModuleMonitor(Monitor):
    """Judges every component of a dotted path by itself: each is a hole of its own."""

    name = HoleKind.IMPORT_MODULE.value
    kinds = frozenset({HoleKind.IMPORT_MODULE})

    def begins(self, lexer: Lexer) -> bool:
        """Where a component of a module path is next."""
        if not lexer.ready:
            return False
        if lexer.clause is Clause.MODULE:
            return lexer.before in ("import", ",", ".")
        relative = not lexer.before.strip(".")
        return lexer.clause is Clause.ORIGIN and (lexer.before == "from" or relative)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it exists, or is the ``import`` of ``from . import``."""
        name = passage.name
        if not name or keyword.iskeyword(name) or holds(names, name):
            return Verdict.ALLOWED
        return Verdict.REJECTED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A module, and whatever ends a name: a dot may go on to a submodule."""
        return Constraint.over(Names.of(names.spellings()), typed.encode())


# --------------------------------------------------------------------------------------------------
# The import member monitor: behind ``from module import`` only what the module has.
# --------------------------------------------------------------------------------------------------


#: What may follow an imported name: the next one, ``as``, the end of the list or the statement.
_ENDS = frozenset(b" \t\f\r\n,);#\\")


class ImportMemberMonitor(Monitor):
    """Judges each name of the list."""

    name = HoleKind.IMPORT_MEMBER.value
    kinds = frozenset({HoleKind.IMPORT_MEMBER})

    def begins(self, lexer: Lexer) -> bool:
        """Where the next name of the list is due."""
        return (
            lexer.clause is Clause.MEMBER and lexer.ready and lexer.before in ("import", "(", ",")
        )

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if the module has it; ``*`` is no name."""
        allowed = not passage.name or holds(names, passage.name)
        return Verdict.ALLOWED if allowed else Verdict.REJECTED

    def ending(self, hole: Hole, passage: Passage) -> int:
        """Before the comma, where the list has a name: what a model would import besides and does
        not exist it says again and again, and another name is seldom meant."""
        return len(passage.before.rstrip().removesuffix(",")) if hole.given.keywords else 0

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member that the list has not got yet, and what may follow one in an import."""
        left = names.spellings() - set(hole.given.keywords)
        return Constraint.over(Names.of(left or names.spellings()), typed.encode(), _ENDS)
