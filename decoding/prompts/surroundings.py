"""What is known around a hole, as comment lines for the start of a prompt."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum

from analysis.holes.context import HoleContext, RelevantHeader, RelevantType
from decoding.prompts.window import Tokenize

#: Headers that are listed at most: more are a haystack.
_MOST_HEADERS = 6
_MOST_TYPES = 2
_MOST_RELATED = 6


class Part(StrEnum):
    """What a hint may tell; ``benchmarks.dotprompts`` measures each alone and all together."""

    EXPECTED = "expected"
    """The type that is wanted."""
    HEADERS = "headers"
    """What gives a value of that type."""
    TYPES = "types"
    """The classes that it speaks of, with their members."""
    RELATED = "related"
    """Definitions in other files, ranked by the code graph."""


def lines(
    context: HoleContext, parts: Collection[Part], budget: int, tokenize: Tokenize
) -> list[str]:
    """The text of the lines without ``#``, the most telling first, as far as ``budget`` tokens go.

    A line that does not fit is left out.
    """
    kept: list[str] = []
    for line in _told(context, parts):
        cost = len(tokenize(f"# {line}\n"))
        if cost <= budget:
            budget -= cost
            kept.append(line)
    return kept


def _told(context: HoleContext, parts: Collection[Part]) -> Iterator[str]:
    expected = context.expected
    if Part.EXPECTED in parts and expected.type and expected.classes:
        of = f"{expected.of.partition(' of ')[0]}: " if expected.of else ""
        yield f"expected {of}{expected.type}"
    if Part.HEADERS in parts:
        yield from map(_header, context.headers[:_MOST_HEADERS])
    if Part.TYPES in parts:
        yield from map(_type, context.types[:_MOST_TYPES])
    if Part.RELATED in parts:
        yield from context.related[:_MOST_RELATED]


def _header(header: RelevantHeader) -> str:
    """How it is written at the hole, with its parameters and its result."""
    begin, paren, rest = header.header.partition("(")
    called = begin.startswith(("def ", "async def ", "class "))
    return f"{header.name}({rest}" if called and paren else header.header


def _type(one: RelevantType) -> str:
    header, _, members = one.definition.partition("\n")
    shown = [line.strip() for line in members.split("\n") if line.strip()]
    return f"{header} {'; '.join(shown)}" if shown else header
