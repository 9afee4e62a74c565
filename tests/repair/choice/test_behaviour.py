"""What plausible patches do beyond the tests: seen in the sandbox, grouped, told to a person."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from repair.candidates.candidate import Candidate
from repair.choice.differences import notes, weakness
from repair.choice.ranking import rank
from repair.failure.command import parse
from repair.sandbox.probe.varying import vary
from repair.sandbox.run import Behaviour
from repair.source.file import OffsetEdit, Source
from tests.repair.conftest import StartSandbox

MODULE = """\
def close(numbers, threshold):
    for i, a in enumerate(numbers):
        for j, b in enumerate(numbers):
            if i != j and a - b < threshold:
                return True
    return False
"""
SCRIPT = """\
from m import close
assert close([1.0, 2.0, 3.0], 0.5) is False
assert close([1.0, 2.8, 3.0, 4.0], 0.3) is True
"""


def _seen(
    sandbox: StartSandbox,
    workspace: Path,
    module: str,
    check: str,
    *variants: str,
    command: str = "python check.py",
) -> Behaviour:
    """What ``module`` and its ``variants`` answer to calls like those of ``check``."""
    (workspace / "m.py").write_text(module)
    (workspace / "check.py").write_text(check)
    server = sandbox()
    plan = parse(command, str(workspace)).plan
    held = server.hold(plan, wall=60)
    assert held is not None
    return server.behave(
        replace(plan, select=held[0]),
        [[(module, variant)] for variant in variants],
        seconds=0.3,
        wall=20,
    )


@pytest.fixture
def seen(sandbox: StartSandbox, workspace: Path) -> Behaviour:
    return _seen(
        *(sandbox, workspace, MODULE, SCRIPT),
        MODULE.replace("a - b", "abs(a - b)"),
        MODULE.replace("a - b <", "abs(b - a) <"),
        MODULE.replace("!=", ">"),
        MODULE.replace("def close", "def gone"),
        MODULE.replace("return True", "numbers.append(0)"),
    )


@pytest.mark.sandbox
def test_variants_answer_the_calls_of_the_tests_and_others_like_them(seen: Behaviour) -> None:
    assert seen.calls[:2] == (
        "close([1.0, 2.0, 3.0], 0.5)",
        "close([1.0, 2.8, 3.0, 4.0], 0.3)",
    )
    assert len(seen.calls) > 20
    assert seen.original[:2] == ("True", "True")
    fixed, same, lucky, gone, endless = seen.variants
    assert fixed is not None
    assert fixed[:2] == ("False", "True")
    assert same == fixed
    assert lucky is not None
    assert lucky[:2] == fixed[:2]
    assert lucky != fixed
    assert gone is None
    assert endless is not None
    assert "takes too long" in endless


@pytest.mark.sandbox
def test_what_a_call_leaves_of_its_arguments_belongs_to_the_answer(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = "def clear(items):\n    items.pop()\n"
    check = (
        "from m import clear\n\ndef test_it():\n    x = [1, 2]\n    clear(x)\n    assert x == []\n"
    )
    changed = module.replace("pop", "clear")
    command = "python -m pytest check.py"
    seen = _seen(sandbox, workspace, module, check, changed, command=command)
    assert seen.calls[0] == "clear([1, 2])"
    assert seen.original[0] == "None, leaving [1]"
    assert seen.variants[0] is not None
    assert seen.variants[0][0] == "None, leaving []"


@pytest.mark.sandbox
def test_arguments_that_tests_leave_out_are_given_and_bounds_come_near(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = """\
def first(items, most=None):
    if most is None or len(items) < 2:
        return items
    return items[:most]

def week(day):
    return day > 41
