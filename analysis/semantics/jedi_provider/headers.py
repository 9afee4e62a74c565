"""Declarations as their users read them, from parso's nodes: headers, members, annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jedi.inference.gradual.annotation import _get_forward_reference_node

#: Headers longer than this are cut: what follows says little about what to write.
_LONGEST = 160
_WORD = re.compile(r"[^\W\d]\w*")
_SELF = frozenset({"self", "cls", "mcs"})


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a class body: its name, its header if it is called, its annotation's node, and
    whether it is called on the class."""

    name: str
    header: str
    annotation: Any
    of_class: bool = False


def function_header(node: Any) -> str:
    """``def name(parameters) -> result`` without the receiver, on one line."""
    begin = "async def" if node.parent.type in ("async_stmt", "async_funcdef") else "def"
    result = f" -> {annotation_text(node.annotation)}" if node.annotation is not None else ""
    return _short(f"{begin} {node.name.value}({_parameters(node)}){result}")


def class_header(node: Any) -> str:
    """``class Name(bases)``."""
    bases = node.get_super_arglist()
    inside = f"({_line(bases)})" if bases is not None else ""
    return _short(f"class {node.name.value}{inside}")


def constructor(node: Any) -> str:
    """The parameters that a class is called with, in parentheses; its fields where it has no
    ``__init__`` of its own, ``""`` where nothing shows."""
    for function in node.iter_funcdefs():
        if function.name.value == "__init__":
            return _short(f"({_parameters(function)})")
    fields = [f"{name}: {annotation_text(a)}" for name, a in _fields(node)]
    return _short(f"({', '.join(fields)})") if fields and node.get_decorators() else ""


def declared_members(node: Any) -> Iterator[Member]:
    """Methods, properties and annotated fields of a class body."""
    for name, annotation in _fields(node):
        yield Member(name, "", annotation)
    for function in node.iter_funcdefs():
        name = function.name.value
        if name.startswith("__"):
            if name == "__init__":
                for field, annotation in _assigned(function):
                    yield Member(field, "", annotation)
            continue
        header = "" if _is_property(function) else function_header(function)
        yield Member(name, header, function.annotation, is_class_function(function))


def members(node: Any) -> Iterator[tuple[str, Any]]:
    """A line for each public member of a class body, with the annotation of what it gives."""
    seen: set[str] = set()
    for member in declared_members(node):
        if member.name.startswith("_") or member.name in seen:
            continue
        seen.add(member.name)
        annotation = member.annotation
        shown = f": {annotation_text(annotation)}" if annotation is not None else ""
        yield member.header or f"{member.name}{shown}", annotation
    for name in _plain(node):
        if not name.startswith("_") and name not in seen:
            seen.add(name)
            yield name, None


def annotation_of(name: Any) -> Any:
    """The annotation of the definition that a name leaf is, or ``None``."""
    parent = name.parent
    while parent is not None and parent.type in ("trailer", "power", "atom_expr", "tfpdef"):
        parent = parent.parent
    if parent is None:
        return None
    if parent.type == "param":
        return parent.annotation
    if parent.type == "expr_stmt" and parent.children[1].type == "annassign":
        return parent.children[1].children[1]
    return None


def annotation_text(node: Any) -> str:
    """An annotation on one line, without the quotes of a forward reference."""
    text = _line(node)
    if node.type == "string" and len(text) > 2 and text[0] in "'\"":
        return text.strip("'\"")
    return text


def words(node: Any) -> list[str]:
    """The identifiers of an annotation, also of a quoted one."""
    return _WORD.findall(_line(node))


