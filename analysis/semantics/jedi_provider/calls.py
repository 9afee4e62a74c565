"""What is called: the signatures of each value, and why they may not be all."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from inspect import Parameter as Kinds
from typing import Any

from jedi.inference.gradual.conversion import convert_values
from jedi.inference.gradual.type_var import TypeVar
from jedi.inference.value.decorator import Decoratee
from jedi.inference.value.instance import BoundMethod
from jedi.inference.value.klass import DataclassWrapper
from jedi.plugins.stdlib import ClassMethodGet, PartialObject, Wrapped

from analysis.names import Parameter, ParameterKind, Signature
from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.deprecation import deprecation_of
from analysis.semantics.jedi_provider.fields import UnknownFieldsError, generated
from analysis.semantics.jedi_provider.patches.syntax_tree import identity
from analysis.semantics.jedi_provider.union_members import (
    class_facts,
    classes_of,
    file_of,
    label_of,
    module_of,
    resolved_order,
)
from analysis.semantics.receiver import Callee

# What the header of a class takes by keyword: ``class A(Base, metaclass=M, kind="x")``.
#
# ``metaclass`` itself, what the bases' ``__init_subclass__`` takes (PEP 487), what the metaclass'
# ``__prepare__``, ``__new__`` and ``__init__`` take beyond name, bases and body (data model,
# *Customizing class creation*), and the options of ``TypedDict`` (PEP 589, 728) and enumerations.


_HOOK = "__init_subclass__"
_MAKERS = ("__prepare__", "__new__", "__init__")
#: Metaclasses whose own keywords are these, whatever their source collects.
_OPTIONS = {
    "type": (),
    "ABCMeta": (),
    "_ProtocolMeta": (),
    "EnumMeta": ("boundary",),
    "EnumType": ("boundary",),
}
_TYPED_DICT = ("total", "closed", "extra_items")
_FORWARDS = re.compile(r"\bsuper\(\)\s*\.\s*__init_subclass__\(\s*\*\*")


def class_callee(cls: Any) -> Callee:
    """The header of ``cls`` (jedi's value of a class) as something that is called by keywords."""
    facts, whole = resolved_order(cls)
    doubt = "" if whole else "a base class could not be resolved"
    keywords: dict[str, None] = {"metaclass": None}
    typed = any(f.name == "TypedDict" for f in facts) or any(
        "TypedDict" in _header(base) for base in classes_of(cls)
    )
    keywords.update(dict.fromkeys(_TYPED_DICT if typed else ()))
    doubt = doubt or _of_hooks(cls, keywords) or _of_metaclasses(cls, keywords)
    parameters = [Parameter(name, ParameterKind.KEYWORD_ONLY, required=False) for name in keywords]
    bases = Parameter("bases", ParameterKind.VAR_POSITIONAL, required=False)
    signature = Signature((bases, *parameters))
    return Callee(label_of(cls), module_of(cls), (signature,), doubt)


def _header(cls: Any) -> str:
    """What stands in the brackets of the header, as source."""
    node: Any = getattr(cls, "tree_node", None)
    arguments = node.get_super_arglist() if getattr(node, "type", "") == "classdef" else None
    return arguments.get_code() if arguments is not None else ""


def _of_hooks(cls: Any, keywords: dict[str, None]) -> str:
    """Add what ``__init_subclass__`` takes; why there may be more, or ``""``."""
    for base in classes_of(cls)[1:]:
        functions = [f for f in _functions(base) if f.name.value == _HOOK]
        for function in functions:
            collects = False
            for parameter in function.get_params()[1:]:
                if parameter.star_count:
                    collects = collects or parameter.star_count == 2
                else:
                    keywords[parameter.name.value] = None
            if not collects:
                return ""
            if not _FORWARDS.search(function.get_code()):
                return f"{label_of(base)} takes any keyword"
    return ""


def _functions(cls: Any) -> list[Any]:
    node: Any = getattr(cls, "tree_node", None)
    return list(node.iter_funcdefs()) if getattr(node, "type", "") == "classdef" else []


def _of_metaclasses(cls: Any, keywords: dict[str, None]) -> str:
    for base in classes_of(cls):
        if "metaclass" in _header(base) and not _metaclasses_of(base):
            return f"the metaclass of {label_of(base)} could not be resolved"
        for metaclass in _metaclasses_of(base):
            if label_of(metaclass) in _OPTIONS:
                keywords.update(dict.fromkeys(_OPTIONS[label_of(metaclass)]))
                continue
            for part in classes_of(metaclass):
                for function in _functions(part) if label_of(part) not in _OPTIONS else ():
                    if function.name.value not in _MAKERS:
                        continue
                    # The class, its name, bases and body are given by position.
                    for parameter in function.get_params()[4:]:
                        if parameter.star_count == 2:
                            return f"its metaclass {label_of(metaclass)} takes any keyword"
                        keywords[parameter.name.value] = None
    return ""


def _metaclasses_of(cls: Any) -> list[Any]:
    try:
        return list(cls.get_metaclasses()._set)
    except (AttributeError, NotImplementedError):
        return []


#: Class decorators that leave the constructor alone, or whose constructor ``fields`` reads.
_KNOWN_DECORATORS = re.compile(
    r"^(?:\w+\.)*(?:total_ordering|final|runtime_checkable|unique|dataclass|define|frozen|mutable"
    r"|s|attrs|dataclass_transform|disjoint_base|deprecated|type_check_only)\b"
)
#: Bases that make a constructor from fields in a way that is not read here.
_FIELD_BASES = frozenset({"BaseModel", "Struct", "Model", "Table", "Document"})
_OPEN_NEW = "its __new__ decides what it takes"
#: Function decorators whose result is called as the function is.
_SAME_CALL = re.compile(
    r"^(?:\w+\.)*(?:contextmanager|asynccontextmanager|lru_cache|cache|abstractmethod|override"
    r"|final|deprecated|overload|staticmethod|classmethod)\b"
)
#: Methods that are static or of the class without saying so (data model, *Customizing class
#: creation*).
_BOUND_OTHERWISE = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
#: What the object is called that a method is bound to.
_RECEIVER = re.compile(r"_*(?:self|cls|mcs|mcls|klass|metacls|this)_*\Z")
_KINDS = {
    Kinds.POSITIONAL_ONLY: ParameterKind.POSITIONAL_ONLY,
    Kinds.POSITIONAL_OR_KEYWORD: ParameterKind.EITHER,
    Kinds.VAR_POSITIONAL: ParameterKind.VAR_POSITIONAL,
    Kinds.KEYWORD_ONLY: ParameterKind.KEYWORD_ONLY,
    Kinds.VAR_KEYWORD: ParameterKind.VAR_KEYWORD,
}


def callees_of(values: Any) -> list[Callee]:
    """One callee for each value that is not ``None``, in an order that every run has."""
    found = [_callee(value) for value in values._set if not completeness.is_none(value)]
    return sorted(found, key=lambda each: (each.label, each.module, each.path, repr(each)))


def _callee(value: Any) -> Callee:
    doubt = ""
    signatures: list[Signature] = []
    try:
        if isinstance(value, PartialObject):
            signatures = _partial(value)
        elif isinstance(value, TypeVar):
            # What jedi converts it to is the class ``typing.TypeVar``, which nobody calls here.
            doubt = "a type variable stands for any class that fits"
        elif value.is_class():
            signatures, doubt = _of_class(value)
        else:
            signatures, doubt = _of_function(value)
    except UnknownFieldsError as error:
        doubt = str(error)
    if not signatures:
        doubt = doubt or "its signature is not known"
    return Callee(
        label_of(value),
        module_of(value),
        tuple(dict.fromkeys(signatures)),
        doubt,
        file_of(value),
        deprecation_of(value),
    )


def _of_class(cls: Any) -> tuple[list[Signature], str]:
    order, whole = resolved_order(cls)
    doubt = "" if whole else "a base class could not be resolved"
    for facts in order:
        if facts.name in _FIELD_BASES:
            doubt = doubt or f"its parameters are the fields of a {facts.name}"
        for decorator in facts.decorators:
            if not _KNOWN_DECORATORS.match(decorator):
                doubt = doubt or f"the decorator {decorator} may change how it is called"
    doubt = doubt or _metaclass_doubt(cls)
    made = generated(_bases(cls))
    if made is not None:
        return [made], doubt
    while isinstance(cls, DataclassWrapper | Decoratee):  # its constructor is written by hand
        cls = cls._wrapped_value
    # A class with both is called with what fits both, unless ``__new__`` gives back another type:
    # with what fits ``__new__`` in any case.
    # A stub speaks for the source and the compiled form of its class: every class in C has a
    # ``__new__``, which takes what the stub's ``__init__`` takes (``collections.deque``).
    told = {facts.name for facts in order if facts.stub}
    own = [facts for facts in order if facts.module != "builtins" and facts.name not in told]
    news = any("__new__" in facts.methods for facts in own)
    if news and any("__init__" in facts.methods for facts in own):
        found = _of_new(cls)
        return found or _signatures(cls), doubt or ("" if found else _OPEN_NEW)
    found = _signatures(cls)
    if cls.is_stub():
        # jedi reads ``__init__`` alone, which may be inherited (``types.CodeType``).
        found += [new for part in _parts(cls) for new in _of_new(part) if new.parameters]
    return found, doubt


def _of_new(cls: Any) -> list[Signature]:
    """The signatures of the ``__new__`` of a class, without what it makes an instance of; none
    where one is not known."""
    values = cls.py__getattribute__("__new__")
    if completeness.incomplete(values) or not all(value.is_function() for value in values._set):
        return []
    return [_without_first(found) for value in values._set for found in _signatures(value)]


def _of_function(value: Any) -> tuple[list[Signature], str]:
    if isinstance(value, Decoratee):
        return _decorated(value)
    doubt = ""
    if label_of(value) in _BOUND_OTHERWISE:
        doubt = "it is bound without a decorator that says so"
    elif value.is_bound_method() and not _in_class(value) and value.is_stub():
        doubt = "a builtin function that a class holds may not be bound"
    found = _signatures(value)
    if any(map(_for_a_method, found)) and _may_be_bound(value):
        found += [_without_first(signature) for signature in found]
    return found, doubt


def _decorated(value: Any) -> tuple[list[Signature], str]:
    """A decorated function: its own parameters where the decorators are known to keep them."""
    if isinstance(value._wrapped_value, ClassMethodGet):
        return _signatures(value._wrapped_value), ""
    original = value._original_value
    node = getattr(original, "tree_node", None)
    decorators = node.get_decorators() if node is not None and node.type == "funcdef" else []
    codes = [d.get_code(include_prefix=False).strip().lstrip("@") for d in decorators]
    same = (
        _SAME_CALL.match(code) or identity(original.parent_context, decorator)
        for code, decorator in zip(codes, decorators, strict=True)
    )
    if not codes or not all(same):
        handed_on = _handed_on(value)
        if handed_on is not None:
            return handed_on, ""
        wrapped = value._wrapped_value
        if getattr(wrapped, "tree_node", None) is node:
            return _signatures(wrapped), ""
        return (_signatures(wrapped), "") if wrapped.get_signatures() else ([], "")
    found = _signatures(original)
    if _in_class(original) and not any("staticmethod" in code for code in codes):
        # Whether it was bound on its way is not known: either fits.
        found += [_without_first(signature) for signature in found]
    return found, ""


def _handed_on(value: Any) -> list[Signature] | None:
    """The signatures of the function that ``functools.wraps`` names, where what stands for it takes
    anything and does nothing with it but hand it on: ``return fn(*args, **kwargs)``."""
    bound = False
    while isinstance(value, Decoratee | BoundMethod):
        bound = bound or isinstance(value, BoundMethod)
        value = value._wrapped_value
    if not isinstance(value, Wrapped):
        return None
    node, original = value._wrapped_value.tree_node, value._original_function
    if getattr(node, "type", "") != "funcdef" or not _hands_on(node):
        return None
    found = _signatures(original)
    return [_without_first(signature) for signature in found] if bound else found


def _hands_on(function: Any) -> bool:
    """Whether all that is given to a function goes, as it is, to others.

    Names that the wrapper takes itself are handed on at the same place.
    """
    parameters = function.get_params()
    stars = {p.star_count: p.name.value for p in parameters if p.star_count}
    own = [p.name.value for p in parameters if not p.star_count]
    if set(stars) != {1, 2} or any(p.default is not None for p in parameters):
        return False
    body = function.children[-1].get_code()
    given = "".join(rf"{re.escape(name)}\s*,\s*" for name in own)
    call = re.compile(
        rf"\(\s*{given}\*{re.escape(stars[1])}\s*,\s*\*\*{re.escape(stars[2])}\s*,?\s*\)"
    )
    rest = call.sub("", body)
    used = rf"(?<![\w.])(?:{re.escape(stars[1])}|{re.escape(stars[2])})(?!\w)"
    return rest != body and re.search(used, rest) is None


def _without_first(signature: Signature) -> Signature:
    first = signature.parameters[:1]
    if not first or first[0].kind is ParameterKind.VAR_POSITIONAL:
        return signature
    return Signature(signature.parameters[1:])


def _in_class(value: Any) -> bool:
    context = getattr(value, "class_context", None) or getattr(value, "parent_context", None)
    return bool(context is not None and context.is_class())


def _partial(value: Any) -> list[Signature]:
    """``functools.partial`` as ``inspect.signature`` sees it: a parameter that was given by name
    may be given again, and those behind it only by name."""
    unpacked = value._arguments.unpack()
    functions = value._get_functions(unpacked)
    if functions is None or completeness.incomplete(functions):
        raise UnknownFieldsError("the function that partial wraps could not be inferred")
    positional, named = int(value._instance is not None), set()
    node = value._arguments.argument_node
    if node is not None and re.search(r"(?:^|,)\s*\*", node.get_code()):
        raise UnknownFieldsError("partial is given unpacked arguments")
    for key, _ in unpacked:
        if key is None:
            positional += 1
        else:
            named.add(key)
    found = []
    for callee in callees_of(functions):
        if callee.doubt:
            raise UnknownFieldsError(callee.doubt)
        found += [_given(signature, positional, named) for signature in callee.signatures]
    return found


def _given(signature: Signature, positional: int, named: set[str]) -> Signature:
    left, skipped, only_named = [], 0, False
    for parameter in signature.parameters:
        by_position = parameter.kind in (ParameterKind.POSITIONAL_ONLY, ParameterKind.EITHER)
        if by_position and skipped < positional:
            skipped += 1
            continue
        if parameter.name in named:
            only_named = only_named or parameter.kind is ParameterKind.EITHER
            parameter = replace(parameter, required=False)
        if only_named and parameter.kind is ParameterKind.EITHER:
            parameter = replace(parameter, kind=ParameterKind.KEYWORD_ONLY)
        if only_named and parameter.kind is ParameterKind.VAR_POSITIONAL:
            continue
        left.append(parameter)
    return Signature(tuple(left))


def _signatures(value: Any) -> list[Signature]:
    """The signatures of a value and, for a stub, of its source: their parameters may differ."""
    found: list[Signature] = []
    listed = False
    for part in _parts(value):
        ways = [way for each in part.get_signatures() for way in _ways(each)]
        found += [_without_stars(way) for way in ways] if listed else ways
        # The stub of a module of the standard library lists what its source only collects.
        listed = part is value and _is_listed(value, found)
    return found


def _is_listed(value: Any, found: list[Signature]) -> bool:
    standard = module_of(value).partition(".")[0] in sys.stdlib_module_names
    return bool(value.is_stub() and standard and found) and not any(s.any_keyword for s in found)


def _without_stars(signature: Signature) -> Signature:
    kept = (p for p in signature.parameters if p.kind is not ParameterKind.VAR_KEYWORD)
    return Signature(tuple(kept))


def _parts(value: Any) -> Iterator[Any]:
    yield value
    for other in convert_values([value])._set:
        if other is not value:
            yield other


def _ways(found: Any) -> list[Signature]:
    """A signature without what is bound; where the first parameter is not called as the object is,
    also the whole: an interface of ``zope.interface`` declares methods as they are called."""
    function = getattr(found, "_function_value", None)
    names = list(function.get_param_names() if function is not None else found.get_param_names())
    whole = Signature(tuple(_parameter(name) for name in names))
    if function is None or not found.is_bound:
        return [whole]
    bound = _without_first(whole)
    return [bound] if _for_a_method(whole) or bound == whole else [bound, whole]


def _for_a_method(signature: Signature) -> bool:
    """Whether the first parameter is called as the object that a method is bound to."""
    first = signature.parameters[:1]
    return bool(first and _RECEIVER.match(first[0].name))


def _may_be_bound(value: Any) -> bool:
    """Whether a function that was found unbound may be bound after all: one that a class was given
    from elsewhere, and one of an enumeration, whose members are taken for the class."""
    if value.is_bound_method():
        return False
    context = getattr(value, "class_context", None) or getattr(value, "parent_context", None)
    if context is None or not context.is_class():
        return True
    return bool(_metaclass_doubt(context.get_value()))


def _parameter(name: Any) -> Parameter:
    node = name._get_param_node() if hasattr(name, "_get_param_node") else None
    if node is None:
        compiled = getattr(name, "_signature_param", None)
        required = not getattr(compiled, "has_default", True)
        bare = name.string_name.lstrip("*")
        stars = len(name.string_name) - len(bare)  # jedi leaves them to a name out of a docstring
        kind = (name.get_kind(), Kinds.VAR_POSITIONAL, Kinds.VAR_KEYWORD)[min(stars, 2)]
        return Parameter(bare, _KINDS[kind], required and not stars)
    kind = _kind(node, name)
    collects = kind in (ParameterKind.VAR_POSITIONAL, ParameterKind.VAR_KEYWORD)
    required = node.default is None and not collects and not _of_a_namedtuple(name)
    return Parameter(name.string_name, kind, required)


def _kind(node: Any, name: Any) -> ParameterKind:
    """jedi takes every ``__name`` for positional only, which holds in stubs alone (PEP 484)."""
    if node.star_count:
        return _KINDS[Kinds.VAR_POSITIONAL if node.star_count == 1 else Kinds.VAR_KEYWORD]
    hidden = node.name.value.startswith("__")
    if hidden and not name.get_root_context().is_stub():
        return ParameterKind.EITHER
    return _KINDS[name.get_kind()]


def _of_a_namedtuple(name: Any) -> bool:
    """Whether jedi made up the function, as it does for ``namedtuple``, without the defaults."""
    return name.get_root_context().py__file__() is None and "__iterable" in str(
        name.tree_name.get_root_node().get_code()
    )


def _metaclass_doubt(cls: Any) -> str:
    for base in (cls, *list(_bases(cls))):
        try:
            metaclasses = list(base.get_metaclasses())
        except (AttributeError, NotImplementedError):
            continue
        for metaclass in metaclasses:
            if "__call__" in class_facts(metaclass).methods:
                return f"its metaclass {label_of(metaclass)} decides what it takes"
            if label_of(metaclass) in ("EnumMeta", "EnumType"):
                return "an enumeration is called with a value"
    return ""


def _bases(cls: Any) -> Iterator[Any]:
    try:
        yield from cls.py__mro__()
    except (AttributeError, NotImplementedError):
        return
