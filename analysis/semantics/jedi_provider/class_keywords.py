"""What the header of a class takes by keyword: ``class A(Base, metaclass=M, kind="x")``.

``metaclass`` itself, what the bases' ``__init_subclass__`` takes (PEP 487), what the metaclass'
``__prepare__``, ``__new__`` and ``__init__`` take beyond name, bases and body (data model,
*Customizing class creation*), and the options of ``TypedDict`` (PEP 589, 728) and enumerations.
"""

from __future__ import annotations

import re
from typing import Any

from analysis.semantics.callee import Callee
from analysis.semantics.jedi_provider.arms import classes_of, label_of, module_of, resolved_order
from analysis.signatures import Parameter, ParameterKind, Signature

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
    typed = any(f.name == "TypedDict" for f in facts) or "TypedDict" in _header(cls)
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
