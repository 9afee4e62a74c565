"""Where a number ends that is read character by character (reference, "Numeric literals")."""

from __future__ import annotations

_BASES = {"x": "0123456789abcdef_", "o": "01234567_", "b": "01_"}


def goes_on(word: str, character: str) -> bool:
    """Whether ``character`` belongs to the number that began with ``word``."""
    word, low = word.lower(), character.lower()
    if digits := _of_base(word):
        return low in digits
    if "j" in word:
        return False
    if _exponent_begins(word):
        return character.isdecimal() or (character in "+-" and word[-1] == "e")
    power = "e" in word
    return (
        character.isdecimal()
        or character == "_"
        or (character == "." and "." not in word and not power)
        or (low == "e" and not power)
        or low == "j"
        or (word == "0" and low in _BASES)
    )


def end(word: str) -> int:
    """How much of ``word`` is a number when it does not go on.

    The rest looked like a part of one and is the beginning of a name, with a sign behind it or
    without: ``1else``, ``0or``, ``1e+x``.
    """
    word = word.lower()
    if _of_base(word):
        return 1 if len(word) == 2 else len(word)
    return word.find("e") if _exponent_begins(word) else len(word)


def _of_base(word: str) -> str:
    """The digits that may follow a base, ``""`` where ``word`` does not begin with one."""
    return _BASES.get(word[1], "") if len(word) > 1 and word[0] == "0" else ""


def _exponent_begins(word: str) -> bool:
    """Whether an exponent has no digits yet."""
    power = word.find("e")
    return power >= 0 and power == len(word.rstrip("+-")) - 1