"""
    check = "from m import first, week\nassert first([1, 2]) == [2]\nassert week(3)\n"
    seen = _seen(sandbox, workspace, module, check)
    assert any(re.fullmatch(r"first\(\[.*\], -?[0-9]\)", call) for call in seen.calls)
    assert {"week(41)", "week(42)"} <= set(seen.calls)


@pytest.mark.sandbox
def test_calls_behind_the_failure_are_seen_with_what_passes_and_the_edges_of_types_are_tried(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = "def twice(word, most=9):\n    return None\n"
    check = "from m import twice\nassert twice('ab') == 'abab'\nassert twice('xyz', 4) == 'xyzx'\n"
    passing = module.replace("None", "(word * 2)[:most]")
    seen = _seen(sandbox, workspace, module, check, passing)
    calls = ("twice('ab', 9)", "twice('xyz', 4)", "twice('', 4)", "twice('xyz', 0)")
    assert seen.calls[:4] == calls
    assert seen.variants[0] is not None
    assert seen.variants[0][:4] == ("'abab'", "'xyzx'", "''", "''")
    assert set(seen.original) == {"None"}


@pytest.mark.sandbox
def test_where_calls_from_outside_tell_nothing_those_inside_the_file_are_looked_at(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = """\
def is_long(text):
    return len(text) < 3

class Reader:
    def __init__(self, text):
        self.text = text

    def read(self):
        return "long" if is_long(self.text) else "short"

def open_reader():
    return Reader("abcd")

def word():
    return open_reader().read()
