"""What a clone says reaches the terminal as text, never as an order to it (as OSC 52 is)."""

from __future__ import annotations

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
