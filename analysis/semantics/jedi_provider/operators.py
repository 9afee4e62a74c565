"""What operators yield where jedi only guesses.

jedi gives back an operand where it does not know better: the other one when one of them is unknown,
both when neither has the method, the left one of every ``%``. For a completion list that is a good
guess; here such a result is incomplete. Of numbers the result is known (reference, *Binary
arithmetic operations*): ``/`` makes a float of integers, and a float makes a float of all. Of
``and`` and ``or`` jedi gives the left operand alone where it does not know its truth: here either
may be the result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jedi.inference import syntax_tree
from jedi.inference.base_value import ValueSet
from jedi.inference.gradual.base import BaseTypingValue, DefineGenericBaseClass
from jedi.inference.gradual.type_var import TypeVar
from jedi.inference.gradual.typing import NewType, TypeAlias
from jedi.inference.helpers import is_string

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.special_forms import LiteralClass

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

_installed = False


def install() -> None:
    """Change jedi in this process; further calls do nothing."""
    global _installed
    if _installed:
        return
    _installed = True
    syntax_tree.infer_or_test = _infer_operators
    syntax_tree._infer_comparison = _whole(syntax_tree._infer_comparison)
    syntax_tree._infer_comparison_part = _exact(syntax_tree._infer_comparison_part)


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
