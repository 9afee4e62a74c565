"""What a rule is: a reason to trust a set of names less, and the cases that show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from analysis.names import Tier
from analysis.semantics.receiver import Receiver


@dataclass(frozen=True, slots=True)
class Doubt:
    """A verdict: the best tier that is left, and why."""

    tier: Tier
    reason: str


@dataclass(frozen=True, slots=True)
class Case:
    """A source with ``$0`` at the hole and what must come of it.

    ``tier`` is what the whole provider must answer, not the rule alone, so that a rule which
    another one shadows is noticed. ``has`` must be among the names and ``lacks`` must not.
    """

    source: str
    tier: Tier
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


class ClosingRule(Protocol):
    """What a module of this package provides; its docstring says why it holds."""

    @property
    def CASES(self) -> tuple[Case, ...]:  # noqa: N802 - a constant of the module
        """What shows that the rule is needed and does no more than it should."""
        ...

    def doubt(self, receiver: Receiver) -> Doubt | None:
        """The doubt that this rule has about ``receiver``, if it has one."""
        ...


def opened(reason: str) -> Doubt:
    """The names are known but maybe not all."""
    return Doubt(Tier.OPEN, reason)


def abstained(reason: str) -> Doubt:
    """Nothing useful is known."""
    return Doubt(Tier.ABSTAIN, reason)
