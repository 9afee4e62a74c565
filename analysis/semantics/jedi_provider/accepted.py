"""Which literals and displays a parameter's annotation takes, where all of it is known.

After type-constrained decoding (Mündler et al., *Type-Constrained Code Generation with Language
Models*, PLDI 2025), of which this is the part that is cheap and certain for Python: an annotation
is *closed* where every type it names is a class that was found, or a form of ``typing`` whose
instances are known (typing specification, *Type system concepts*, *Special types*). A type variable
stands for what it is bound or restricted to, one of a class for what the object is declared to
hold. All else, such as ``Any``, other type variables, new types, and names that were not found, is
open.
"""

from __future__ import annotations

import builtins
import collections.abc
import re
import types
from collections.abc import Iterator, Mapping
from typing import Any

from jedi.inference.gradual import annotation
from jedi.inference.gradual.annotation import _get_forward_reference_node
from jedi.inference.gradual.typing import ProxyWithGenerics
from jedi.inference.value.decorator import Decoratee
from jedi.inference.value.klass import DataclassWrapper

from analysis.names import Accepted, Arguments, Display, ParameterKind, Signature
from analysis.semantics.jedi_provider import completeness, headers
from analysis.semantics.jedi_provider.fields import generated
from analysis.semantics.jedi_provider.patches.typing import LiteralClass
from analysis.semantics.jedi_provider.union_members import (
    classes_of,
    label_of,
    module_of,
    resolved_order,
)

# What a type variable may stand for, as it is made: ``TypeVar("T", int, str)`` restricts it to
# these types, ``TypeVar("T", bound=Base)`` to whatever is a ``Base`` (typing specification,
# *Generics*).


_MADE = re.compile(r"(?:\w+\.)*(?P<form>TypeVar|TypeVarTuple|ParamSpec)\s*\(")


def is_variable(expression: Any) -> bool:
    """Whether an expression, a node of parso's, makes a variable for types."""
    return _MADE.match(expression.get_code(include_prefix=False)) is not None


def limits_of(expression: Any) -> list[Any]:
    """The annotations of the types that the variable made by ``expression`` is restricted to, or
    the one that it is bound to; none where it stands for any type."""
    made = _MADE.match(expression.get_code(include_prefix=False))
    listed = expression.children[-1].children[1]
    if made is None or made["form"] != "TypeVar" or listed.type != "arglist":
        return []
    _, *given = listed.children[::2]
    named = {a.children[0].value: a.children[2] for a in given if a.type == "argument"}
    restricted = [a for a in given if a.type != "argument"]
    return [named["bound"]] if "bound" in named else restricted


# The annotation of the field that an argument goes to, where a constructor is made of fields.
#
# ``dataclasses``, ``attrs`` and ``NamedTuple`` take of each field what it is annotated to hold,
# unless it is converted on its way: by a converter, or by a method that gives the field another
# value.


#: Annotations that say something else than what the field holds, and values that convert.
_SPECIAL = re.compile(r"\b(?:InitVar|KW_ONLY|ClassVar)\b")
_CONVERTS = re.compile(r"\b(?:converter|alias|convert)\s*=")
_BY_POSITION = (ParameterKind.POSITIONAL_ONLY, ParameterKind.EITHER)


def field_type(cls: Any, made: Signature, position: int, keyword: str) -> tuple[Any, Any, str]:
    """The context and the node of the annotation, and the field's value as it is written, ``""``
    for none; of the class ``cls`` (jedi's) whose constructor is ``made``.

    Raises :class:`LookupError` where it is not certain.
    """
    name = keyword
    if not keyword:
        by_position = [p.name for p in made.parameters if p.kind in _BY_POSITION]
        name = by_position[position]
    for base in cls.py__mro__():
        node = getattr(base, "tree_node", None)
        if node is None or node.type != "classdef":
            continue
        if _set_later(node, name):
            break
        for noted, value in _annotated(node, name):
            if _SPECIAL.search(noted.get_code()) or _CONVERTS.search(value):
                raise LookupError(name)
            return base.get_root_context().create_context(noted), noted, value
    raise LookupError(name)


