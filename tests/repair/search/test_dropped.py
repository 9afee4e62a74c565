"""An exception in one candidate, whatever it is and wherever it comes up, costs that one only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot, Workspace
from decoding.writer import Completion, InfillRequest, Writer
from repair import healing
from repair.candidates.templates import registry
from repair.candidates.templates.site import Proposal, SuspectProgram
from repair.errors import RepairError
from repair.failure.command import parse
from repair.healing import heal
from repair.job import Healing, Job
from repair.repair_state import Findings
from repair.search import loop
from repair.search.trials import Trials
from repair.source.file import Source
from repair.validation.validator import Validator
from tests.repair.conftest import StartSandbox
from tests.scripted import Scripted

pytestmark = pytest.mark.sandbox

MODULE = "def pick(items, at):\n    return items[at + 2]\n"
TESTS = "from m import pick\n\n\ndef test_pick():\n    assert pick([5, 6, 7, 8], 2) == 7\n"


def _once(wrapped: Callable[..., Any], error: Exception, calls: int = 1) -> Callable[..., Any]:
    """``wrapped``, whose ``calls``-th call raises ``error``."""
    count = 0

    def call(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        if count == calls:
            raise error
        return wrapped(*arguments, **named)

    return call


def _healed(
    sandbox: StartSandbox, workspace: Path, module: str, tests: str, writer: Writer | None = None
) -> Healing:
    (workspace / "m.py").write_text(module)
    (workspace / "test_m.py").write_text(tests)
    path = str(workspace / "m.py")
    job = Job(
        source=Source(path, module),
        snapshot=Snapshot(path, module, Workspace(str(workspace))),
        original=module.encode(),
        command=parse("python -m pytest test_m.py", str(workspace)),
        suite=None,
        policy=sandbox().policy,
        time_limit=15,
    )
    return heal(job, writer, None, lambda _message, _share: None, Cancellation())


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        ("writing", KeyError("x")),
        # The second one: the first is the function as it is.
        ("parsing", SystemError("AST constructor recursion depth mismatch")),
        ("running", RepairError("cannot be encoded as latin-1")),
        ("comparing", RecursionError()),
        ("validating", MemoryError()),
        ("ranking", ValueError("embedded null byte")),
    ],
)
def test_an_exception_costs_one_candidate_and_the_fix_is_found(
    sandbox: StartSandbox,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    error: Exception,
) -> None:
    def fails(_program: SuspectProgram) -> Iterator[Proposal]:
        yield from ()
        raise error

    def inject(owner: Any, name: str, calls: int = 1) -> None:
        wrapped = _once(getattr(owner, name), error, calls)

        def call(*arguments: Any, **named: Any) -> Any:
            return wrapped(*arguments, **named)

        monkeypatch.setattr(owner, name, call)

    match stage:
        case "writing":
            monkeypatch.setattr(registry, "TEMPLATES", (fails, *registry.TEMPLATES))
        case "parsing":
            inject(loop, "_key", 2)
        case "running":
            inject(Trials, "_attempt", 3)
        case "comparing":
            inject(Findings, "add")
        case "validating":
            inject(Validator, "validate")
        case "ranking":
            inject(healing, "rank")
    found = _healed(sandbox, workspace, MODULE, TESTS)
    assert found.patch is not None, found.reason
    # Rivals may part from it; that is another matter.
    assert found.status in ("verified", "unverified", "ambiguous")
    said = f"one candidate was dropped: {type(error).__name__} while {stage}"
    assert said in found.notes


class _Stumbling(Scripted):
    """Raises once, and writes the fix from then on."""

    def answer(self, request: InfillRequest, cancellation: Cancellation) -> Completion:
        if len(self.asked) == 1:
            raise IndexError
        return Completion('return f\'* {text.upper().replace(" ", "_")} *\'', tokens=3)


def test_an_exception_in_one_call_of_the_model_costs_that_call(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = "def shout(text):\n    return text\n"
    tests = "from m import shout\n\n\ndef test_shout():\n    assert shout('a b') == '* A_B *'\n"
    found = _healed(sandbox, workspace, module, tests, _Stumbling())
    assert found.patch is not None, found.reason
    assert "one candidate was dropped: IndexError while asking the model" in found.notes
