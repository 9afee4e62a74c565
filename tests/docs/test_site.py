"""The manual builds as a site without a warning, and links of the front pages lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_site_builds_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    mkdocs = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    done = subprocess.run(
        [*mkdocs, "--site-dir", str(tmp_path / "site")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loads = re.compile(r'<(?:script|img|link)[^>]+(?:src|href)="(?:https?:)?//[^"]*"')
    for page in (tmp_path / "site").rglob("*.html"):
        assert not loads.findall(page.read_text("utf-8")), page


def test_modules_that_the_manual_names_exist() -> None:
    module = re.compile(
        r"`((?:analysis|decoding|repair|engine|lsp_server|pilotfish|benchmarks|tools)/[\w/.]+\.py)`"
    )
    named = {
        (page.name, name)
        for page in (ROOT / "docs").rglob("*.md")
        for name in module.findall(page.read_text("utf-8"))
    }
    assert len(named) > 10
    assert sorted(each for each in named if not (ROOT / each[1]).is_file()) == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_links_of_the_front_pages_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    assert name != "README.md" or len(links) > 20
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 130
