"""Which other files a failing test runs, and which it only imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.failure.elsewhere import elsewhere
from repair.sandbox.workbench import Workbench
from repair.source.file import Source
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox

FILES = {
    # Its function runs, but at import.
    "aside.py": "def two():\n    return 2\n\n\nclass Two: ...\n\n\nTWO = two()\n",
    "called.py": "def half(n):\n    return n / 2\n",
    "m.py": "import aside\nimport called\n\n\ndef f(n):\n    return called.half(n) + aside.TWO\n",
    "test_m.py": "from m import f\n\n\ndef test_it():\n    assert f(2) == 2\n",
}


def test_a_file_that_is_only_imported_comes_last(sandbox: StartSandbox, workspace: Path) -> None:
    for name, text in FILES.items():
        (workspace / name).write_text(text)
    target = workspace / "m.py"
    source = Source(str(target), FILES["m.py"])
    plan = parse("pytest test_m.py", str(workspace))
    with Workbench(sandbox().policy, str(target), 6, {}, Cancellation()) as bench:
        diagnosis = diagnose(source, plan, bench, Deadline.after(60))
    found = elsewhere(source, diagnosis)
    assert [Path(path).name for path in found] == ["called.py", "aside.py"]
    assert [diagnosis.runs(path) for path in found] == [True, False]
