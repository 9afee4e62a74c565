"""What the patterns of a ``case`` evaluate, and whether one can fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def values_in(pattern: ast.pattern) -> Iterator[ast.expr]:
    """The expressions of a pattern in order: values, keys and classes."""
    match pattern:
        case ast.MatchValue(value=value):
            yield value
        case ast.MatchClass(cls=cls, patterns=patterns, kwd_patterns=named):
            yield cls
            for each in [*patterns, *named]:
                yield from values_in(each)
        case ast.MatchMapping(keys=keys, patterns=patterns):
            yield from keys
            for each in patterns:
                yield from values_in(each)
        case ast.MatchSequence(patterns=patterns) | ast.MatchOr(patterns=patterns):
            for each in patterns:
                yield from values_in(each)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            yield from values_in(inner)


def always_matches(pattern: ast.pattern) -> bool:
    """Whether ``pattern`` is irrefutable (language reference, §8.6.3)."""
    match pattern:
        case ast.MatchAs(pattern=None):
            return True
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return always_matches(inner)
        case ast.MatchOr(patterns=[*_, last]):
            return always_matches(last)
    return False
