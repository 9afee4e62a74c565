"""Monitors of calls: keywords, how many arguments, of which type, and whether it can be called."""

from __future__ import annotations

import ast
import re
from collections.abc import Set
from dataclasses import replace

from analysis.names import CALLS, Display, NameSet, displays_of, expression, plain
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Area, Lexer
from decoding.guidance.text_around import BUILTINS
from decoding.monitors.monitor import Monitor, Passage, Verdict, holds
from decoding.vocabulary.tokens import Constraint, Names

# --------------------------------------------------------------------------------------------------
# The keyword monitor: in a call only keywords that what is called takes.
# --------------------------------------------------------------------------------------------------


#: What may stand behind a keyword, and behind the last comma of a call.
_END, _CLOSE = frozenset(b"="), frozenset(b")")


class KeywordMonitor(Monitor):
    """Judges an argument once an ``=`` stands behind it: before that it may be any expression."""

    name = HoleKind.KEYWORD.value
    kinds = frozenset({HoleKind.KEYWORD})

    def begins(self, lexer: Lexer) -> bool:
        """Where an argument of what may be a call begins."""
        return begins_argument(lexer)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if the call takes it and has no value for it yet, or if it is no keyword but an
        expression."""
        if not passage.name or (
            holds(names, passage.name) and passage.name not in _filled(hole, names)
        ):
            return Verdict.ALLOWED
        behind = passage.behind.strip()
        if passage.ended:
            behind = (passage.behind + passage.after).strip()
        elif behind in ("", "="):
            return Verdict.UNDECIDED
        named = behind.startswith("=") and not behind.startswith("==")
        return Verdict.REJECTED if named else Verdict.ALLOWED

    def impossible(self, hole: Hole, passage: Passage) -> bool | None:
        """Whether a keyword is given twice, or a value without a name behind one that has one:
        wrong whatever is called; ``None``: too early."""
        if _only_named(hole):
            unnamed = by_position(passage)
            if unnamed is not False:
                return unnamed
        if passage.name not in hole.given.keywords:
            return False
        behind = passage.behind.strip()
        if behind in ("", "=") and not passage.ended:
            return None
        return behind.startswith("=") and not behind.startswith("==")

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A keyword that is still free, and its ``=``; where there is none, the end of the call."""
        return free_keyword(names.spellings() - _filled(hole, names), typed)


def by_position(passage: Passage) -> bool | None:
    """Whether an argument without a name was begun; ``None``: too early to tell."""
    written = passage.written.lstrip()
    if not written:
        return False if passage.ended else None
    if written[0] in "*)":
        return False
    behind = replace(passage, written=written).behind.lstrip(" \t")
    if passage.ended:
        behind = (behind + passage.after).lstrip(" \t")
    elif behind in ("", "="):
        return None
    return not behind.startswith("=") or behind.startswith("==")


def free_keyword(free: Set[str], typed: str) -> Constraint | None:
    """One of ``free`` and its ``=``, the end of the call where there is none."""
    if free:
        return Constraint.over(Names.of(free), typed.encode(), _END)
    return None if typed else Constraint.over(Names.nothing(), b"", _CLOSE)


def _only_named(hole: Hole) -> bool:
    """Whether an argument without a name can be no code here (language reference, *Calls*)."""
    return bool(hole.given.keywords) or hole.given.unpacked_names


def _filled(hole: Hole, names: NameSet) -> frozenset[str]:
    """The parameters that arguments by position have given a value, in every signature."""
    arity = names.arity
    if arity is None or not arity.closed or hole.given.unpacked:
        return frozenset()
    every = {keyword for signature in arity.signatures for keyword in signature.keywords}
    return frozenset(every.difference(arity.keywords))


# --------------------------------------------------------------------------------------------------
# The arity monitor: a call does not end before it has what is required of it.
# --------------------------------------------------------------------------------------------------


#: Values that any call may be given.
_VALUES = frozenset({"None", "True", "False"})


class ArityMonitor(Monitor):
    """Judges a bracket that closes where an argument could begin.

    Asked about only then: looking up what is called takes longer than writing most arguments.
    Whether arguments are too many another monitor judges.
    """

    name = "arity"
    kinds = frozenset({HoleKind.ARGUMENT})
    by_arity = True

    def begins(self, lexer: Lexer) -> bool:
        """Where an argument of what may be a call begins."""
        return begins_argument(lexer)

    def wanted(self, passage: Passage) -> bool | None:
        """Worth a question when the call ends here."""
        written = passage.written.lstrip()
        return written.startswith(")") if written else (False if passage.ended else None)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Rejected if the call ends and every signature still requires something."""
        ends = passage.written.lstrip().startswith(")")
        arity = names.arity
        lacking = ends and arity is not None and arity.closed and bool(arity.missing)
        return Verdict.REJECTED if lacking else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A name that can be seen, as the argument; a keyword alone would be no value."""
        if names.arity is None or not names.arity.missing or names.arity.more == 0:
            return None
        seen = {n.name for n in names.names if n.kind != "keyword" and n.origin != "builtins"}
        values = {name for name in seen if not name.startswith("__")} | _VALUES
        return Constraint.over(Names.of(values), typed.encode())


