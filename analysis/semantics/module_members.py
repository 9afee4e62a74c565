"""What a module binds at its top level, read from its syntax alone.

All branches count: a name that any branch binds may be there. What the syntax cannot show (a
module ``__getattr__``, writes through ``globals()``, a star import of an unknown module) makes the
listing incomplete and is named.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.program.binders import StarImport, exported
from analysis.program.scopes import DEFINITIONS, Binding, BindingManner, module_scope
from analysis.syntax.tree import SyntaxTree, parse
from analysis.text import overlay

#: Ways to bind a module's names that its syntax does not show. Of ``globals()`` what only reads one
#: of its items, or looks whether it has one, does not count; where it goes otherwise is not known.
_DYNAMIC = re.compile(
    rb"""(?<!\bin\ )\bglobals\(\)
      (?! \.(?:get|keys|values|items|copy)\( | \[[^\[\]\n]*\](?: [.(] | [ \t]*(?:\r?\n|\Z) ))
    | \bsys\.modules\[__name__\] | \bvars\(\) | \b_?lazy_?(?:import|load|module)
    # Not that which is given a dictionary that the function around got.
    | \bexec\( (?! \s*\w+\s*,\s*(?!globals|locals|vars|__)\w+\s*[,)] )""",
    re.IGNORECASE | re.VERBOSE,
)
#: Where such a word is none.
_TEXTS = frozenset({"comment", "string_content", "string_start"})
_VERSION_TEST = re.compile(
    r"^sys\.version_info\s*(?P<operator>>=|<)\s*\((?P<major>\d+),\s*(?P<minor>\d+)\)$"
)
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
    tree = parse(source.decode("utf-8", "replace"))
    if stub_for is not None:
        tree = _for_version(tree, stub_for)
    scope = module_scope(tree)
    listed = frozenset(exported(tree) or ())
    if stub_for is not None:
        own = (each for each in scope.places if _is_own(tree, each))
        return Members(_kinds(own), tuple(scope.stars), listed)
    names = _kinds(scope.places)
    doubt = ""
    if "__getattr__" in names:
        return Members(names, tuple(scope.stars), listed, "the module has a __getattr__")
    for dynamic in _DYNAMIC.finditer(source):
        at = tree.root.descendant_for_byte_range(dynamic.start(), dynamic.start() + 1)
        if at is None or at.type not in _TEXTS:
            doubt = f"the module uses {dynamic[0].decode('ascii', 'replace')}"
            break
    return Members(names, tuple(scope.stars), listed, doubt)


def _kinds(places: Iterable[Binding]) -> dict[str, str]:
    """The names with their kinds: of several, the first that is no ``statement``."""
    found: dict[str, str] = {}
    for each in places:
        if found.get(each.name, "statement") == "statement":
            found[each.name] = each.kind
    return found


def _is_own(tree: SyntaxTree, binding: Binding) -> bool:
    """Whether a stub re-exports what it binds: an import only as ``x as x``."""
    if binding.manner not in (BindingManner.MODULE, BindingManner.MEMBER):
        return True
    alias = binding.node.parent
    if alias is None or alias.type != "aliased_import":
        return False
    named = alias.child_by_field_name("name")
    return named is not None and tree.slice(named) == binding.name


def _for_version(tree: SyntaxTree, version: tuple[int, int]) -> SyntaxTree:
    """A stub without what it has for other versions of Python."""
    data = bytearray(tree.data)
    stack = [tree.root] if b"version_info" in data else []
    while stack:
        node = stack.pop()
        if node.type == "if_statement":
            settled = False
            for clause in [node, *node.children_by_field_name("alternative")]:
                condition = clause.child_by_field_name("condition")
                body = clause.child_by_field_name("consequence" if condition else "body")
                verdict = _holds(tree.slice(condition), version) if condition is not None else None
                if body is not None and (settled or verdict is False):
                    data[body.start_byte : body.end_byte] = b"...".ljust(
                        body.end_byte - body.start_byte
                    )
                elif body is not None:
                    stack.append(body)
                settled = settled or verdict is True
        elif node.type not in DEFINITIONS:
            stack.extend(node.named_children)
    return tree if data == tree.data else parse(data.decode("utf-8", "surrogatepass"))


def _holds(condition: str, version: tuple[int, int]) -> bool | None:
    """Whether a condition of a stub holds; ``None`` where that is not known."""
    match = _VERSION_TEST.match(condition)
    if match:
        asked = (int(match["major"]), int(match["minor"]))
        return {">=": version >= asked, "<": version < asked}.get(match["operator"])
    return None
