"""The patches that a search has found to pass, what is known of each, and what can be said now."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from repair.candidates.candidate import Candidate
from repair.choice import Ranked, believed
from repair.diagnosis import Diagnosis
from repair.differences import notes, weakness
from repair.guards import literals, refusal
from repair.job import Healing, Job, Patch
from repair.localization import blocks
from repair.patch import unified_diff
from repair.sandbox.run import Behaviour
from repair.trials import Trials
from repair.validation import Verdict

_ALTERNATIVES = 3
#: Plausible patches between which is chosen: the likeliest of those there are.
_CHOSEN_FROM = 40

#: How likely a patch must be, among its rivals, to be verified where no other test speaks for it
#: and the whole file is in use (benchmarks/release_bugs.py).
_LIKELIER = 0.6


class Findings:
    """What the search for ``job`` has found: patches that pass (``plausible``), those that were
    ``rejected`` and why, and the verdicts on what was validated.

    ``ranking`` is the last order of those that were ``considered``, ``behaviour`` what they answer
    in the same order, ``beside`` how many tests they mend besides.
    """

    def __init__(self, job: Job, diagnosis: Diagnosis) -> None:
        self.job = job
        self.diagnosis = diagnosis
        self.plausible: list[Candidate] = []
        self.rejected: list[str] = []
        self.verdicts: dict[Candidate, Verdict] = {}
        self.ranking: list[Ranked] = []
        self.considered: list[Candidate] = []
        self.behaviour: Behaviour | None = None
        self.beside: dict[Candidate, int] = {}
        self._known = _test_literals(job, diagnosis)

    def add(self, candidate: Candidate) -> bool:
        """Keep a candidate that passes, unless it is refused; whether it was kept."""
        old = self.job.source.tree
        if old is not None:
            new = ast.parse(self.job.source.apply(candidate.edits))
            reason = refusal(old, new, self._known)
            if reason is not None:
                self._reject(candidate, reason)
                return False
        self.plausible.append(candidate)
        return True

    def _reject(self, candidate: Candidate, reason: str) -> None:
        self.rejected.append(f"{candidate.strategy} at line {candidate.line}: {reason}")

    def note(self, candidate: Candidate, verdict: Verdict) -> None:
        """Keep the verdict on a candidate that was validated."""
        self.verdicts[candidate] = verdict
        if not verdict.good:
            self._reject(candidate, verdict.reason)

    def to_validate(self) -> Candidate | None:
        """What seems the likeliest so far, if nothing has been validated well."""
        if any(verdict.good for verdict in self.verdicts.values()):
            return None
        fresh = [c for c in self.plausible if c not in self.verdicts]
        return max(fresh, key=lambda c: c.value, default=None)

    def observe(self, trials: Trials) -> None:
        """Look at what the plausible patches do beyond the tests."""
        considered = sorted(self.plausible, key=lambda c: -c.value)[:_CHOSEN_FROM]
        if considered and considered != self.considered:
            self.behaviour = trials.behave(considered)
            self.beside = trials.beside(considered) if len(considered) > 1 else {}
        self.considered = considered

    def rank(self, ranked: Iterable[Ranked]) -> None:
        """Take over an order; what mends more than was asked for is likelier the mistake itself."""
        self.ranking = sorted(ranked, key=lambda r: -self.beside.get(r.candidate, 0))

    def outcome(self, reason: str, spent: Healing) -> Healing:
        """What can be said now: the best patch there is, and what is not known about it. ``spent``
        says what it took."""
        good = [c for c, verdict in self.verdicts.items() if verdict.good]
        scores = {r.candidate: r.score for r in self.ranking}
        usable = [c for c in self.plausible if c not in self.verdicts or self.verdicts[c].good]
        usable.sort(key=lambda c: (c not in good, -self.beside.get(c, 0), -scores.get(c, c.value)))
        found = replace(
            spent,
            status="none",
            reason=reason,
            blocks=blocks(self.job.source, self.diagnosis.suspicion),
            rejected=tuple(self.rejected),
        )
        if not usable:
            return found
        chosen, verdict = usable[0], self.verdicts.get(usable[0])
        complete = verdict is not None and verdict.complete and not self._is_open(chosen, verdict)
        patches = [self._patch(c, scores.get(c, 0.0)) for c in usable[: 1 + _ALTERNATIVES]]
        return replace(
            found,
            status="verified" if complete and self.job.policy.confined else "unverified",
            reason=self._why(chosen, verdict, reason),
            patch=patches[0],
            alternatives=tuple(patches[1:]),
            not_run=verdict.not_run if verdict is not None else (),
            notes=self._notes(chosen),
            confidence=self._confidence(chosen),
        )

    def _notes(self, chosen: Candidate) -> tuple[str, ...]:
        weak = weakness(self.diagnosis.test_files, self.diagnosis.failing)
        sure = self._confidence(chosen)
        return notes(chosen, self.considered, self.behaviour, weak, sure)

    def _confidence(self, chosen: Candidate) -> float:
        """How likely ``chosen`` behaves rightly, among the plausible patches there are."""
        return next((r.share for r in self.ranking if r.candidate == chosen), 0.0)

    def _is_open(self, chosen: Candidate, verdict: Verdict | None) -> bool:
        """Whether another plausible patch may well be meant in a file that others use, and no
        other test tells."""
        told = verdict is None or verdict.ran > 0 or not self.ranking
        return not told and self._confidence(chosen) < _LIKELIER * believed(self.job.source)

    def _why(self, chosen: Candidate, verdict: Verdict | None, reason: str) -> str:
        parts = []
        if self._is_open(chosen, verdict):
            parts.append(
                "it passes the failing test twice, but so do others that behave differently, and "
                "no other test tells which is meant"
            )
        elif verdict is None:
            parts.append(reason or "it was not validated")
        elif verdict.reason:
            parts.append(verdict.reason)
        else:
            others = f", {verdict.ran} other tests still pass" if verdict.ran else ""
            still = f", {_named(verdict.still)} with and without it" if verdict.still else ""
            parts.append(f"passes your tests: the failing one twice{others}{still}")
        if not self.job.policy.confined:
            parts.append("it ran without a sandbox")
        return "; ".join(parts)

    def data(self, candidate: Candidate) -> bytes:
        """The bytes of the file with ``candidate``."""
        return self.job.source.encode(self.job.source.apply(candidate.edits))

    def _patch(self, candidate: Candidate, score: float) -> Patch:
        source = self.job.source
        data = self.data(candidate)
        root = self.job.policy.workspace
        diff = unified_diff(root, source.path, self.job.original, data)
        return Patch(diff, data, candidate.strategy, score, source.path)


def _test_literals(job: Job, diagnosis: Diagnosis) -> frozenset[object]:
    found: frozenset[object] = frozenset()
    for path in diagnosis.test_files:
        if Path(path) != Path(job.source.path) and Path(path).is_file():
            try:
                found |= literals(ast.parse(Path(path).read_bytes()))
            except (SyntaxError, ValueError):
                continue
    return found


def _named(tests: tuple[str, ...]) -> str:
    more = ", …" if len(tests) > _ALTERNATIVES else ""
    fail = "fails" if len(tests) == 1 else "fail"
    return f"{len(tests)} {fail} ({', '.join(tests[:_ALTERNATIVES])}{more})"
