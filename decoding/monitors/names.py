"""Monitors of names: plain names, members, and strings that must be one of a few.

Plain names are defined, assigned before they are read, or exceptions. Members are those of a value,
of ``self``, of an enumeration and of an import. Strings are keys, and arguments with a literal
type.
"""

from __future__ import annotations

import keyword
import re

from analysis.names import NameSet
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.holes import hole_at
from analysis.syntax.lexer import Clause, Lexer, Quote
from decoding.monitors.calls import begins_argument
from decoding.monitors.monitor import Monitor, Passage, Verdict, holds
from decoding.vocabulary.tokens import IDENTIFIER_BYTES, Constraint, Names

# --------------------------------------------------------------------------------------------------
# Strings that may only say one of a set: how one is judged, and what may be written instead.
# --------------------------------------------------------------------------------------------------


_QUOTES = frozenset(b"'\"")


def begins_quoted(lexer: Lexer) -> bool:
    """Behind the first quote of a plain string."""
    top = lexer.frames[-1] if lexer.frames else ""
    return lexer.carry == "open1" and isinstance(top, Quote) and not (top.raw or top.formatted)


def closed_at(passage: Passage) -> int | None:
    """Where in ``passage.written`` the quote stands that ends the string it begins in."""
    at = passage.written.find(passage.before[-1:] or "\n")
    return at if at >= 0 else None


def judge_quoted(names: NameSet, passage: Passage, *, early: bool) -> Verdict:
    """Rejected if the string says something else, with ``early`` as soon as nothing of ``names``
    begins with what was written of it. Escapes are not read: such a string is let be."""
    end = closed_at(passage)
    said = passage.written[:end]
    if "\\" in said or "\n" in said:
        return Verdict.ALLOWED
    if end is None:
        if passage.ended:
            return Verdict.ALLOWED  # it may go on on the other side
        begun = any(known.startswith(said) for known in names.spellings())
        return Verdict.UNDECIDED if begun or not early else Verdict.REJECTED
    return Verdict.ALLOWED if said in names.spellings() else Verdict.REJECTED


def only_quoted(names: NameSet, typed: str) -> Constraint | None:
    """One of ``names`` and a quote; of them only what is spelled as a name is."""
    plain = {name for name in names.spellings() if IDENTIFIER_BYTES.issuperset(name.encode())}
    return Constraint.over(Names.of(plain), typed.encode(), _QUOTES)


# --------------------------------------------------------------------------------------------------
# The key monitor: between the quotes of ``receiver["…"]`` only keys that the receiver has.
# --------------------------------------------------------------------------------------------------


