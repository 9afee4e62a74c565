"""The generated editing session: deterministic, and every key is one change of the text."""

from __future__ import annotations

import inspect
import itertools
import textwrap

from benchmarks.typing_session import session

TEXT = inspect.getsource(textwrap)


def test_a_seed_makes_one_session_and_another_seed_another() -> None:
    first, again, other = (
        [key.text for key in itertools.islice(session(TEXT, seed), 300)] for seed in (5, 5, 6)
    )
    assert len(first) == 300
    assert first == again != other


def test_a_typed_key_goes_in_at_the_cursor_and_an_erased_one_out() -> None:
    keys = list(itertools.islice(session(TEXT, 5), 600))
    assert {key.kind for key in keys} == {"typed", "erased", "moved"}
    for last, key in itertools.pairwise(keys):
        if key.kind == "typed":
            size = len(key.text) - len(last.text)
            assert size > 0
            assert key.text[: key.offset - size] == last.text[: last.offset]
        elif key.kind == "erased":
            assert key.offset == last.offset - 1
        if key.kind != "moved":
            assert key.text[key.offset :] == last.text[last.offset :]
