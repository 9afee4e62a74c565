"""A model makes bodies of one that fails, in the real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from decoding.opening import OpenWriter
from repair.implementing.rewriting import Manner, Rewriter
from repair.sandbox.interpreter import Interpreter
from tests.repair.implementing.stubbed import Stubbed, stubbed

TEXT = 'def total(prices):\n    """The sum of all prices."""\n    ...\n\n\nAFTER = 1\n'
TESTS = """\
from m import total


def test_total():
    assert total([2, 3, 5]) == 10
    assert total([]) == 0
"""
WRONG = "result = 1\n    for price in prices:\n        result = result * price\n    return result"


@pytest.fixture
def bench(workspace: Path, interpreter: Interpreter) -> Iterator[Stubbed]:
    with stubbed(workspace, interpreter, TEXT, TESTS, "total") as opened:
        yield opened


@pytest.mark.model
@pytest.mark.sandbox
@pytest.mark.slow
def test_what_is_rewritten_can_stand_where_the_body_stood(
    bench: Stubbed, writer: OpenWriter
) -> None:
    until, body = Deadline.after(240), bench.body(WRONG)
    rewriter = Rewriter(
        *(bench.stub, bench.job, bench.diagnosis, bench.trials, writer, None, until),
        Cancellation(),
    )
    turns = [*[Manner.TOLD] * 4, *[Manner.PLACES] * 2]
    found = [new for manner in turns if (new := rewriter.next(body, manner)) is not None]
    assert all(rewriter.can(body, manner) for manner in Manner)
    assert found
    for new in found:
        text = bench.job.source.apply(new.edits)
        assert bench.stub.is_written(text)
        assert text.endswith("\n\n\nAFTER = 1\n")
    assert rewriter.tokens > 0