class KeyMonitor(Monitor):
    """Judges a key that is read: one that is assigned may be new."""

    name = HoleKind.SUBSCRIPT_KEY.value
    kinds = frozenset({HoleKind.SUBSCRIPT_KEY})

    def begins(self, lexer: Lexer) -> bool:
        """Behind the quote of a string that begins a subscript."""
        return lexer.before == "[" and begins_quoted(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Not an index that is another expression."""
        return hole.in_string

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is a key, is assigned, or is only a part of an expression."""
        line = passage.before[passage.before.rfind("\n") + 1 :]
        begins = line.lstrip().startswith(hole.receiver_text)
        said, end = judge_quoted(names, passage, early=not begins), closed_at(passage)
        if said is not Verdict.REJECTED or end is None:
            return said
        behind = passage.written[end + 1 :] + (passage.after if passage.ended else "")
        between, _, rest = behind.lstrip(" \t").partition("]")
        rest = rest.lstrip(" \t")
        if between or (begins and rest[:1] in (",", ":")):
            return Verdict.ALLOWED  # more than a string, or one of several targets
        if rest in ("", "=") and not passage.ended:
            return Verdict.UNDECIDED
        stored = rest.startswith("=") and not rest.startswith("==")
        return Verdict.ALLOWED if stored else Verdict.REJECTED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A key, and the quote that ends it."""
        return only_quoted(names, typed)


# --------------------------------------------------------------------------------------------------
# The literal monitor: a string for a parameter that is a ``Literal`` says one of its values.
# --------------------------------------------------------------------------------------------------


#: What a value of a ``Literal`` looks like. Other strings are text, and not asked about.
_VALUE = re.compile(r"[\w.+:/-]{0,32}")


class LiteralMonitor(Monitor):
    """Judges a string that is an argument, while it may be the value of a ``Literal``."""

    name = HoleKind.LITERAL.value
    kinds = frozenset({HoleKind.LITERAL})

    def begins(self, lexer: Lexer) -> bool:
        """Behind the quote of a string that begins an argument, with or without a keyword."""
        return lexer.before in ("(", ",", "=") and begins_quoted(lexer)

    def wanted(self, passage: Passage) -> bool | None:
        """Worth a question once something is written that looks like a value."""
        end = closed_at(passage)
        said = passage.written[:end]
        if not said:
            return None if end is None and not passage.ended else False
        return _VALUE.fullmatch(said) is not None

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is a value, or only a part of an expression."""
        said, end = judge_quoted(names, passage, early=True), closed_at(passage)
        if said is not Verdict.REJECTED or end is None:
            return said
        behind = passage.written[end + 1 :] + (passage.after if passage.ended else "")
        behind = behind.lstrip(" \t")
        if not behind and not passage.ended:
            return Verdict.UNDECIDED
        return Verdict.REJECTED if behind[:1] in (",", ")", "\n", "") else Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A value, and the quote that ends it."""
        return only_quoted(names, typed)


# --------------------------------------------------------------------------------------------------
# The attribute monitor: behind ``receiver.`` only a member of the receiver's type may be read.
# --------------------------------------------------------------------------------------------------


#: Code points behind a name after which it is no longer waited for an ``=`` that would make it a
#: store: longer target lists than this are not worth a late verdict.
_PATIENCE = 80
#: Receivers behind which private names are as good as public ones: code of the class itself.
OWN = frozenset({"self", "cls"})


class AttributeMonitor(Monitor):
    """Judges loads behind any receiver but the class itself, which has a monitor of its own."""

    name = HoleKind.ATTRIBUTE.value
    kinds = frozenset({HoleKind.ATTRIBUTE})

    def begins(self, lexer: Lexer) -> bool:
        """Behind a dot that follows a value, outside import statements."""
        return begins_attribute(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Not the class itself."""
        return hole.receiver_text not in OWN

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it is a member, is stored to, or stands under a guard after all."""
        return judge_member(hole, names, passage)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member, and whatever ends a name.

        Private names rank last (docs/analysis.md): one is chosen only where it was begun or nothing
        else is left. The model may write any of them by itself.
        """
        return public_first(names, typed, "_")


def begins_attribute(lexer: Lexer) -> bool:
    """Behind a dot that follows a value, outside import statements."""
    return lexer.dereference and lexer.clause is Clause.NONE


def judge_member(hole: Hole, names: NameSet, passage: Passage) -> Verdict:
    """Rejected if it is no member and is read.

    A name that is assigned may be new, so a doubtful one is rejected only when the text behind it
    shows that it is read.
    """
    if not passage.name or holds(names, passage.name):
        return Verdict.ALLOWED
    behind = passage.behind.strip(" \t\f")
    seen = _seen(passage, passage.after)
    if seen.kind is not HoleKind.ATTRIBUTE or set(seen.guards) - set(hole.guards):
        return Verdict.ALLOWED
    # A single "=" may still become "==".
    assigned = behind == "=" and not passage.ended
    if seen.store and not assigned:
        return Verdict.ALLOWED
    if passage.ended or "\n" in behind or len(behind) > _PATIENCE:
        return Verdict.REJECTED
    # Would it be a store if an assignment came next? Then it is too early to tell.
    if _seen(passage, " 0\n" if assigned else "= 0\n").store:
        return Verdict.UNDECIDED
    return Verdict.REJECTED


def public_first(names: NameSet, typed: str, hidden: str) -> Constraint | None:
    """A member that does not begin with ``hidden``, unless it was begun or nothing else is left."""
    spellings = names.spellings()
    if not typed.startswith("_"):
        spellings = frozenset(s for s in spellings if not s.startswith(hidden)) or spellings
    return Constraint.over(Names.of(spellings), typed.encode())


def _seen(passage: Passage, after: str) -> Hole:
    return hole_at(passage.before + passage.written + after, len(passage.before))


# --------------------------------------------------------------------------------------------------
# The monitor of ``self`` and ``cls``: in a class, its own members, private ones among them.
# --------------------------------------------------------------------------------------------------


class SelfMonitor(Monitor):
    """Judges loads of members of the class that the code is in."""

    name = "self_member"
    kinds = frozenset({HoleKind.ATTRIBUTE})

    def begins(self, lexer: Lexer) -> bool:
        """Behind a dot that follows a value."""
        return begins_attribute(lexer)

    def concerns(self, hole: Hole) -> bool:
        """Only the class itself."""
        return hole.receiver_text in OWN

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if the class has it or gets it here."""
        return judge_member(hole, names, passage)

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member; what the language calls by itself (``__init__``) last."""
        return public_first(names, typed, "__")


# --------------------------------------------------------------------------------------------------
# The enumeration monitor: what is chosen of an enumeration is one of its members.
# --------------------------------------------------------------------------------------------------


#: What every enumeration has and hardly another class.
_MARK = "_member_map_"
#: Where names come from that are of all enumerations.
_INHERITED = frozenset({"enum", "builtins", "object", ""})


class EnumMonitor(Monitor):
    """Rejects nothing by itself: ``Color.mro()`` is sound, if rare. Where another monitor rejects
    a name, it is a member that takes its place."""

    name = "enum_member"
    kinds = frozenset({HoleKind.ATTRIBUTE})

    def begins(self, lexer: Lexer) -> bool:
        """Behind a dot that follows a value."""
        return begins_attribute(lexer)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed: whether it exists, the attribute monitor says."""
        return Verdict.ALLOWED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member of the enumeration, where the receiver is one."""
        if not names.receiver_type.startswith("type[") or _MARK not in names.spellings():
            return None
        members = {
            name.name
            for name in names.names
            if name.kind in ("statement", "instance")
            and name.origin not in _INHERITED
            and not name.name.startswith("_")
        }
        return Constraint.over(Names.of(members), typed.encode()) if members else None


# --------------------------------------------------------------------------------------------------
# The module monitor: behind ``import`` and ``from`` only modules that exist.
# --------------------------------------------------------------------------------------------------


class ImportModuleMonitor(Monitor):
    """Judges every component of a dotted path by itself: each is a hole of its own."""

    name = HoleKind.IMPORT_MODULE.value
    kinds = frozenset({HoleKind.IMPORT_MODULE})

    def begins(self, lexer: Lexer) -> bool:
        """Where a component of a module path is next."""
        if not lexer.ready:
            return False
        if lexer.clause is Clause.MODULE:
            return lexer.before in ("import", ",", ".")
        relative = not lexer.before.strip(".")
        return lexer.clause is Clause.ORIGIN and (lexer.before == "from" or relative)

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if it exists, or is the ``import`` of ``from . import``."""
        name = passage.name
        if not name or keyword.iskeyword(name) or holds(names, name):
            return Verdict.ALLOWED
        return Verdict.REJECTED

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A module, and whatever ends a name: a dot may go on to a submodule."""
        return Constraint.over(Names.of(names.spellings()), typed.encode())


# --------------------------------------------------------------------------------------------------
# The import member monitor: behind ``from module import`` only what the module has.
# --------------------------------------------------------------------------------------------------


#: What may follow an imported name: the next one, ``as``, the end of the list or the statement.
_ENDS = frozenset(b" \t\f\r\n,);#\\")


class ImportMemberMonitor(Monitor):
    """Judges each name of the list."""

    name = HoleKind.IMPORT_MEMBER.value
    kinds = frozenset({HoleKind.IMPORT_MEMBER})

    def begins(self, lexer: Lexer) -> bool:
        """Where the next name of the list is due."""
        return (
            lexer.clause is Clause.MEMBER and lexer.ready and lexer.before in ("import", "(", ",")
        )

    def judge(self, hole: Hole, names: NameSet, passage: Passage) -> Verdict:
        """Allowed if the module has it; ``*`` is no name."""
        allowed = not passage.name or holds(names, passage.name)
        return Verdict.ALLOWED if allowed else Verdict.REJECTED

    def ending(self, hole: Hole, passage: Passage) -> int:
        """Before the comma, where the list has a name: what a model would import besides and does
        not exist it says again and again, and another name is seldom meant."""
        return len(passage.before.rstrip().removesuffix(",")) if hole.given.keywords else 0

    def constraint(self, hole: Hole, names: NameSet, typed: str) -> Constraint | None:
        """A member that the list has not got yet, and what may follow one in an import."""
        left = names.spellings() - set(hole.given.keywords)
        return Constraint.over(Names.of(left or names.spellings()), typed.encode(), _ENDS)


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
