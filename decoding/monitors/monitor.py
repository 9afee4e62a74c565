"""What a monitor is: a value that knows one kind of hole, when it opens and what may fill it.

Knows text, holes and name sets; nothing of tokens, models or time. To write one, see
``docs/monitors.md``.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer, continues_name
from decoding.constraint import Constraint


@dataclass(frozen=True, slots=True)
class Passage:
    """The text around a hole while it is being filled.

    ``before`` is the file up to where the name begins, ``written`` what stands from there on: what
    the user typed of it and what the model wrote. ``after`` is the file behind the cursor.
    ``ended`` says that nothing more will be written.
    """

    before: str
    written: str
    after: str
    ended: bool = False

    @property
    def name(self) -> str:
        """The identifier at the beginning of ``written``, maybe still growing."""
        size = 0
        while size < len(self.written) and continues_name(self.written[size]):
            size += 1
        return self.written[:size]

    @property
    def behind(self) -> str:
        """What was written behind the name."""
        return self.written[len(self.name) :]

    @property
    def growing(self) -> bool:
        """Whether the next character may still belong to the name."""
        return not self.ended and len(self.name) == len(self.written)


class Verdict(Enum):
    """What a monitor says of what was written in its hole."""

    ALLOWED = "allowed"
    REJECTED = "rejected"
    #: Ask again when more is written.
    UNDECIDED = "undecided"


class Monitor(Protocol):
    """One kind of constraint. Stateless: everything it needs is an argument.

    A monitor that also has ``unfamiliar_only = True`` is asked only about names that have ended and
    that :mod:`decoding.familiar` does not know, so that it costs nothing elsewhere. One with a
    method ``wanted(passage)`` is asked about when that says ``True``, and never after ``False``;
    ``None`` is too early. A method ``concerns(hole)`` refuses holes of its kinds that are none of
    its affair. A method ``impossible(hole, passage)`` says what is wrong whatever is
    known of the names (``None``: too early). One that has ``by_arity = True`` judges how many
    arguments a call has, and is asked wherever every signature is known, whatever the names. A
    method ``filled(passage)`` says what of a passage stands in the hole when it is asked about. A
    method ``ending(hole, passage)`` says where in ``passage.before`` the text could rather end than
    have another name in place of a rejected one (0: nowhere).
    """

    #: The value of the hole kind it is known by, in events and in ``NameSet.monitor``.
    name: str
    #: The holes it watches.
    kinds: frozenset[HoleKind]

    def begins(self, lexer: Lexer) -> bool:
        """Whether, from the tokens alone, a hole of its kinds may open behind ``lexer``'s text.

        Asked at every character that a model writes, so it has to be cheap; where any monitor says
        yes, syntax decides what hole it is.
        """
        ...

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Whether what was written may stand; only asked where ``names`` is closed, and not
        while the name is still growing."""
        ...

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """What may be written instead, behind the part ``typed`` of the name that is there
        already; ``None`` where nothing could."""
        ...


def holds(names: NameSet, name: str) -> bool:
    """Whether ``name`` is one of ``names``, as Python compares identifiers (NFKC)."""
    return unicodedata.normalize("NFKC", name) in names.spellings()


def concerns(monitor: Monitor, hole: Hole) -> bool:
    """Whether a monitor watches ``hole``: it is of its kinds, and not refused."""
    if hole.kind not in monitor.kinds:
        return False
    ask = getattr(monitor, "concerns", None)
    return True if ask is None else bool(ask(hole))


def unfamiliar_only(monitor: Monitor) -> bool:
    """Whether a monitor looks at names only when they have ended and stand nowhere else."""
    return bool(getattr(monitor, "unfamiliar_only", False))


def waits(monitor: Monitor) -> bool:
    """Whether a monitor says by itself when it is to be asked about."""
    return hasattr(monitor, "wanted")


def by_arity(monitor: Monitor) -> bool:
    """Whether a monitor judges by the signatures of a call alone."""
    return bool(getattr(monitor, "by_arity", False))


def wanted(monitor: Monitor, passage: Passage) -> bool | None:
    """What a monitor that :func:`waits` says of a passage; others always want an answer."""
    ask = getattr(monitor, "wanted", None)
    return True if ask is None else ask(passage)
