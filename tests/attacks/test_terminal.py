"""What a clone says reaches the terminal as text, never as an order to it (as OSC 52 is)."""

from __future__ import annotations

import re

import pytest

from tests.attacks.conftest import Victim

_ORDER = "\x1b]52;c;aGk=\x07\x9b31m"


@pytest.mark.parametrize("command", ["check", "debug", "view"])
def test_errors_give_a_terminal_no_order(victim: Victim, command: str) -> None:
    words = {"view": ("view", "ast")}.get(command, (command,))
    ran = victim.runs(*words, f"{_ORDER}.py")
    assert ran.code == 2
    assert "]52;c;aGk=" in ran.err
    assert not {"\x1b", "\x07", "\x9b"} & set(ran.out + ran.err)


@pytest.mark.parametrize(
    "words",
    [
        ("check", "."),
        ("check", ".", "--color", "always"),
        ("check", ".", "--format", "github"),
        ("check", ".", "--json"),
        ("check", ".", "--statistics"),
        ("doctor",),
        ("graph", "build", "."),
        ("graph", "callers", "shop", "--json"),
        ("graph", "callers", "shop"),
        ("view", "ast", f"{_ORDER}.py"),
    ],
    ids=" ".join,
)
def test_file_names_and_texts_give_a_terminal_no_order(
    victim: Victim, words: tuple[str, ...]
) -> None:
    (victim.clone / f"{_ORDER}.py").write_text(
        f"import os\n\n\ndef shop():\n    return os.invented  # {_ORDER}\n\n\nA = '{_ORDER}'\n"
    )
    ran = victim.runs(*words)
    shown = ran.out + ran.err
    if "--color" in words:
        shown = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert not {"\x1b", "\x07", "\x9b"} & set(shown)
    if words[0] == "check" and "--statistics" not in words:
        assert "52;c;aGk=" in ran.out
