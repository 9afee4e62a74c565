"""The annotation of the field that an argument goes to, where a constructor is made of fields.

``dataclasses``, ``attrs`` and ``NamedTuple`` take of each field what it is annotated to hold,
unless it is converted on its way: by a converter, or by a method that gives the field another
value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from analysis.signatures import ParameterKind, Signature

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
        for annotation, value in _annotated(node, name):
            if _SPECIAL.search(annotation.get_code()) or _CONVERTS.search(value):
                raise LookupError(name)
            return base.get_root_context().create_context(annotation), annotation, value
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