def begins_argument(lexer: Lexer) -> bool:
    """Where an argument of what may be a call begins."""
    return lexer.before in ("(", ",") and lexer.ready and lexer.frames[-1:] == ("(",)


# --------------------------------------------------------------------------------------------------
# The surplus monitor: no argument by position behind the last that what is called takes.
# --------------------------------------------------------------------------------------------------


_OPENED = re.compile(r"(?<![\w.])([^\W\d]\w*)[ \t]*\(\s*\Z")


class SurplusMonitor(Monitor):
    """Judges an argument once it shows that it has no name.

    The first argument of a builtin is only judged at the cursor, where the hint asks the same:
    models know how these are called.
    """

    name = "surplus_argument"
    kinds = frozenset({HoleKind.ARGUMENT})
    by_arity = True

    def begins(self, lexer: Lexer) -> bool:
        """Where an argument of what may be a call begins."""
        return begins_argument(lexer)

    def wanted(self, passage: Passage) -> bool | None:
        """Worth a question where an argument by position is written."""
        return False if _of_builtin(passage.before) else by_position(passage)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Rejected if every place that can be reached by position is taken."""
        if not _full(names) or hole.given.unpacked:
            return Verdict.ALLOWED
        surplus = by_position(passage)
        if surplus is None:
            return Verdict.UNDECIDED
        return Verdict.REJECTED if surplus else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A keyword that is still free; where there is none, the end of the call."""
        if not _full(names):
            return None
        assert names.arity is not None
        return free_keyword(set(names.arity.keywords), typed)


def _full(names: NameSet) -> bool:
    return names.arity is not None and names.arity.closed and names.arity.more == 0


def _of_builtin(before: str) -> bool:
    """Whether the call of a builtin has opened right behind ``before``."""
    opened = _OPENED.search(before)
    return opened is not None and opened[1] in BUILTINS


# --------------------------------------------------------------------------------------------------
# The type monitor: no argument of a class that its parameter is not annotated to take.
#
# After Mündler et al., *Type-Constrained Code Generation with Language Models* (PLDI 2025), where
# whatever cannot be completed to a well-typed expression is refused at once. Here a whole argument
# is: what it is shows where it ends, and another one is written in its place.
# --------------------------------------------------------------------------------------------------


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


# --------------------------------------------------------------------------------------------------
# The monitor of a call's beginning: what cannot be called is not.
# --------------------------------------------------------------------------------------------------


_ANYTHING_ELSE = frozenset(range(256)) - frozenset(b"(")


class CallMonitor(Monitor):
    """Judges a bracket that opens behind a value: ``.size()`` where the size is a number."""

    name = HoleKind.CALL.value
    kinds = frozenset({HoleKind.CALL})
    by_arity = True

    def begins(self, lexer: Lexer) -> bool:
        """Never from what stands before: it is looked back at once a bracket has opened."""
        return False

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Rejected if what stands before is declared to be something that cannot be called."""
        refused = names.arity is not None and names.arity.uncallable
        called = passage.written.startswith("(")
        return Verdict.REJECTED if refused and called else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """Whatever else may follow the value."""
        return Constraint.over(Names.nothing(), b"", _ANYTHING_ELSE)


# --------------------------------------------------------------------------------------------------
# The monitor of a call's end: it does not end behind an argument while another is required.
# --------------------------------------------------------------------------------------------------


_COMMA = frozenset(b",")


class CallEndMonitor(Monitor):
    """Judges a bracket that closes behind an argument. Where one closes and nothing was given, the
    arity monitor does: there another name can be written at once."""

    name = HoleKind.CALL_END.value
    kinds = frozenset({HoleKind.CALL_END})
    by_arity = True

    def begins(self, lexer: Lexer) -> bool:
        """Never from what stands before: it is looked back at once a bracket has closed."""
        return False

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Rejected if every signature still requires something."""
        arity = names.arity
        lacking = arity is not None and arity.closed and bool(arity.missing)
        ends = passage.written.lstrip().startswith(")")
        return Verdict.REJECTED if lacking and ends else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A comma, behind which the next argument follows."""
        if names.arity is None or not names.arity.missing:
            return None
        return Constraint.over(Names.nothing(), b"", _COMMA)
