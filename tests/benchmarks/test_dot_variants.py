"""Which variants of dotprompts need not be run, and that this is said and checked."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.dot_variants import agreement, guiding, in_order, meant, same_as
from decoding.monitors.registry import monitors


def _line(
    variant: str, text: str = "get()", rejected: str = "", preamble: str = "", **more: Any
) -> dict[str, Any]:
    events = [{"rejected": rejected, "disputed": False}]
    told = {"preamble": preamble, "events": events}
    return {"site": "a", "variant": variant, "text": text, **told, **more}


def test_an_ablation_is_every_variant() -> None:
    names = meant("ablation")
    assert names[:4] == ("unguided", "prune", "hint", "guided")
    alone = [guiding(name).monitors for name in names[4:]]
    assert alone == [(monitor,) for monitor in monitors()]
    assert meant("with:types") == ("with:types",)


def test_what_tells_of_others_goes_first() -> None:
    order = in_order(meant("ablation"))
    assert order[:4] == ["guided", "hint", "unguided", "prune"]
    assert sorted(order) == sorted(meant("ablation"))


@pytest.mark.parametrize(
    ("guided", "same"),
    [
        (_line("guided"), {"unguided": "guided", "prune": "guided", "hint": "guided"}),
        (_line("guided", preamble="names"), {"unguided": "", "prune": "", "hint": "guided"}),
        (_line("guided", rejected="got"), {"unguided": "", "prune": "guided", "hint": ""}),
        (_line("guided", rejected="got", preamble="names"), {"unguided": "", "hint": ""}),
    ],
)
def test_what_guidance_did_tells_what_need_not_be_run(
    guided: dict[str, Any], same: dict[str, str]
) -> None:
    assert {variant: same_as(variant, {"guided": guided}) for variant in same} == same


def test_a_monitor_alone_writes_the_same_where_all_refuse_nothing() -> None:
    done = {"unguided": _line("unguided"), "prune": _line("prune")}
    assert same_as("only:arity", done) == "unguided"
    done["prune"] = _line("prune", rejected="got")
    assert same_as("only:arity", done) == ""


def test_a_line_that_does_not_say_what_was_told_tells_nothing() -> None:
    old = _line("guided")
    del old["preamble"]
    assert same_as("unguided", {"guided": old}) == ""


def test_what_was_taken_and_what_differs_is_counted() -> None:
    lines = [_line("guided"), _line("unguided", text="got()"), _line("prune", taken="guided")]
    assert agreement(lines) == [["prune", 1, 0, 0], ["unguided", 0, 1, 1]]
