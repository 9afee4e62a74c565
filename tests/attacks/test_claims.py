"""What the security pages claim is shown by tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"`(tests/[\w/.-]+)`")


@pytest.mark.parametrize("page", ["docs/security.md", "SECURITY.md"])
def test_the_tests_that_a_page_names_exist(page: str) -> None:
    named = _NAMED.findall((_ROOT / page).read_text())
    assert named
    assert [place for place in named if not (_ROOT / place).exists()] == []