def _annotated(node: Any, name: str) -> Iterator[tuple[Any, str]]:
    """Where the body of a class annotates a name, and the value that it gives it."""
    suite = node.children[-1]
    for line in suite.children:
        for statement in line.children if line.type == "simple_stmt" else ():
            if statement.type != "expr_stmt" or statement.children[1].type != "annassign":
                continue
            if getattr(statement.children[0], "value", "") == name:
                _, annotation, *value = statement.children[1].children
                yield annotation, value[-1].get_code().strip() if value else ""


def _set_later(node: Any, name: str) -> bool:
    """Whether a method of the class gives the field another value."""
    word = re.escape(name)
    later = rf"\bself\.{word}\s*=(?!=)|__setattr__\([^\n]*['\"]{word}['\"]"
    return re.search(later, node.get_code()) is not None


# Which strings a parameter takes, where its annotation is a ``Literal`` (PEP 586).


#: Forms that hold several types, or one and notes about it.


def argument_strings(values: Any, position: int, keyword: str) -> frozenset[str] | None:
    """The strings that an argument of a call of ``values`` may be, by every signature of each;
    ``None`` where one takes others or is not known."""
    found: set[str] = set()
    for value in values._set:
        if completeness.is_none(value):
            continue
        signatures = value.get_signatures()
        if not signatures:
            return None
        for signature in signatures:
            if getattr(signature, "_function_value", None) is None:
                return None
            names = list(signature.get_param_names(resolve_stars=False))
            named = headers.parameter(names, position, keyword)
            node = named._get_param_node() if hasattr(named, "_get_param_node") else None
            if node is None or node.annotation is None or node.star_count:
                return None
            declared = named.infer_annotation(execute_annotation=False)
            parts = [part for each in declared._set for part in _parts(each)]
            if completeness.incomplete(declared) or not all(map(_is_literal, parts)):
                return None
            found.update(_strings(parts))
    return frozenset(found)


def _parts(declared: Any) -> Iterator[Any]:
    """The types that an annotation's value stands for, one by one."""
    if isinstance(declared, ProxyWithGenerics) and declared._tree_name.value in _WHOLE | _NOTED:
        generics = declared.get_generics()
        for values in generics if declared._tree_name.value in _WHOLE else generics[:1]:
            if completeness.incomplete(values):
                yield declared
            for value in values._set:
                yield from _parts(value)
    else:
        yield declared


def _is_literal(part: Any) -> bool:
    return isinstance(part, LiteralClass) or completeness.is_none(part)


def _strings(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, LiteralClass):
            plain = part.literal.get_safe_value(default=None)
            if isinstance(plain, str):
                yield plain


#: Forms that hold several types, or one and notes about it.
_WHOLE = frozenset({"Union", "Optional"})
_NOTED = frozenset({"Annotated", "Final", "ClassVar"})
_CLASSES: dict[Display, type] = {
    Display.NONE: types.NoneType,
    Display.FUNCTION: types.FunctionType,
    Display.GENERATOR: types.GeneratorType,
    **{
        d: getattr(builtins, d.value) for d in Display if hasattr(builtins, d.value) and d != "None"
    },
}
#: What is taken where a class is written (typing specification, *Special cases for float and
#: complex*).
_PROMOTED = {"float": (int, float), "complex": (int, float, complex)}
#: Modules of abstract collections and of the forms of ``typing``.
COLLECTIONS = frozenset({"typing", "typing_extensions", "collections.abc", "_collections_abc"})
#: Bases that say nothing of what an instance is.
_MARKERS = frozenset({"Generic", "Protocol", "object", "ABC"})
#: Its instances show in no method before Python 3.12 (PEP 688).
_BUFFER = "Buffer"
#: Names of one more alias than this are followed no further.
_DEEPEST = 8


class OpenTypeError(Exception):
    """Why not all is known of what a parameter takes, for people."""


