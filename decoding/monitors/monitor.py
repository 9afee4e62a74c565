"""What a monitor is: a value that knows one kind of hole, when it opens and what may fill it.

Knows text, holes and name sets; nothing of tokens, models or time. To write one, see
``docs/monitors.md``.
"""

from __future__ import annotations

import logging
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer, continues_name
from decoding.vocabulary.tokens import Constraint

Said = TypeVar("Said")
Other = TypeVar("Other")
_log = logging.getLogger(__name__)


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


class Monitor(ABC):
    """One kind of constraint. Stateless: everything it needs is an argument.

    ``begins``, ``judge`` and ``constraint`` are every monitor's own; the others have defaults.
    """

    #: The value of the hole kind it is known by, in events and in ``NameSet.monitor``.
    name: str
    #: The holes it handles.
    kinds: frozenset[HoleKind]
    #: Asked only about names that have ended and that ``known_words`` does not know, so
    #: that it costs nothing elsewhere.
    unfamiliar_only: bool = False
    #: Judges how many arguments a call has, and is asked wherever every signature is known,
    #: whatever the names.
    by_arity: bool = False

    @abstractmethod
    def begins(self, lexer: Lexer) -> bool:
        """Whether, from the tokens alone, a hole of its kinds may open behind ``lexer``'s text.

        Asked at every character that a model writes, so it has to be cheap; where any monitor says
        yes, syntax decides what hole it is.
        """

    @abstractmethod
    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Whether what was written may stand; only asked where ``names`` is closed, and not
        while the name is still growing."""

    @abstractmethod
    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """What may be written instead, behind the part ``typed`` of the name that is there
        already; ``None`` where nothing could."""

    def concerns(self, hole: Hole) -> bool:
        """Whether a hole of its kinds is its affair."""
        return True

    def waits(self) -> bool:
        """Whether it says by itself, with :meth:`wanted`, when analysis is to be asked."""
        return type(self).wanted is not Monitor.wanted

    def wanted(self, passage: Passage) -> bool | None:
        """Whether analysis is to be asked: ``None`` is too early, after ``False`` never."""
        return True

    def filled(self, passage: Passage) -> str:
        """What of a passage stands in the hole, where analysis is asked about that."""
        return ""

    def impossible(self, hole: Hole, passage: Passage) -> bool | None:
        """Whether what was written can be no code, whatever is known of the names; ``None`` is
        too early."""
        return False

    def ending(self, hole: Hole, passage: Passage) -> int:
        """Where in ``passage.before`` the text could rather end than have another name in place of
        a rejected one; 0: nowhere."""
        return 0


class Guarded(Monitor):
    """A monitor that never raises: once ``inner`` has, it is left aside, and says nothing more.

    A stranger's monitor may raise anything, ``SystemExit`` too; only Ctrl-C goes through. It may
    also answer with anything: what is not of the type that was asked for counts as raised.
    """

    def __init__(self, inner: Monitor) -> None:
        self.name, self.kinds = inner.name, inner.kinds
        self.unfamiliar_only, self.by_arity = inner.unfamiliar_only, inner.by_arity
        self._inner: Monitor | None = inner
        self._waits = inner.waits()

    def _ask(
        self,
        ask: Callable[[Monitor], Said],
        expected: type[Any] | tuple[type[Any], ...],
        otherwise: Other,
    ) -> Said | Other:
        if self._inner is None:
            return otherwise
        try:
            said = ask(self._inner)
            if isinstance(said, expected):
                return said
            _log.error("monitor %s answered with a %s", self.name, type(said).__name__)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # see above
            _log.error("monitor %s failed: %s", self.name, type(error).__name__)
            _log.debug("details", exc_info=True)
        self._inner = None
        return otherwise

    def begins(self, lexer: Lexer) -> bool:
        """Not once it is left aside."""
        return self._ask(lambda inner: bool(inner.begins(lexer)), bool, False)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed: what a monitor breaks on is not wrong for it."""
        return self._ask(lambda m: m.judge(hole, names, passage), Verdict, Verdict.ALLOWED)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """Nothing better known."""
        kinds = (Constraint, type(None))
        return self._ask(lambda m: m.constraint(hole, names, typed), kinds, None)

    def concerns(self, hole: Hole) -> bool:
        """Not its affair."""
        return self._ask(lambda inner: bool(inner.concerns(hole)), bool, False)

    def waits(self) -> bool:
        """As before it was left aside."""
        return self._waits

    def wanted(self, passage: Passage) -> bool | None:
        """Never."""
        return self._ask(lambda inner: inner.wanted(passage), (bool, type(None)), False)

    def filled(self, passage: Passage) -> str:
        """Nothing."""
        return self._ask(lambda inner: inner.filled(passage), str, "")

    def impossible(self, hole: Hole, passage: Passage) -> bool | None:
        """Possible."""
        return self._ask(lambda m: m.impossible(hole, passage), (bool, type(None)), False)

    def ending(self, hole: Hole, passage: Passage) -> int:
        """Nowhere."""
        return self._ask(lambda inner: inner.ending(hole, passage), int, 0)


def holds(names: NameSet, name: str) -> bool:
    """Whether ``name`` is one of ``names``, as Python compares identifiers (NFKC)."""
    return unicodedata.normalize("NFKC", name) in names.spellings()
