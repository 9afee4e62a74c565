"""The lexer's state behind what stands before the cursor, kept from key to key.

A lexer of a whole file takes longer than everything else that guidance does before the first token,
and from one completion to the next only a few characters are typed.
"""

from __future__ import annotations

from collections import OrderedDict

from analysis.syntax.lexer import Lexer

#: By the text in front of them; the newest last.
_kept: OrderedDict[str, Lexer] = OrderedDict()
#: Texts that are kept: those that editors show at once.
_KEPT = 8


def lexed(text: str) -> Lexer:
    """The state behind ``text``, from the longest text that is kept and that it begins with."""
    near = max(filter(text.startswith, _kept), key=len, default="")
    lexer = _kept.get(near, Lexer()).advance(text[len(near) :])
    _kept[text] = lexer
    _kept.move_to_end(text)
    while len(_kept) > _KEPT:
        _kept.popitem(last=False)
    return lexer