def accepted(
    values: Any, given: Arguments, keyword: str, stands: Mapping[str, Any]
) -> tuple[Accepted, list[Any]]:
    """What an argument may be that stands behind ``given`` in a call of ``values``, by any
    signature of any of them that it can go to; also as jedi's classes, ``None`` for ``None``.
    ``stands`` are the types that type variables stand for, by their names.

    Raises :class:`OpenTypeError`.
    """
    if given.unpacked and not keyword:
        raise OpenTypeError("the number of arguments before it is not known")
    found: list[Any] = []
    texts: dict[str, None] = {}
    nulls = False
    for value in values._set:
        if completeness.is_none(value):
            continue
        made = generated(value.py__mro__()) if value.is_class() else None
        if made is not None:
            # jedi shows the constructor of the class that makes them, ``NamedTuple``.
            try:
                context, node, default = field_type(value, made, given.positional, keyword)
            except LookupError:
                raise OpenTypeError("its parameters are fields that are not all known") from None
            found += parts_of(context, node)
            texts.setdefault(headers.annotation_text(node))
            nulls = nulls or "None" in default
            continue
        reached = False
        for signature in value.get_signatures():
            names = list(signature.get_param_names(resolve_stars=False))
            named = headers.parameter(names, given.positional, keyword)
            if named is None:
                continue
            node = named._get_param_node() if hasattr(named, "_get_param_node") else None
            if node is None or node.type != "param" or node.annotation is None:
                raise OpenTypeError("the parameter has no annotation")
            reached = True
            function = getattr(signature, "_function_value", None) or signature.value
            context = function.get_default_param_context()
            found += parts_of(context, node.annotation, stands)
            texts.setdefault(headers.annotation_text(node.annotation))
            default = node.default
            nulls = nulls or (default is not None and default.get_code(False).strip() == "None")
        if not reached:
            raise OpenTypeError("no matching parameter was found")
    if not found:
        raise OpenTypeError("nothing is known about the callee")
    if nulls:
        found.append(None)
    fitting = (d for d in Display if any(fits(part, d) for part in found))
    return Accepted(" | ".join(texts), tuple(fitting)), found


def parts_of(
    context: Any, node: Any, stands: Mapping[str, Any] | None = None, depth: int = 0
) -> Iterator[Any]:
    """The types that an annotation names, one by one: classes, as jedi's values. ``stands`` as for
    :func:`accepted`; without it what is limited to some types is open like all else: what is given
    may be more than the limit says.

    Raises :class:`OpenTypeError` where one is not known.
    """
    if depth > _DEEPEST:
        raise OpenTypeError("the annotation is nested too deeply")
    if node.type == "string":
        inner = _get_forward_reference_node(context, headers.annotation_text(node))
        if inner is None:
            raise OpenTypeError("the annotation is a string that could not be read")
        yield from parts_of(context, inner, stands, depth + 1)
        return
    children = _children(node)
    if node.type in ("eval_input", "file_input") and children:
        yield from parts_of(context, children[0], stands, depth)
        return
    if len(children) > 2 and all(getattr(c, "value", "") == "|" for c in children[1::2]):
        # One by one: of a union jedi forgets in stubs what it did not find.
        for operand in children[::2]:
            yield from parts_of(context, operand, stands, depth + 1)
        return
    if node.type == "name":
        if stands is not None and node.value in stands:
            yield from _known(stands[node.value])
            return
        alias = _alias(context, node)
        if alias is not None and is_variable(alias[1]):
            limits = limits_of(alias[1]) if stands is not None else []
            if not limits:
                raise OpenTypeError(f"{node.value} stands for any type")
            for limit in limits:
                yield from parts_of(alias[0], limit, stands, depth + 1)
            return
        if alias is not None and "|" in [getattr(c, "value", "") for c in _children(alias[1])]:
            yield from parts_of(*alias, stands, depth + 1)
            return
    yield from _known(annotation.infer_annotation(context, node))


def _alias(context: Any, leaf: Any) -> tuple[Any, Any] | None:
    """What a name is assigned: the context and the expression; ``None`` for a class.

    Raises :class:`OpenTypeError` for a type variable of which that is not found.
    """
    names = _defined(context, leaf)
    if any(name.tree_name is None for name in names):
        # For a variable jedi puts what the list at hand holds, by chance.
        names = _defined(context.get_root_context(), leaf)
        if any(name.tree_name is None for name in names):
            raise OpenTypeError(f"{leaf.value} stands for any type")
    if len(names) != 1:
        return None
    statement = names[0].tree_name.search_ancestor("expr_stmt")
    if statement is None or names[0].tree_name not in statement.get_defined_names():
        return None
    return names[0].parent_context, statement.get_rhs()


def _defined(context: Any, leaf: Any) -> list[Any]:
    """The names that a name refers to, where they are defined."""
    names = list(context.goto(leaf, leaf.start_pos))
    for _ in range(_DEEPEST):
        if len(names) != 1 or not names[0].is_import():
            break
        names = list(names[0].goto())
    return names


