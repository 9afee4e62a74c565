"""Every rule's cases, through the whole provider."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.names import NameSet
from analysis.semantics import rules
from analysis.semantics.reference import ReferenceProvider
from analysis.semantics.rules import RULES
from analysis.semantics.rules.rule import Case
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(str(tmp_path_factory.mktemp("workspace")), python=sys.executable)


def _all_cases() -> list[tuple[str, Case]]:
    return [(_name(rule), case) for rule in RULES for case in rule.CASES]


def _name(rule: object) -> str:
    return str(getattr(rule, "__name__", rule)).rpartition(".")[2]


def _names(provider: ReferenceProvider, workspace: Workspace, source: str) -> NameSet:
    offset = source.index("$0")
    text = source.replace("$0", "", 1)
    snapshot = Snapshot(str(Path(workspace.root) / "case.py"), text, workspace)
    return provider.names(snapshot, hole_at(text, offset), Deadline.after(60))


@pytest.mark.parametrize(
    ("rule", "case"), _all_cases(), ids=[f"{r}-{i}" for i, (r, _) in enumerate(_all_cases())]
)
def test_case(provider: ReferenceProvider, workspace: Workspace, rule: str, case: Case) -> None:
    answer = _names(provider, workspace, case.source)
    shown = f"{rule}:\n{case.source}\n-> {answer.tier}: {answer.reason}"
    assert answer.tier is case.tier, shown
    assert set(case.has) <= answer.spellings(), shown
    assert not set(case.lacks) & answer.spellings(), shown


def test_every_rule_file_is_registered_and_says_why() -> None:
    folder = Path(rules.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "rule"}
    assert {_name(rule) for rule in RULES} == files
    assert all(rule.__doc__ for rule in RULES)
