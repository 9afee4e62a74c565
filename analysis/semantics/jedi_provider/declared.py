"""Arguments that are declared to be something that a parameter certainly does not take.

A member, a call, ``self``, or what the module defines or imports. Only declarations count, as a
type checker reads them: the annotation of a variable or a member, what a function or a property
says that it returns, the class that is called. Where one is missing or not all of it is known, the
argument is let be; so it is where a test of its type may say more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from jedi.inference.base_value import ValueSet
from jedi.inference.syntax_tree import tree_name_to_values
from jedi.inference.value.decorator import Decoratee
from jedi.inference.value.instance import BoundMethod
from jedi.inference.value.klass import DataclassWrapper

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.accepted import OpenTypeError, parts_of
from analysis.semantics.jedi_provider.arms import resolved_order
from analysis.semantics.jedi_provider.assignable import Given, Sort, may_be, may_be_called
from analysis.semantics.jedi_provider.calls import callees_of
from analysis.semantics.jedi_provider.enumerated import is_member
from analysis.semantics.jedi_provider.misfits import TESTED
from analysis.semantics.jedi_provider.session import JediSession, infer_receiver
from analysis.semantics.jedi_provider.stored_types import stored

#: Decorators that change nothing of what a call gives: of overloads each is looked at.
_SAME_RESULT = re.compile(
    r"(?:\w+\.)*(?:staticmethod|classmethod|abstractmethod|override|final|overload)$"
)
#: Imports of imports of one more are followed no further.
_DEEPEST = 8
#: What says that a method gives an object of the same class.
_ITSELF = frozenset({"Self", "typing.Self", '"Self"'})
#: Decorators that make a member of a method.
_PROPERTY = re.compile(r"(?:\w+\.)*(?:property|cached_property|abstractproperty)$")


def unfit(session: JediSession, last: Any, text: str, parts: Sequence[Any]) -> bool:
    """Whether the expression ``text``, which ends with the leaf ``last``, is declared to be
    something that none of ``parts`` takes; or to be one of several things of which they do not take
    one, and nothing tells which it is. Never raises for user code."""
    function, around = last.search_ancestor("funcdef"), _around(last)
    if _is_tested(text, around):
        return False
    try:
        found = list(declarations(session, last))
        wrong = [given for given in found if not any(may_be(given, part) for part in parts)]
        if len(wrong) < len(found):
            sure = bool(wrong) and all(given.declared for given in found)
            # Who writes no annotations passes what he knows to be right.
            annotated = function is not None and _annotates(function)
            return sure and annotated and _untested(session, last, text, around)
    except Exception:  # noqa: BLE001 - not declared, or jedi's own defects: nothing known
        return False
    # A name whose value is ``None`` is to get another one yet; what gives nothing never does.
    something = last.value == ")" or any(given.sort is not Sort.NONE for given in found)
    return bool(found) and something


def uncallable(session: JediSession, last: Any, text: str) -> bool:
    """Whether the expression ``text``, which ends with the leaf ``last``, is declared to be
    something that cannot be called. Never raises for user code."""
    if _is_tested(text, _around(last)):
        return False
    try:
        found = list(declarations(session, last))
    except Exception:  # noqa: BLE001 - as above
        return False
    something = any(given.sort is not Sort.NONE for given in found)
    return something and not any(not g.declared or may_be_called(g) for g in found)


def _around(leaf: Any) -> Any:
    """The outermost function around ``leaf``, or the module: a function inside sees what the one
    around it found out."""
    around = leaf.search_ancestor("funcdef") or leaf.get_root_node()
    while (outer := around.search_ancestor("funcdef")) is not None:
        around = outer
    return around


def _is_tested(text: str, around: Any) -> bool:
    return re.search(TESTED.format(re.escape(text)), around.get_code(), re.M) is not None


def _untested(session: JediSession, last: Any, text: str, function: Any) -> bool:
    """Whether nothing can have been found out about an expression of several types: the call of a
    function, or what the ``function`` around it all reads nowhere else."""
    if last.value == ")":
        # Of overloads one is called, and which one its arguments say.
        called = _known(session, last.parent.get_first_leaf().get_previous_leaf())
        return len(called) == 1 and len(called[0].get_signatures()) == 1
    body = function.children[-1].get_code()
    read = re.findall(rf"(?<![\w.]){re.escape(text)}(?!\w)", body)
    return len(read) <= 1


def _annotates(function: Any) -> bool:
    return function.annotation is not None or any(p.annotation for p in function.get_params())


def declarations(session: JediSession, last: Any) -> Iterator[Given]:
    """What the expression that ends with the leaf ``last`` is declared to be.

    Raises :class:`~analysis.semantics.jedi_provider.accepted.OpenTypeError`.
    """
    if last.type == "operator" and last.value == ")" and last.parent.type == "trailer":
        yield from _called(_known(session, last.parent.get_first_leaf().get_previous_leaf()))
    elif last.type == "name" and last.parent.type == "trailer" and last.parent.children[0] == ".":
        # The only argument of a call is a child of its brackets, too.
        dot = last.get_previous_leaf()
        for value in _known(session, dot.get_previous_leaf()):
            if is_member(value, last):
                yield Given(Sort.INSTANCE, _bare(value))
            elif not completeness.is_none(value):
                kept = list(stored(session, value, last))
                yield from kept or _named(session, value.goto(last), member=True)
    elif last.type == "name":
        names = session.context_of(last).goto(last, last.start_pos)
        yield from _named(session, names, member=False)
    else:
        raise OpenTypeError("it is written in a way that is not understood")


def _known(session: JediSession, last: Any) -> list[Any]:
    values = infer_receiver(session, last)
    if completeness.incomplete(values):
        raise OpenTypeError("not all of its types are known")
    return list(values._set)


def _called(values: list[Any]) -> Iterator[Given]:
    """What calls of ``values`` give."""
    for value in values:
        if completeness.is_none(value):
            continue
        if value.is_class():
            yield _made(value)
            continue
        signatures = value.get_signatures()
        if not signatures:
            raise OpenTypeError("its signature is not known")
        for signature in signatures:
            function = getattr(signature, "_function_value", None) or signature.value
            node, context = function.tree_node, function.get_default_param_context()
            yield from _returned(node, context, own=_own(value))


def _made(cls: Any) -> Given:
    """An instance of a class that is called."""
    doubts = [callee.doubt for callee in callees_of(ValueSet([cls]))]
    order, whole = resolved_order(cls)
    news = any("__new__" in facts.methods and not facts.stub for facts in order)
    if any(doubts) or not whole or news or order[0].qualified == "builtins.type":
        raise OpenTypeError("its result is not certain")
    return Given(Sort.INSTANCE, _bare(cls))


def _named(session: JediSession, names: Any, *, member: bool) -> Iterator[Given]:
    """What names are, each by where it is defined."""
    found = list(names)
    for _ in range(_DEEPEST):
        found = [name for one in found for name in (one.goto() if one.is_import() else [one])]
    if not found or any(name.is_import() for name in found):
        raise OpenTypeError("it is defined nowhere")
    for name in found:
        yield from _defined(session, name, member=member)


def _defined(session: JediSession, name: Any, *, member: bool) -> Iterator[Given]:
    if name.api_type == "module":
        yield Given(Sort.MODULE)
        return
    leaf = name.tree_name
    definition = leaf.get_definition() if leaf is not None else None
    if definition is None:
        raise OpenTypeError("it is not defined in Python")
    context = name.get_root_context().create_context(leaf)
    if definition.type == "funcdef":
        decorators = _decorators(definition)
        if member and any(map(_PROPERTY.match, decorators)):
            yield from _returned(definition, context, _PROPERTY)
        elif not all(map(_SAME_RESULT.match, decorators)):
            raise OpenTypeError("a decorator may make anything of it")
        else:
            yield Given(Sort.FUNCTION)
    elif definition.type == "classdef":
        for cls in name.infer():
            if not cls.is_class() or not resolved_order(cls)[1]:
                raise OpenTypeError("not all of its bases are known")
            yield Given(Sort.CLASS, cls)
    elif definition.type == "expr_stmt" and definition.children[1].type == "annassign":
        yield from _annotated(context, definition.children[1].children[1])
    elif definition.type == "param" and not member and definition.star_count:
        yield _collected(session, definition)
    elif definition.type == "param" and not member and definition.annotation is not None:
        yield from _parameter(context, definition)
    elif definition.type == "param" and not member:
        yield _self(session, definition)
    else:
        raise OpenTypeError("it is not declared")


def _collected(session: JediSession, param: Any) -> Given:
    """``*args`` is a tuple and ``**kwargs`` a dictionary, whatever they are annotated to hold."""
    if _assigned_again(param):
        raise OpenTypeError("it may have been assigned again")
    name = "tuple" if param.star_count == 1 else "dict"
    (cls,) = session.state.builtins_module.py__getattribute__(name)
    return Given(Sort.INSTANCE, cls)


def _assigned_again(param: Any) -> bool:
    """Whether its function gives a parameter another value."""
    function = param.search_ancestor("funcdef", "lambdef")
    used = function.get_root_node().get_used_names().get(param.name.value, ())
    inside = [n for n in used if function.start_pos < n.start_pos < function.end_pos]
    return any(n.is_definition() and n is not param.name for n in inside)


def _parameter(context: Any, param: Any) -> Iterator[Given]:
    """What a parameter is annotated to be, where that is what it is throughout its function."""
    found = list(_annotated(context, param.annotation))
    default = param.default
    nothing = default is not None and default.get_code(include_prefix=False).strip() == "None"
    untold = nothing and all(given.sort is not Sort.NONE for given in found)
    if untold or _assigned_again(param):
        raise OpenTypeError("it may differ from its annotation")
    yield from found


def _self(session: JediSession, param: Any) -> Given:
    """The object whose method this is, where the class is written around it."""
    function = param.search_ancestor("funcdef")
    around = function.search_ancestor("funcdef", "classdef", "lambdef")
    first = function.get_params()[0] is param and param.name.value == "self"
    if not first or around is None or around.type != "classdef" or _decorators(function):
        raise OpenTypeError("it is a parameter")
    (cls,) = tree_name_to_values(session.state, session.context_of(around.name), around.name)
    if not cls.is_class() or not resolved_order(cls)[1]:
        raise OpenTypeError("not all of its bases are known")
    return Given(Sort.INSTANCE, _bare(cls))


def _bare(cls: Any) -> Any:
    """A class without what decorators put around it."""
    while isinstance(cls, DataclassWrapper | Decoratee):
        cls = cls._wrapped_value
    return cls


def _own(method: Any) -> Any:
    """The class of the object that a method is bound to, which ``Self`` stands for; ``None`` where
    it is bound to none."""
    bound = method.instance if isinstance(method, BoundMethod) else None
    return bound.py__class__() if bound is not None and bound.is_instance() else None


def _returned(
    function: Any, context: Any, allowed: re.Pattern[str] = _SAME_RESULT, own: Any = None
) -> Iterator[Given]:
    """What a function is annotated to return; ``own`` is what ``Self`` stands for."""
    if function is None or function.type != "funcdef" or function.annotation is None:
        raise OpenTypeError("its return type is not declared")
    others = [d for d in _decorators(function) if not (allowed.match(d) or _SAME_RESULT.match(d))]
    if others or function.parent.type in ("async_stmt", "async_funcdef"):
        raise OpenTypeError("its decorator changes what it returns")
    if own is not None and function.annotation.get_code(include_prefix=False) in _ITSELF:
        if not resolved_order(own)[1]:
            raise OpenTypeError("not all of its bases are known")
        yield Given(Sort.INSTANCE, own)
        return
    yield from _annotated(context, function.annotation)


def _annotated(context: Any, annotation: Any) -> Iterator[Given]:
    for part in parts_of(context, annotation):
        if part is None:
            yield Given(Sort.NONE)
            continue
        order, _ = resolved_order(part)
        if any("__get__" in facts.methods for facts in order):
            raise OpenTypeError("it is a descriptor")
        yield Given(Sort.INSTANCE, part)


def _decorators(function: Any) -> list[str]:
    return [
        one.get_code(include_prefix=False).strip().lstrip("@").strip()
        for one in function.get_decorators()
    ]
