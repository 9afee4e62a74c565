"""Names that may stand in a hole, signatures of callables, and whether arguments fit them.

The rules of calls are those of the language reference, section *Calls*; the kinds of parameters
those of ``inspect.Parameter``. What class of object an argument makes that is written out
(:func:`displays_of`) follows from the grammar (*Atoms* and *Lambdas*), whatever the names in it
mean, and for calls of builtin functions from the standard library (*Built-in Functions*).
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence, Set
from dataclasses import dataclass
from enum import StrEnum


class Display(StrEnum):
    """The class of what is written out; values are the names of the classes."""

    STR = "str"
    BYTES = "bytes"
    INT = "int"
    FLOAT = "float"
    COMPLEX = "complex"
    BOOL = "bool"
    NONE = "None"
    LIST = "list"
    DICT = "dict"
    SET = "set"
    TUPLE = "tuple"
    FUNCTION = "function"
    GENERATOR = "generator"


_CONSTANTS = {
    str: Display.STR,
    bytes: Display.BYTES,
    int: Display.INT,
    float: Display.FLOAT,
    complex: Display.COMPLEX,
    bool: Display.BOOL,
    type(None): Display.NONE,
}
_NODES: dict[type[ast.expr], Display] = {
    ast.JoinedStr: Display.STR,
    ast.List: Display.LIST,
    ast.ListComp: Display.LIST,
    ast.Dict: Display.DICT,
    ast.DictComp: Display.DICT,
    ast.Set: Display.SET,
    ast.SetComp: Display.SET,
    ast.Tuple: Display.TUPLE,
    ast.Lambda: Display.FUNCTION,
    ast.GeneratorExp: Display.GENERATOR,
}
#: What a builtin function gives, whatever it is given.
CALLS = {
    **dict.fromkeys(("ascii", "bin", "chr", "format", "hex", "oct", "repr", "str"), Display.STR),
    **dict.fromkeys(("hash", "id", "int", "len", "ord"), Display.INT),
    **dict.fromkeys(
        ("all", "any", "bool", "callable", "hasattr", "isinstance", "issubclass"), Display.BOOL
    ),
    **dict.fromkeys(("dir", "list", "sorted"), Display.LIST),
    **dict.fromkeys(("dict", "globals", "locals"), Display.DICT),
    "bytes": Display.BYTES,
    "complex": Display.COMPLEX,
    "float": Display.FLOAT,
    "set": Display.SET,
    "tuple": Display.TUPLE,
}
#: Methods of a string that give one, whatever they are given.
_TEXT = frozenset({"format", "join"})
_NUMBERS = frozenset({Display.INT, Display.FLOAT, Display.COMPLEX})
_TRUTHS = (ast.Is, ast.IsNot, ast.In, ast.NotIn)


def expression(text: str) -> ast.expr | None:
    """The expression that ``text`` is, or ``None``; blanks around it and line ends in it are as
    between brackets."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the user's strings escape is not ours to fix
            body = ast.parse(f"({text}\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    # The parenthesis is of the call: with a comma in it there are two arguments, and ``()`` none.
    alone = text.strip() and not (isinstance(body, ast.Tuple) and body.col_offset == 0)
    return body if alone else None


def plain(node: ast.expr | None) -> bool:
    """Whether an expression is a name, a member or a call and nothing around it: where it ends is
    then what it gives."""
    return isinstance(node, ast.Name | ast.Attribute | ast.Call)


def displays_of(node: ast.expr, builtin: Set[str] = frozenset()) -> frozenset[Display]:
    """The classes of what ``node`` may give; nothing where it does not show. The names ``builtin``
    are known to be those of builtin functions."""
    if isinstance(node, ast.Constant):
        return _only(_CONSTANTS.get(type(node.value)))
    if isinstance(node, ast.UnaryOp):
        inner = displays_of(node.operand, builtin)
        if isinstance(node.op, ast.Not):
            return _only(Display.BOOL)
        return inner if inner and inner <= _NUMBERS else frozenset()
    if isinstance(node, ast.IfExp | ast.BoolOp):
        parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
        every = [displays_of(part, builtin) for part in parts]
        return frozenset().union(*every) if all(every) else frozenset()
    if isinstance(node, ast.Compare):
        alone = len(node.ops) == 1 and isinstance(node.ops[0], _TRUTHS)
        return _only(Display.BOOL if alone else None)
    if isinstance(node, ast.BinOp):
        text = displays_of(node.left) == {Display.STR} and isinstance(node.op, ast.Mod)
        return _only(Display.STR if text else None)
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name):
            return _only(CALLS.get(function.id) if function.id in builtin else None)
        text = isinstance(function, ast.Attribute) and function.attr in _TEXT
        text = text and displays_of(function.value) == {Display.STR}  # type: ignore[attr-defined]
        return _only(Display.STR if text else None)
    return _only(_NODES.get(type(node)))


