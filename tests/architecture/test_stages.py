"""``make test`` runs every test: the stages' marker expressions leave none out."""

from __future__ import annotations

import itertools

from _pytest.mark.expression import Expression

from tools.check import TESTS

MARKS = ("model", "sandbox", "editor", "slow", "process")


def test_each_combination_of_marks_is_run_in_exactly_one_stage() -> None:
    compiled = [Expression.compile(expression) for expression in TESTS.values()]
    for count in range(len(MARKS) + 1):
        for marks in itertools.combinations(MARKS, count):

            def has(name: str, /, **_: str | int | bool | None) -> bool:
                return name in marks  # noqa: B023 - called before the next turn

            assert sum(expression.evaluate(has) for expression in compiled) == 1, marks
