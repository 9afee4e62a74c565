"""Each dependency has a reason in CONTRIBUTING.md."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_dependency_says_why_it_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    required = [*project["dependencies"], *(each for extra in extras for each in extra)]
    names = {re.split(r"[^\w-]", requirement)[0] for requirement in required}
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Dependencies")[2]
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \|$", page, re.M)
    assert names - {name for row in rows for name in re.findall(r"[\w-]+", row)} == set()
