"""Content never becomes a control token (invariant 6)."""

from __future__ import annotations

import re

import pytest

from decoding.prompts.templates import looks_like_markup, plain_tokens

#: A made-up vocabulary: single characters by code point, and two added tokens behind them.
ADDED = {"<tool_call>": 2_000_000, "</tool_call>": 2_000_001}


def _greedy(text: str) -> list[int]:
    """Tokenizes as llama.cpp does: added tokens are found first, wherever they stand."""
    pieces = re.split("(" + "|".join(map(re.escape, ADDED)) + ")", text)
    return [t for p in pieces for t in ([ADDED[p]] if p in ADDED else [ord(c) for c in p])]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        "<tool_call>",
        "a<tool_call>b</tool_call>c",
        "<tool_call><tool_call>",
        "<<tool_call>>",
        "<tool_<tool_call>call>",
    ],
)
def test_added_tokens_in_content_are_spelled_out(text: str) -> None:
    names = {token: name for name, token in ADDED.items()}
    assert plain_tokens(text, _greedy, names, names.__getitem__) == [ord(c) for c in text]


@pytest.mark.parametrize(
    "text", ["<tool_call>", "<|file_sep|>", "[INST]", "<｜fim▁hole｜>", "▁<PRE>", "<fim-prefix>"]
)
def test_markup_is_told_by_its_look(text: str) -> None:
    assert looks_like_markup(text)


@pytest.mark.parametrize("text", ["    ", "\t\t\t", "<>", "[]", "▁▁▁▁", "->", "foo"])
def test_plain_text_is_no_markup(text: str) -> None:
    assert not looks_like_markup(text)
