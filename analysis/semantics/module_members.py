"""What a module binds at its top level, read from its syntax alone.

All branches count: a name that any branch binds may be there. What the syntax cannot show (a
module ``__getattr__``, writes through ``globals()``, a star import of an unknown module) makes the
listing incomplete and is named.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import tree_sitter
import tree_sitter_python

from analysis.syntax.star import StarImport
from analysis.text import overlay

#: Nodes whose inside binds names of their own, not of the module.
_OTHER_SCOPES = frozenset(
    {
        "class_definition",
        "function_definition",
        "lambda",
        "list_comprehension",
        "set_comprehension",
        "dictionary_comprehension",
        "generator_expression",
    }
)
_PATTERNS = frozenset(
    {
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "list_splat_pattern",
        "as_pattern_target",
        "tuple",
        "list",
        "parenthesized_expression",
        "case_pattern",
        "splat_pattern",
        "class_pattern",
        "union_pattern",
        "dict_pattern",
        "keyword_pattern",
        "as_pattern",
    }
)
#: Ways to bind a module's names that its syntax does not show. Of ``globals()`` what only reads one
#: of its items, or looks whether it has one, does not count; where it goes otherwise is not known.
_DYNAMIC = re.compile(
    rb"""(?<!\bin\ )\bglobals\(\)
      (?! \.(?:get|keys|values|items|copy)\( | \[[^\[\]\n]*\](?: [.(] | [ \t]*(?:\r?\n|\Z) ))
    | \bsys\.modules\[__name__\] | \bvars\(\) | \bexec\( | \b_?lazy_?(?:import|load|module)""",
    re.IGNORECASE | re.VERBOSE,
)
_VERSION_TEST = re.compile(
    r"^sys\.version_info\s*(?P<operator>>=|<)\s*\((?P<major>\d+),\s*(?P<minor>\d+)\)$"
)
_GLOBAL = re.compile(rb"^[ \t]+global[ \t]+([^\n#;]+)", re.MULTILINE)
#: Members by the hash of the source, so that none is ever old.
_known: OrderedDict[tuple[str, tuple[int, int] | None], Members | None] = OrderedDict()
_KEPT = 4096
#: A module larger than this is generated data; reading it would cost more than it tells.
_MAX_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Members:
    """Names bound by a module with their kind, and what the syntax leaves open.

    ``exported`` are the string literals of ``__all__``. ``doubt`` says why there may be more
    names, or is empty.
    """

    names: dict[str, str]
    stars: tuple[StarImport, ...] = ()
    exported: frozenset[str] = frozenset()
    doubt: str = ""


@dataclass(slots=True)
class _Found:
    stub: bool = False
    names: dict[str, str] = field(default_factory=dict)
    stars: list[StarImport] = field(default_factory=list)
    exported: set[str] = field(default_factory=set)

    def add(self, name: str, kind: str) -> None:
        if self.names.get(name, "statement") == "statement":
            self.names[name] = kind


@cache
def _parser() -> tree_sitter.Parser:
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))


def of_file(path: str, stub_for: tuple[int, int] | None = None) -> Members | None:
    """The members of the module in the file ``path``; ``None`` when it cannot be read.

    ``stub_for`` as in :func:`of_source`.
    """
    key = (overlay.digest(path), stub_for)
    if key in _known:
        _known.move_to_end(key)
        return _known[key]
    try:
        data, digest = overlay.read(path)
    except OSError:
        return None
    members = _known[digest, stub_for] = (
        of_source(data, stub_for) if len(data) <= _MAX_BYTES else None
    )
    if len(_known) > _KEPT:
        _known.popitem(last=False)
    return members


def of_source(source: bytes, stub_for: tuple[int, int] | None = None) -> Members:
    """The members of a module with this source. Never raises: broken code binds what is seen.

    With ``stub_for``, a version of Python, the source is a stub: what it imports without ``as`` is
    not its own (PEP 484), and its branches for other versions do not count. Those for other
    platforms do: code for all of them is written on one.
    """
    found = _Found(stub=stub_for is not None)
    for node in _statements(_parser().parse(source).root_node, stub_for):
        _bind(node, found)
    if found.stub:
        return Members(found.names, tuple(found.stars), frozenset(found.exported))
    for match in _GLOBAL.finditer(source):
        for part in match[1].decode("utf-8", "replace").split(","):
            if part.strip().isidentifier():
                found.add(part.strip(), "statement")
    doubt = ""
    if "__getattr__" in found.names:
        doubt = "the module has a __getattr__"
    else:
        match_dynamic = _DYNAMIC.search(source)
        if match_dynamic:
            doubt = f"the module uses {match_dynamic[0].decode('ascii', 'replace')}"
    return Members(found.names, tuple(found.stars), frozenset(found.exported), doubt)


def _statements(
    root: tree_sitter.Node, stub_for: tuple[int, int] | None
) -> Iterator[tree_sitter.Node]:
    """Every node of the module's own scope, without a stub's dead branches."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        if node.type in _OTHER_SCOPES:
            continue
        if stub_for is not None and node.type == "if_statement":
            stack.extend(reversed(_live_branches(node, stub_for)))
        else:
            stack.extend(reversed(node.named_children))


def _live_branches(node: tree_sitter.Node, version: tuple[int, int]) -> list[tree_sitter.Node]:
    live: list[tree_sitter.Node] = []
    clauses = [node, *(c for c in node.named_children if c.type == "elif_clause")]
    for clause in clauses:
        condition = clause.child_by_field_name("condition")
        verdict = _holds(_text(condition), version) if condition is not None else None
        body = clause.child_by_field_name("consequence")
        if verdict is not False and body is not None:
            live.append(body)
        if verdict is True:
            return live
    live += [c for c in node.named_children if c.type == "else_clause"]
    return live


def _holds(condition: str, version: tuple[int, int]) -> bool | None:
    """Whether a condition of a stub holds; ``None`` where that is not known."""
    match = _VERSION_TEST.match(condition)
    if match:
        asked = (int(match["major"]), int(match["minor"]))
        return {">=": version >= asked, "<": version < asked}.get(match["operator"])
    return None


def _bind(node: tree_sitter.Node, found: _Found) -> None:
    match node.type:
        case "function_definition" | "class_definition":
            name = node.child_by_field_name("name")
            if name is not None:
                kind = "class" if node.type == "class_definition" else "function"
                found.add(_text(name), kind)
        case "assignment" | "augmented_assignment":
            left = node.child_by_field_name("left")
            if left is not None:
                _bind_targets(left, found)
                if _text(left) == "__all__":
                    found.exported.update(_strings(node))
        case "for_statement" | "for_in_clause":
            left = node.child_by_field_name("left")
            if left is not None:
                _bind_targets(left, found)
        case "named_expression":
            name = node.child_by_field_name("name")
            if name is not None:
                found.add(_text(name), "statement")
        case "as_pattern_target" | "case_pattern":
            _bind_targets(node, found)
        case "type_alias_statement":
            left = node.child_by_field_name("left")
            if left is not None:
                found.add(_text(left).partition("[")[0].strip(), "statement")
        case "import_statement" | "import_from_statement" | "future_import_statement":
            _bind_import(node, found)
        case "call":
            function = node.child_by_field_name("function")
            if function is not None and _text(function).startswith("__all__."):
                found.exported.update(_strings(node))
        case _:
            pass


def _bind_targets(node: tree_sitter.Node, found: _Found) -> None:
    one_word = node.type == "dotted_name" and node.named_child_count == 1
    if node.type == "identifier" or one_word:
        found.add(_text(node), "statement")
    elif node.type in _PATTERNS:
        for child in node.named_children:
            _bind_targets(child, found)


def _bind_import(node: tree_sitter.Node, found: _Found) -> None:
    module = node.child_by_field_name("module_name")
    for child in node.children_by_field_name("name"):
        if child.type == "aliased_import":
            alias = child.child_by_field_name("alias")
            original = child.child_by_field_name("name")
            if found.stub and (
                original is None or alias is None or _text(original) != _text(alias)
            ):
                continue
            if alias is not None:
                found.add(_text(alias), "module" if module is None else "statement")
        elif found.stub:
            continue
        elif module is None and node.type == "import_statement":
            found.add(_text(child).partition(".")[0].strip(), "module")
        else:
            found.add(_text(child), "statement")
    if module is not None and any(c.type == "wildcard_import" for c in node.named_children):
        found.stars.append(StarImport.of(_text(module)))


def _strings(node: tree_sitter.Node) -> Iterator[str]:
    stack = [node]
    while stack:
        current = stack.pop()
        if current.type == "string_content":
            yield _text(current)
        stack.extend(current.named_children)


def _text(node: tree_sitter.Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
