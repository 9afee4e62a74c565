"""What is known of a receiver's type, as one comment line for the start of a prompt.

The model cannot see the class behind ``receiver.``, so its members are listed: the likeliest that
fit a budget of tokens. At the start of the prompt, since right above the hole it hurts (measured in
the experiment of issue C).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from analysis.names import Name, NameSet
from decoding.prompts.window import Tokenize

#: Of the text before the cursor, how much says what the author is about, in code points: the
#: statement and the few before it.
_NEAR = 600
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z]+")
_SEPARATOR = ", "


def member_line(
    names: NameSet, before: str, budget: int, tokenize: Tokenize, *, own: bool = False
) -> str:
    """The comment's text, without ``#``; ``""`` where nothing of use is known.

    ``before`` is the file up to the hole: members that share words with its end come first.
    ``budget`` is in tokens. ``own`` says that the code is the class's own: it uses private names
    as often as public ones.
    """
    if not names.receiver_type:
        return ""
    head = f"{names.receiver_type}: "
    room = budget - len(tokenize(head))
    chosen: list[str] = []
    for name in ranked(names.names, before, own=own):
        room -= len(tokenize(name + _SEPARATOR))
        if room < 0:
            break
        chosen.append(name)
    return head + _SEPARATOR.join(chosen) if chosen else ""


def ranked(names: Iterable[Name], before: str, *, own: bool = False) -> list[str]:
    """Public names (with ``own`` private ones too), those first that share a word with the text
    around the hole.

    Of equals, those of the module that most of the type comes from (its own members, not what it
    inherits), then by name, so that the order does not change from key to key.
    """
    near = _words(before[-_NEAR:])
    hidden = "__" if own else "_"
    shown = [name for name in names if not name.name.startswith(hidden)]
    home = _commonest([name.origin for name in shown])

    def rank(name: Name) -> tuple[bool, bool, str]:
        return not (_words(name.name) & near), name.origin != home, name.name

    return [name.name for name in sorted(shown, key=rank)]


def _words(text: str) -> set[str]:
    """The words that names are made of: ``readLine`` and ``read_line`` are both two."""
    return {word.lower() for word in _WORD.findall(text) if len(word) > 2}


def _commonest(origins: list[str]) -> str:
    return max(sorted(set(origins)), key=origins.count, default="")
