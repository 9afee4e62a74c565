"""A constraint told to a server: as a grammar (llama.cpp's GBNF) or as a regular expression.

Both say the same: a literal, one of the names, a byte that ends a name, then anything. The end is
part of it, since a model that could run on into the same mistake does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

#: More names than this make a grammar that costs more to build than the choice is worth.
MOST_NAMES = 2000


@dataclass(frozen=True, slots=True)
class Choice:
    """What must be written next: ``literal``, then one of ``names`` (never empty), then what
    ends a name. ``typed`` stands there already, so the names are what is left of them; one that
    is ``""`` may end at once."""

    literal: str
    names: tuple[str, ...]

    @property
    def grammar(self) -> str:
        """As GBNF (llama.cpp, ``grammars/README.md``)."""
        names = " | ".join(_quoted(name) for name in self.names)
        literal = f"{_quoted(self.literal)} " if self.literal else ""
        # An identifier may go on with any letter beyond ASCII, so none of them ends one.
        return (
            f"root ::= {literal}name end rest\n"
            f"name ::= {names}\n"
            "end ::= [\\x09-\\x0d\\x20-\\x2f\\x3a-\\x40\\x5b-\\x5e\\x60\\x7b-\\x7e]\n"
            "rest ::= [^\\x00]*\n"
        )

    @property
    def pattern(self) -> str:
        """As a regular expression that the whole answer matches."""
        names = "|".join(re.escape(name) for name in self.names)
        return f"{re.escape(self.literal)}(?:{names})[\\t-\\r -/:-@\\[-^`{{-~](?:.|\\n)*"


def exactly(text: str) -> str:
    """A grammar that only ``text`` fits."""
    return f"root ::= {_quoted(text)}\n"


def choice(literal: str, typed: str, names: Sequence[str]) -> Choice | None:
    """A choice among ``names`` that begin with ``typed``, which is written already.

    ``None`` where none is left, or there are more than :data:`MOST_NAMES`.
    """
    left = tuple(sorted({name[len(typed) :] for name in names if name.startswith(typed)}))
    return Choice(literal, left) if 0 < len(left) <= MOST_NAMES else None


def _quoted(text: str) -> str:
    # GBNF's escapes are a subset of JSON's for ASCII; what is beyond stays as it is.
    return json.dumps(text, ensure_ascii=False)
