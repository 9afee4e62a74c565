"""The rules, one file each. To add one: write its file, with its page and examples inside, and add
it to :data:`RULES`; ``python -m analysis.lint.manual docs/diagnostics`` writes its page."""

from __future__ import annotations

from typing import cast

from analysis.lint.rules import (
    deprecated_call,
    invented_attribute,
    invented_keyword,
    invented_member,
    invented_module,
    missing_module,
    unassigned_name,
    undefined_name,
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
        undefined_name,
        unassigned_name,
        deprecated_call,
        missing_module,
    )
)


def rules_for(kind: HoleKind) -> tuple[Rule, ...]:
    """The rules that judge sites of ``kind``; at most one of them has a verdict on a site."""
    return tuple(rule for rule in RULES if kind in rule.KINDS)
