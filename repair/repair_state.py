"""The patches that a search has found to pass, what is known of each, and what can be said now."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.text.files import read_bytes
from repair.candidates.candidate import Candidate
from repair.choice.differences import MOST_CHANGES, agreement, changes, essence, notes, weakness
from repair.choice.evidence import UNSEEN, PatchEvidence, SuiteReach, checks
from repair.choice.guards import literals, refusal
from repair.choice.questions import changing, parting, refutes
from repair.choice.ranking import Ranked, believed, otherwise
from repair.choice.reading import ignored
from repair.failure.diagnosis import Diagnosis
from repair.job import Healing, Job, Parting, Patch, Question, Reply
from repair.localization import blocks
from repair.sandbox.run import Behaviour
from repair.search.trials import Trials
from repair.source.file import Source
from repair.source.patch import unified_diff
from repair.source.units import towards
from repair.validation.validator import ValidationVerdict

_ALTERNATIVES = 3
#: Plausible patches between which is chosen: the likeliest of those there are.
_CHOSEN_FROM = 40

#: What was not tried yet is worth less than its value says: in a large file there is much of it,
#: and what comes late is seldom right.
_LATE = 1 / 3
#: Questions that whoever uses a patch will ask: one that answers so many of them as what is meant
#: would is as good.
_ASKED = 4


@dataclass(frozen=True, slots=True)
class _Choice:
    """Patches that pass and behave alike, maybe the ``same`` as the one in question: how likely
    they are among all that pass (``share``), the ``value`` of the likeliest of them, and how likely
    the one in question answers as they do wherever somebody asks (``alike``)."""

    same: bool
    share: float
    value: float
    alike: float


class Findings:
    """What the search for ``job`` has found: patches that pass (``plausible``), those that were
    ``rejected`` and why, and the verdicts on what was validated.

    ``ranking`` is the last order of those that were ``considered``, ``behaviour`` what they answer
    in the same order, ``beside`` how many tests they fix besides.
    """

    def __init__(self, job: Job, diagnosis: Diagnosis) -> None:
        self.job = job
        self.diagnosis = diagnosis
        self.plausible: list[Candidate] = []
        self.rejected: list[str] = []
        self.verdicts: dict[Candidate, ValidationVerdict] = {}
        self.ranking: list[Ranked] = []
        self.considered: list[Candidate] = []
        self.behaviour: Behaviour | None = None
        self.beside: dict[Candidate, int] = {}
        #: What all that there is to try is worth together.
        self.worth = 0.0
        self._tried, self._spent = 0, 0.0
        self._reach = SuiteReach(job.source, diagnosis)
        self._known = _test_literals(job, diagnosis)
        self.replies: list[Reply] = []
        self.unanswered: list[str] = []
        self._meant: tuple[str | None, ...] | None = None
        #: Whether the last outcome's patch is vouched for as far as evidence goes.
        self.sure = False

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

    def note(self, candidate: Candidate, verdict: ValidationVerdict) -> None:
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
        """Look at what the plausible patches do beyond the tests, and at what was tried."""
        self._tried, self._spent = trials.ran, trials.worth
        considered = sorted(self.plausible, key=lambda c: -c.value)[:_CHOSEN_FROM]
        fresh, self.considered = considered != self.considered, considered
        if considered and fresh:
            self.behaviour, self.beside = None, {}
            self._look_at(trials, considered)
            self.beside = trials.beside(considered) if len(considered) > 1 else {}

    def _look_at(self, trials: Trials, considered: list[Candidate]) -> None:
        """What they answer, and what the program answers that does what is meant, if there is
        one."""
        self._meant = None
        if not self.job.answers:
            self.behaviour = trials.behave(considered)
            return
        edits = towards(self.job.source, Source(self.job.source.path, self.job.answers))
        seen = trials.behave([*considered, Candidate(edits, "answers", 1.0, 0)])
        if seen is not None:
            self._meant = seen.variants[-1]
            seen = replace(seen, variants=seen.variants[:-1])
        self.behaviour = seen

    def meant(self, question: Question) -> Reply | None:
        """What the program answers that does what is meant; ``None`` where that is not known."""
        answer = self._meant[question.index] if self._meant is not None else None
        return Reply(question.call, answer, question.answers) if answer is not None else None

    def refuted(self, candidate: Candidate) -> bool:
        """Whether an answer to a question says that ``candidate`` is not what is meant."""
        row = self._seen(candidate)
        if row is None or self.behaviour is None:
            return False
        return any(refutes(reply, self.behaviour, row) for reply in self.replies)

    def question(self, chosen: Candidate) -> Question | None:
        """What to ask next, if ``chosen`` is the likeliest: where what passes parts from it, else
        what it changes beside the failure."""
        found = self.parting(chosen)
        row = self._row(chosen)
        if found is None and row is not None and self.behaviour is not None:
            found = changing(self.behaviour, row, self._told())
        return found

    def parting(self, chosen: Candidate) -> Question | None:
        """The call on which patches that pass part from ``chosen``."""
        mine = self._row(chosen)
        if self.behaviour is None or mine is None:
            return None
        rows = [(mine, 0.0)]
        seen = set()
        for each in self._standing():
            row = self._row(each.candidate)
            if row is not None and each.group not in seen:
                seen.add(each.group)
                rows.append((row, each.share))
        return parting(self.behaviour, rows, self._told())

    def _told(self) -> frozenset[str]:
        return frozenset((*self.unanswered, *(reply.call for reply in self.replies)))

    def rank(self, ranked: Iterable[Ranked]) -> None:
        """Take over an order; what fixes more than was asked for is likelier the mistake itself."""
        self.ranking = sorted(ranked, key=lambda r: -self.beside.get(r.candidate, 0))

    def outcome(self, reason: str, spent: Healing) -> Healing:
        """What can be said now: the best patch there is, and what is not known about it. ``spent``
        says what it took."""
        good = [c for c, verdict in self.verdicts.items() if verdict.good]
        scores = {r.candidate: r.score for r in self.ranking}
        usable = [
            c
            for c in self.plausible
            if (c not in self.verdicts or self.verdicts[c].good) and not self.refuted(c)
        ]
        place = {r.candidate: number for number, r in enumerate(self.ranking)}
        usable.sort(key=lambda c: (c not in good, place.get(c, len(place)), -c.value))
        found = replace(
            spent,
            status="none",
            reason=reason,
            blocks=blocks(self.diagnosis.suspicion),
            rejected=tuple(self.rejected),
            replies=tuple(self.replies),
        )
        if not usable:
            return found
        chosen, verdict = usable[0], self.verdicts.get(usable[0])
        evidence = self.evidence(chosen)
        self.sure = evidence.sure
        patches = [self._patch(c, scores.get(c, 0.0)) for c in usable[: 1 + _ALTERNATIVES]]
        parted = self._parted(chosen, evidence, usable, scores)
        holds = verdict is not None and verdict.complete and self.job.policy.confined
        if holds and parted is not None:
            status = "ambiguous"
        else:
            status = "verified" if holds and evidence.sure else "unverified"
        return replace(
            found,
            status=status,
            reason=self._why(verdict, evidence, reason),
            parting=parted,
            rivals=1.0 - evidence.share,
            patch=patches[0],
            alternatives=tuple(patches[1:]),
            not_run=verdict.not_run if verdict is not None else (),
            notes=(*self._notes(chosen, evidence), *_still(verdict)),
            changes=changes(chosen, self.considered, self.behaviour)[:MOST_CHANGES],
            confidence=evidence.confidence,
        )

    def _parted(
        self,
        chosen: Candidate,
        evidence: PatchEvidence,
        usable: Sequence[Candidate],
        scores: Mapping[Candidate, float],
    ) -> Parting | None:
        """The question that nobody was asked, where what passes may as well be another patch."""
        question = self.parting(chosen) if evidence.contested else None
        if question is None:
            return None
        best: dict[object, Candidate] = {}
        for candidate in (chosen, *usable):
            if (row := self._row(candidate)) is not None:
                best.setdefault(essence((row[question.index],)), candidate)
        patches = (best[essence((answer,))] for answer in question.answers)
        return Parting(question, tuple(self._patch(c, scores.get(c, 0.0)) for c in patches))

    def _notes(self, chosen: Candidate, evidence: PatchEvidence) -> tuple[str, ...]:
        weak = weakness(self.diagnosis.test_files, self.diagnosis.failing)
        # What an answer refutes is no rival.
        standing = [c for c in self.considered if c == chosen or not self.refuted(c)]
        seen = self.behaviour
        if seen is not None and len(standing) < len(self.considered):
            seen = replace(seen, variants=tuple(map(self._seen, standing)))
        return notes(chosen, standing, seen, weak, evidence.confidence)

    def contested(self, chosen: Candidate) -> bool:
        """Whether others pass that may as well be meant, or too little speaks for ``chosen``."""
        evidence = self.evidence(chosen)
        return evidence.contested or not evidence.sure

    def rivals(self, chosen: Candidate) -> list[Candidate]:
        """The best of each other behaviour that passes and that nothing is known of, likeliest
        first."""
        found: dict[int, Candidate] = {}
        for each in self._standing():
            found.setdefault(each.group, each.candidate)
        mine = next((r.group for r in self.ranking if r.candidate == chosen), None)
        return [c for group, c in found.items() if group != mine and c not in self.verdicts]

    def _standing(self) -> list[Ranked]:
        """What passes and behaves like none that was refuted, or like one that holds."""
        told = [(r.group, v.good) for r in self.ranking if (v := self.verdicts.get(r.candidate))]
        held = {group for group, good in told if good}
        refuted = {group for group, good in told if not good} - held
        standing = [r for r in self.ranking if r.group not in refuted]
        return [r for r in standing if not self.refuted(r.candidate)] if self.replies else standing

    def evidence(self, chosen: Candidate) -> PatchEvidence:
        """What speaks for ``chosen``, one of the plausible patches."""
        # What fixes less of what else fails is no rival.
        least = self.beside.get(chosen, 0)
        standing = [r for r in self._standing() if self.beside.get(r.candidate, 0) >= least]
        choices = self._choices(chosen, standing)
        total = sum(each.share for each in choices)
        best = next((each.value for each in choices if each.same), chosen.value)
        # What a model writes, and what is joined on the way, comes on top of the queue.
        spent = max(self._spent, best)
        worth = spent + _LATE * max(0.0, self.worth - spent)
        changed = self._changed(chosen)
        verdict = self.verdicts.get(chosen)
        near, still = (verdict.near, verdict.still) if verdict is not None else ((), ())
        told = self._reach.passing(chosen.edits).union(near)
        files, failing = self.diagnosis.test_files, self.diagnosis.failing
        return PatchEvidence(
            share=sum(each.share * each.alike for each in choices) / total
            if total
            else 1 / len(self.plausible),
            likely=best / worth,
            tried=self._tried,
            rivals=sum((1.0 - each.alike) * min(1.0, each.value / best) for each in choices),
            checks=checks(files, failing) + checks(files, told),
            untried=1.0 - spent / worth,
            changed=changed * believed(self.job.source),
            told=len(told),
            still=len(self._reach.ending(chosen.edits).intersection(still)),
            ignored=ignored(self.job.source, chosen.edits),
            asked=self._confirmed(chosen),
        )

    def _choices(self, chosen: Candidate, standing: Sequence[Ranked]) -> list[_Choice]:
        """What passes, by behaviour; nothing where ``chosen`` is not among it."""
        mine = next((r.group for r in standing if r.candidate == chosen), None)
        if mine is None:
            return []
        groups: dict[int, list[Ranked]] = {}
        for each in standing:
            groups.setdefault(each.group, []).append(each)
        row = self._row(chosen)
        return [
            _Choice(
                same=group == mine,
                share=members[0].share,
                value=math.exp(max(each.prior for each in members)),
                alike=1.0
                if group == mine
                else agreement(row, self._row(members[0].candidate)) ** _ASKED,
            )
            for group, members in groups.items()
        ]

    def _confirmed(self, chosen: Candidate) -> int:
        """How many answers to questions are what ``chosen`` answers."""
        if self.behaviour is None or self._seen(chosen) is None:
            return 0
        calls = self.behaviour.calls
        return sum(r.answer is not None and r.call in calls for r in self.replies)

    def _changed(self, chosen: Candidate) -> float:
        """The share of answers that ``chosen`` changes, as far as can be seen."""
        row = self._row(chosen)
        if row is None or self.behaviour is None:
            return UNSEEN
        original = self.behaviour.original
        if not any(old and new for old, new in zip(original, row, strict=True)):
            return UNSEEN
        return otherwise(original, row)

    def _row(self, candidate: Candidate) -> tuple[str | None, ...] | None:
        """What ``candidate`` answers, where what it changes was seen."""
        row = self._seen(candidate)
        if row is None or self.behaviour is None:
            return None
        return row if self.behaviour.tells(row) else None

    def _seen(self, candidate: Candidate) -> tuple[str | None, ...] | None:
        if self.behaviour is None:
            return None
        return dict(zip(self.considered, self.behaviour.variants, strict=False)).get(candidate)

    def _why(self, verdict: ValidationVerdict | None, evidence: PatchEvidence, reason: str) -> str:
        parts = []
        if verdict is not None and verdict.complete and not evidence.sure:
            parts.append(f"it passes the failing test twice, but {evidence.doubt()}")
        elif verdict is None:
            parts.append(reason or "it was not validated")
        else:
            parts.append(verdict.summary)
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
                found |= literals(ast.parse(read_bytes(path)))
            except (SyntaxError, ValueError):
                continue
    return found


def _still(verdict: ValidationVerdict | None) -> tuple[str, ...]:
    """Which tests the patch neither breaks nor fixes."""
    still = verdict.still if verdict is not None else ()
    if not still:
        return ()
    more = ", …" if len(still) > _ALTERNATIVES else ""
    return (f"fails with and without the patch: {', '.join(still[:_ALTERNATIVES])}{more}",)
