"""What the security pages claim is shown by tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"`(tests/[\w/.-]+)(?:::(\w+))?`")


@pytest.mark.parametrize("page", ["docs/security.md", "SECURITY.md"])
def test_the_tests_that_a_page_names_exist(page: str) -> None:
    named = _NAMED.findall((_ROOT / page).read_text())
    assert named
    missing = [
        f"{place}::{test}"
        for place, test in named
        if not (_ROOT / place).exists()
        or (test and not re.search(rf"^(?:async )?def {test}\b", (_ROOT / place).read_text(), re.M))
    ]
    assert missing == []


def test_every_claim_names_a_test() -> None:
    kept, _, _ = (_ROOT / "docs" / "security.md").read_text().partition("## What is not kept")
    claims = []
    for part in kept.split("\n\n"):
        if part.startswith("|"):
            claims += part.splitlines()[2:]
        elif part and not part.startswith("#"):
            claims.append(part)
    assert len(claims) > 40
    assert [claim for claim in claims if not _NAMED.search(claim)] == []
