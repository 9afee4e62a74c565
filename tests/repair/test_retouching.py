"""A body that fails by one small thing is mended where its tests are held, in the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from repair.aids import Aid
from repair.candidates.candidate import Candidate
from repair.command import parse
from repair.diagnosing import diagnose
from repair.job import Job
from repair.retouching import Retoucher
from repair.sandbox.interpreter import Interpreter
from repair.sandbox.policy import Policy
from repair.sandbox.workbench import Workbench
from repair.source import Source
from repair.stub import Stub, find_stub
from repair.trials import Trials

pytestmark = pytest.mark.sandbox

TEXT = 'def above(values, least):\n    """Values above the least."""\n    ...\n\n\nAFTER = 1\n'
TESTS = (
    "import m\n\n\ndef test_above():\n    assert m.above([1, 5, 3], 2) == [5, 3]\n"
    "    assert m.above([2], 2) == []\n    assert m.AFTER == 1\n"
)
WRONG = "found = []\n    for value in values:\n        if value < least:\n"
BODY = f"{WRONG}            found.append(value)\n    return found"


@dataclass
class Bench:
    stub: Stub
    job: Job
    bench: Workbench

    def passing(self, body: str, *without: Aid) -> list[str]:
        job = Job(**{**vars(self.job), "without": frozenset(without)})
        diagnosis = diagnose(job.source, job.command, self.bench, Deadline.after(30))
        retoucher = Retoucher(self.stub, job, diagnosis, Trials(job.source, diagnosis, self.bench))
        whole = Candidate((self.stub.edit(body),), "body", 1.0, 1)
        return [
            job.source.apply(found.edits) for found in retoucher.passing(whole, Deadline.after(20))
        ]


@pytest.fixture
def bench(workspace: Path, interpreter: Interpreter) -> Iterator[Bench]:
    path = workspace / "m.py"
    path.write_text(TEXT)
    (workspace / "test_m.py").write_text(TESTS)
    source = Source(str(path), TEXT)
    policy = Policy(str(workspace), interpreter)
    snapshot = Snapshot(str(path), TEXT, Workspace(str(workspace)))
    command = parse("python -m pytest test_m.py", str(workspace))
    job = Job(source, snapshot, TEXT.encode(), command, None, policy, 30.0)
    with Workbench(policy, str(path), 60, {}, Cancellation()) as opened:
        yield Bench(find_stub(source, "above"), job, opened)


def test_one_edit_mends_a_body_and_nothing_around_it(bench: Bench) -> None:
    found = bench.passing(BODY)
    assert any("if value > least:" in text for text in found)
    assert all(text.startswith(TEXT[:50]) and text.endswith("\n\n\nAFTER = 1\n") for text in found)


def test_it_can_be_left_out(bench: Bench) -> None:
    assert bench.passing(BODY, Aid.MUTATION) == []
    assert any("if value > least:" in text for text in bench.passing(BODY, Aid.TRACE))
