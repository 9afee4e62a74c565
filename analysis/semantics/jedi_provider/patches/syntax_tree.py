"""Changes to `jedi.inference.syntax_tree`: statements, operators, decorators and stars."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import jedi.inference
from jedi.inference import syntax_tree
from jedi.inference.base_value import NO_VALUES, ValueSet
from jedi.inference.gradual.base import BaseTypingValue, DefineGenericBaseClass
from jedi.inference.gradual.type_var import TypeVar
from jedi.inference.gradual.typing import NewType, Tuple, TypeAlias
from jedi.inference.helpers import is_string
from jedi.inference.lazy_value import LazyKnownValues
from jedi.inference.names import TreeNameDefinition
from jedi.inference.value.function import FunctionValue
from jedi.inference.value.iterable import (
    MergedArray,
    Sequence,
    SequenceLiteralValue,
    _FakeSequence,
)

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.completeness import flagged
from analysis.semantics.jedi_provider.patches.typing import LiteralClass

# What ``except … as error`` binds where several classes are caught (reference, *try*).


def _spread(infer: Callable[..., Any]) -> Callable[..., Any]:
    def spread(state: Any, context: Any, tree_name: Any) -> Any:
        clause = tree_name.parent
        if getattr(clause, "type", "") != "except_clause" or clause.children[-1] is not tree_name:
            return infer(state, context, tree_name)
        caught = context.infer_node(clause.children[1])
        classes = [
            ValueSet.from_sets(lazy.infer() for lazy in value.py__iter__())
            if getattr(value, "array_type", None) == "tuple"
            else ValueSet([value])
            for value in caught._set
        ]
        errors = ValueSet.from_sets([*classes]).execute_with_values()
        errors.incomplete = errors.incomplete or caught.incomplete
        return errors

    return spread


# Assignments to items: ``a, kept[key] = 1, 2`` does not bind ``kept``.
#
# jedi counts such a name among those that are bound, and where it is one target of several, gives
# it the value of the item. Of ``kept[key] = a = 1`` it makes ``a`` the container, too.


_infer = syntax_tree._infer_expr_stmt


def _only_bound(context: Any, stmt: Any, seek_name: Any = None) -> Any:
    if seek_name is None:
        return _infer(context, stmt, seek_name)
    if _is_read(seek_name, stmt):
        return flagged(NO_VALUES)
    first = stmt.children[0]
    if len(stmt.children) > 3 and not first.start_pos <= seek_name.start_pos < first.end_pos:
        # All targets of a chain get what stands on its right.
        name = TreeNameDefinition(context, seek_name)
        return syntax_tree.check_tuple_assignments(name, context.infer_node(stmt.get_rhs()))
    return _infer(context, stmt, seek_name)


def _is_read(name: Any, stmt: Any) -> bool:
    """Whether ``name`` is only the container in one of several targets."""
    whole = name.parent
    if whole is None or whole.parent is stmt or whole.type not in ("atom_expr", "power"):
        return False
    return whole.children[0] is name and whole.children[1].type == "trailer"


# Parts of sequences: ``first, *rest, last = …`` (reference, *Assignment statements*) and slices.
#
# jedi counts all targets from the beginning, so nothing is said where one is starred. It takes a
# slice for the whole, so that ``(1, "a")[1:][0]`` would be 1; here each element may be any.


_plain = syntax_tree.check_tuple_assignments


def _sliced(get: Callable[..., Any]) -> Callable[..., Any]:
    def sliced(self: Any, index: Any) -> Any:
        if not isinstance(index, slice):
            return get(self, index)
        if isinstance(self, MergedArray) or (isinstance(self, Tuple) and self._is_homogenous()):
            return ValueSet([self])
        elements = ValueSet.from_sets(lazy.infer() for lazy in self.py__iter__())
        array_type = "tuple" if isinstance(self, Tuple) else self.array_type
        return ValueSet([_Part(self.inference_state, elements, array_type)])

    return sliced


class _Part(Sequence):  # type: ignore[misc]
    """A list or a tuple of which each element may be any of ``elements``."""

    def __init__(self, state: Any, elements: Any, array_type: str = "list") -> None:
        super().__init__(state)
        self._elements = elements
        self.array_type = array_type

    def py__simple_getitem__(self, index: Any) -> Any:
        return ValueSet([self]) if isinstance(index, slice) else self._elements

    def py__iter__(self, contextualized_node: Any = None) -> Any:
        del contextualized_node
        yield LazyKnownValues(self._elements)


def _assigned(name: Any, value_set: Any) -> Any:
    """The values of the part of ``value_set`` that is assigned to ``name``."""
    values = _plain(name, value_set)
    starred = any(
        target.type == "star_expr"
        for _, node in name.assignment_indexes()
        for target in node.children[::2]
    )
    return flagged(values) if starred else values


# What operators yield where jedi only guesses.
#
# jedi gives back an operand where it does not know better: the other one when one of them is
# unknown, both when neither has the method, the left one of every ``%``. For a completion list that
# is a good guess; here such a result is incomplete. Of numbers the result is known (reference,
# *Binary arithmetic operations*): ``/`` makes a float of integers, and a float makes a float of
# all. Of ``and`` and ``or`` jedi gives the left operand alone where it does not know its truth:
# here either may be the result.


#: Operators whose results do not depend on the types of what they stand between.
_TRUTHS = frozenset({"<", ">", "<=", ">=", "==", "!=", "is", "is not", "in", "not in", "not"})
_INTEGERS = frozenset({"int", "bool"})
_NUMBERS = _INTEGERS | {"float"}
_TEXT = frozenset({"str", "bytes"})
_GUESSED = ("%", "+", "-", "*", "/", "//", "**", "@", "&", "|", "^", "<<", ">>")
#: Forms of ``typing`` that stand for types and are no classes to jedi.
_SPECIAL = (BaseTypingValue, DefineGenericBaseClass, NewType, LiteralClass)
#: jedi gives up on pairs of more operands than this (``syntax_tree._infer_comparison``).
_MOST_PAIRS = 6


def _infer_operators(context: Any, node: Any) -> Any:
    """What an expression of operators of one rank gives, from left to right."""
    first, *rest = node.children
    values = context.infer_node(first)
    for operator, operand in zip(rest[::2], rest[1::2], strict=True):
        right = context.infer_node(operand)
        if operator.type == "comp_op":  # not in, is not
            operator = " ".join(word.value for word in operator.children)
        if _written(operator) in ("and", "or"):
            values = _either(values, right, truth=_written(operator) == "or")
        else:
            values = syntax_tree._infer_comparison(context, values, operator, right)
    return values


def _either(left: Any, right: Any, *, truth: bool) -> Any:
    """The values of ``left`` that may be true (or false: ``truth``), which end the expression, and
    those of ``right`` (language reference, *Boolean operations*)."""
    kept = ValueSet([value for value in left._set if _may_be(value, truth)])
    result = ValueSet.from_sets((kept, right) if kept._set else (right,))
    return completeness.flagged(result) if completeness.incomplete(left) else result


def _may_be(value: Any, truth: bool) -> bool:
    if completeness.is_none(value):
        return not truth
    always = value.is_class() or value.is_function() or value.is_module()
    return truth or not always


def _written(operator: Any) -> str:
    return operator if isinstance(operator, str) else str(getattr(operator, "value", ""))


def _whole(infer: Callable[..., Any]) -> Callable[..., Any]:
    """``infer``, incomplete where an operand is."""

    def whole(context: Any, left: Any, operator: Any, right: Any) -> Any:
        if _written(operator) == "|" and _names_types(left, right):
            return ValueSet.from_sets((left, right))
        result = infer(context, left, operator, right)
        if _written(operator) in _TRUTHS or not result._set:
            return result
        unknown = completeness.incomplete(left) or completeness.incomplete(right)
        if _written(operator) == "%" and not completeness.incomplete(left):
            # Whatever is put into it, a text stays one; what is on the right is not asked.
            unknown = unknown and not all(_number(value) in _TEXT for value in left._set)
        if unknown or len(left._set) * len(right._set) > _MOST_PAIRS:
            return completeness.flagged(result)
        return result

    return whole


def _names_types(left: Any, right: Any) -> bool:
    """Whether ``|`` makes a union (PEP 604) of which jedi does not know a part as a type:
    ``Callable[…] | None``, ``X | Any``, ``"X" | None`` of a stub."""
    parts = [*left._set, *right._set]
    special = any(isinstance(value, _SPECIAL) for value in parts)
    return special and all(
        isinstance(value, (*_SPECIAL, TypeAlias, TypeVar))
        or value.is_class()
        or value.is_compiled()
        or is_string(value)
        for value in parts
    )


def _exact(infer: Callable[..., Any]) -> Callable[..., Any]:
    """``infer`` for one pair of operands, without its guesses."""

    def exact(state: Any, context: Any, left: Any, operator: Any, right: Any) -> Any:
        symbol = _written(operator)
        result = infer(state, context, left, operator, right)
        if symbol not in _GUESSED:
            return result
        names = _number(left), _number(right)
        if all(name in _NUMBERS for name in names):
            return _of_numbers(state, symbol, names, result)
        if symbol == "%":
            return result if names[0] in _TEXT else completeness.flagged(result)
        if result._set == {left, right} and left is not right:
            return completeness.flagged(result)
        return result

    return exact


def _of_numbers(state: Any, symbol: str, names: tuple[str, str], result: Any) -> Any:
    if "float" in names or symbol == "/":
        return state.builtins_module.py__getattribute__("float").execute_with_values()
    if symbol == "**":
        return completeness.flagged(result)  # a negative exponent makes a float
    return result


def _number(value: Any) -> str:
    if not (value.is_instance() or value.is_compiled()) or value.is_class():
        return ""
    try:
        return str(value.py__class__().py__name__())
    except (AttributeError, NotImplementedError):
        return ""


# What a decorator leaves of a function: the function, or something that nobody knows.
#
# A decorator gives back a function like the one it gets where its types say so (a type variable, or
# ``Callable[P, R]`` of PEP 612), or where its every ``return`` does.


def _decorated(apply: Callable[..., Any]) -> Callable[..., Any]:
    """A function under a decorator that jedi does not understand may be anything.

    jedi falls back to the undecorated function. A class is left alone: class decorators return
    the class they were given, with few exceptions that the rules know.
    """
    alone = completeness.isolated(apply)

    def decorated(context: Any, node: Any) -> Any:
        values = alone(context, node)
        if node.type == "classdef":
            return ValueSet._from_frozen_set(values._set)
        decorators = node.get_decorators()
        if not decorators:
            return values
        if all(identity(context, decorator) for decorator in decorators):
            return ValueSet([FunctionValue.from_context(context, node)])
        plain = all(value.tree_node is node for value in values if hasattr(value, "tree_node"))
        unknown = [d for d in decorators if not _harmless(d)] if plain else []
        if unknown and not all(identity(context, decorator) for decorator in unknown):
            return completeness.flagged(values)
        return values

    return decorated


#: Decorators of functions that change nothing about what a call returns.
_HARMLESS = frozenset(
    {
        "abstractmethod",
        "override",
        "final",
        "overload",
        "classmethod",
        "staticmethod",
        "property",
        "cached_property",
        "setter",
        "deleter",
        "getter",
        "lru_cache",
        "cache",
        "wraps",
        "deprecated",
        # What a call of these returns is told by ``wrappers``.
        "contextmanager",
        "asynccontextmanager",
    }
)


def _harmless(decorator: Any) -> bool:
    code = decorator.children[1].get_code(include_prefix=False)
    return code.partition("(")[0].rpartition(".")[2].strip() in _HARMLESS


def identity(context: Any, decorator: Any) -> bool:
    """Whether what a decorator makes is called as what it gets, and returns the same.

    Either its every ``return`` gives back its first parameter, or its types say so.
    """
    called, values = completeness.isolated(decorating)(context, decorator.children[1])
    return not completeness.incomplete(values) and all(
        _declared_same(value, called) or (not called and _gives_back(value))
        for value in values._set
    )


def decorating(context: Any, written: Any) -> tuple[bool, Any]:
    """Whether a decorator is called first (``@deco(…)``), and what is called or used."""
    trailers = written.children[1:] if written.type in ("atom_expr", "power") else []
    called = bool(trailers) and trailers[-1].children[0] == "("
    if not called:
        return False, context.infer_node(written)
    values = context.infer_node(written.children[0])
    for trailer in trailers[:-1]:
        values = syntax_tree.infer_trailer(context, values, trailer)
    return True, values


#: What a decorator that is called first returns: ``Callable[[F], F]``.
_FACTORY = re.compile(r"(?:\w+\.)*Callable\[\[(?P<same>[^\[\]]+(?:\[[^\[\]]+\])?)\],\s*(?P=same)\]")
#: ``Callable[P, R]`` of a parameter specification (PEP 612).
_ANY_CALL = re.compile(r"(?:\w+\.)*Callable\[\s*(\w+)\s*,\s*\w+\s*\]")


def _declared_same(value: Any, called: bool) -> bool:
    """Whether the types of a decorator say that it gives back a function like the one it gets."""
    node: Any = getattr(value, "tree_node", None)
    if node is None or node.type != "funcdef" or node.annotation is None:
        return False
    made = _unquoted(node.annotation)
    if called:
        factory = _FACTORY.fullmatch(made)
        return factory is not None and _any_function(value, factory["same"])
    first = next(iter(node.get_params()), None)
    if first is None or first.annotation is None or first.star_count:
        return False
    return _unquoted(first.annotation) == made and _any_function(value, made)


def _any_function(value: Any, written: str) -> bool:
    """Whether ``written`` names a type variable, or a call of any parameters."""
    if _ANY_CALL.fullmatch(written):
        return True
    if not written.isidentifier():
        return False
    found = completeness.isolated(value.parent_context.py__getattribute__)(written)
    return bool(found._set) and all(isinstance(each, TypeVar) for each in found._set)


def _unquoted(annotation: Any) -> str:
    return str(annotation.get_code(include_prefix=False)).strip("\"'")


def _gives_back(value: Any) -> bool:
    node: Any = getattr(value, "tree_node", None)
    if node is None or node.type != "funcdef" or node.get_decorators() or node.is_generator():
        return False
    parameters = node.get_params()
    if not parameters or parameters[0].star_count:
        return False
    first = parameters[0].name
    returned = [
        statement.children[1].get_code(include_prefix=False).strip()
        for statement in node.iter_return_stmts()
        if len(getattr(statement, "children", ())) > 1
    ]
    bound_again = any(
        other.is_definition() and other is not first and node.start_pos <= other.start_pos
        for other in node.get_root_node().get_used_names().get(first.value, ())
        if other.start_pos < node.end_pos
    )
    return bool(returned) and set(returned) == {first.value} and not bound_again


def install() -> None:
    """Change jedi in this process; to be called once."""
    syntax_tree.tree_name_to_values = _spread(syntax_tree.tree_name_to_values)
    syntax_tree._infer_expr_stmt = _only_bound
    for sequence in (MergedArray, Tuple, SequenceLiteralValue, _FakeSequence):
        sequence.py__simple_getitem__ = _sliced(sequence.py__simple_getitem__)
    syntax_tree.check_tuple_assignments = _assigned
    jedi.inference.check_tuple_assignments = _assigned
    syntax_tree.infer_or_test = _infer_operators
    syntax_tree._infer_comparison = _whole(syntax_tree._infer_comparison)
    syntax_tree._infer_comparison_part = _exact(syntax_tree._infer_comparison_part)
    syntax_tree._apply_decorators = _decorated(syntax_tree._apply_decorators)
