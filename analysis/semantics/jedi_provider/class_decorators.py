"""Which decorators leave a class as it is, read from their source."""

from __future__ import annotations

import re
from typing import Any

from analysis.semantics.jedi_provider import completeness
from analysis.semantics.jedi_provider.decorated import decorating

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
    _, values = completeness.isolated(decorating)(context, decorator.children[1])
    return not completeness.incomplete(values) and all(_gives_back(v) for v in values._set)


def _gives_back(value: Any) -> bool:
    node: Any = getattr(value, "tree_node", None)
    if node is None or value.is_stub():
        # A compiled one, or one of a stub: such register or mark.
        return bool(value.is_compiled())
    if node.type == "classdef":
        return False
    code = str(node.get_code())
    if _CHANGES.search(code):
        return False
    functions = [node, *node.iter_funcdefs()]
    own = {p.name.value for function in functions for p in function.get_params()}
    own |= {function.name.value for function in functions}
    returned = [
        statement.children[1].get_code(include_prefix=False).strip()
        for function in functions
        for statement in function.iter_return_stmts()
        if len(getattr(statement, "children", ())) > 1
    ]
    return bool(returned) and all(_NAMED.findall(text)[0] in own for text in returned)
