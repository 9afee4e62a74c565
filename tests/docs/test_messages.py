"""Every message that a person can meet is listed, so that new ones are read in review."""

from __future__ import annotations

import re

from tools.messages import LIST, listing

#: Wording that the rules of plain English (CONTRIBUTING.md) replaced.
_REPLACED = re.compile(
    r"(?<!there )\bis no (?!longer)[a-z]|this is a defect|as before|Replace by|\bmend"
    r"|there is no such|verified by|names no |cannot say|known are |, was |\bnone of ours"
    r"|to say against"
)


def test_the_list_of_messages_is_current() -> None:
    assert LIST.read_text("utf-8") == listing(), "run: python -m tools.messages, and read the diff"


def test_no_message_uses_wording_that_was_replaced() -> None:
    found = [line.strip() for line in listing().splitlines() if _REPLACED.search(line)]
    assert found == []
