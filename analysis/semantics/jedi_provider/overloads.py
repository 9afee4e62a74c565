"""Overloaded functions: every overload that a call fits, not the first.

jedi takes the first overload whose parameters fit, but it neither looks at the bound of a type
variable nor at literals, so that the first may be the wrong one (``ast.parse`` has one that gives
back its argument). What all that fit return is known to hold the right one. Literals and ``None``
are compared here, so that ``open(x, "rb")`` is no text file.
"""

from __future__ import annotations

from inspect import Parameter
from typing import Any

from jedi.inference.base_value import ValueSet
from jedi.inference.param import get_executed_param_names_and_issues
from jedi.inference.value.function import OverloadedFunctionValue

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.assignable import given_of, may_be
from analysis.semantics.jedi_provider.special_forms import LiteralClass

_BY_PLACE = frozenset({Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD})


def install() -> None:
    """Change jedi's class; further calls change nothing more."""
    OverloadedFunctionValue.py__call__ = _call


def _call(self: Any, arguments: Any) -> Any:
    written = getattr(arguments, "argument_node", None)
    # Which overload is called decides what comes, and is no part of it: an argument that is not
    # known leaves more of them. How many arguments there are has to be known.
    counted = written is not None and "*" not in written.get_code()
    choose = _chosen_alone if counted else _chosen
    chosen = choose(self.get_signatures(), arguments)
    return ValueSet.from_sets(s.value.as_context(arguments).infer() for s in chosen)


def _chosen(signatures: Any, arguments: Any) -> list[Any]:
    """The overloads that a call may be one of."""
    possible = [s for s in signatures if not _refuses(s, arguments)] or signatures
    # jedi compares no special forms: it may say of all that they do not fit.
    fitting = [s for s in possible if _fits(s, arguments)] or possible
    chosen: list[Any] = []
    for index, signature in enumerate(fitting):
        chosen.append(signature)
        if _decides(signature, arguments, fitting[index + 1 :]):
            break
    return chosen


_chosen_alone = completeness.isolated(_chosen)


def _fits(signature: Any, arguments: Any) -> bool:
    """Whether a call has as many arguments as ``signature`` takes, and none that is known to be
    another thing than it is declared as."""
    executed, issues = get_executed_param_names_and_issues(signature._function_value, arguments)
    return not issues and _has_place(executed, arguments) and all(map(_may_fit, executed))


def _has_place(parameters: list[Any], arguments: Any) -> bool:
    """Whether there are as many places as arguments without a name: jedi counts none behind which
    parameters are given by name alone."""
    kinds = [parameter.get_kind() for parameter in parameters]
    places = sum(kind in _BY_PLACE for kind in kinds)
    given = sum(name is None for name, _ in arguments.unpack())
    return given <= places or Parameter.VAR_POSITIONAL in kinds


def _may_fit(parameter: Any) -> bool:
    values = parameter.infer()
    if parameter._is_default or completeness.incomplete(values) or parameter.matches_signature():
        return True
    # jedi compares by inheritance and by arguments of types, and knows no protocols.
    annotation = parameter.infer_annotation(execute_annotation=False)
    parts = list(annotation.gather_annotation_classes())
    return annotation.incomplete or any(_may_be_one(value, parts) for value in values._set)


def _may_be_one(value: Any, parts: list[Any]) -> bool:
    given = given_of(value)
    return given is None or any(may_be(given, part) for part in parts)


def _given(signature: Any, arguments: Any) -> list[Any]:
    """The parameters that the call gives a value."""
    executed, _ = get_executed_param_names_and_issues(signature._function_value, arguments)
    return [parameter for parameter in executed if not parameter._is_default]


def _refuses(signature: Any, arguments: Any) -> bool:
    """Whether the call gives something else than a literal that ``signature`` demands."""
    return any(_is_one_of(parameter) is False for parameter in _given(signature, arguments))


def _decides(signature: Any, arguments: Any, rest: list[Any]) -> bool:
    """Whether a call that fits ``signature`` takes it: its literals are given, and in all else the
    overloads behind it are alike (typing specification, *Overload call evaluation*)."""
    if not rest:
        return True
    others = [{n.string_name: _annotation(n) for n in s.get_param_names()} for s in rest]
    literal = False
    for parameter in _given(signature, arguments):
        if _is_one_of(parameter):
            literal = True
        elif any(o.get(parameter.string_name) != _annotation(parameter) for o in others):
            return False
    return literal


def _annotation(parameter: Any) -> str:
    node = getattr(parameter._get_param_node(), "annotation", None)
    return node.get_code(include_prefix=False) if node is not None else ""


def _is_one_of(parameter: Any) -> bool | None:
    """Whether what is given is one of the literals that a parameter is declared as; ``None`` where
    it is not known, or declared otherwise."""
    given = parameter.infer()
    if completeness.incomplete(given):
        return None
    if _annotation(parameter) == "None":
        nulls = [completeness.is_none(value) for value in given._set]
        return True if all(nulls) else None if any(nulls) else False
    declared = parameter.infer_annotation(execute_annotation=False)._set
    if not declared or not all(isinstance(value, LiteralClass) for value in declared):
        return None
    literals = {_plain(value.literal) for value in declared}
    plain = [_plain(value) for value in given._set]
    if None in plain:
        return None
    fit = [value in literals for value in plain]
    return True if all(fit) else None if any(fit) else False


def _plain(value: Any) -> tuple[str, object] | None:
    """A value that is written out, with its type: ``1`` is not ``True``. Else ``None``."""
    plain = value.get_safe_value(default=None)
    return None if plain is None else (type(plain).__name__, plain)
