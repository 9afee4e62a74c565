"""Links out of the clone: what they lead to is not checked in its name, and never written."""

from __future__ import annotations

from tests.attacks.conftest import Victim

_UNTIDY = "import os\nimport sys\nprint( 1)\n"


def test_fix_writes_through_no_link_that_leaves_the_clone(victim: Victim) -> None:
    outside = victim.home / "other.py"
    outside.write_text(_UNTIDY)
    inside = victim.clone / "src"
    inside.mkdir()
    (inside / "real.py").write_text(_UNTIDY)
    (victim.clone / "near.py").symlink_to("src/real.py")
    (victim.clone / "away.py").symlink_to(outside)
    (victim.clone / "way").symlink_to(victim.home)
    (victim.clone / "ruff.toml").write_text(
        '[lint]\nselect = ["F", "I"]\n[lint.isort]\nrequired-imports = ["import evil"]\n'
    )
    victim.runs("check", "--fix", ".")
    assert outside.read_text() == _UNTIDY
    assert "import evil" in (inside / "real.py").read_text()
    # A person who names the link means it.
    victim.runs("check", "--fix", "away.py")
    assert outside.read_text() != _UNTIDY
