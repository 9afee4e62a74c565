"""What a repair asks of its model, and when, in the real sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.deadline import Cancellation
from analysis.snapshot import Snapshot, Workspace
from decoding.writer import Completion, InfillRequest, Writer
from repair.failure.command import parse
from repair.healing import heal
from repair.job import Healing, Job
from repair.source.file import Source
from tests.repair.conftest import StartSandbox
from tests.scripted import Scripted

pytestmark = pytest.mark.sandbox


class _Pen(Scripted):
    """Writes one ``text`` wherever it is asked; keeps what it has read."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.scored: list[tuple[str, str]] = []
        self._text = text

    def answer(self, request: InfillRequest, cancellation: Cancellation) -> Completion:
        return Completion(self._text, tokens=3)

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        self.scored.append((before, text))
        return super().score(before, text, cancellation=cancellation)


def _healed(
    sandbox: StartSandbox, workspace: Path, module: str, tests: str, writer: Writer
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
        time_limit=20,
    )
    return heal(job, writer, None, lambda _message, _share: None, Cancellation())


def test_where_one_patch_passes_the_model_is_not_asked_and_so_not_loaded(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = "def largest(items):\n    return min(items)\n"
    tests = "from m import largest\n\n\ndef test_largest():\n    for n in range(1, 9):\n"
    tests += "        assert largest([n, 7 - n, 3]) == sorted([n, 7 - n, 3])[-1]\n"
    pen = _Pen("return 0")
    found = _healed(sandbox, workspace, module, tests, pen)
    assert found.status == "verified", found.reason
    assert not found.alternatives
    assert not pen.asked
    assert not pen.scored


def test_what_no_template_can_write_the_model_does(sandbox: StartSandbox, workspace: Path) -> None:
    module = "def shout(text):\n    return text\n"
    tests = "from m import shout\n\n\ndef test_shout():\n    assert shout('a b') == '* A_B *'\n"
    tests += "    assert shout('it') == '* IT *'\n"
    pen = _Pen('return f\'* {text.upper().replace(" ", "_")} *\'')
    found = _healed(sandbox, workspace, module, tests, pen)
    assert found.patch is not None, found.reason
    assert found.patch.strategy == "infill: replace"
    assert pen.asked


def test_patches_that_behave_differently_are_read_by_the_model_each_once(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = "def pick(items, at):\n    return items[at + 2]\n"
    tests = "from m import pick\n\n\ndef test_pick():\n    assert pick([5, 6, 7, 8], 2) == 7\n"
    pen = _Pen()
    found = _healed(sandbox, workspace, module, tests, pen)
    assert found.patch is not None, found.reason
    assert found.alternatives
    assert len(pen.scored) > 2
    assert len(set(pen.scored)) == len(pen.scored)
