"""Constructors that are made from the fields of a class body: dataclasses, attrs, ``NamedTuple``.

Read from the source, since jedi builds them without ``field(init=False)``, ``kw_only`` and the
order of inherited fields. Semantics: ``dataclasses`` of the standard library, the attrs manual
(*How Does It Work?*, ``kw_only``, ``alias``), PEP 526 (``NamedTuple``), PEP 589 (``TypedDict``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from analysis.names import Parameter, ParameterKind, Signature

_DATACLASS = re.compile(r"^(?:dataclasses\.|dc\.)?dataclass\b(?P<options>.*)$", re.DOTALL)
_ATTRS_NEW = re.compile(r"^(?:attrs?\.)?(?:define|frozen|mutable)\b(?P<options>.*)$", re.DOTALL)
_ATTRS_OLD = re.compile(r"^(?:attr\.(?:s|attrs|dataclass)|attrs)\b(?P<options>.*)$", re.DOTALL)
_FIELD = re.compile(
    r"^(?:dataclasses\.|attrs?\.)?(?:field|ib|attrib|Factory)\((?P<options>.*)\)$", re.DOTALL
)
_FIELD_CALL = re.compile(r"^(?:dataclasses\.|attrs?\.)?(?:field|ib|attrib)\(")
_CLASS_VAR = re.compile(r"^[\"']?(?:typing\.|t\.|te\.|typing_extensions\.)?ClassVar\b")
_KW_ONLY = re.compile(r"^[\"']?(?:dataclasses\.)?KW_ONLY\b")
_OPTION = r"(?:^|[(,\s]){name}\s*=\s*(?P<value>[^,)\s]+)"


class UnknownFieldsError(Exception):
    """The fields of a class cannot be read from its source; the text says why."""


@dataclass(frozen=True, slots=True)
class _Maker:
    """What makes the constructor of one class."""

    family: str
    options: str

    def flag(self, name: str) -> bool | None:
        """The literal value of an option; raises :class:`UnknownFieldsError` for a computed one."""
        return _flag(self.options, name)


def _flag(options: str, name: str) -> bool | None:
    match = re.search(_OPTION.format(name=name), options)
    if match is None:
        return None
    if match["value"] not in ("True", "False"):
        raise UnknownFieldsError(f"its option {name} is computed")
    return match["value"] == "True"


def generated(order: Iterable[Any]) -> Signature | None:
    """The constructor that the classes of ``order`` (jedi's, most derived first) get from fields.

    ``None`` where the constructor is written by hand or inherited from such a class. Raises
    :class:`UnknownFieldsError` where fields are there and cannot be read.
    """
    classes = list(order)
    for index, cls in enumerate(classes):
        node = _body_of(cls)
        if node is None:
            continue
        maker = _maker(node)
        written = {function.name.value for function in node.iter_funcdefs()}
        if maker is None:
            if written & {"__init__", "__new__"}:
                return None
            continue
        if maker.family in ("NamedTuple", "TypedDict"):
            # What derives from a TypedDict is one, too, and adds its keys (PEP 589).
            return _of_bases(maker.family, classes[index if maker.family == "NamedTuple" else 0 :])
        if maker.flag("init") is False:
            return None
        if "__init__" in written:
            if maker.family == "attr":
                raise UnknownFieldsError("attr.s may replace its __init__")
            return None
        return _in_order(_collected(maker.family, classes[index:]))
    return None


def typed_dict_keys(order: Iterable[Any]) -> list[str]:
    """The keys of a TypedDict whose classes are ``order`` (jedi's, most derived first).

    Raises :class:`UnknownFieldsError` where some are declared under a condition.
    """
    keys: dict[str, None] = {}
    for cls in reversed(list(order)):
        node = _body_of(cls)
        if node is not None and cls.get_root_context().py__name__() not in _TYPING:
            keys.update((field.name, None) for field in _annotated(node, "TypedDict"))
    return list(keys)


#: Where ``TypedDict`` itself and the mappings behind it are declared.
_TYPING = frozenset({"typing", "typing_extensions", "builtins", "_typeshed", "collections.abc"})


def _body_of(cls: Any) -> Any:
    node = getattr(cls, "tree_node", None)
    return node if getattr(node, "type", "") == "classdef" else None


def _maker(node: Any) -> _Maker | None:
    for decorator in node.get_decorators():
        code = decorator.get_code(include_prefix=False).strip().lstrip("@").strip()
        for family, pattern in (
            ("dataclass", _DATACLASS), ("attrs", _ATTRS_NEW), ("attr", _ATTRS_OLD)
        ):  # fmt: skip
            match = pattern.match(code)
            if match:
                if re.search(r"\b(?:these|field_transformer)\s*=", match["options"]):
                    raise UnknownFieldsError(f"{family} takes its fields from elsewhere")
                return _Maker(family, match["options"])
    arguments = node.get_super_arglist()
    code = arguments.get_code() if arguments is not None else ""
    match = re.search(r"\b(NamedTuple|TypedDict)\b(?!\s*\()", code)
    return _Maker(match[1], code) if match else None


def _of_bases(family: str, classes: list[Any]) -> Signature:
    if family == "NamedTuple":
        return Signature(tuple(_annotated(_body_of(classes[0]), "NamedTuple")))
    named: dict[str, Parameter] = {}
    for cls in reversed(classes):
        node = _body_of(cls)
        for found in _annotated(node, "TypedDict") if node is not None and not _stub(cls) else ():
            named[found.name] = Parameter(found.name, ParameterKind.KEYWORD_ONLY, required=False)
    mapping = Parameter("mapping", ParameterKind.POSITIONAL_ONLY, required=False)
    return Signature((mapping, *named.values()))


def _stub(cls: Any) -> bool:
    return bool(cls.is_stub())


def _collected(family: str, classes: list[Any]) -> dict[str, Parameter]:
    """The fields of a class and of those it inherits from, by name, in their order."""
    fields: dict[str, Parameter] = {}
    for cls in reversed(classes):
        node = _body_of(cls)
        maker = _maker(node) if node is not None else None
        if maker is None or maker.family in ("NamedTuple", "TypedDict"):
            continue
        same = (maker.family == "dataclass") == (family == "dataclass")
        if not same:
            raise UnknownFieldsError("dataclasses and attrs are mixed in its bases")
        keyword_only = maker.flag("kw_only") is True
        if keyword_only and family != "dataclass" and fields:
            raise UnknownFieldsError("kw_only of attrs means other things in other versions")
        for found, left_out in _own(node, maker, keyword_only):
            if family != "dataclass":
                fields.pop(found.name, None)  # attrs puts a field anew where it is defined last
            if left_out:
                fields.pop(found.name, None)
            else:
                fields[found.name] = found
    return fields


def _in_order(fields: dict[str, Parameter]) -> Signature:
    """Keyword-only parameters come last (``dataclasses``, *KW_ONLY*)."""
    ordered = sorted(fields.values(), key=lambda p: p.kind is ParameterKind.KEYWORD_ONLY)
    return Signature(tuple(ordered))


def _own(node: Any, maker: _Maker, keyword_only: bool) -> Iterator[tuple[Parameter, bool]]:
    """The fields that one body defines, and whether each is left out of the constructor."""
    if maker.family == "dataclass":
        annotated_only = True
    else:
        chosen = maker.flag("auto_attribs")
        bare = any(_FIELD_CALL.match(value) for _, _, value in _assigned(node))
        annotated_only = (
            bool(chosen) if maker.family == "attr" else chosen is not False and not bare
        )
    factories = _decorated_defaults(node)
    for name, annotation, value in _statements(node):
        if annotation is not None and _KW_ONLY.match(annotation) and maker.family == "dataclass":
            keyword_only = True
            continue
        match = _FIELD.match(value or "")
        if annotated_only:
            if annotation is None or _CLASS_VAR.match(annotation):
                continue
        elif not (value and _FIELD_CALL.match(value)):
            continue
        options = match["options"] if match else ""
        if "**" in options:
            raise UnknownFieldsError("a field takes computed options")
        optional = (
            value is not None
            if match is None
            else bool(
                re.search(r"(?:^|[(,\s])(?:default|factory|default_factory)\s*=", options)
                or (maker.family != "dataclass" and re.match(r"\s*[^\s=,]+\s*(?:,|$)", options))
                or name in factories
            )
        )
        alias = re.search(r"(?:^|[(,\s])alias\s*=\s*[\"'](\w+)[\"']", options)
        named = name
        if maker.family != "dataclass":
            named = alias[1] if alias else name.lstrip("_")
        only = _flag(options, "kw_only")
        kind = (
            ParameterKind.KEYWORD_ONLY
            if (only or (only is None and keyword_only))
            else (ParameterKind.EITHER)
        )
        yield Parameter(named, kind, not optional), _flag(options, "init") is False


def _annotated(node: Any, family: str) -> Iterator[Parameter]:
    for name, annotation, value in _statements(node):
        if annotation is not None and not (family == "NamedTuple" and name.startswith("_")):
            yield Parameter(name, ParameterKind.EITHER, value is None)


def _assigned(node: Any) -> Iterator[tuple[str, str | None, str]]:
    for name, annotation, value in _statements(node):
        if annotation is None and value is not None:
            yield name, annotation, value


def _statements(node: Any) -> Iterator[tuple[str, str | None, str | None]]:
    """Names that the body binds one by one: name, annotation, value, as source.

    Raises :class:`UnknownFieldsError` where some are bound under a condition.
    """
    suite = node.children[-1]
    for line in suite.children if suite.type == "suite" else [suite]:
        if line.type in ("if_stmt", "for_stmt", "try_stmt", "with_stmt", "while_stmt"):
            if re.search(r"^\s+\w+\s*:\s*\S", line.get_code(), re.MULTILINE):
                raise UnknownFieldsError("some of its fields are defined under a condition")
            continue
        for statement in line.children if line.type == "simple_stmt" else [line]:
            if statement.type != "expr_stmt" or statement.children[0].type != "name":
                continue
            first, second = statement.children[0].value, statement.children[1]
            if second.type == "annassign":
                parts = second.children
                value = _code(parts[3]) if len(parts) > 3 else None
                yield first, _code(parts[1]), value
            elif getattr(second, "value", "") == "=":
                yield first, None, _code(statement.children[-1])


def _decorated_defaults(node: Any) -> frozenset[str]:
    """The fields of attrs whose default is a method: ``@x.default``."""
    found = re.findall(r"@(\w+)\.default\b", node.get_code())
    return frozenset(found)


def _code(node: Any) -> str:
    return str(node.get_code(include_prefix=False)).strip()