def _only(display: Display | None) -> frozenset[Display]:
    return frozenset() if display is None else frozenset({display})


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the parameter that an argument goes to is annotated to take.

    ``type`` is the annotation as it is written. ``displays`` are the classes of literals and
    displays that it takes; ``misfits`` the names in scope whose values it certainly does not, and
    what was written in the hole, as it is spelled, where that is so of it. ``builtin`` are names
    that certainly are those of builtin functions here.
    """

    type: str
    displays: tuple[Display, ...] = ()
    misfits: tuple[str, ...] = ()
    builtin: tuple[str, ...] = ()


class ParameterKind(StrEnum):
    """How an argument reaches a parameter."""

    POSITIONAL_ONLY = "positional_only"
    EITHER = "positional_or_keyword"
    VAR_POSITIONAL = "var_positional"
    KEYWORD_ONLY = "keyword_only"
    VAR_KEYWORD = "var_keyword"


_STARS = {ParameterKind.VAR_POSITIONAL: "*", ParameterKind.VAR_KEYWORD: "**"}
_BY_POSITION = (ParameterKind.POSITIONAL_ONLY, ParameterKind.EITHER)
_BY_NAME = (ParameterKind.EITHER, ParameterKind.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``required`` ones have no default and collect nothing."""

    name: str
    kind: ParameterKind = ParameterKind.EITHER
    required: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of one way to call something, without what is bound already."""

    parameters: tuple[Parameter, ...] = ()

    def label(self, name: str) -> tuple[str, list[tuple[int, int]]]:
        """``name(a, /, b=…, *, c)``, and where each parameter stands in it."""
        label, marks = f"{name}(", []
        kinds = [p.kind for p in self.parameters]
        unnamed, named = ParameterKind.POSITIONAL_ONLY, ParameterKind.KEYWORD_ONLY
        for index, parameter in enumerate(self.parameters):
            if index:
                label += ", "
            kind = parameter.kind
            first_named = kind is named and named not in kinds[:index]
            if first_named and ParameterKind.VAR_POSITIONAL not in kinds[:index]:
                label += "*, "
            stars = _STARS.get(kind, "")
            optional = "" if parameter.required or stars else "=…"
            text = f"{stars}{parameter.name}{optional}"
            marks.append((len(label), len(label) + len(text)))
            label += text
            if kind is unnamed and unnamed not in kinds[index + 1 :]:
                label += ", /"
        return f"{label})", marks

    @property
    def keywords(self) -> tuple[str, ...]:
        """The names that can be given by keyword."""
        return tuple(p.name for p in self.parameters if p.kind in _BY_NAME)

    @property
    def any_keyword(self) -> bool:
        """Whether it has ``**kwargs``."""
        return any(p.kind is ParameterKind.VAR_KEYWORD for p in self.parameters)

    @property
    def any_positional(self) -> bool:
        """Whether it has ``*args``."""
        return any(p.kind is ParameterKind.VAR_POSITIONAL for p in self.parameters)

    @property
    def positional(self) -> tuple[Parameter, ...]:
        """The parameters that an argument without a name can fill, in order."""
        return tuple(p for p in self.parameters if p.kind in _BY_POSITION)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a call gives: how many arguments without a name, and the names of the others.

    ``unpacked`` tells that ``*x`` is among them, ``unpacked_names`` that ``**x`` is: what these
    hold is not known.
    """

    positional: int = 0
    keywords: tuple[str, ...] = ()
    unpacked: bool = False
    unpacked_names: bool = False