"""
    check = "import m\nfor _ in range(3):\n    m.open_reader()\nassert m.word() == 'long'\n"
    variants = [module.replace("< 3", other) for other in ("> 3", ">= 3", "!= 3")]
    seen = _seen(sandbox, workspace, module, check, *variants)
    assert seen.calls[0] == "open_reader()"
    assert any(call.startswith("is_long(") for call in seen.calls)
    assert len(set(seen.variants)) == 3


@pytest.mark.sandbox
def test_a_changed_function_that_tests_call_themselves_is_asked_nothing_twice(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = "def word():\n    return 'short'\n"
    check = "from m import word\nassert word() == 'long'\n"
    seen = _seen(sandbox, workspace, module, check, module.replace("short", "long"))
    assert seen.calls == ("word()",)


def _candidate(new: str, value: float, line: int = 1) -> Candidate:
    return Candidate((OffsetEdit(0, 1, new),), f"template: {new}", value, line)


CANDIDATES = [_candidate("a", 0.3), _candidate("b", 0.2), _candidate("c", 0.2, line=2)]
BEHAVIOUR = Behaviour(
    calls=("f(1)", "f([1, 2, 3])", "f(2)", "f(3)"),
    original=("1", "2", "3", "4"),
    variants=(("1", "5", "3", "4"), ("1", "4", "3", "4"), ("1", "4", "3", "4")),
)


def test_patches_that_do_the_same_are_one_choice() -> None:
    order = rank(
        Source("m.py", "x = 1\n"),
        CANDIDATES,
        None,
        Deadline.never(),
        Cancellation(),
        BEHAVIOUR,
    )
    assert [ranked.candidate for ranked in order] == [CANDIDATES[1], CANDIDATES[0], CANDIDATES[2]]
    assert order[0].share > 0.5
    assert order[0].group == order[2].group != order[1].group


@pytest.mark.parametrize(
    "unseen",
    [
        replace(BEHAVIOUR, variants=(BEHAVIOUR.original,) * 3),
        Behaviour(calls=("f(1)",), original=("1",), variants=(("2",),) * 3),
    ],
    ids=["no call tells them from the program", "a single call"],
)
def test_patches_of_which_nothing_was_seen_are_not_taken_for_one(unseen: Behaviour) -> None:
    order = rank(
        Source("m.py", "x = 1\n"), CANDIDATES, None, Deadline.never(), Cancellation(), unseen
    )
    assert len({ranked.group for ranked in order}) == len(CANDIDATES)
    assert order[0].share < 0.5


def test_many_ways_to_the_same_at_one_place_say_no_more_than_the_best() -> None:
    candidates = [*CANDIDATES[:2], _candidate("c", 0.2)]
    order = rank(
        Source("m.py", "x = 1\n"), candidates, None, Deadline.never(), Cancellation(), BEHAVIOUR
    )
    assert order[0].candidate == candidates[0]


def test_a_patch_that_fails_where_others_answer_stands_back() -> None:
    rows = [("1", answer, "3", "4") for answer in ("raises KeyError", "4", "3")]
    behaviour = replace(BEHAVIOUR, variants=tuple(rows))
    order = rank(
        Source("m.py", "x = 1\n"), CANDIDATES, None, Deadline.never(), Cancellation(), behaviour
    )
    assert order[-1].candidate == CANDIDATES[0]


@pytest.mark.parametrize(("functions", "first"), [(1, 0), (40, 1)])
def test_the_more_others_use_a_file_the_less_a_patch_may_change(functions: int, first: int) -> None:
    text = "\n".join(f"def f{number}():\n    pass\n" for number in range(functions))
    behaviour = Behaviour(
        calls=("f(1)", "f(2)", "f(3)", "f(4)"),
        original=("1", "2", "3", "raises KeyError"),
        variants=(("2", "3", "4", "5"), ("1", "2", "4", "5"), ("2", "3", "4", "6")),
    )
    order = rank(
        Source("m.py", text), CANDIDATES, None, Deadline.never(), Cancellation(), behaviour
    )
    assert order[0].candidate == CANDIDATES[first]


def test_without_evidence_the_likeliest_comes_first() -> None:
    order = rank(
        Source("m.py", "x = 1\n"), CANDIDATES, None, Deadline.never(), Cancellation(), None
    )
    assert [ranked.candidate for ranked in order] == CANDIDATES


def test_a_person_hears_of_rivals_and_of_what_else_changes() -> None:
    found = notes(CANDIDATES[0], CANDIDATES, BEHAVIOUR, confidence=0.4)
    assert found == (
        "the tests do not settle it (confidence 40%): another patch passes them too and behaves "
        "differently, e.g. f([1, 2, 3]): 5, not 4",
        "it changes 1 of 4 calls like those of the tests, e.g. f([1, 2, 3]) returns 5 instead of "
        "returning 2",
    )


def test_a_call_that_raised_is_told_in_words() -> None:
    behaviour = replace(BEHAVIOUR, original=("1", "raises KeyError", "3", "4"))
    (note,) = [n for n in notes(CANDIDATES[0], CANDIDATES, behaviour) if "changes" in n]
    assert note.endswith("returns 5 instead of raising KeyError")


def test_by_which_exception_a_wrong_call_fails_is_no_difference() -> None:
    behaviour = replace(
        BEHAVIOUR,
        original=("1", "raises KeyError", "3", "4"),
        variants=(("1", "raises KeyError", "3", "4"), ("1", "raises IndexError", "3", "4"), None),
    )
    assert notes(CANDIDATES[0], CANDIDATES, behaviour) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def test_a():\n    assert f(1) == 2\n", "a single assertion"),
        ("def test_a():\n    assert f(1) == 2\n    assert f(2) == 3\n", ""),
        ("def test_a():\n    x = 5\n    assert load(dump(x)) == x\n", "nothing but round trips"),
        ("def test_a():\n    assert load(dump(5)) == 5\n", "nothing but round trips"),
        ("def test_a():\n    assert load(dump(5)) == 5\n    assert dump(5) == '5'\n", ""),
        (
            "class TestA:\n    def test_a(self):\n        self.assertEqual(f(1), 2)\n",
            "a single assertion",
        ),
        (
            "def test_b():\n    assert g(1) == 2\n\ndef test_a():\n    assert f(1)\n",
            "a single assertion",
        ),
    ],
)
def test_weak_tests_are_said_to_be_weak(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "test_m.py"
    path.write_text(text)
    assert weakness([str(path)], ["test_m.py::test_a"]) == said


def test_text_with_parts_is_varied_part_by_part() -> None:
    chance = random.Random(1)
    found = {vary(chance, "03-11-2000") for _ in range(300)}
    dates = [text for text in found if re.fullmatch("[0-9]{2}-[0-9]{2}-[0-9]{4}", text)]
    assert "11-03-2000" in dates
    assert len(dates) > 5
    assert any("-" not in text for text in found)
