from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from analysis.lint import manual, rules
from analysis.lint.rules import RULES
from analysis.lint.rules.rule import Example, Rule
from tests.analysis.lint.conftest import Look

EXAMPLES = [(rule, example) for rule in RULES for example in rule.EXAMPLES]
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("rule", "example"), EXAMPLES, ids=[f"{r.CODE}-{e.source[:30]!r}" for r, e in EXAMPLES]
)
def test_the_examples_of_a_rule_hold(rule: Rule, example: Example, look_at: Look) -> None:
    lines = example.source.split("\n")
    found = look_at(example.source).findings
    names = [lines[f.line][f.character : f.end_character] for f in found if f.code == rule.CODE]
    assert tuple(names) == example.reported
    assert not [f for f in found if f.code != rule.CODE]


def test_every_rule_shows_what_it_reports_and_what_not() -> None:
    for rule in RULES:
        assert any(e.reported for e in rule.EXAMPLES), rule.CODE
        assert any(not e.reported for e in rule.EXAMPLES), rule.CODE


def test_every_rule_file_is_listed_once_and_codes_are_in_order() -> None:
    files = {m.name for m in pkgutil.iter_modules(rules.__path__)} - {"rule"}
    modules = {importlib.import_module(f"analysis.lint.rules.{name}") for name in files}
    assert {id(rule) for rule in RULES} == {id(module) for module in modules}
    codes = [rule.CODE for rule in RULES]
    assert codes == sorted(set(codes))


def test_the_manual_is_what_the_rules_say() -> None:
    folder = ROOT / "docs" / "diagnostics"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert written == manual.pages(), "run: python -m analysis.lint.manual docs/diagnostics"
