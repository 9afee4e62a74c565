"""The type monitor: no argument of a class that its parameter is not annotated to take.

After Mündler et al., *Type-Constrained Code Generation with Language Models* (PLDI 2025), where
whatever cannot be completed to a well-typed expression is refused at once. Here a whole argument
is: what it is shows where it ends, and another one is written in its place.
"""

from __future__ import annotations

import ast
import re

from analysis.names import NameSet
from analysis.syntax.displays import CALLS, Display, displays_of, expression, plain
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Area, Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.constraint import Constraint, Names

#: What a literal or a display begins with, beside quotes, a digit and brackets.
_WORDS = frozenset({"None", "True", "False", "lambda", "not"})
_BEGINS = re.compile(r"""["'\[{(]|\.?\d|-\s*\.?\d|[A-Za-z]{1,2}["']""")
_WORD = re.compile(r"[^\W\d]\w*")
_CALL = Lexer().advance("f(")


class ArgumentTypeMonitor(Monitor):
    """Judges an argument that is written out, a name, a member or a call, where it ends.

    Asked about when what is written out begins, and when all of another argument is there.
    """

    name = HoleKind.ARGUMENT_TYPE.value
    kinds = frozenset({HoleKind.ARGUMENT_TYPE})

    def begins(self, lexer: Lexer) -> bool:
        """Where an argument of what may be a call begins, or the value behind its keyword."""
        begins = lexer.before in ("(", ",", "=")
        return begins and lexer.ready and lexer.frames[-1:] == ("(",)

    def wanted(self, passage: Passage) -> bool | None:
        """Worth a question where a literal or a display begins or a builtin function is called,
        and where a name, a member or a call was all."""
        written = passage.written.lstrip()
        if not written or (written == "-" and not passage.ended):
            return False if passage.ended else None
        if _BEGINS.match(written):
            return True
        word = _WORD.match(written)
        if word is None:
            return False
        behind = written[word.end() :].lstrip(" \t")
        if not behind and not passage.ended:
            return None
        if word[0] in _WORDS or (word[0] in CALLS and behind.startswith("(")):
            return True
        # Inside the brackets of its call an argument may end with its line.
        behind = behind or passage.after.lstrip()
        if behind.startswith((",", ")")):
            return True
        if not behind.startswith((".", "(")):
            return False
        argument = argument_of(passage)
        if argument is None:
            return False if passage.ended else None
        return isinstance(expression(argument), ast.Attribute | ast.Call)

    def filled(self, passage: Passage) -> str:
        """The argument, once all of it is there and it is a name, a member or a call: what it is
        declared to be is asked, too. Of other expressions such a one is only the end."""
        argument = (argument_of(passage) or "").strip()
        return argument if plain(expression(argument)) else ""

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Rejected if it ends here and the parameter does not take what it is."""
        if names.accepted is None:
            return Verdict.ALLOWED
        argument = argument_of(passage)
        if argument is None:
            return Verdict.ALLOWED if passage.ended else Verdict.UNDECIDED
        node = expression(argument)
        said = node.id if isinstance(node, ast.Name) else argument.strip()
        if said in names.accepted.misfits:
            return Verdict.REJECTED
        builtin = frozenset(names.accepted.builtin)
        found = displays_of(node, builtin) if node is not None else frozenset()
        wrong = bool(found) and found.isdisjoint(names.accepted.displays)
        return Verdict.REJECTED if wrong else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A name that can be seen and may fit, or a constant that does. What a member or a call
        that was refused begins with is none: the same would be written again."""
        if names.accepted is None:
            return None
        displays = names.accepted.displays
        refused = {word[0] for unfit in names.accepted.misfits if (word := _WORD.match(unfit))}
        seen = names.spellings() - refused
        constants = {"None"} if Display.NONE in displays else set[str]()
        if Display.BOOL in displays:
            constants |= {"True", "False"}
        return Constraint.over(Names.of(seen | constants), typed.encode())


def argument_of(passage: Passage) -> str | None:
    """The argument that was written, once a comma or the bracket of its call ended it; ``None``:
    it goes on."""
    text = passage.written + (passage.after if passage.ended else "")
    lexer = _CALL
    for at, character in enumerate(text):
        # Behind two quotes a third one may follow: the string is open yet.
        frames = lexer.frames[: -1 if lexer.carry == "open2" else None]
        outside = frames == _CALL.frames and lexer.area is Area.CODE
        # The comma of a lambda's parameters is none of the call's.
        if outside and (character == ")" or (character == "," and expression(text[:at]))):
            return text[:at]
        lexer = lexer.advance(character)
    return None
