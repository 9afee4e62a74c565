"""Examples that a file's own strings tell of its functions, and what they say about patches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from repair.candidates.candidate import Candidate
from repair.choice.differences import notes
from repair.choice.ranking import rank
from repair.failure.command import parse
from repair.sandbox.run import Behaviour
from repair.source.examples import CallExample, examples
from repair.source.file import OffsetEdit, Source
from tests.repair.conftest import StartSandbox


def _of(docstring: str) -> list[tuple[str, str, str]]:
    source = Source("m.py", f'def f(a, b=0):\n    r"""{docstring}"""\n    return a\n')
    return [(e.positional, e.keywords, e.expected) for e in examples(source)]


@pytest.mark.parametrize(
    ("docstring", "found"),
    [
        ("Half.\n\n    >>> f(4)\n    2\n    ", ("[4]", "{}", "2")),
        (">>> f([1, 'a'], b=2)\n{'a': 1}\n", ("[[1, 'a']]", "{'b': 2}", "{'a': 1}")),
        (
            ">>> f(0)\nTraceback (most recent call last):\n  ...\nValueError: no\n",
            ("[0]", "{}", "raises ValueError"),
        ),
        ("As in f(3) == 9.", ("[3]", "{}", "9")),
        ("For example, f('a)') returns 'b', always.", ("['a)']", "{}", "'b'")),
        ("f((1, 2)) -> [2, 1]", ("[(1, 2)]", "{}", "[2, 1]")),
        ("f(-1) => True", ("[-1]", "{}", "True")),
    ],
)
def test_an_example_is_read(docstring: str, found: tuple[str, str, str]) -> None:
    assert _of(docstring) == [found]


@pytest.mark.parametrize(
    "docstring",
    [
        "f(x) == y for all x and y.",
        "g(3) == 4",
        ">>> f(3)\n<object at 0x7f>\n",
        ">>> x = f(3)\n>>> x\n4\n",
        "Calls f(3) twice.",
        "of(3) == 4",
        ">>> f(*[1])\n1\n",
    ],
)
def test_what_is_no_example_is_left(docstring: str) -> None:
    assert _of(docstring) == []


def test_a_string_behind_the_function_counts_too() -> None:
    text = 'def f(a):\n    return a\n\n\n"""\nHalf\n    >>> f(4)\n    2\n"""\n'
    assert examples(Source("m.py", text)) == (CallExample("f", "[4]", "{}", "2"),)


@pytest.mark.sandbox
def test_what_the_file_promises_is_asked_of_every_patch(
    sandbox: StartSandbox, workspace: Path
) -> None:
    module = 'def f(a):\n    """>>> f(3)\n    9\n    """\n    return a + a + a + a\n'
    (workspace / "m.py").write_text(module)
    (workspace / "test_m.py").write_text(
        "from m import f\n\ndef test_it():\n    assert f(2) == 4\n"
    )
    server = sandbox()
    plan = parse("python -m pytest test_m.py", str(workspace)).plan
    held = server.hold(plan, wall=60)
    assert held is not None
    changed = [module.replace("a + a + a + a", new) for new in ("a + a", "a * a")]
    seen = server.behave(
        replace(plan, select=held[0]),
        [[(module, new)] for new in changed],
        seconds=0.3,
        wall=20,
        asked=[("f", "[3]", "{}", "9"), ("gone", "[3]", "{}", "9")],
    )
    assert seen.calls[0] == "f(3)"
    assert seen.wanted[:2] == ("9", None)
    rows = [row for row in seen.variants if row is not None]
    assert [seen.broken(row) for row in rows] == [("f(3)",), ()]
    candidates = [
        Candidate((OffsetEdit(60, 61, str(number)),), "template: one", 0.5 / (1 + number), 4)
        for number in range(2)
    ]
    order = rank(Source("m.py", module), candidates, None, Deadline.never(), Cancellation(), seen)
    assert order[0].candidate == candidates[1]


def test_a_person_hears_of_an_example_that_is_broken() -> None:
    candidate = Candidate((OffsetEdit(0, 1, "a"),), "template: a", 0.5, 1)
    behaviour = Behaviour(("f(1)",), ("1",), (("2",),), ("3",))
    assert notes(candidate, [candidate], behaviour)[0] == (
        "an example in the file fails with it: f(1)"
    )
