"""Answers as text that can be compared: the same wherever a value lies in memory.

Unlike ``values`` it asks a value's own ``repr``: what a class shows of itself is its behaviour.
"""

from __future__ import annotations

import hashlib
from typing import Any

_LONGEST = 120
_DEEPEST = 5


def shown(value: Any, depth: int = 0) -> str:
    """``value`` as text that is the same wherever it lies in memory, and not too long."""
    text = _shown(value, depth)
    if len(text) > _LONGEST and not depth:
        return (
            text[:_LONGEST] + "… " + hashlib.sha1(text.encode("utf-8", "replace")).hexdigest()[:8]
        )
    return text


def _shown(value: Any, depth: int) -> str:
    kind = type(value)
    if depth > _DEEPEST:
        return "…"
    if kind is float:
        # Sums in another order are no other behaviour.
        return f"{value:.10g}" + ("" if value % 1 or abs(value) > 1e9 else ".0")
    if kind in (list, tuple):
        inner = ", ".join(_shown(item, depth + 1) for item in value)
        return "[" + inner + "]" if kind is list else "(" + inner + ("," * (len(value) == 1)) + ")"
    if kind in (set, frozenset):
        return "{" + ", ".join(sorted(_shown(item, depth + 1) for item in value)) + "}"
    if kind is dict:
        pairs = [_shown(k, depth + 1) + ": " + _shown(v, depth + 1) for k, v in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if getattr(kind, "__repr__", None) is getattr(object, "__repr__"):  # noqa: B009
        fields = getattr(value, "__dict__", None)
        return kind.__name__ + (_shown(fields, depth + 1) if isinstance(fields, dict) else "")
    try:
        text: str = repr(value)
        return text
    except Exception as error:
        return "<" + kind.__name__ + " whose repr raises " + type(error).__name__ + ">"