#: A call that gives nothing.
NOTHING = Arguments()


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a call does not fit: ``surplus`` arguments too many by position, or ``missing`` ones.

    ``most`` is how many the signature takes by position.
    """

    surplus: int = 0
    most: int = 0
    missing: tuple[str, ...] = ()


def misfit(signature: Signature, arguments: Arguments) -> Misfit | None:
    """What is wrong with the number of ``arguments``, or ``None``.

    Names that the signature does not have are another matter and no misfit.
    """
    places = signature.positional
    if arguments.positional > len(places) and not signature.any_positional:
        return Misfit(arguments.positional - len(places), len(places))
    missing = missing_of(signature, arguments)
    return Misfit(0, len(places), missing) if missing else None


def missing_of(signature: Signature, arguments: Arguments) -> tuple[str, ...]:
    """The required parameters that ``arguments`` certainly leave without a value, in order."""
    filled = {p.name for p in signature.positional[: arguments.positional]}
    missing = []
    for parameter in signature.parameters:
        by_position, by_name = parameter.kind in _BY_POSITION, parameter.kind in _BY_NAME
        if not parameter.required or not (by_position or by_name) or parameter.name in filled:
            continue
        if by_name and (parameter.name in arguments.keywords or arguments.unpacked_names):
            continue
        if by_position and arguments.unpacked:
            continue
        missing.append(parameter.name)
    return tuple(missing)


@dataclass(frozen=True, slots=True)
class Arity:
    """How a call may go on, from the signatures of all that may be called.

    ``more`` is how many further arguments may be given by position, negative for any number;
    ``missing`` are the required parameters without a value in the signature that lacks fewest.
    Both count from ``given``, what the call holds before the hole. ``closed`` tells that every
    signature is known; ``reason`` says why, or why not. ``uncallable``: what is called is declared
    to be something that cannot be.
    """

    signatures: tuple[Signature, ...]
    given: Arguments
    more: int
    missing: tuple[str, ...]
    closed: bool
    reason: str
    uncallable: bool = False

    @property
    def keywords(self) -> tuple[str, ...]:
        """The names that some signature still lets be given by keyword."""
        given = self.given.positional
        return tuple(
            dict.fromkeys(
                keyword
                for signature in self.signatures
                for keyword in signature.keywords
                if keyword not in self.given.keywords
                and keyword not in {p.name for p in signature.positional[:given]}
            )
        )


def arity_of(
    signatures: Sequence[Signature], given: Arguments, *, closed: bool, reason: str
) -> Arity:
    """How a call that holds ``given`` may go on under any of ``signatures``."""
    more, missing = 0, None
    for signature in signatures:
        places = signature.positional
        if signature.any_positional:
            more = -1
        elif given.positional > len(places):
            continue  # this one is out already
        elif more >= 0:
            # A parameter that has its value by keyword ends what positions can reach.
            free = places[given.positional :]
            named = next((i for i, p in enumerate(free) if p.name in given.keywords), len(free))
            more = max(more, named)
        lacks = missing_of(signature, given)
        if missing is None or len(lacks) < len(missing):
            missing = lacks
    return Arity(tuple(signatures), given, more, missing or (), closed, reason)


class Tier(StrEnum):
    """How a :class:`NameSet` may be used (docs/analysis.md)."""

    CLOSED = "closed"
    """The set is complete: a name outside it does not exist. Prune."""
    OPEN = "open"
    """Known names, maybe incomplete: rank, never prune."""
    ABSTAIN = "abstain"
    """Nothing is known."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name: what it is called, what kind of thing it is, its type and where it comes from.

    ``kind`` is one of ``function``, ``class``, ``instance``, ``module``, ``param``, ``property``,
    ``statement``, ``keyword``; ``type`` is for display; ``origin`` is a module name, ``file`` or
    ``witness`` (the same receiver shows it elsewhere in the file). All but ``name`` may be ``""``.
    """

    name: str
    kind: str = ""
    type: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class NameSet:
    """The names for one hole. ``monitor`` is the hole kind; ``reason`` says why this tier."""

    monitor: str
    tier: Tier
    reason: str
    names: tuple[Name, ...] = ()
    #: As people read it: ``str``, ``type[Path]``, ``module json``, ``""`` where there is none.
    receiver_type: str = ""
    #: Distribution and version the answer was read from, e.g. ``"httpx 0.28.1"``, or ``""``.
    looked_at: str = ""
    #: For a hole inside a call: how many arguments may or must still come.
    arity: Arity | None = None
    #: Names that the function binds, but on no path to the hole; never among ``names``.
    unassigned: tuple[str, ...] = ()
    #: For an import: those of ``names`` that the file reads though nothing in it binds them.
    wanted: tuple[str, ...] = ()
    #: For a call: what all that may be called say of their deprecation, where they are deprecated.
    deprecated: str | None = None
    #: For the value of an argument: what its parameter takes.
    accepted: Accepted | None = None

    @classmethod
    def abstain(cls, monitor: str, reason: str) -> NameSet:
        """The answer of one who does not know."""
        return cls(monitor, Tier.ABSTAIN, reason)

    @property
    def module(self) -> str | None:
        """The dotted name of a receiver that is a module, ``None`` of any other.

        Where it may be one of several things it is all of them, as ``receiver_type`` has them.
        """
        kind, _, dotted = self.receiver_type.partition(" ")
        return dotted if kind == "module" and dotted else None

    def spellings(self) -> frozenset[str]:
        """The names as plain strings."""
        return frozenset(n.name for n in self.names)
