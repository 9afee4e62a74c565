"""Another user of the machine reads nothing of what Pilotfish keeps of a person's code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.attacks.conftest import Victim


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_caches_logs_and_trust_are_the_users_alone(anybody: Victim) -> None:
    (anybody.clone / "app.py").write_text("import os\n\n\ndef near():\n    os.invented()\n")
    old = anybody.home / ".cache" / "pilotfish"
    old.mkdir(parents=True)
    anybody.owns(anybody.home)
    old.chmod(0o755)
    for words in (("check", "."), ("graph", "build", "."), ("trust", ".")):
        anybody.runs(*words, seconds=60)
    kept = [place for place in anybody.home.rglob("pilotfish/**/*") if place.is_file()]
    kept = [place for place in kept if place.stat().st_size]
    # Its folder may be open: somebody chose it so.
    assert [str(place) for place in kept if place.stat().st_mode & 0o077] == []
    assert len(kept) > 3
    ways = [above for place in kept for above in place.parents if anybody.home in above.parents]
    assert [place for place in kept if not _is_shut(place, ways)] == []


def _is_shut(place: Path, ways: list[Path]) -> bool:
    """Whether a folder on the way to ``place`` lets nobody else through."""
    return any(not above.stat().st_mode & 0o011 for above in place.parents if above in ways)
