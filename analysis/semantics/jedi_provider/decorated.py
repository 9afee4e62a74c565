"""What a decorator leaves of a function: the function, or something that nobody knows.

A decorator gives back a function like the one it gets where its types say so (a type variable, or
``Callable[P, R]`` of PEP 612), or where its every ``return`` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from jedi.inference import syntax_tree
from jedi.inference.base_value import ValueSet
from jedi.inference.gradual.type_var import TypeVar
from jedi.inference.value.function import FunctionValue

from analysis.semantics.jedi_provider import completeness

_installed = False


def install() -> None:
    """Change jedi in this process; further calls do nothing."""
    global _installed
    if not _installed:
        _installed = True
        syntax_tree._apply_decorators = _decorated(syntax_tree._apply_decorators)


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
