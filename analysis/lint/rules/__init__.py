"""The rules, one file each. To add one: write its file, with its page and examples inside, and add
it to :data:`RULES`; ``python -m analysis.lint.manual docs/diagnostics`` writes its page."""

from __future__ import annotations

from typing import cast

from analysis.lint.rules import (
    invented_attribute,
    invented_keyword,
    invented_member,
    invented_module,
    wrong_arity,
)
from analysis.lint.rules.rule import Rule
from analysis.syntax.hole import HoleKind

#: In order of their codes. Codes are stable: one is never given to another rule.
RULES: tuple[Rule, ...] = tuple(
    cast(Rule, module)
    for module in (
        invented_attribute,
        invented_module,
        invented_member,
        invented_keyword,
        wrong_arity,
    )
)


def rule_for(kind: HoleKind) -> Rule | None:
    """The rule that judges sites of ``kind``."""
    return next((rule for rule in RULES if kind in rule.KINDS), None)
