"""A constraint told to a server: as a grammar (llama.cpp's GBNF) or as a regular expression.

Both say the same: a literal, one of the names, a byte that ends a name, then anything. The end is
part of it, since a model that could run on into the same mistake does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from decoding.vocabulary.tokens import ANY_END

#: More names than this make a grammar that costs more to build than the choice is worth.
MOST_NAMES = 2000


#: Bytes of ASCII that code is made of.
_TEXT = frozenset((*range(0x09, 0x0E), *range(0x20, 0x7F)))


@dataclass(frozen=True, slots=True)
class NameForm:
    """What must be written next: ``literal``, then one of ``names`` (never empty), then one of
    ``ends``. The names are what is left of them behind what stands there already; one that is
    ``""`` may end at once."""

    literal: str
    names: tuple[str, ...]
    ends: frozenset[int] = ANY_END

    @property
    def grammar(self) -> str:
        """As GBNF (llama.cpp, ``grammars/README.md``)."""
        names = " | ".join(_quoted(name) for name in self.names)
        literal = f"{_quoted(self.literal)} " if self.literal else ""
        return (
            f"root ::= {literal}name end rest\n"
            f"name ::= {names}\n"
            f"end ::= {self._end}\n"
            "rest ::= [^\\x00]*\n"
        )

    @property
    def pattern(self) -> str:
        """As a regular expression that the whole answer matches."""
        names = "|".join(re.escape(name) for name in self.names)
        return f"{re.escape(self.literal)}(?:{names}){self._end}(?:.|\\n)*"

    @property
    def _end(self) -> str:
        """A class of characters, the same in both languages: of the ends those that are text.

        An identifier may go on with any letter beyond ASCII, so none of them ends one.
        """
        spans: list[list[int]] = []
        for byte in sorted(self.ends & _TEXT):
            if spans and byte == spans[-1][1] + 1:
                spans[-1][1] = byte
            else:
                spans.append([byte, byte])
        return "[" + "".join(rf"\x{first:02x}-\x{last:02x}" for first, last in spans) + "]"


def exactly(text: str) -> str:
    """A grammar that only ``text`` fits."""
    return f"root ::= {_quoted(text)}\n"


def choice(
    literal: str, typed: str, names: Sequence[str], ends: frozenset[int] = ANY_END
) -> NameForm | None:
    """A choice among ``names`` that begin with ``typed``, which is written already.

    ``None`` where none is left, or there are more than :data:`MOST_NAMES`.
    """
    left = tuple(sorted({name[len(typed) :] for name in names if name.startswith(typed)}))
    return NameForm(literal, left, ends) if 0 < len(left) <= MOST_NAMES else None


def _quoted(text: str) -> str:
    # GBNF's escapes are a subset of JSON's for ASCII; what is beyond stays as it is.
    return json.dumps(text, ensure_ascii=False)
