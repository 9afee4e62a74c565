"""A stub whose tests are held in the real sandbox, and bodies put in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from repair.candidates.candidate import Candidate
from repair.components import Component
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.failure.diagnosis import Diagnosis
from repair.implementing.retouching import Retoucher
from repair.job import Job
from repair.sandbox.interpreter import Interpreter
from repair.sandbox.policy import Policy
from repair.sandbox.workbench import Workbench
from repair.search.trials import Trials
from repair.source.file import Source
from repair.source.stub import Stub, find_stub


@dataclass
class Stubbed:
    """``stub`` and what is needed to try bodies of it."""

    stub: Stub
    job: Job
    bench: Workbench

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """Of the tests with the stub as it is."""
        return diagnose(self.job.source, self.job.command, self.bench, Deadline.after(60))

    @cached_property
    def trials(self) -> Trials:
        """On the bench."""
        return Trials(self.job.source, self.diagnosis, self.bench)

    def body(self, text: str) -> Candidate:
        """``text`` in place of what stands for a body."""
        return Candidate((self.stub.edit(text),), "body", 1.0, self.stub.node.lineno)

    def retoucher(self, *without: Component) -> Retoucher:
        """One that leaves parts out."""
        job = replace(self.job, without=frozenset(without))
        return Retoucher(self.stub, job, self.diagnosis, self.trials)


@contextmanager
def stubbed(
    folder: Path, interpreter: Interpreter, text: str, tests: str, name: str
) -> Iterator[Stubbed]:
    """The stub ``name`` of the module ``text``, in ``m.py``, with pytest's ``tests`` of it."""
    path = folder / "m.py"
    path.write_text(text)
    (folder / "test_m.py").write_text(tests)
    source = Source(str(path), text)
    policy = Policy(str(folder), interpreter)
    snapshot = Snapshot(str(path), text, Workspace(str(folder)))
    command = parse("python -m pytest test_m.py", str(folder))
    job = Job(source, snapshot, text.encode(), command, None, policy, 30.0)
    with Workbench(policy, str(path), 60, {}, Cancellation()) as opened:
        yield Stubbed(find_stub(source, name), job, opened)
