"""The lexer's state behind what stands before the cursor, kept from key to key.

A lexer of a whole file takes longer than everything else that guidance does before the first token,
and from one completion to the next a few characters are typed, or the cursor goes elsewhere. A
:class:`~analysis.syntax.lexer.Lexer` may begin behind any text that it was behind before, so states
are kept at short distances: what is lexed is what stands behind the first change, and no more.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from analysis.syntax.lexer import Lexer

#: Code points between two states: lexing as many takes about as long as finding where to begin.
_STEP = 1_000
#: Texts that are kept: those that editors show at once.
_KEPT = 8


@dataclass(frozen=True, slots=True)
class _KnownStates:
    """A text, and the states behind some beginnings of it from the empty one to all of it."""

    text: str
    states: tuple[Lexer, ...]

    def states_in(self, text: str) -> tuple[Lexer, ...]:
        """Those that stand behind beginnings of ``text`` too."""
        if text.startswith(self.text):
            return self.states
        return self.states[
            : bisect_left(
                self.states, True, key=lambda s: not text.startswith(self.text[: s.offset])
            )
        ]


#: The newest first. Replaced as a whole: whoever looks at it sees it whole.
_known: tuple[_KnownStates, ...] = ()


def lexer_after(text: str) -> Lexer:
    """The state behind ``text``."""
    global _known
    known = _known
    if known and known[0].text == text:
        return known[0].states[-1]
    shared = max((each.states_in(text) for each in known), key=_reach, default=(Lexer(),))
    # What was typed key by key leaves states close to each other, of which the last one is enough.
    states = [state for state in shared[:-1] if not state.offset % _STEP]
    states.append(shared[-1])
    while (at := states[-1].offset) < len(text):
        states.append(states[-1].advance(text[at : at - at % _STEP + _STEP]))
    # A text that this one goes on with is not needed any more.
    others = [each for each in known if not text.startswith(each.text)]
    _known = (_KnownStates(text, tuple(states)), *others[: _KEPT - 1])
    return states[-1]


def _reach(states: tuple[Lexer, ...]) -> int:
    return states[-1].offset
