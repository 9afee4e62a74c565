"""Overloaded functions: every overload that a call fits, not the first.

jedi takes the first overload whose parameters fit, but it neither looks at the bound of a type
variable nor at literals, so that the first may be the wrong one (``ast.parse`` has one that gives
back its argument). What all that fit return is known to hold the right one.
"""

from __future__ import annotations

from typing import Any

from jedi.inference.base_value import ValueSet
from jedi.inference.value.function import OverloadedFunctionValue


def install() -> None:
    """Change jedi's class; further calls change nothing more."""
    OverloadedFunctionValue.py__call__ = _call


def _call(self: Any, arguments: Any) -> Any:
    signatures = self.get_signatures()
    fitting = [s for s in signatures if s.matches_signature(arguments)] or signatures
    return ValueSet.from_sets(s.value.as_context(arguments).infer() for s in fitting)
