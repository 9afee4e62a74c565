"""Suspicion from what tests ran: each kind of evidence alone, and all together.

A case is a function whose comments say what holds of a line: ``# fault`` is the wrong line,
``# slice`` lines are those that the failure depends on.
"""

from __future__ import annotations

import textwrap

import pytest

from analysis.views.plan import block_plan
from analysis.views.program import parse_program
from repair.localization import Method, block_suspicion, expression_suspicion, localize
from repair.localization.slicing import Dependence, slice_from
from repair.sandbox.run import FailedTest, Outcome, TestResult
from repair.source.file import Source


def _source(text: str) -> Source:
    return Source("m.py", textwrap.dedent(text))


def _marked(source: Source, mark: str) -> set[int]:
    lines = source.text.splitlines()
    return {number for number, line in enumerate(lines, 1) if f"# {mark}" in line}


def _test(name: str, outcome: Outcome, lines: set[int], *broke: int) -> TestResult:
    failure = FailedTest("Error", lines=broke) if outcome.bad else None
    return TestResult(name, outcome, lines=frozenset(lines), failure=failure)


def test_lines_of_failing_tests_alone_come_first() -> None:
    source = _source(
        """\
        def f(a):
            if a > 2:
                a = a - 1  # fault
            return a
        """
    )
    results = [
        _test("bad", Outcome.FAILED, {2, 3, 4}),
        _test("good", Outcome.PASSED, {2, 4}),
        _test("fine", Outcome.PASSED, {2, 4}),
    ]
    suspicion = localize(source, results, methods=())
    assert set(suspicion.ranked()[:1]) == _marked(source, "fault")
    # Ochiai: one of one failing and no passing test; one of one and two passing ones.
    assert suspicion.lines[3] == 1.0
    assert suspicion.lines[2] == pytest.approx(1 / 3**0.5)


def test_where_an_exception_was_raised_is_raised() -> None:
    source = _source("def f(a):\n    b = a[0]\n    c = b + 1\n    return c\n")
    results = [_test("bad", Outcome.ERROR, {2, 3}, 2)]
    assert localize(source, results, methods={Method.EXCEPTION}).ranked()[0] == 2


def test_a_handler_that_let_the_exception_pass_is_raised() -> None:
    source = _source(
        """\
        def f(a):
            b = 1
            with suppress(KeyError):
                b = a[0]
            try:
                b += a[1]
            except KeyError:
                b = 2
            return b
        """
    )
    around = {4: 3, 6: 7}
    for broke, handler in around.items():
        results = [_test("bad", Outcome.ERROR, {2, 3, 4, 5, 6, 7}, broke)]
        ranked = localize(source, results, methods={Method.EXCEPTION}).ranked()
        assert ranked[0] == broke
        assert handler in ranked[1:3]


def test_of_equal_lines_the_one_that_does_more_comes_first() -> None:
    source = _source("def f(a, b):\n    c = a\n    d = (a + b) * c - a[b]\n    return d\n")
    results = [_test("bad", Outcome.FAILED, {2, 3, 4})]
    assert localize(source, results, methods={Method.WORK}).ranked()[0] == 3


def test_what_the_failure_does_not_depend_on_is_lowered() -> None:
    source = _source(
        """\
        def f(items, log):
            total = 0
            seen = {}
            for item in items:
                seen[item] = True
                total += item
            return total
        """
    )
    results = [_test("bad", Outcome.FAILED, {2, 3, 4, 5, 6, 7})]
    lines = localize(source, results, methods={Method.SLICE}).lines
    assert {line for line, value in lines.items() if value < 0.7} == {3, 5}


SLICES = {
    "data": """
        def f(a, b):
            c = a + 1  # slice
            d = b + 1
            return c  # slice
    """,
    "conditions": """
        def f(a, b):
            c = 0  # slice
            if a:  # slice
                c = 1  # slice
            if b:
                d = 1
            return c  # slice
    """,
    "an early return": """
        def f(a, b):
            e = b
            if not a:  # slice
                return None  # slice
            return a  # slice
    """,
    "calls for their effect": """
        def f(items):
            found = []  # slice
            other = []
            for item in items:  # slice
                found.append(item)  # slice
                other.append(item)
            return found  # slice
    """,
    "other functions": """
        def g(x):
            y = x * 2  # slice
            z = x * 3
            return y  # slice

        def f(a):
            b = a + 1  # slice
            return g(b)  # slice
    """,
    "fields": """
        class Account:
            def put(self, n):
                self.sum = n  # slice
                self.last = 0
                return self.sum  # slice
    """,
    "yields": """
        def f(n):
            m = n + 1  # slice
            k = 0
            yield m  # slice
    """,
}


@pytest.mark.parametrize("name", SLICES)
def test_a_slice_is_what_the_result_depends_on(name: str) -> None:
    source = _source(SLICES[name])
    dependence = Dependence(parse_program(source.text, source.path))
    tree = source.text.splitlines()
    body = {n for n, line in enumerate(tree) if line.startswith("    ") and "def " not in line}
    found = {line + 1 for line in slice_from(dependence, body, [])}
    assert found == _marked(source, "slice")


def test_a_condition_that_kept_a_line_from_running_is_in_the_slice() -> None:
    source = _source(
        """\
        def f(n):
            prime = True
            if n % 2 == 1:  # fault
                prime = False
            return prime
        """
    )
    dependence = Dependence(parse_program(source.text, source.path))
    assert 2 in slice_from(dependence, {1, 2, 4}, [])


def test_a_slice_begins_where_the_failure_showed() -> None:
    source = _source("def f(a, b):\n    c = a + 1\n    d = b + 1\n    e = d[0]\n    return c\n")
    dependence = Dependence(parse_program(source.text, source.path))
    assert set(slice_from(dependence, {1, 2, 3, 4}, [3])) == {2, 3}


def test_blocks_count_the_tests_that_ran_them() -> None:
    source = _source("def f(a):\n    if a > 2:\n        a = a - 1\n    return a\n")
    results = [
        _test("bad", Outcome.FAILED, {2, 3, 4}),
        _test("good", Outcome.PASSED, {2, 4}),
    ]
    plan = block_plan(source.text)
    first = block_suspicion(plan, results, localize(source, results))[0]
    block = plan.codes[first.code].blocks[first.block]
    assert block.first_line == 2
    assert (first.failing, first.passing, first.ochiai, first.suspicion) == (1, 0, 1.0, 1.0)


def test_expressions_that_only_failing_tests_ran_are_told() -> None:
    source = _source("é = 1\ndef f(a, b):\n    return a or 'é' + b.upper() if b else -a\n")
    statement = source.text.splitlines()[2]
    before, short = statement.index("a or"), "'é' + b.upper()"
    at = len(statement[: statement.index(short)].encode())
    wanted = (3, at, 3, at + len(short.encode()))
    whole = (3, before, 3, at + len(short.encode()))
    results = [
        TestResult("bad", Outcome.FAILED, lines=frozenset({3}), places=frozenset({whole, wanted})),
        TestResult("good", Outcome.PASSED, lines=frozenset({3}), places=frozenset({whole})),
    ]
    (found,) = expression_suspicion(source, results)
    assert statement[found.character : found.end_character] == short
    assert (found.line, found.failing, found.passing, found.ochiai) == (2, 1, 0, 1.0)


def test_a_file_that_does_not_parse_still_has_a_spectrum() -> None:
    source = Source("m.py", "def f(:\n    return 1\n")
    results = [_test("bad", Outcome.FAILED, {2})]
    assert localize(source, results).lines == {2: 1.0}
