"""Ways to bind names that the syntax does not show."""

from __future__ import annotations

import re

from tree_sitter import Node

from analysis.syntax.tree import SyntaxTree

_BUILTINS = r"\b(?:builtins|__builtins__|__builtin__)\b"
#: Names as a mapping, which is harmless where it is only read: of the module, or of all modules.
_NAMESPACE = re.compile(
    r"\b(?P<what>globals|locals|vars)\(\s*\)"
    rf"|(?P<of_all>{_BUILTINS}(?:\s*\.\s*__dict__\b|(?=\s*\[))|\bvars\(\s*{_BUILTINS}\s*\))"
)
_READ = re.compile(
    r"""\s*(?:
    \[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]
      (?!\s*(?:=(?!=)|:(?!=)[^\n]*=|(?:\*\*|//|>>|<<|[-+*/%@&|^])=))
    | \.\s*(?:get|items|keys|values|copy)\b)""",
    re.VERBOSE,
)
_OF_MODULES = re.compile(
    r"\bsys\s*\.\s*modules\s*\[\s*__name__\s*\]|\b_convert_?\([^()]*__name__|\bglobal_enum\b"
    r"|\b(?:builtins|__builtins__|__builtin__)\s*\.\s*(?!__dict__\b)\w+\s*=(?!=)"
    r"|\bsetattr\(\s*(?:builtins|__builtins__|sys\s*\.\s*modules)"
)
_EXEC = re.compile(r"(?<![.\w])(?:exec|execfile)\(\s*[^,()\n]*(?:\([^()\n]*\)[^,()\n]*)*\)")


def doubt(tree: SyntaxTree, code: str) -> str:
    """Why names of the module may be bound that its text does not show, or ``""``.

    ``code`` is the text of ``tree`` with comments and strings blanked.
    """
    if (found := _OF_MODULES.search(code)) is not None:
        return f"names are bound by {' '.join(found[0].split())}"
    if (found := _EXEC.search(code)) is not None:
        return "exec may bind names"
    for found in _NAMESPACE.finditer(code):
        if found["what"] in ("locals", "vars") and _in_function(tree, found.start()):
            continue  # a copy: the names of a function cannot be added to
        before = code[max(0, found.start() - 8) : found.start()]
        if not _READ.match(code, found.end()) and not re.search(r"\bin\s*$", before):
            return f"names may be bound through {' '.join(found[0].split())}"
    return ""


def _in_function(tree: SyntaxTree, offset: int) -> bool:
    node: Node | None = tree.node_at(offset)
    while node is not None and node.type not in ("function_definition", "lambda"):
        node = node.parent
    return node is not None
