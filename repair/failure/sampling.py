"""Which tests are traced where there are many: tracing takes several times what running takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from repair.sandbox.run import TestResult

#: Tests that take longer than this together, untraced, are sampled; half of it is for failing
#: ones. By judgement: it is a few seconds with lines traced (benchmarks/sandbox.py).
SECONDS = 0.5
#: What each costs besides, in the same measure: tracing starts and ends with it.
_EACH_S = 0.001


def sample(tests: Sequence[TestResult], seconds: float = SECONDS) -> tuple[str, ...]:
    """Ids of ``tests`` in their order: all, where they take no longer than ``seconds`` together,
    else the quickest failing ones, and passing ones of as many functions as there is time for.

    At least one of each is among them.
    """
    if sum(map(_cost, tests)) <= seconds:
        return tuple(test.id for test in tests)
    bad = sorted((t for t in tests if t.outcome.bad), key=lambda t: t.seconds)
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, int, TestResult]] = []
    for test in sorted((t for t in tests if not t.outcome.bad), key=lambda t: t.seconds):
        function = test.id.partition("[")[0]
        ranked.append((seen[function], len(ranked), test))
        seen[function] += 1
    chosen: set[str] = set()
    spent = 0.0
    good = [test for *_, test in sorted(ranked, key=lambda each: each[:2])]
    for share, group in ((seconds / 2, bad), (seconds, good)):
        for index, test in enumerate(group):
            if index and spent + _cost(test) > share:
                break
            spent += _cost(test)
            chosen.add(test.id)
    return tuple(test.id for test in tests if test.id in chosen)


def _cost(test: TestResult) -> float:
    return test.seconds + _EACH_S
