from __future__ import annotations

from lsp_server.times import KEPT, SuggestionTime, SuggestionTimes, quantile


def test_overhead_is_what_neither_rest_nor_the_model_took() -> None:
    assert SuggestionTime(120.0, rest=75.0, model=40.0).overhead == 5.0
    # The engine's clock is another: it may claim a little more than there was.
    assert SuggestionTime(40.0, model=40.1).overhead == 0.0


def test_the_newest_are_summed_up() -> None:
    times = SuggestionTimes()
    assert times.summary()["count"] == 0
    for _ in range(KEPT):
        times.note(SuggestionTime(100.0, model=80.0, prefill=20.0))
    times.note(SuggestionTime(2.0, remembered=True))
    summary = times.summary()
    assert (summary["count"], summary["remembered"]) == (KEPT, 1)
    assert (summary["totalMsP50"], summary["overheadMsP95"]) == (100.0, 20.0)
    assert summary["prefillShare"] == 0.25


def test_quantiles_of_few_values() -> None:
    assert quantile([], 0.5) == 0.0
    assert quantile([3.0], 0.95) == 3.0
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 3.0
