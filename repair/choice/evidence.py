"""How much speaks for a patch that passes: one measure, from which its status follows.

That it passes has one of three reasons. It is right; or another one that passes is right; or what
is right was never tried, and this passes by chance. How likely each is follows from

* its likelihood among those that pass (``ranking``), and how far the others answer calls as
  it does: what is meant differs from many a rival only where nobody asks,
* how likely it is compared with all that there was to try: the value of a candidate is its
  template's prior by the suspicion of its place, and a right one is seldom among the last resorts,
* how likely a wrong candidate passes: seldom, as far as is known beforehand, and then as often as
  others did that were tried, are as likely and behave differently (Le Goues et al., "Is the cure
  worse than the disease?", FSE 2015: patches overfit the more, the weaker the tests and the larger
  the space that is searched),
* how much it changes of what the program answers, where others use it and the program can be
  trusted (``repair.choice.ranking.believed``),
* how many checks a wrong one must pass: of the failing tests, and of those passing ones that reach
  what it changes. A test that never comes there says nothing.
* whether tests that come there fail as before: the mistake may be theirs, too,
* whether a parameter of what it changes is still read by nothing (``reading``).

All of it is compared with what there is to try, by value, and not with the number that was tried:
how far a search comes is the machine's, and is to change little of what is said of a patch.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.text.files import read_bytes
from repair.failure.diagnosis import Diagnosis
from repair.sandbox.run import Outcome, TestResult
from repair.source.file import OffsetEdit, Source
from repair.source.units import Units, groups

#: One that is likelier than this among those that pass has no rivals to speak of.
_CLEAR = 0.75
#: A patch is vouched for that is rather right than wrong.
SURE = 0.5
#: How likely it is that nothing is right of all that there is to try, compared with how likely
#: something is: less than a third of all mistakes (benchmarks/fresh_bugs.py).
_NONE_RIGHT = 0.3
#: A wrong candidate passes one check by chance about once in so many; and how much that is
#: believed, in candidates that pass. This and what changed answers cost was looked at with the
#: development halves of QuixBugs and HumanEvalFix, with mutated functions of packages, and with
#: benchmarks/fresh_bugs.py.
_TRIES, _BELIEF = 100.0, 0.5
#: What changing all answers of a program that is believed adds to the logarithm of the odds that a
#: patch is wrong, where a single check speaks for it; and what is taken to be changed, unseen.
_CHANGED, UNSEEN = 6.0, 0.3
#: Checks that say more than the first one, all together: they are made of the same few values.
_MOST_CHECKS = 8
#: How much likelier each test that reaches the change and fails as before makes it that what is
#: right was not tried; and so many at most.
_STILL, _MOST_STILL = 3.0, 2
#: The odds that a patch is wrong, times so many, where it leaves a parameter that nothing reads: 2
#: of 17 wrong ones did and none of 175 right ones (the development half of HumanEvalFix, mutated
#: functions of packages), while one in 43 functions as packages have them has such a parameter.
_IGNORING = 6.0
#: How much less likely a wrong patch gives the answer to a question that was asked as well. Set by
#: judgement: the question is the one of which most rivals, or the program as it was, are wrong.
_ASKED = 10.0


@dataclass(frozen=True, slots=True)
class PatchEvidence:
    """What is known of a patch that passes.

    ``share`` is how likely it does what is meant, if that is among what passes; ``likely`` is the
    value of its behaviour over that of all that there was to try, ``untried`` the share of that
    which was not; ``tried`` counts candidates, ``rivals`` other behaviours that pass, less as far
    as they do the same or are less likely. ``checks`` is what the tests that reach the change ask,
    ``told`` how many of those are other tests than the failing ones, and ``still`` those that come
    there and fail as before. ``changed`` is the share of answers that it changes, as far as
    those are believed. ``ignored`` are parameters that nothing reads. ``asked`` counts questions
    whose answers are its own.
    """

    share: float
    likely: float
    tried: int
    rivals: float
    checks: int
    untried: float = 0.0
    changed: float = 0.0
    told: int = 0
    still: int = 0
    ignored: frozenset[str] = frozenset()
    asked: int = 0

    @property
    def sure(self) -> bool:
        """Whether the patch is vouched for."""
        return self.confidence >= SURE

    @property
    def _checks(self) -> int:
        return min(max(1, self.checks), _MOST_CHECKS)

    @property
    def by_chance(self) -> float:
        """How likely a wrong candidate passes."""
        told = _BELIEF * _TRIES * self._checks
        as_likely = min(self.tried, (1.0 - self.untried) / self.likely)
        return (_BELIEF + self.rivals) / (told + as_likely)

    @property
    def confidence(self) -> float:
        """The probability that the patch is right."""
        against = _NONE_RIGHT * self.by_chance / self.likely
        against *= math.exp(_CHANGED * self.changed / self._checks)
        against *= _STILL ** min(self.still, _MOST_STILL)
        against /= _ASKED**self.asked
        sure = self.share / (1.0 + against)
        return sure / (sure + _IGNORING * (1.0 - sure)) if self.ignored else sure

    @property
    def contested(self) -> bool:
        """Whether what passes and behaves differently may as well be meant."""
        return self.share < _CLEAR

    def doubt(self) -> str:
        """What speaks against it, as the end of a sentence."""
        said = []
        if self.contested:
            said.append("other patches that behave differently pass them too")
        if _CHANGED * self.changed > self._checks:
            said.append("it changes many other results of the program")
        if self.ignored:
            said.append(f"{', '.join(sorted(self.ignored))} is still not used")
        if not said:
            said.append(f"{self.tried} candidates were tried, and one may pass by chance")
        if not self.told:
            said.append("no other test reaches what it changes")
        return ", and ".join(said)


class SuiteReach:
    """Which tests come to what a patch changes, by the lines that they were seen to run."""

    def __init__(self, source: Source, diagnosis: Diagnosis) -> None:
        self._source = source
        self._units = Units(source)
        self._passing = [r for r in diagnosis.contrast if r.outcome is Outcome.PASSED]
        self._ending = diagnosis.ending

    def passing(self, edits: Sequence[OffsetEdit]) -> frozenset[str]:
        """The tests that passed before and ran a function that ``edits`` change; any line of the
        file, where more than functions is changed."""
        return self._coming(self._passing, edits)

    def ending(self, edits: Sequence[OffsetEdit]) -> frozenset[str]:
        """Those that nobody asked to fix and that failed before."""
        return self._coming(self._ending, edits)

    def _coming(self, results: Iterable[TestResult], edits: Sequence[OffsetEdit]) -> frozenset[str]:
        lines = self._lines(edits)
        return frozenset(
            result.id
            for result in results
            if (result.lines if lines is None else not result.lines.isdisjoint(lines))
        )

    def _lines(self, edits: Sequence[OffsetEdit]) -> frozenset[int] | None:
        changed = groups(self._units, edits)
        if changed is None:
            return None
        return frozenset(
            line for unit, mine in changed for edit in mine for line in self._units.body(unit, edit)
        )


def checks(files: Iterable[str], tests: Iterable[str]) -> int:
    """How often ``tests``, functions of ``files``, check something; each does at least once."""
    wanted = Counter(_function(test) for test in tests)
    asserts: dict[str, int] = {}
    for file in files:
        try:
            tree = ast.parse(read_bytes(file))
        except (OSError, SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            name = getattr(node, "name", None)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and name in wanted:
                asserts[node.name] = sum(map(is_check, ast.walk(node)))
    return sum(count * max(1, asserts.get(name, 1)) for name, count in wanted.items())


def is_check(node: ast.AST) -> bool:
    """Whether ``node`` is an assertion, of ``unittest`` and pytest too."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr.startswith("assert") or node.func.attr == "raises"
    return isinstance(node, ast.Assert)


def _function(test: str) -> str:
    return test.rpartition("::")[2].partition("[")[0].rpartition(".")[2]
