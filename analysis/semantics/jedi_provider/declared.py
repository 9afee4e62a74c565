"""Arguments that are declared to be something that a parameter certainly does not take.

A member, a call, ``self``, or what the module defines or imports. Only declarations count, as a
type checker reads them: the annotation of a variable or a member, what a function or a property
says that it returns, the class that is called. Where one is missing or not all of it is known, the
argument is let be; so it is where a test of its type may say more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jedi.inference.base_value import ValueSet
from jedi.inference.gradual.base import GenericClass
from jedi.inference.syntax_tree import tree_name_to_values
from jedi.inference.value.decorator import Decoratee
from jedi.inference.value.instance import BoundMethod
from jedi.inference.value.klass import DataclassWrapper

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.accepted import OpenTypeError, parts_of
from analysis.semantics.jedi_provider.assignable import Given, Sort, given_of, may_be, may_be_called
from analysis.semantics.jedi_provider.calls import callees_of
from analysis.semantics.jedi_provider.misfits import TESTED
from analysis.semantics.jedi_provider.session import JediSession, infer_receiver
from analysis.semantics.jedi_provider.union_members import resolved_order

# Members of enumerations: the class body gives ``RED`` a value, the class makes an instance of it
# (standard library, ``enum``).


def is_member(value: Any, leaf: Any) -> bool:
    """Whether the name ``leaf`` is certainly a member of ``value``, an enumeration."""
    if not value.is_class() or leaf.value.startswith("_"):
        return False
    order, whole = resolved_order(value)
    if not whole or all(facts.qualified != "enum.Enum" for facts in order):
        return False
    names = list(value.goto(leaf))
    return len(names) == 1 and _is_written_out(names[0].tree_name)


def _is_written_out(tree: Any) -> bool:
    """Whether a name is defined in a class body, by a constant: others may be descriptors, or say
    that they are no member."""
    statement = tree.get_definition() if tree is not None else None
    if statement is None or statement.type != "expr_stmt" or tree.parent is not statement:
        return False
    around = statement.search_ancestor("funcdef", "classdef")
    constant = statement.get_rhs().type in ("number", "string", "strings")
    return constant and around is not None and around.type == "classdef"


# What the methods of a class store in an attribute that nothing declares.
#
# As type checkers read it: the attribute is whatever the class and its bases assign to it, wherever
# in them that is.


def stored(session: JediSession, value: Any, leaf: Any) -> Iterator[Given]:
    """What the attribute named by ``leaf`` of an instance ``value`` was assigned; nothing where it
    is declared, or defined by other means than assignments.

    Raises :class:`~analysis.semantics.jedi_provider.accepted.OpenTypeError` where not all of it is
    known.
    """
    if not value.is_instance():
        return
    names = [
        name
        for found in value.get_filters(origin_scope=session.context_of(leaf).tree_node)
        for name in found.get(leaf.value)
    ]
    trees = [name.tree_name for name in names]
    if not trees or not all(tree is not None and _assigned(tree) for tree in trees):
        return
    if not resolved_order(value.py__class__())[1]:
        raise OpenTypeError("not all of its bases are known")
    for module in {id(tree.get_root_node()): tree.get_root_node() for tree in trees}.values():
        # Code around the class may store something else.
        if re.search(rf"(?<!\bself)\.{leaf.value}\s*(?::[^=\n]+)?=(?!=)", module.get_code()):
            raise OpenTypeError("other code assigns to it")
    for name, tree in zip(names, trees, strict=True):
        context = name.get_root_context().create_context(tree)
        values = tree_name_to_values(session.state, context, tree)
        if completeness.incomplete(values) or not values:
            raise OpenTypeError("not all values stored in it are known")
        for one in values._set:
            given = given_of(one)
            if given is None or given.sort is Sort.NONE:
                # It is to get another value yet.
                raise OpenTypeError("the values stored in it are not visible")
            yield replace(given, declared=False)


def _assigned(tree: Any) -> bool:
    """Whether a name is the target of a plain assignment."""
    statement = tree.get_definition()
    if statement is None or statement.type != "expr_stmt":
        return False
    return getattr(statement.children[1], "value", "") == "="


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


# What the type variables of a class stand for in a call of a method, by what the object is declared
# to be: a ``list[str]`` appends strings.
#
# Only declarations count: what a list that is written out holds is no more than what it begins
# with.


def stands_for(session: JediSession, last: Any, values: Any) -> Mapping[str, Any]:
    """The types of the variables of the class whose method the expression that ends with the leaf
    ``last`` is, by name; ``values`` are what it gives. Nothing where not all of it is declared."""
    dot = last.get_previous_leaf()
    if dot is None or dot.value != ".":
        return {}
    try:
        owners = [
            given.cls
            for given in declarations(session, dot.get_previous_leaf())
            if given.sort is not Sort.NONE
        ]
    except OpenTypeError:
        return {}
    if len(owners) != 1 or not isinstance(owners[0], GenericClass):
        return {}
    (cls,) = owners
    if not all(_defines(cls, value) for value in values._set):
        return {}  # the variables of a base have names of their own
    names = [variable.py__name__() for variable in cls.list_type_vars()]
    return dict(zip(names, cls.get_generics(), strict=False))


def _defines(cls: Any, method: Any) -> bool:
    """Whether ``method`` stands in the body of ``cls``."""
    node = getattr(method, "tree_node", None)
    around = node.search_ancestor("classdef") if node is not None else None
    return around is not None and around is cls.tree_node
