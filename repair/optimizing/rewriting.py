"""A faster version of a function: propose, compare, measure, run the tests, offer what is faster.

First a profile: what cannot save anything is not tried, and the model is shown where the time goes.
Known transformations and bodies that the model writes go through the same gate: the same answers on
every call that the tests make and on larger ones made of them, a measured ratio whose confidence
interval lies above one, and the tests. Nothing is offered that was not measured to be faster.
"""

from __future__ import annotations

import ast
import json
import math
import shlex
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.deadline import Cancellation, Deadline
from decoding.errors import CancelledError, DecodingError
from decoding.guidance.evidence import Evidence
from decoding.writer import InfillRequest, Writer
from repair.errors import RepairError, SandboxDiedError
from repair.job import Job, Report
from repair.optimizing.profile import WORTH, Profile
from repair.optimizing.transformations import TRANSFORMATIONS
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.probe import measuring
from repair.sandbox.run import Plan, Terms
from repair.source.file import OffsetEdit, Source
from repair.source.patch import unified_diff
from repair.source.stub import FunctionNode, find_function

#: A version is offered when even the lower end of its ratio's interval is above this.
LEAST = 1.10
#: Student's t for 95 % and 8 degrees of freedom (nine rounds); for fewer rounds it is too narrow.
_T = 2.306
_SAMPLES = 6
_SAMPLING_SHARE = 0.4
_BODY_TOKENS = 400
_TEMPERATURE = 0.8
#: Versions that are measured at once, and seconds that this may take.
_MOST = 10
_MEASURE_S = 90.0
#: Seconds that a profile must be of to be believed.
_PROFILED_S = 0.001


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times faster, with its 95 % confidence interval over ``rounds`` rounds."""

    times: float
    low: float
    high: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Faster:
    """A version that was measured to be faster: the diff, the new bytes, how it was found."""

    diff: str
    data: bytes
    strategy: str
    ratio: Ratio


@dataclass(frozen=True)
class Optimized:
    """The outcome. ``status``: ``verified`` and ``unverified`` as for repairs, ``none``, ``error``.

    ``calls`` of the tests were noted, on ``inputs`` calls (those and larger ones) answers were
    compared. ``rejected`` says why other versions were not offered. ``hot`` are the 1-based lines
    that take most of the time, with their shares.
    """

    status: str
    reason: str
    best: Faster | None = None
    others: tuple[Faster, ...] = ()
    rejected: tuple[str, ...] = ()
    calls: int = 0
    inputs: int = 0
    candidates: int = 0
    model_tokens: int = 0
    seconds: float = 0.0
    hot: tuple[tuple[int, float], ...] = ()


@dataclass
class Optimizer:
    """Optimizes ``name`` of the file of ``job``; to be used once."""

    name: str
    job: Job
    writer: Writer | None
    evidence: Evidence | None
    report: Report
    cancellation: Cancellation
    tokens: int = field(default=0, init=False)
    rejected: list[str] = field(default_factory=list, init=False)
    profile: Profile | None = field(default=None, init=False)
    _began: float = field(default_factory=time.monotonic, init=False)

    def run(self) -> Optimized:
        """The whole way.

        Raises :class:`~repair.errors.RepairError` for a function that is not there and
        :class:`~repair.errors.SandboxUnavailableError` when user code cannot be run safely.
        """
        job = self.job
        deadline = Deadline.after(job.time_limit)
        node = find_function(job.source, self.name)
        lines = len(job.source.line_starts)
        try:
            with ForkServer(
                job.policy, job.source.path, lines, cancellation=self.cancellation
            ) as server:
                self.report("running the tests", 0.0)
                shell = Plan("command", job.command.plan.command, (), job.policy.workspace)
                first = server.run(shell, job.base, Terms(wall=deadline.remaining()))
                if first.code != 0:
                    said = first.output.strip().splitlines()[-1:] or [f"exit code {first.code}"]
                    why = f"the tests do not pass as it is: fix that first ({said[0].strip()})"
                    return self._said("error", why)
                return self._optimize(server, shell, node, deadline)
        except SandboxDiedError as error:
            return self._said("error", f"the tests crash the sandbox: {error.what}")
        except CancelledError:
            return self._said("none", "stopped")

    def _optimize(
        self, server: ForkServer, shell: Plan, node: FunctionNode, deadline: Deadline
    ) -> Optimized:
        source = self.job.source
        self.report("looking where the time goes", 0.1)
        first = self._measured(server, [], deadline)
        if not first["calls"]:
            return self._said("none", f"the tests do not call {self.name}, so nothing is measured")
        self.profile = Profile.measured(first.get("lines", {}), first.get("functions", {}))
        versions = self._versions(node, deadline)
        if not versions:
            return self._said(
                "none", f"no transformation applies, and the model wrote no other body{self._aim()}"
            )
        self.report(f"measuring {len(versions)} versions", 0.5)
        answer = self._measured(server, [text for _, text in versions], deadline)
        calls, inputs = answer["calls"], answer["inputs"]
        found = []
        for (strategy, text), told in zip(versions, answer["versions"], strict=False):
            if told["differs"]:
                self.rejected.append(f"{strategy}: {told['differs']}")
                continue
            ratio = interval(told["logs"])
            if ratio is None or ratio.low < LEAST:
                said = f"{ratio.times:.2f} times" if ratio else "not measured"
                self.rejected.append(f"{strategy}: not faster for certain ({said})")
                continue
            data = source.encode(text)
            diff = unified_diff(self.job.policy.workspace, source.path, self.job.original, data)
            found.append(Faster(diff, data, strategy, ratio))
        found.sort(key=lambda faster: -faster.ratio.low)
        best, status = None, "none"
        for each in list(found):
            self.report("running the tests on the fastest", 0.9)
            files = {**self.job.base, source.path: each.data}
            runs = [server.run(shell, files, Terms(wall=deadline.remaining())) for _ in range(2)]
            if all(run.code == 0 and run.ended == "done" for run in runs):
                best, status = each, "verified" if self.job.policy.confined else "unverified"
                break
            found.remove(each)
            self.rejected.append(f"{each.strategy}: the tests fail with it")
        reason = self._why(best, calls, inputs)
        others = tuple(each for each in found if each is not best)[:3]
        return Optimized(
            status,
            reason,
            best,
            others,
            tuple(self.rejected),
            calls,
            inputs,
            len(versions),
            self.tokens,
            time.monotonic() - self._began,
            self._hot(),
        )

    def _hot(self) -> tuple[tuple[int, float], ...]:
        hottest = self.profile.hottest() if self.profile else []
        return tuple((line, round(share, 3)) for line, share in hottest)

    def _aim(self) -> str:
        """Where else to look, where the time goes elsewhere."""
        other = self.profile.elsewhere(self.name) if self.profile else ""
        if not other or self.profile is None:
            return ""
        share = self.profile.functions[other]
        return f"; {share:.0%} of its time goes to {other}, which it calls: optimize that"

    def _why(self, best: Faster | None, calls: int, inputs: int) -> str:
        if best is None:
            return f"nothing was measured to be faster{self._aim()}"
        ratio = best.ratio
        text = (
            f"{ratio.times:.1f} times as fast (95 %: {ratio.low:.1f} to {ratio.high:.1f}), same "
            f"answers to the {calls} call{'s' * (calls != 1)} of the tests and "
            f"{inputs - calls} larger ones, the tests pass twice"
        )
        return text if self.job.policy.confined else f"{text}; it ran without a sandbox"

    # -- versions

    def _versions(self, node: FunctionNode, deadline: Deadline) -> list[tuple[str, str]]:
        """Other texts of the file, each with its strategy; no two with the same syntax."""
        source = self.job.source
        seen = {ast.dump(source.tree)} if source.tree else set()
        found: list[tuple[str, str]] = []
        for strategy, edits in self._changes(node, deadline):
            text = source.apply(edits)
            try:
                essence = ast.dump(ast.parse(text))
            except (SyntaxError, ValueError, RecursionError):
                continue
            if essence not in seen:
                seen.add(essence)
                found.append((strategy, text))
            if len(found) >= _MOST:
                break
        return found

    def _changes(
        self, node: FunctionNode, deadline: Deadline
    ) -> Iterator[tuple[str, tuple[OffsetEdit, ...]]]:
        known = [
            (name, edits)
            for name, transformation in TRANSFORMATIONS.items()
            for edits in transformation(self.job.source, node)
        ]
        profile = self.profile
        if profile is not None and profile.seconds >= _PROFILED_S:
            first, last = node.lineno, node.end_lineno or node.lineno
            shares = [profile.share(self.job.source, edits, first, last) for _, edits in known]
            for share, (name, _) in zip(shares, known, strict=True):
                if share < WORTH:
                    self.rejected.append(f"{name}: only {share:.0%} of the time is there")
            order = sorted(range(len(known)), key=lambda i: -shares[i])
            known = [known[i] for i in order if shares[i] >= WORTH]
        yield from known
        if self.writer is None:
            return
        try:
            yield from self._written(node, Deadline.after(_SAMPLING_SHARE * deadline.remaining()))
        except CancelledError:
            raise
        except DecodingError as error:
            self.rejected.append(f"without a model: {error.what}")

    def _written(
        self, node: FunctionNode, until: Deadline
    ) -> Iterator[tuple[str, tuple[OffsetEdit, ...]]]:
        """Bodies that the model writes when it is shown the present one."""
        assert self.writer is not None
        source = self.job.source
        body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
        if not body:
            return
        start, end = source.span(body[0])[0], source.span(node)[1]
        lines = [f"{node.name} is slow. Write the same, faster. Slow:", *_quoted(source, node)]
        if self.profile is not None and (hottest := self.profile.hottest()):
            line, share = hottest[0]
            lines.append(f"{share:.0%} of the time goes to: {source.line(line).strip()}")
        request = InfillRequest(
            self.job.snapshot.with_text(source.text[:start] + source.text[end:]),
            start,
            max_tokens=_BODY_TOKENS,
            multiline=True,
            preamble="\n".join(lines),
            temperature=_TEMPERATURE,
            seed=node.lineno,
        )
        for sample in self.writer.samples(
            request, _SAMPLES, self.evidence, deadline=until, cancellation=self.cancellation
        ):
            self.tokens += sample.tokens
            if text := sample.text.rstrip():
                yield "body by the model", (OffsetEdit(start, end, text),)
            if until.expired():
                return

    # -- measuring

    def _measured(self, server: ForkServer, texts: list[str], deadline: Deadline) -> dict[str, Any]:
        """What ``repair.sandbox.probe.measuring`` answers."""
        job, plan = self.job, self.job.command.plan
        if plan.runner not in ("pytest", "unittest", "doctest", "script"):
            raise RepairError(
                "the calls of this command cannot be seen",
                where=plan.command,
                help="name tests of pytest, unittest or doctest, or a script",
            )
        root = Path(job.policy.workspace)
        script, spec = root / ".pilotfish-measuring.py", root / ".pilotfish-measuring.json"
        given = {
            "file": server.inside(job.source.path),
            "function": self.name,
            "module": plan.runner,
            "arguments": list(plan.args),
            "path0": server.inside(plan.path0 or plan.cwd),
            "texts": [job.source.text, *texts],
        }
        probe = Path(measuring.__file__).read_bytes()
        files = {**job.base, str(script): probe, str(spec): json.dumps(given).encode()}
        command = f"cd {shlex.quote(plan.cwd)} && {shlex.join(['python', str(script), str(spec)])}"
        wall = min(_MEASURE_S, deadline.remaining())
        run = server.run(
            Plan("command", server.inside(command), (), str(root), env=plan.env), files, Terms(wall)
        )
        for line in reversed(run.output.splitlines()):
            if line.startswith(measuring.MARK):
                answer: dict[str, Any] = json.loads(line[len(measuring.MARK) :])
                return answer
        last = run.output.strip().splitlines()[-1:] or [f"exit code {run.code}, {run.ended}"]
        raise RepairError(f"measuring failed: {last[0]}", where=plan.command)

    def _said(self, status: str, reason: str) -> Optimized:
        return Optimized(
            status,
            reason,
            rejected=tuple(self.rejected),
            model_tokens=self.tokens,
            seconds=time.monotonic() - self._began,
            hot=self._hot(),
        )


def interval(logs: list[float]) -> Ratio | None:
    """The ratio from the logarithms of its rounds; ``None`` for fewer than three rounds."""
    if len(logs) < 3:
        return None
    middle = statistics.fmean(logs)
    half = _T * statistics.stdev(logs) / math.sqrt(len(logs))
    return Ratio(math.exp(middle), math.exp(middle - half), math.exp(middle + half), len(logs))


def _quoted(source: Source, node: FunctionNode) -> list[str]:
    return source.segment(node).replace("\r\n", "\n").split("\n")
