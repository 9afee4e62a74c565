"""The value of a string as it is written."""

from __future__ import annotations

import ast
import warnings


def literal_text(source: str) -> str:
    """The value of a string literal; ``""`` where it is none (an f-string, bytes)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(source)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""
