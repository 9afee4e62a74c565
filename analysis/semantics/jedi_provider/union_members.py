"""From jedi's values to union members: what each may be, all its names, and its resolution
order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jedi.inference.gradual.conversion import convert_values

from analysis.semantics.builtin_names import OF_MODULES
from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.machinery import machinery
from analysis.semantics.jedi_provider.patches.parsing import notes_of
from analysis.semantics.jedi_provider.patches.stdlib import Behind
from analysis.semantics.jedi_provider.patches.syntax_tree import decorating
from analysis.semantics.occurrences import code_only
from analysis.semantics.receiver import ClassFacts, UnionMember, UnionMemberKind
from analysis.semantics.rules.computed_slots import computes

# The names that one of jedi's filters holds, remembered for classes of other files.
#
# Walking a class of a large module takes jedi tens of milliseconds, and most receivers are of a few
# classes. The names are kept with the tree that the class stands in, and are gone with it.


#: Kind and defining module, by name.
Described = dict[str, tuple[str, str]]


def names_of_filter(found: Any) -> Described:
    """The names of a filter."""
    inner = getattr(found, "_class_filter", found)
    node: Any = getattr(inner, "_parser_scope", None)
    if getattr(node, "type", "") != "classdef" or not hasattr(inner, "_equals_origin_scope"):
        return _described(found)
    notes = notes_of(node.get_root_node())
    if notes is None:
        return _described(found)
    context = inner.parent_context
    # Branches for other versions of Python do not count.
    around = (
        context.get_root_context().string_names,
        context.inference_state.environment.version_info[:2],
    )
    key = (type(inner).__name__, node.start_pos, inner._equals_origin_scope(), around)
    if key not in notes:
        notes[key] = _described(found)
    names: Described = notes[key]
    return names


def _described(found: Any) -> Described:
    names: Described = {}
    for name in found.values():
        text = name.string_name
        if text not in names:
            names[text] = (_kind_of(name), _origin_of(name))
    return names


def _kind_of(name: Any) -> str:
    tree_name = getattr(name, "tree_name", None)
    if tree_name is None:
        return ""
    parent = tree_name.parent
    if parent.type == "funcdef":
        return "function"
    if parent.type == "classdef":
        return "class"
    return "statement"


def _origin_of(name: Any) -> str:
    try:
        return ".".join(name.get_root_context().string_names or ())
    except (AttributeError, TypeError):
        return ""


# Which decorators leave a class as it is, read from their source.


#: What these add is listed, or nothing that has a name.
_KNOWN = frozenset(
    {"dataclass", "dataclass_transform", "total_ordering", "unique", "verify", "final", "member"}
    | {
        "runtime_checkable",
        "runtime",
        "deprecated",
        "type_check_only",
        "global_enum",
        "no_type_check",
    }
    # attrs and what is built on it; pydantic; unittest and pytest.
    | {
        "s",
        "attrs",
        "attributes",
        "dataclass",
        "define",
        "mutable",
        "frozen",
        "these",
        "attr",
        "skip",
    }
    | {"skipIf", "skipUnless", "patch", "usefixtures", "parametrize", "mark"}
)
#: What a decorator does that changes its class: writes attributes, or makes another class.
_CHANGES = re.compile(
    r"\bsetattr\(|__dict__|\b(?:type|new_class|make_dataclass)\(\s*[\w.]+\s*,|^\s+class\s"
    r"|\b(?:cls|klass|class_|c|kls|type_|typ)\.(?!__)\w+\s*=[^=]",
    re.MULTILINE,
)
#: How a decorator changes what its class is called with.
_REPLACES = re.compile(r"\.__(?:init|new|call|signature)__\b\s*=[^=]")
#: What is returned: the class, what a function makes of it, or that function with more arguments.
_NAMED = re.compile(r"^(?:(?:functools\.)?partial\(\s*)?(\w*)")


def remaking(cls: Any, node: Any) -> str:
    """The decorator of a class, as it is written, that may change it; ``""`` if there is none."""
    for decorator in node.get_decorators():
        code = str(decorator.get_code(include_prefix=False)).strip().lstrip("@")
        if not _is_known(code) and not _keeps(cls.parent_context, decorator):
            return f"@{code.partition('(')[0]}"
    return ""


def _is_known(code: str) -> bool:
    return any(part in _KNOWN for part in code.partition("(")[0].split("."))


def _keeps(context: Any, decorator: Any) -> bool:
    called, values = completeness.isolated(decorating)(context, decorator.children[1])
    return not completeness.incomplete(values) and all(_gives_back(v, called) for v in values._set)


def _leaves(context: Any, decorator: Any) -> bool:
    """Whether the class also is called as before."""
    _, values = completeness.isolated(decorating)(context, decorator.children[1])
    return _keeps(context, decorator) and not any(
        _REPLACES.search(value.tree_node.get_code())
        for value in values._set
        if getattr(value, "tree_node", None) is not None
    )


def _gives_back(value: Any, called: bool) -> bool:
    node: Any = getattr(value, "tree_node", None)
    if node is None or value.is_stub():
        # A compiled one, or one of a stub: such register or mark.
        return bool(value.is_compiled())
    skipped = 0
    if node.type == "classdef":
        # An instance of it decorates: ``@implementer(IPlain)``.
        calls = [f for f in node.iter_funcdefs() if f.name.value == "__call__"]
        if not called or len(calls) != 1:
            return False
        node, skipped = calls[0], 1
    code = str(node.get_code())
    if _CHANGES.search(code):
        return False
    functions = [node, *node.iter_funcdefs()]
    own = {p.name.value for function in functions for p in function.get_params()[skipped:]}
    own |= {function.name.value for function in functions}
    returned = [
        statement.children[1].get_code(include_prefix=False).strip()
        for function in functions
        for statement in function.iter_return_stmts()
        if len(getattr(statement, "children", ())) > 1
    ]
    return bool(returned) and all(_NAMED.findall(text)[0] in own for text in returned)


# What subclasses in the same file define: ``self`` of a base class may be one of them.
#
# A base class that leaves a method to its subclasses calls it all the same.


_STORED = re.compile(r"\bself\.(\w+)[ \t]*(?::[^=\n]+)?=(?!=)")


def brought_by_subclasses(node: Any) -> frozenset[str]:
    """Names that subclasses of the class ``node`` (parso), direct or not, define in its file."""
    if node is None:
        return frozenset()
    classes = list(_classes(node.get_root_node()))
    known = {node.name.value}
    names: set[str] = set()
    grown = True
    while grown:
        grown = False
        for other in classes:
            name = other.name.value
            if name not in known and known & _bases(other):
                known.add(name)
                names.update(defined(other))
                grown = True
    return frozenset(names)


def defined(node: Any) -> Iterator[str]:
    """What a class (parso) binds in its body, and what its methods store to ``self``."""
    waiting = [node.children[-1]]
    while waiting:
        each = waiting.pop()
        if each.type in ("funcdef", "classdef"):
            yield each.name.value
            if each.type == "funcdef":
                yield from _STORED.findall(code_only(each.get_code()))
        elif each.type == "name" and each.is_definition():
            yield each.value
        elif each.type not in ("lambdef", "sync_comp_for", "comp_for"):
            waiting.extend(getattr(each, "children", ()))


def _bases(node: Any) -> set[str]:
    arguments = node.get_super_arglist()
    return set(re.findall(r"\w+", arguments.get_code())) if arguments is not None else set()


def _classes(scope: Any) -> Iterator[Any]:
    for found in scope.iter_classdefs():
        yield found
        yield from _classes(found)


#: Bases that only typing knows: they give nothing to an instance.
_MARKER_BASES = frozenset({"Generic", "Protocol", "NamedTuple", "TypedDict"})
#: What a member of an enumeration has and the enumeration itself refuses (``enum.property``).
_OF_MEMBERS = ("name", "value")
_LITERAL_SETATTR = re.compile(r"""\w*setattr\w*\(\s*(?:self\s*,\s*)?["']([A-Za-z_]\w*)["']\s*,""")
#: What a metaclass assigns to the class it made.
_ASSIGNED = re.compile(r"\b(?:cls|self|mcs)\.(\w+)\s*(?::[^=\n]+)?=[^=]")
_SLOTS = re.compile(
    r"\b__slots__\s*(?::[^=\n]+)?="
    r"\s*(?P<slots>[\[({][^\])}]*|[\"'][^\"'\n]*[\"'](?:[ \t]*,[ \t]*[\"']\w+[\"'])*)"
)
_GIVEN_SLOTS = re.compile(r"\b__slots__\s*(?::[^=\n]+)?\+?=")
#: Slots that are put together of other classes', and these classes.
_BORROWED = re.compile(
    r"^[ \t]+__slots__[ \t]*=[ \t]*\w+\.__slots__(?:[ \t]*\+[ \t]*\w+\.__slots__)*[ \t]*$",
    re.MULTILINE,
)
_BORROWS = re.compile(r"(\w+)\.__slots__")
_STRING = re.compile(r"[\"'](\w+)[\"']?")


def union_members_of(values: Any, origin: Any) -> list[UnionMember]:
    """One arm for each value that is not ``None``, in an order that every run has: that of jedi's
    sets hangs on addresses.

    ``origin`` is the parso scope that looks, which decides about ``__private`` names.
    """
    members = [_arm(value, origin) for value in values._set if not completeness.is_none(value)]
    return sorted(
        members, key=lambda member: (member.label, member.module, member.kind.value, member.path)
    )


def _arm(value: Any, origin: Any) -> UnionMember:
    kind = _kind(value)
    names = _names(value, origin)
    if kind is UnionMemberKind.MODULE:
        for name in (*OF_MODULES, "__dict__", "__path__"):
            names.setdefault(name, ("instance", ""))
        return UnionMember(kind, _module_name(value), _module_name(value), file_of(value), names)
    cls = value if kind is UnionMemberKind.CLASS else _class_of(value)
    if cls is None or kind in (UnionMemberKind.FUNCTION, UnionMemberKind.OTHER):
        return UnionMember(kind, label_of(value), module_of(value), file_of(value), names)
    order, whole = resolved_order(cls)
    if isinstance(value, Behind):
        before, behind = value.classes()
        whole = whole and all(resolved_order(each)[1] for each in (*before, *behind))
        for each in behind:
            order += [facts for facts in resolved_order(each)[0] if facts not in order]
    metaclasses = tuple(class_facts(metaclass) for metaclass in metaclasses_of(cls))
    if kind is UnionMemberKind.CLASS:
        # A class is an instance of its metaclass: ``Enum`` classes have ``__members__``.
        for metaclass in metaclasses_of(cls):
            for found in metaclass.get_filters(is_instance=True):
                for name, described in names_of_filter(found).items():
                    names.setdefault(name, described)
    for facts in metaclasses:
        for name in _ASSIGNED.findall(facts.code):
            names.setdefault(name, ("statement", facts.module))
    for facts in order:
        for name in (*_spelled_out(facts.code), *facts.borrowed):
            names.setdefault(name, ("statement", facts.module))
    for base in classes_of(cls):
        for name in _only_in_source(base):
            names.setdefault(name, ("statement", module_of(base)))
    for name in machinery(order, metaclasses, is_class=kind is UnionMemberKind.CLASS):
        names.setdefault(name, ("instance", ""))
    if kind is UnionMemberKind.CLASS and any(facts.qualified == "enum.Enum" for facts in order):
        for name in _OF_MEMBERS:
            if names.get(name, ("", ""))[1] == "enum":
                del names[name]
    return UnionMember(
        kind,
        order[0].name if order else label_of(value),
        order[0].module if order else "",
        order[0].path if order else "",
        names,
        tuple(order),
        metaclasses,
        whole,
    )


@lru_cache(maxsize=4096)
def _spelled_out(code: str) -> tuple[str, ...]:
    """The names that a class gives itself by literals: ``setattr(self, "x", …)``, ``__slots__``."""
    slots = (name for found in _SLOTS.finditer(code) for name in _STRING.findall(found["slots"]))
    return (*_LITERAL_SETATTR.findall(code), *slots)


def _kind(value: Any) -> UnionMemberKind:
    if value.is_module() or getattr(value, "api_type", "") in ("module", "namespace"):
        return UnionMemberKind.MODULE
    if value.is_class():
        return UnionMemberKind.CLASS
    if value.is_instance() or getattr(value, "api_type", "") == "instance":
        return UnionMemberKind.INSTANCE
    if getattr(value, "api_type", "") == "function" or value.is_function():
        return UnionMemberKind.FUNCTION
    return UnionMemberKind.OTHER


def _names(value: Any, origin: Any) -> dict[str, tuple[str, str]]:
    """Every name of ``value`` in its stub and in its source, with kind and module."""
    if not value.is_module() or _root_of(origin) is getattr(value, "tree_node", None):
        return _listed(value, origin)
    # A module is described once for a text: which branches of it count does not depend on where
    # in another file it is asked for, and describing ``os`` takes 25 ms.
    known = _kept(value, "_pilotfish_modules")
    if value not in known:
        known[value] = _listed(value, origin)
    return dict(known[value])


def _root_of(node: Any) -> Any:
    return None if node is None else node.get_root_node()


def _listed(value: Any, origin: Any) -> dict[str, tuple[str, str]]:
    names: dict[str, tuple[str, str]] = {}
    counterparts = [
        other for other in convert_values([value], ignore_compiled=False)._set if other is not value
    ]
    for part in (value, *counterparts):
        for found in part.get_filters(origin_scope=origin):
            for text, described in names_of_filter(found).items():
                names.setdefault(text, described)
    return names


def _only_in_source(cls: Any) -> frozenset[str]:
    """What the source of a class in a stub defines besides: a subclass may use its privates."""
    if not cls.is_stub():
        return frozenset()
    known = _kept(cls, "_pilotfish_sources")
    key = getattr(cls, "tree_node", None) or cls
    if key not in known:
        nodes = (getattr(part, "tree_node", None) for part in _with_source(cls) if part is not cls)
        known[key] = frozenset(
            name
            for node in nodes
            if node is not None and node.type == "classdef"
            for name in defined(node)
        )
    names: frozenset[str] = known[key]
    return names


def _class_of(value: Any) -> Any:
    try:
        cls = value.py__class__()
        return cls if cls.is_class() else None
    except (AttributeError, NotImplementedError, ValueError):
        return None


def resolved_order(cls: Any) -> tuple[list[ClassFacts], bool]:
    """The facts of each class that ``cls`` inherits from, itself first; whether all resolved."""
    known = _kept(cls, "_pilotfish_orders")
    key = getattr(cls, "tree_node", None) or cls
    if key not in known:
        known[key] = _resolved_order(cls)
    facts, whole = known[key]
    return list(facts), whole


def _kept(cls: Any, name: str) -> dict[Any, Any]:
    """What is remembered by class or module while jedi's state lives, which knows one text only."""
    kept: dict[Any, Any] = cls.inference_state.__dict__.setdefault(name, {})
    return kept


def _resolved_order(cls: Any) -> tuple[list[ClassFacts], bool]:
    facts: list[ClassFacts] = []
    whole = True
    for base in classes_of(cls):
        facts.append(class_facts(base))
        for part in _with_source(base):
            if part is not base:
                facts.append(class_facts(part))
            whole = whole and _bases_resolved(part)
    return facts, whole


def classes_of(cls: Any) -> list[Any]:
    """The classes that ``cls`` inherits from, itself first, as jedi's values."""
    try:
        return list(cls.py__mro__())
    except (AttributeError, NotImplementedError):
        return [cls]


def _with_source(cls: Any) -> Iterator[Any]:
    yield cls
    if cls.is_stub():
        for other in convert_values([cls])._set:
            if other is not cls and other.is_class():
                yield other


def _bases_resolved(cls: Any) -> bool:
    if cls.is_compiled():
        return True
    try:
        bases = cls.py__bases__()
    except (AttributeError, NotImplementedError):
        return True
    for lazy in bases:
        values = lazy.infer()
        if values and all(label_of(value) in _MARKER_BASES for value in values._set):
            continue
        if completeness.incomplete(values):
            return False
        if not all(value.is_class() for value in values._set):
            return False
        if any(type(value).__name__ in ("AnyClass", "TypeVar") for value in values._set):
            return False
    return True


def metaclasses_of(cls: Any) -> Iterator[Any]:
    """What the classes that ``cls`` inherits from are instances of, but ``type`` itself."""
    for base in classes_of(cls):
        try:
            metaclasses = base.get_metaclasses()
        except (AttributeError, NotImplementedError):
            continue
        for metaclass in list(metaclasses):
            for part in classes_of(metaclass):
                if part.py__name__() not in ("type", "object"):
                    yield part


def class_facts(cls: Any) -> ClassFacts:
    """What its source or its compiled form says about a class."""
    known = _kept(cls, "_pilotfish_facts")
    key = getattr(cls, "tree_node", None) or cls
    if key not in known:
        known[key] = _class_facts(cls)
    facts: ClassFacts = known[key]
    return facts


def _class_facts(cls: Any) -> ClassFacts:
    node: Any = getattr(cls, "tree_node", None)
    is_class: bool = node is not None and node.type == "classdef"
    return ClassFacts(
        name=label_of(cls),
        module=module_of(cls),
        path=file_of(cls),
        code=node.get_code() if is_class else "",
        stub=bool(cls.is_stub()),
        methods=frozenset(_methods(node)) if is_class else _compiled_methods(cls),
        decorators=_decorators(cls, node) if is_class else (),
        written_from_outside=is_class and _is_target(node, node.get_root_node()),
        remade=remaking(cls, node) if is_class and not cls.is_stub() else "",
        borrowed=_borrowed(node) if is_class else (),
    )


def _decorators(cls: Any, node: Any) -> tuple[str, ...]:
    """The decorators of a class, as they are written, but for those that leave it as it is."""
    listed = (
        (d, d.get_code(include_prefix=False).strip().lstrip("@")) for d in node.get_decorators()
    )
    return tuple(
        code
        for decorator, code in listed
        if _is_known(code) or cls.is_stub() or not _leaves(cls.parent_context, decorator)
    )


def _borrowed(node: Any) -> tuple[str, ...]:
    """The slots that a class takes from classes of its module which spell out theirs."""
    code = node.get_code()
    found = _BORROWED.search(code)
    if found is None or len(_GIVEN_SLOTS.findall(code)) > 1:
        return ()
    written = {cls.name.value: cls.get_code() for cls in node.get_root_node().iter_classdefs()}
    slots: list[str] = []
    for name in _BORROWS.findall(found[0]):
        code = written.get(name, "")
        if computes(code) or len(_GIVEN_SLOTS.findall(code)) != 1:
            return ()
        slots += _spelled_out(code)
    return tuple(slots)


def _is_target(cls: Any, module: Any) -> bool:
    """Whether the module calls ``setattr`` on a class, or hands its instances to a function that
    does so with what it is given."""
    code = ""
    for call in module.get_used_names().get("setattr", ()):
        trailer = call.get_next_sibling()
        if trailer is None or trailer.type != "trailer":
            continue
        arguments = trailer.children[1]
        if getattr(arguments, "type", "") != "arglist":
            continue
        target = arguments.children[0].get_code(include_prefix=False)
        if target == cls.name.value:
            return True
        function = call.search_ancestor("funcdef")
        if function is None or function.search_ancestor("classdef") is not None:
            continue
        computed = arguments.children[2].type != "string"
        if computed and any(param.name.value == target for param in function.get_params()):
            code = code or cls.get_code()
            if re.search(rf"(?<![\w.]){function.name.value}\(\s*self\b", code):
                return True
    return False


def _compiled_methods(cls: Any) -> frozenset[str]:
    if not cls.is_compiled():
        return frozenset()
    found = next(iter(cls.get_filters()), None)
    names = ("__getattr__", "__new__", "__init__")
    return frozenset(n for n in names if found is not None and found.get(n))


def _methods(node: Any) -> Iterator[str]:
    for function in node.iter_funcdefs():
        yield function.name.value
    # ``__getattr__ = other`` and conditional definitions.
    for name, places in node.get_root_node().get_used_names().items():
        if name in ("__getattr__", "__getattribute__") and any(
            node.start_pos < place.start_pos < node.end_pos and place.is_definition()
            for place in places
        ):
            yield name


def label_of(value: Any) -> str:
    """The name of a class, a function, or of the class of an instance; may be empty."""
    try:
        return str(value.py__name__() or "")
    except (AttributeError, NotImplementedError):
        return ""


def module_of(value: Any) -> str:
    """The dotted name of the module that defines ``value``; may be empty."""
    try:
        return str(value.get_root_context().py__name__() or "")
    except (AttributeError, NotImplementedError):
        return ""


def _module_name(value: Any) -> str:
    names = getattr(value, "string_names", None)
    return ".".join(names) if names else label_of(value)


def file_of(value: Any) -> str:
    """The file that defines ``value``; for a stub the source beside it, where there is one."""
    try:
        context = value.get_root_context()
        if context.is_stub():
            for module in context.get_value().non_stub_value_set._set:
                path = module.py__file__()
                if path is not None:
                    return str(path)
        path = context.py__file__()
    except (AttributeError, NotImplementedError):
        return ""
    return str(Path(path)) if path is not None else ""