def type_names(node: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    """The last name leaf of every dotted name of an annotation, with the context it is read in."""
    for leaf in _leaves(node):
        if leaf.type == "string":
            inner = _get_forward_reference_node(context, annotation_text(leaf))
            if inner is not None:
                for other in _leaves(inner):
                    if _ends_a_name(other):
                        yield other, context
        elif _ends_a_name(leaf):
            yield leaf, context


def is_protocol(node: Any) -> bool:
    """Whether a class fits by what it has, not by what it inherits (PEP 544)."""
    bases = node.get_super_arglist()
    return bases is not None and "Protocol" in words(bases)


def methods(node: Any) -> Iterator[str]:
    """The names of the methods of a class body; none for ``None``."""
    for function in node.iter_funcdefs() if node is not None else ():
        yield function.name.value


def is_class_function(node: Any) -> bool:
    """Whether it is called on the class."""
    codes = [d.get_code(include_prefix=False).strip() for d in node.get_decorators()]
    return any(code.startswith(("@classmethod", "@staticmethod")) for code in codes)


def parameter(names: Sequence[Any], position: int, keyword: str) -> Any:
    """The parameter that an argument goes to, of those that are not bound; or ``None``."""
    kinds = [name.get_kind() for name in names]
    if keyword:
        for name, kind in zip(names, kinds, strict=True):
            if name.string_name == keyword and kind.name not in ("POSITIONAL_ONLY", "VAR_KEYWORD"):
                return name
        return next((n for n, k in zip(names, kinds, strict=True) if k.name == "VAR_KEYWORD"), None)
    places = [
        n for n, k in zip(names, kinds, strict=True)
        if k.name in ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD")
    ]  # fmt: skip
    if position < len(places):
        return places[position]
    return next((n for n, k in zip(names, kinds, strict=True) if k.name == "VAR_POSITIONAL"), None)


def _parameters(node: Any) -> str:
    inside = _line(node.children[2]).strip()[1:-1].strip()
    first, comma, rest = inside.partition(",")
    if _WORD.match(first.strip()) and first.strip().split(":")[0].strip() in _SELF:
        return rest.strip() if comma else ""
    return inside


def _fields(node: Any) -> Iterator[tuple[str, Any]]:
    """The annotated names of a class body, in order."""
    for statement in _statements(node):
        if statement.type == "expr_stmt" and statement.children[1].type == "annassign":
            target = statement.children[0]
            if target.type == "name":
                yield target.value, statement.children[1].children[1]


def _plain(node: Any) -> Iterator[str]:
    """The names that a class body assigns without an annotation: constants, members of an enum."""
    for statement in _statements(node):
        if statement.type != "expr_stmt" or statement.children[1].type == "annassign":
            continue
        if statement.children[0].type == "name":
            yield statement.children[0].value


def _assigned(function: Any) -> Iterator[tuple[str, Any]]:
    """What ``__init__`` gives ``self``, with the annotation where one shows."""
    given = {p.name.value: p.annotation for p in function.get_params()}
    for statement in _statements(function):
        if statement.type != "expr_stmt":
            continue
        target = statement.children[0]
        if target.type not in ("power", "atom_expr") or len(target.children) != 2:
            continue
        if _line(target.children[0]) != "self" or target.children[1].children[0].value != ".":
            continue
        name = target.children[1].children[1].value
        if statement.children[1].type == "annassign":
            yield name, statement.children[1].children[1]
        else:
            yield name, given.get(_line(statement.children[-1]))


def _statements(node: Any) -> Iterator[Any]:
    """The simple statements directly in the suite of a class or a function."""
    suite = node.children[-1]
    for child in getattr(suite, "children", ()):
        if child.type == "simple_stmt":
            yield child.children[0]


def _is_property(node: Any) -> bool:
    codes = [d.get_code(include_prefix=False).strip() for d in node.get_decorators()]
    return any(re.match(r"@(?:\w+\.)*(?:cached_)?property\b", code) for code in codes)


def _leaves(node: Any) -> Iterator[Any]:
    children = getattr(node, "children", None)
    if children is None:
        yield node
        return
    for child in children:
        yield from _leaves(child)


def _ends_a_name(leaf: Any) -> bool:
    if leaf.type != "name":
        return False
    following = leaf.get_next_leaf()
    return following is None or following.value != "."


def _line(node: Any) -> str:
    return " ".join(node.get_code(include_prefix=False).split())


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
