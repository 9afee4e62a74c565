"""What nothing reads, before and after a patch."""

from __future__ import annotations

import pytest

from repair.choice.reading import function_of, ignored, never_read, parameters
from repair.source.file import OffsetEdit, Source

TOTAL = "def total(items, tax, _way=0, *more):\n    count = 0\n    return sum(items)\n"


def test_variables_and_parameters_without_an_underscore_in_front() -> None:
    function = function_of(TOTAL)
    assert function is not None
    assert never_read(function) == {"tax", "count", "more"}
    assert parameters(function) == {"items", "tax", "_way"}


def test_text_without_a_function_has_none() -> None:
    assert function_of("x = 1\n") is None
    assert function_of("def f(:\n") is None


def _ignored(text: str, new: str) -> frozenset[str]:
    start = text.index("sum(items)")
    return ignored(Source("m.py", text), [OffsetEdit(start, start + len("sum(items)"), new)])


def test_a_patch_leaves_a_parameter_unread_or_does_not() -> None:
    assert _ignored(TOTAL, "sum(items) + 1") == {"tax"}
    assert not _ignored(TOTAL, "sum(items) + tax")


@pytest.mark.parametrize(
    "text",
    [
        "class Cart:\n    def total(self, items, tax):\n        return sum(items)\n",
        "@command\ndef total(items, tax):\n    return sum(items)\n",
    ],
)
def test_a_signature_that_others_may_ask_for_says_nothing(text: str) -> None:
    assert not _ignored(text, "len(items)")