def _children(node: Any) -> Any:
    return getattr(node, "children", ())


def _known(values: Any) -> Iterator[Any]:
    if completeness.incomplete(values):
        raise OpenTypeError("a type of the annotation was not found")
    for value in map(undecorated, values._set):
        if type(value).__name__ in _KNOWN or isinstance(value, LiteralClass):
            yield _checked(value)
        elif isinstance(value, ProxyWithGenerics):
            form = value._tree_name.value
            if form not in _WHOLE | _NOTED:
                raise OpenTypeError(f"{form} may be anything")
            generics = list(value.get_generics())
            for inner in generics if form in _WHOLE else generics[:1]:
                yield from _known(inner)
            if form == "Optional":
                yield None
        elif completeness.is_none(value):
            yield None
        else:
            raise OpenTypeError(f"{label_of(value) or 'a type of the annotation'} may be anything")


#: jedi's values for classes and for the forms of ``typing`` whose instances are known.
_KNOWN = frozenset(
    {"ClassValue", "GenericClass", "TypingClassWithGenerics", "ProxyTypingClassValue"}
)
FORMS = {
    "Type": (),
    "Tuple": (Display.TUPLE,),
    "Callable": (Display.FUNCTION,),
}
#: Classes that are no class of their own at run time.
_TWINS = {Display.DICT: "TypedDict", Display.TUPLE: "NamedTuple"}


def undecorated(value: Any) -> Any:
    """The class itself where ``dataclass`` and its like put their constructor around it."""
    inner = value._wrapped_value if isinstance(value, Decoratee) else value
    return inner._wrapped_value if isinstance(inner, DataclassWrapper) else value


def _checked(value: Any) -> Any:
    """``value`` if all is known of who its instances are."""
    label, module = label_of(value), module_of(value)
    if type(value).__name__ in ("TypingClassWithGenerics", "ProxyTypingClassValue"):
        if label not in FORMS:
            raise OpenTypeError(f"{label} may be anything")
        return value
    if (module, label) == ("builtins", "object") or module in ("numbers", "types"):
        raise OpenTypeError(f"{label} may be anything")
    if not isinstance(value, LiteralClass) and not resolved_order(value)[1]:
        raise OpenTypeError(f"a base class of {label} could not be resolved")
    return value


def fits(part: Any, display: Display) -> bool:
    """Whether what is written out as ``display`` may be an instance of ``part``."""
    if part is None:
        return display is Display.NONE
    cls, label, module = _CLASSES[display], label_of(part), module_of(part)
    if type(part).__name__ in ("TypingClassWithGenerics", "ProxyTypingClassValue"):
        return display in FORMS[label]
    if module == "builtins":
        real = getattr(builtins, label, None)
        return issubclass(cls, _PROMOTED.get(label, real)) if isinstance(real, type) else True
    if module in COLLECTIONS:
        real = getattr(collections.abc, {"AbstractSet": "Set"}.get(label, label), None)
        if isinstance(real, type):
            return issubclass(cls, real)
    if label == _BUFFER:
        return display is Display.BYTES
    order = [base for base in classes_of(part) if label_of(base) not in _MARKERS]
    bodies = [getattr(base, "tree_node", None) for base in order]
    written = [node for node in bodies if getattr(node, "type", "") == "classdef"]
    # What inherits from ``str`` may be meant by a string: an enumeration's value, a checked one.
    # Fields of a TypedDict are written as a dictionary.
    near = {label_of(base) for base in order[1:]}
    near.update(word for node in written for word in _bases(node))
    if cls.__name__ in near or _TWINS.get(display) in near:
        return True
    if len(written) + len(near.intersection(_TWINS.values())) < len(order):
        return True  # a class whose body was not read
    if headers.is_protocol(written[0]):
        return all(getattr(cls, name, None) is not None for name in demanded(written))
    return False


def _bases(node: Any) -> list[str]:
    listed = node.get_super_arglist()
    return headers.words(listed) if listed is not None else []


def demanded(bodies: list[Any]) -> Iterator[str]:
    """The names that a protocol and those it extends demand."""
    for node in bodies:
        if headers.is_protocol(node):
            yield from headers.methods(node)
            yield from (member.name for member in headers.declared_members(node))
