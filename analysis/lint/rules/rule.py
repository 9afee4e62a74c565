"""What a rule is: it turns a site and what may stand there into a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from analysis.findings import Severity
from analysis.names import Arguments, NameSet, Tier
from analysis.syntax.hole import Hole, HoleKind


@dataclass(frozen=True, slots=True)
class Site:
    """A name that is written in a file. ``hole`` is the place it stands in, its cursor behind it.

    ``renamed`` tells that the name is bound to another one here (``as``, or a module path in
    ``from``), so that changing it changes nothing else in the file.
    """

    name: str
    hole: Hole
    renamed: bool = False
    #: Of a call: what it gives, where each argument without a name begins, where the last ends.
    arguments: Arguments | None = None
    places: tuple[int, ...] = ()
    close: int = 0
    #: Of a bare name: whether its scope binds it, but on no path that leads here.
    unassigned: bool = False


@dataclass(frozen=True, slots=True)
class NameVerdict:
    """The name does not exist, or is used as it cannot be.

    ``replace`` tells that putting another name in its place is the whole fix. ``begin`` and
    ``end``, offsets, are what is marked instead of the name, where ``begin`` is not negative.
    """

    message: str
    severity: Severity = Severity.ERROR
    replace: bool = True
    begin: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Example:
    """A source and the names in it that the rule must report; none shows what it must not.

    Examples use the standard library only, so that they hold wherever they are run.
    """

    source: str
    reported: tuple[str, ...] = ()


class Rule(Protocol):
    """What a module of this package provides. Its docstring is its page in the manual: the first
    line is the title, then what is wrong, why it matters, and what the quick fix does."""

    CODE: str
    NAME: str
    KINDS: frozenset[HoleKind]
    EXAMPLES: tuple[Example, ...]

    def judge(self, site: Site, names: NameSet) -> NameVerdict | None:
        """The verdict on ``site``, or ``None`` where nothing is wrong or nothing is certain."""
        ...


#: Guards of code that is for another version or platform, or that is never run.
ELSEWHERE = frozenset({"type_checking", "version"})


def absent(site: Site, names: NameSet, expected: frozenset[str] = frozenset()) -> bool:
    """Whether ``names`` is complete and lacks the site's name, and that is not expected here.

    ``expected`` are guards (:func:`~analysis.syntax.guards.guards_at`) under which it would be.
    """
    if names.tier is not Tier.CLOSED or site.name in names.spellings():
        return False
    return not (ELSEWHERE | expected).intersection(site.hole.guards)


#: Of an expression that spans lines, the beginning is enough to find it.
_LONGEST = 60


def shortened(text: str) -> str:
    """What is called, on one line and not too long."""
    called = " ".join(text.split())
    return f"{called[:_LONGEST]}…" if len(called) > _LONGEST else called


def described(names: NameSet, fallback: str) -> str:
    """A receiver as a message names it: ``module `json```, ``class `Path```, `` `str` ``."""
    receiver_type = names.receiver_type
    if names.module is not None:
        return f"module `{names.module}`"
    if receiver_type.startswith("type[") and receiver_type.endswith("]"):
        return f"class `{receiver_type[5:-1]}`"
    return f"`{receiver_type or fallback}`"


def version_of(names: NameSet) -> str:
    """The version looked at, as the end of a message."""
    return f" in {names.looked_at}" if names.looked_at else ""
