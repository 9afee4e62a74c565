"""Whether something that is called says of itself that it should not be.

Three ways are read, none is run: the decorator ``@deprecated`` (PEP 702, ``typing_extensions``, the
package ``deprecated``), the directive ``.. deprecated::`` of Sphinx at the margin of the docstring,
and a ``DeprecationWarning`` that the body gives before it decides anything.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from jedi.inference.gradual.conversion import convert_values
from parso.python.tree import Class, Function

_DIRECTIVE = re.compile(
    r"^\.\. deprecated::[ \t]*(?P<since>.*)\n?(?P<text>(?:[ \t]*\n)*(?:[ \t]+\S.*\n?)*)",
    re.MULTILINE,
)
_WARNS = re.compile(
    r"^(?:warnings\s*\.\s*)?(?:warn|_deprecated|warn_explicit)\s*\((?P<inside>.*)\)\s*$", re.DOTALL
)
_OWN_WARNING = re.compile(r"(?:warnings\s*\.\s*)?_deprecated\b")
_CATEGORY = re.compile(r"\b(?:Pending)?DeprecationWarning\b")
_STRINGS = re.compile(r"^\s*[rRuU]?(\"\"\"|'''|\"|')(?P<text>(?:\\.|(?!\1).)*)\1", re.DOTALL)
#: Words of a directive that is about one way to call it, not about the whole.
_OF_A_USE = re.compile(
    r"\b(?:arguments?|parameters?|keywords?|options?|when|if|unless|without|with(?:out)? \w+ing"
    r"|passing|calling|attributes?|returns?|subclass\w*|inherit\w*|overrid\w*)\b",
    re.IGNORECASE,
)
#: What may stand before the warning: nothing that decides whether it is given.
_HARMLESS = frozenset({"simple_stmt", "newline"})
#: A message longer than this is a manual.
_LONGEST = 160


def deprecation_of(value: Any) -> str | None:
    """What is said about the deprecation of ``value``; ``""`` for nothing but that it is, ``None``
    where it is not."""
    for node in _nodes(value):
        said = _of_node(node)
        if said is not None:
            return " ".join(said.split())[:_LONGEST]
    return None


def _nodes(value: Any) -> Iterator[Any]:
    """The definitions of a value in its stub and in its source."""
    parts = [value, *(v for v in convert_values([value])._set if v is not value)]
    for part in parts:
        inner = getattr(part, "_original_value", part)
        node = getattr(inner, "tree_node", None)
        if isinstance(node, Function | Class):
            yield node


def _of_node(node: Any) -> str | None:
    """What one definition says."""
    decorators: dict[str, str] = {}
    for decorator in node.get_decorators():
        code = decorator.get_code(include_prefix=False).strip().lstrip("@")
        name, _, arguments = code.partition("(")
        decorators[name.rpartition(".")[2].strip()] = arguments
    if "overload" in decorators:
        return None  # one way to call it, not the whole
    if "deprecated" in decorators:
        return _message(decorators["deprecated"])
    docstring = node.get_doc_node()
    if docstring is not None:
        match = _DIRECTIVE.search(inspect.cleandoc(_text(docstring.value)))
        if match:
            since, text = match["since"].strip(), match["text"].strip()
            if _OF_A_USE.search(f"{since} {text}".partition(". ")[0]):
                return None
            return f"since {since}: {text}" if text else f"since {since}"
    if node.type == "funcdef":
        return _of_body(node)
    return next((_of_body(f) for f in node.iter_funcdefs() if f.name.value == "__init__"), None)


def _of_body(function: Any) -> str | None:
    suite = function.children[-1]
    for statement in getattr(suite, "children", ()):
        if statement.type not in _HARMLESS:
            return None
        code = statement.get_code(include_prefix=False).strip()
        if code.startswith(("return", "raise")):
            return None
        match = _WARNS.match(code)
        if match and _OWN_WARNING.match(code):
            return ""  # of the standard library: its first argument is the name
        if match and _CATEGORY.search(match["inside"]):
            return _message(match["inside"])
    return None


def _message(arguments: str) -> str:
    """The first argument, where it is one string."""
    match = _STRINGS.match(arguments)
    return match["text"] if match else ""


def _text(literal: str) -> str:
    return literal.lstrip("rRuUbB").strip("\"'")
