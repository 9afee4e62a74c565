"""Candidates are run on the failing tests first, then on the quick ones of the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from repair.candidates.candidate import Candidate
from repair.choice.evidence import SuiteReach
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.workbench import Workbench
from repair.search.trials import Kind, Trials
from repair.source.file import OffsetEdit, Source
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox

MODULE = "def double(number):\n    return number + 3\n"
TESTS = """\
from m import double


def test_wrong():
    assert double(2) == 4


def test_right():
    assert double(3) == 6
"""


def test_what_breaks_a_test_beside_the_named_one_is_no_repair(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "m.py").write_text(MODULE)
    (workspace / "test_m.py").write_text(TESTS)
    source = Source(str(workspace / "m.py"), MODULE)
    command = parse("python -m pytest test_m.py::test_wrong", str(workspace))
    with Workbench(sandbox().policy, source.path, 2, {}, Cancellation()) as bench:
        diagnosis = diagnose(source, command, bench, Deadline.after(120))
        assert diagnosis.order() == ("test_m.py::test_wrong", "test_m.py::test_right")
        assert bench.held == ("test_m.py::test_wrong", "test_m.py::test_right")
        trials = Trials(source, diagnosis, bench)

        def kind(new: str) -> Kind:
            start = MODULE.index("number + 3")
            edit = OffsetEdit(start, start + len("number + 3"), new)
            return trials.run(Candidate((edit,), "template: it", 0.5, 2)).kind

        assert kind("number + 2") is not Kind.PLAUSIBLE
        assert kind("number * 2") is Kind.PLAUSIBLE


def test_who_comes_to_a_change_and_fails_without_being_asked_is_known(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = MODULE + "\n\ndef half(number):\n    return number\n"
    more = "\n\ndef test_too():\n    assert double(5) == 10\n"
    more += "\n\ndef test_half():\n    assert half(2) == 1\n"
    (workspace / "m.py").write_text(module)
    (workspace / "test_m.py").write_text(
        TESTS.replace("import double", "import double, half") + more
    )
    source = Source(str(workspace / "m.py"), module)
    command = parse("python -m pytest test_m.py::test_wrong", str(workspace))
    with Workbench(sandbox().policy, source.path, 2, {}, Cancellation()) as bench:
        diagnosis = diagnose(source, command, bench, Deadline.after(120))
    assert [test.id for test in diagnosis.ending] == ["test_m.py::test_too", "test_m.py::test_half"]
    reach, start = SuiteReach(source, diagnosis), module.index("3")
    edits = (OffsetEdit(start, start + 1, "2"),)
    assert reach.passing(edits) == {"test_m.py::test_right"}
    assert reach.ending(edits) == {"test_m.py::test_too"}


def test_a_test_beside_that_depends_on_the_order_is_no_measure(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "m.py").write_text(MODULE)
    spoilt = "seen = []\n\n\ndef test_fresh():\n    assert not seen\n\n\n"
    tests = TESTS.replace(
        "\n\n\ndef test_wrong():\n", f"\n\n{spoilt}def test_wrong():\n    seen.append(1)\n"
    )
    (workspace / "test_m.py").write_text(tests)
    source = Source(str(workspace / "m.py"), MODULE)
    command = parse("python -m pytest test_m.py::test_wrong", str(workspace))
    with Workbench(sandbox().policy, source.path, 2, {}, Cancellation()) as bench:
        diagnosis = diagnose(source, command, bench, Deadline.after(120))
        assert diagnosis.order() == ("test_m.py::test_wrong", "test_m.py::test_right")


class _Counting(Workbench):
    """Counts the sandboxes that are started one after the other."""

    started = 0

    def fresh(self) -> ForkServer:
        self.started += 1
        return super().fresh()


@pytest.mark.parametrize("named", ["test_m.py::test_wrong", "test_m.py::test_wrong[2]"])
def test_the_tests_beside_the_named_ones_are_imported_with_them(
    sandbox: StartSandbox, workspace: Path, named: str
) -> None:
    (workspace / "m.py").write_text(MODULE)
    several = (
        '@pytest.mark.parametrize("n", [2, 4])\ndef test_wrong(n):\n    assert double(n) == 2 * n'
    )
    tests = TESTS.replace("def test_wrong():\n    assert double(2) == 4", several)
    (workspace / "test_m.py").write_text("import pytest\n" + tests)
    source = Source(str(workspace / "m.py"), MODULE)
    command = parse(f"python -m pytest {named}", str(workspace))
    with _Counting(sandbox().policy, source.path, 2, {}, Cancellation()) as bench:
        diagnosis = diagnose(source, command, bench, Deadline.after(120))
        assert bench.started == 1
    cases = ["test_m.py::test_wrong[2]", "test_m.py::test_wrong[4]"]
    failing = [case for case in cases if case.startswith(named)]
    assert sorted(diagnosis.failing) == failing
    assert diagnosis.passing == ("test_m.py::test_right",)


def test_a_closure_that_was_made_at_import_gets_its_new_code_where_it_is_held(
    sandbox: StartSandbox, workspace: Path
) -> None:
    made = (
        "def make(more):\n    more = int(more)\n    def rule(number):\n"
        "        return number + more\n    return rule\n\n\ndouble = make(3)\n"
    )
    (workspace / "m.py").write_text(made)
    (workspace / "test_m.py").write_text(TESTS)
    source = Source(str(workspace / "m.py"), made)
    command = parse("python -m pytest test_m.py::test_wrong", str(workspace))
    with Workbench(sandbox().policy, source.path, 8, {}, Cancellation()) as bench:
        trials = Trials(source, diagnose(source, command, bench, Deadline.after(120)), bench)

        def tried(old: str, new: str) -> tuple[bool, Kind]:
            start = made.index(old)
            candidate = Candidate(
                (OffsetEdit(start, start + len(old), new),), "template: it", 0.5, 4
            )
            return trials.is_warm(candidate), trials.run(candidate).kind

        assert tried("number + more", "number * 2 + 0 * more") == (True, Kind.PLAUSIBLE)
        # What made it ran already.
        assert tried("int(more)", "int(more) + 1")[0] is False


def test_a_function_that_import_and_test_run_is_changed_live_and_only_then_imported_anew(
    sandbox: StartSandbox, workspace: Path
) -> None:
    """Libraries use at import what they offer; its mistakes are seldom seen only there."""
    made = "def scaled(number):\n    return number + 2\n\n\nBASE = scaled(2)\n\n\n" + (
        "def double(number):\n    return scaled(number) if number else BASE\n"
    )
    (workspace / "m.py").write_text(made)
    tests = (
        "import m\n\n\ndef test_called():\n    assert m.double(3) == 6\n\n\n"
        "def test_kept():\n    assert m.scaled(2) and m.BASE == 3\n"
    )
    (workspace / "test_m.py").write_text(tests)
    source = Source(str(workspace / "m.py"), made)
    for name, new, first in (
        ("test_called", "number * 2", Kind.PLAUSIBLE),
        ("test_kept", "number + 1", Kind.SLOW),
    ):
        command = parse(f"python -m pytest test_m.py::{name}", str(workspace))
        start = made.index("number + 2")
        candidate = Candidate((OffsetEdit(start, start + 10, new),), "template: it", 0.5, 2)
        with Workbench(sandbox().policy, source.path, 9, {}, Cancellation()) as bench:
            trials = Trials(source, diagnose(source, command, bench, Deadline.after(120)), bench)
            assert trials.is_warm(candidate)
            assert trials.run(candidate).kind is first
            assert trials.run(candidate, patience=8.0).kind is Kind.PLAUSIBLE
            assert trials.cost(candidate, 8.0) > trials.cost(candidate, 1.0)
