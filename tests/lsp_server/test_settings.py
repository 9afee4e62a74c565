from __future__ import annotations

from typing import Any

import pytest

from lsp_server.settings import Settings, SuggestionSettings, read_settings


def test_nothing_said_means_the_defaults() -> None:
    read = read_settings({})
    assert (read.settings, read.problems, read.engine_options) == (Settings(), (), {})


def test_what_is_for_the_engine_is_left_for_it() -> None:
    read = read_settings({"model": "x", "inlineCompletion": {"maxTokens": 5, "guidance": False}})
    assert read.engine_options == {"model": "x"}
    assert read.settings.inline_completion == SuggestionSettings(guidance=False, max_tokens=5)


@pytest.mark.parametrize("value", [True, False, "auto"])
def test_whole_blocks_are_suggested_always_never_or_by_speed(value: bool | str) -> None:
    read = read_settings({"inlineCompletion": {"multiline": value}})
    assert (read.settings.inline_completion.multiline, read.problems) == (value, ())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"inlineCompletion": {"debounce": 3}}, "did you mean debounceMs?"),
        ({"inlineCompletion": {"multiline": 1}}, 'expected one of "auto", true, false'),
        ({"inlineCompletion": {"enabled": 1}}, "expected true or false"),
        ({"inlineCompletion": {"maxTokens": True}}, "expected a whole number"),
        ({"inlineCompletion": {"maxTokens": -1}}, "expected a whole number"),
        ({"diagnostics": []}, "diagnostics: expected an object"),
        ({"trusted": "yes"}, "trusted: expected"),
        ({"trusted": {"/w": "yes"}}, "for /w"),
    ],
)
def test_a_wrong_value_keeps_its_default_and_is_named(
    options: dict[str, Any], problem: str
) -> None:
    read = read_settings(options)
    assert read.settings == Settings()
    assert len(read.problems) == 1
    assert problem in read.problems[0]


def test_trust_for_all_or_by_folder() -> None:
    assert read_settings({"trusted": True}).settings.trusted is True
    folders = read_settings({"trusted": {"file:///a%20b": True, "/c": False}}).settings
    assert folders.trusted is None
    assert folders.trusted_folders == (("/a b", True), ("/c", False))
