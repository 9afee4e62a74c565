"""Monitors of names that stand alone: defined, assigned before they are read, exceptions."""

from __future__ import annotations

import keyword
import re

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at
from analysis.syntax.lexer import Clause, Lexer
from decoding.monitors.calls import begins_argument
from decoding.monitors.monitor import Monitor, Passage, Verdict, holds
from decoding.vocabulary.constraint import Constraint, Names

# --------------------------------------------------------------------------------------------------
# The name monitor: a bare name that is read has to be bound somewhere (LEGB).
# --------------------------------------------------------------------------------------------------


#: Keywords that an expression may begin with; what else begins one is a name or no word.
EXPRESSIONS = frozenset({"None", "True", "False", "not", "lambda", "await"})
#: The holes that a bare name is read in.
NAMES = frozenset({HoleKind.NAME, HoleKind.ARGUMENT, HoleKind.DECORATOR, HoleKind.SUBSCRIPT_KEY})
#: Behind a name that is read for certain: it is called, looked into, or an operand.
_READ = re.compile(r"[ \t]*(?:[(.]|\[|(?:[-+*/%@&|^<>]|//|\*\*|<<|>>)(?!=)|[=!<>]=)")
#: What a loop assigns and what a lambda takes: up to the word or the colon that ends them.
_TARGETS = re.compile(r"\bfor\b(?:(?!\bin\b)[^\n])*|\blambda\b[^:\n]*")


class NameMonitor(Monitor):
    """Judges a name that is not familiar, once what follows shows that it is read.

    Asked about only then, since most names stand elsewhere: looking each of them up would cost more
    than all other monitors together.
    """

    name = HoleKind.NAME.value
    kinds = NAMES
    unfamiliar_only = True

    def begins(self, lexer: Lexer) -> bool:
        """Where a word can be a name of its own: not behind a dot and not in an import."""
        return begins_name(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Not a key between quotes."""
        return not hole.in_string

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is bound, or is bound here: a target, a parameter, a loop's variable.

        Whether a name of the function has its value yet is another monitor's to say.
        """
        name = passage.name
        if not name or holds(names, name) or name in names.unassigned:
            return Verdict.ALLOWED
        return judge_read(hole, passage)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A name that can be seen, or a keyword that begins an expression."""
        return seen_names(names, typed)


def seen_names(names: NameSet, typed: str) -> Constraint | None:
    """A name that can be seen, or a keyword that begins an expression.

    Builtins that nobody reads by name (``__build_class__``) are never the better choice.
    """
    seen = {name for name in names.spellings() if not name.startswith("__")} | EXPRESSIONS
    return Constraint.over(Names.of(seen), typed.encode())


def begins_name(lexer: Lexer) -> bool:
    """Where a word can be a name of its own: not behind a dot and not in an import."""
    return lexer.before != "." and lexer.clause is Clause.NONE and lexer.ready


def judge_read(hole: Hole, passage: Passage) -> Verdict:
    """Rejected once what follows shows that the name is read; allowed if it may be bound here."""
    name = passage.name
    if keyword.iskeyword(name):
        return Verdict.ALLOWED
    behind = passage.behind
    line = passage.before[passage.before.rfind("\n") + 1 :]
    # Inside brackets a comprehension may bind it later; a lambda did so before.
    if binds(line + name + behind, name):
        return Verdict.ALLOWED
    whole = passage.ended or "\n" in behind
    inside = line.count("(") + line.count("[") + line.count("{") > (
        line.count(")") + line.count("]") + line.count("}")
    )
    if not whole and (inside or not _READ.match(behind)):
        return Verdict.UNDECIDED
    seen = hole_at(passage.before + passage.written + passage.after, len(passage.before))
    if seen.kind not in NAMES or seen.store or set(seen.guards) - set(hole.guards):
        return Verdict.ALLOWED
    return Verdict.REJECTED


def binds(code: str, name: str) -> bool:
    """Whether a line of code may bind ``name`` by other means than an assignment."""
    if re.search(rf"\b(?:as|def|class)\b[^\n]*\b{name}\b|\b{name}[ \t]*:=", code):
        return True
    return any(re.search(rf"\b{name}\b", found[0]) for found in _TARGETS.finditer(code))


# --------------------------------------------------------------------------------------------------
# The assignment monitor: a name that the function binds only later has no value yet.
# --------------------------------------------------------------------------------------------------


class AssignmentMonitor(Monitor):
    """Judges a name that the function around it binds, but on no path to here.

    What may be written instead the name monitor says: such names are not in the set.
    """

    name = "definite_assignment"
    kinds = NAMES
    unfamiliar_only = True

    def begins(self, lexer: Lexer) -> bool:
        """Where a word can be a name of its own."""
        return begins_name(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Not a key between quotes."""
        return not hole.in_string

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it has a value on some path, or is bound here."""
        if passage.name not in names.unassigned:
            return Verdict.ALLOWED
        return judge_read(hole, passage)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A name that can be seen: as the name monitor."""
        return seen_names(names, typed)


# --------------------------------------------------------------------------------------------------
# The exception monitor: ``raise`` and ``except`` name what exists, and what can be raised.
# --------------------------------------------------------------------------------------------------


#: What analysis calls the builtins that are exceptions.
_RAISABLE = "type[BaseException]"


class ExceptionMonitor(Monitor):
    """Judges the first name of what is raised or caught; what follows a dot is an attribute's."""

    name = HoleKind.EXCEPTION.value
    kinds = frozenset({HoleKind.EXCEPTION})

    def begins(self, lexer: Lexer) -> bool:
        """Behind ``raise`` and ``except``; in a tuple, where an argument could begin as well."""
        if not lexer.ready or lexer.clause is not Clause.NONE:
            return False
        return lexer.before in ("raise", "except") or begins_argument(lexer)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is bound and no builtin that cannot be raised."""
        name = passage.name
        if not name:
            return Verdict.ALLOWED
        known = next((known for known in names.names if known.name == name), None)
        if known is None:
            return Verdict.ALLOWED if holds(names, name) else Verdict.REJECTED
        plain = passage.behind.lstrip(" \t").startswith(("\n", ":", ",", ")"))
        # A builtin function may be called for an exception; by itself it is none.
        if known.origin == "builtins" and known.type != _RAISABLE and plain:
            return Verdict.REJECTED
        return Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """An exception of the builtins, or a name of the file, which may hold one."""
        raisable = {n.name for n in names.names if n.type == _RAISABLE or n.origin != "builtins"}
        public = {name for name in raisable if not name.startswith("__")}
        return Constraint.over(Names.of(public), typed.encode())
