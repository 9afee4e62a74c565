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
#: Since when typeshed says that something is deprecated.
_SINCE = re.compile(r"\bsince (?:Python )?(?P<major>\d+)\.(?P<minor>\d+)", re.IGNORECASE)
#: A name that a directive sets apart, as one does a parameter: of 57 directives in 24 drawn
#: packages, two are about one that no other word tells of (seeds 20261203, 4 and 90).
_MARKED = re.compile(r"[*`]+(?P<name>\w+)[*`]+")
#: A message longer than this is a manual.
_LONGEST = 160


def deprecation_of(value: Any) -> str | None:
    """What is said about the deprecation of ``value``; ``""`` for nothing but that it is, ``None``
    where it is not."""
    for part, node in _nodes(value):
        said = _of_node(node)
        if said is not None and _of_library(part):
            said = _in_force(said, part.inference_state.environment.version_info)
        if said is not None:
            return " ".join(said.split())[:_LONGEST]
    return None


def _of_library(part: Any) -> bool:
    """Whether a definition is the stub's of something in the standard library. Such a stub speaks
    for every version of Python at once."""
    path = part.get_root_context().py__file__()
    return path is not None and path.suffix == ".pyi" and "stdlib" in path.parts


def _in_force(said: str, version: Any) -> str | None:
    """What a stub of the standard library says, where it holds for ``version``; ``None`` where it
    does not, or where nothing tells since when."""
    match = _SINCE.search(said)
    since = (int(match["major"]), int(match["minor"])) if match else None
    return said if since is not None and tuple(version)[:2] >= since else None


def _nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """The definitions of a value in its stub and in its source, each with its part."""
    parts = [value, *(v for v in convert_values([value])._set if v is not value)]
    for part in parts:
        inner = getattr(part, "_original_value", part)
        node = getattr(inner, "tree_node", None)
        if isinstance(node, Function | Class):
            yield part, node


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
            first = f"{since} {text}".partition(". ")[0]
            if _OF_A_USE.search(first) or _names_a_parameter(first, node):
                return None
            return f"since {since}: {text}" if text else f"since {since}"
    if node.type == "funcdef":
        return _of_body(node)
    return next((_of_body(f) for f in node.iter_funcdefs() if f.name.value == "__init__"), None)


def _names_a_parameter(sentence: str, node: Any) -> bool:
    """Whether ``sentence`` is about a parameter of ``node`` (``attr.ib``'s *convert*), which may be
    gone already: where it begins with one, behind a version."""
    marked = {match["name"] for match in _MARKED.finditer(sentence)}
    own = {p.name.value for p in node.get_params()} if node.type == "funcdef" else set()
    begins = re.match(r"[\d.]*\s*[*`]+\w+[*`]+\s*$", sentence) is not None
    return begins or bool(marked & own)


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
