"""Tests that import the file only as they run are held with it, and candidates run there."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from repair.candidates.candidate import Candidate
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.sandbox.workbench import Workbench
from repair.search.trials import Kind, Trials
from repair.source.file import OffsetEdit, Source
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox

WRONG = "FACTOR = 2\n\n\ndef twice(n):\n    return n + FACTOR\n"
LATE = "def test_twice():\n    from m import twice\n    assert twice(3) == 6\n"
#: It asks for the module as it is on the disk, whatever was imported before.
ANEW = "import sys\n\ndef test_twice():\n    sys.modules.pop('m', None)\n" + (
    "    from m import twice\n    assert twice(3) == 6\n"
)
#: It fails only where it is the first to import the module.
FIRST = "import sys\n\ndef test_twice():\n    there = 'm' in sys.modules\n" + (
    "    from m import twice\n    assert there or twice(3) == 6\n"
)
FIXTURE = (
    "import pytest\n\n@pytest.fixture\ndef twice():\n    import m\n    return m.twice\n\n"
    "def test_twice(twice):\n    assert twice(3) == 6\n"
)


@pytest.mark.parametrize(
    ("tests", "is_warm"),
    [(LATE, True), (FIXTURE, True), (ANEW, False), (FIRST, False)],
    ids=["body", "fixture", "anew", "otherwise"],
)
def test_what_tests_import_as_they_run(
    sandbox: StartSandbox, workspace: Path, tests: str, is_warm: bool
) -> None:
    target = workspace / "m.py"
    target.write_text(WRONG)
    (workspace / "test_m.py").write_text(tests)
    command = parse("python -m pytest test_m.py", str(workspace))
    source = Source(str(target), WRONG)
    at = WRONG.index("+")
    right = Candidate((OffsetEdit(at, at + 1, "*"),), "template: arithmetic", 0.5, 5)
    with Workbench(sandbox().policy, str(target), 5, {}, Cancellation()) as bench:
        diagnosis = diagnose(source, command, bench, Deadline.after(60))
        trials = Trials(source, diagnosis, bench)
        assert trials.is_warm(right) is is_warm
        assert bool(trials.traced(right)) is is_warm
        assert trials.run(right).kind is Kind.PLAUSIBLE
        # What only runs at import is imported anew.
        assert diagnosis.imported == ({1, 4} if is_warm else set())
