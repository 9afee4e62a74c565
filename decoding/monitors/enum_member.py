"""The enumeration monitor: what is chosen of an enumeration is one of its members."""

from __future__ import annotations

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.attribute import begins_attribute
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint, Names

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
