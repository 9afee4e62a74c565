"""The construct a cursor stands in, seen by syntax alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analysis.names import NOTHING, Arguments

#: The reason of a subscript's hole between quotes.
STRING_KEY = "string key"
#: The ``reason`` of a name or a keyword in the header of a class.
BASE_CLASS = "a base class"
#: The reason of an argument's hole between quotes.
STRING_ARGUMENT = "string argument"


class HoleKind(StrEnum):
    """What is being written at a cursor (docs/analysis.md). Values are monitor names.

    ``CALL`` is where a bracket opens a call, ``CALL_END`` where one may close it behind an
    argument; no name is written there.
    """

    ATTRIBUTE = "attribute"
    IMPORT_MODULE = "import_module"
    IMPORT_MEMBER = "import_member"
    KEYWORD = "keyword"
    ARGUMENT = "argument"
    NAME = "name"
    SUBSCRIPT_KEY = "subscript_key"
    LITERAL = "literal"
    ARGUMENT_TYPE = "argument_type"
    EXCEPTION = "exception"
    DECORATOR = "decorator"
    CALL = "call"
    CALL_END = "call_end"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Hole:
    """A place where a name is being written. All offsets are code points into the text.

    ``start`` is where the name begins (just behind the dot of an attribute), ``cursor`` where the
    cursor is, ``prefix`` the part already typed (``text[start:cursor]``), ``end`` where the
    identifier under the cursor ends. ``receiver`` is the span before the dot, for an import
    member the module path. ``store`` is true where the name is assigned, deleted or declared, so
    that it may be new. ``guards`` names syntactic reasons for doubt (``hasattr``,
    ``try_attribute_error``, ``isinstance``, …).
    """

    kind: HoleKind
    start: int
    cursor: int
    end: int
    prefix: str = ""
    receiver: tuple[int, int] | None = None
    receiver_text: str = ""
    store: bool = False
    guards: tuple[str, ...] = ()
    reason: str = ""
    #: For a hole in a call, what the call holds before it; in the list of an import, the names that
    #: it holds under their own name are the keywords.
    given: Arguments = NOTHING
    #: The name that an argument is given by, where it has one.
    keyword: str = ""
    #: Where begins what a model wrote up to here, which proves nothing about the code; -1: nowhere.
    written: int = -1

    @property
    def in_string(self) -> bool:
        """Whether what is written stands between quotes."""
        return self.reason in (STRING_KEY, STRING_ARGUMENT)
