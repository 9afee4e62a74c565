"""The locks hold what the project requires, as pinned, with hashes and without an address."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from tools.lock import FOLDER, LOCKS, pins, sbom

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_complete_pinned_and_hashed(name: str) -> None:
    """Fixed by ``python -m tools.lock``."""
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    locked = list(pins(text))
    # A line that is no pin has no hashes either: none may be there.
    assert len(locked) == len(re.findall(r"^\w", text, re.MULTILINE))
    assert all(hashes for _, _, hashes in locked)
    extras = LOCKS[name]
    wanted = (
        PROJECT["build-system"]["requires"]
        if extras is None
        else list(PROJECT["project"]["dependencies"])
    )
    for extra in extras or ():
        wanted += PROJECT["project"]["optional-dependencies"][extra]
    required = {_normal(re.split(r"[^\w.-]", each)[0]) for each in wanted}
    assert required - {_normal(each) for each, _, _ in locked} == set()
    constraints = (ROOT / "constraints.txt").read_text("utf-8")
    pinned: dict[str, set[str]] = {}
    for each, version in re.findall(r"^([\w.-]+)==([^\s;]+)", constraints, re.MULTILINE):
        pinned.setdefault(_normal(each), set()).add(version)
    assert [each for each in locked if each[1] not in pinned.get(_normal(each[0]), {each[1]})] == []


def test_the_sbom_names_the_wheel_and_each_dependency(tmp_path: Path) -> None:
    wheel = tmp_path / "pilotfish-9-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            "pilotfish-9.dist-info/METADATA",
            "Metadata-Version: 2.4\nName: pilotfish\nVersion: 9\nLicense-Expression: MIT\n",
        )
    lock = (
        "a_b==1.0 ; sys_platform == 'x' \\\n    --hash=sha256:0a\nc==2 \\\n    --hash=sha256:1b\n"
    )
    document = sbom(wheel, lock)
    assert document == sbom(wheel, lock)
    components = document["components"]
    assert isinstance(components, list)
    assert [each["purl"] for each in components] == ["pkg:pypi/a-b@1.0", "pkg:pypi/c@2"]
    assert document["dependencies"] == [
        {"ref": "pkg:pypi/pilotfish@9", "dependsOn": ["pkg:pypi/a-b@1.0", "pkg:pypi/c@2"]}
    ]


def test_each_action_is_pinned_to_a_commit() -> None:
    used = [
        line
        for path in [ROOT / "action.yml", *(ROOT / ".github" / "workflows").glob("*.yml")]
        for line in re.findall(r"uses: *(\S+)", path.read_text("utf-8"))
    ]
    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", each)] == []


def test_no_lock_of_a_node_package_names_a_registry_or_lacks_a_hash() -> None:
    locks = list(ROOT.glob("tests/e2e/*/package-lock.json"))
    assert locks
    for lock in locks:
        packages = json.loads(lock.read_text("utf-8"))["packages"]
        assert not any("resolved" in package for package in packages.values()), lock
        assert all("integrity" in package for name, package in packages.items() if name), lock
