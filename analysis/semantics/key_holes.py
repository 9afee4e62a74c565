"""What may stand between the quotes of ``receiver["…"]``: fields of a TypedDict, keys of a literal.

A TypedDict says which keys it has (PEP 589). The keys of a dictionary that is written out, as a
display or a call of ``dict``, are all there are where its name is assigned once in its scope and
nothing there can add one. Elsewhere the keys that the same receiver shows are known, and there may
be more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tree_sitter import Node

from analysis.names import Name, NameSet, Tier
from analysis.semantics.occurrences import code_only
from analysis.snapshot import Snapshot
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.tree import SyntaxTree, parsed

#: Guards under which a key may be missing.
_EXPECTED = frozenset({"try_any", "with_error"})
#: What may follow the name of a dictionary without changing it.
_READS = re.compile(
    r"\s*(?:\[[^\[\]]*\](?!\s*(?:=(?!=)|[-+*/|&^%@]=|:[^=\n]*=))|\.\s*(?:get|items|keys|values|copy)\b"
    r"|(?:\s+|\s*\))(?:for|if|else|and|or|in|not)\b|\s*(?:==|!=|:))"
)
#: A key that is assigned may be new.
_STORE = re.compile(r"[\"']?\s*\]\s*(?:=(?!=)|:[^=\n]*=)")
_BEFORE = re.compile(
    r"(?:\bin|\bnot|\bif|\band|\bor|\blen\(|\b(?:sorted|list|tuple|set|iter)\()\s*$"
)


def names_for(snapshot: Snapshot, hole: Hole, typed: NameSet) -> NameSet:
    """The keys for a hole in a string; ``typed`` are those that the receiver's type says."""
    monitor = hole.kind.value
    if typed.tier is not Tier.ABSTAIN:
        return typed
    tree = parsed(snapshot.text)
    span = _scope(tree, hole)
    shown = {key: Name(key, "key", origin="witness") for key in _shown(snapshot.text, hole, span)}
    literal = _literal(tree, hole.receiver_text, span)
    if literal is None:
        if not shown:
            return NameSet.abstain(monitor, "nothing is known about the keys")
        reason = "keys that the same receiver shows elsewhere"
        return NameSet(monitor, Tier.OPEN, reason, tuple(shown.values()))
    keys, doubt = literal
    names = {key: Name(key, "key", origin="file") for key in keys}
    names |= {key: name for key, name in shown.items() if key not in names}
    doubt = doubt or _changed(snapshot.text, hole, span) or _guarded(snapshot.text, hole)
    return NameSet(
        monitor,
        Tier.OPEN if doubt else Tier.CLOSED,
        doubt or "every key of the dictionary, which nothing here changes",
        tuple(names.values()),
        "dict",
    )


def _guarded(text: str, hole: Hole) -> str:
    guard = _EXPECTED.intersection(hole.guards)
    if guard:
        return f"the code here is guarded ({min(guard)})"
    return "the key is assigned here" if _STORE.match(text, hole.end) else ""


def _scope(tree: SyntaxTree, hole: Hole) -> tuple[int, int]:
    """The span of the function around the hole that binds the receiver's name; of the whole text
    where none does."""
    node: Node | None = tree.node_at(hole.start)
    while node is not None and hole.receiver_text.isidentifier():
        if node.type == "function_definition":
            span = tree.span(node)
            bound = list(_assignments(tree, hole.receiver_text, span))
            # What ``global`` and ``nonlocal`` name belongs to a scope farther out.
            if bound and not any(
                b.type in ("global_statement", "nonlocal_statement") for b in bound
            ):
                return span
        node = node.parent
    return 0, len(tree.text)


def _shown(text: str, hole: Hole, span: tuple[int, int]) -> Iterator[str]:
    """The literal keys that the receiver's text is asked for elsewhere in its scope."""
    receiver = re.escape(hole.receiver_text)
    use = re.compile(
        rf"(?<![\w.]){receiver}\s*(?:\[|\.\s*(?:get|pop|setdefault)\(\s*)\s*([\"'])(?P<key>[^\"'\\\n]+)\1"
    )
    for match in use.finditer(text, *span):
        if match.start("key") != hole.start:
            yield match["key"]


def _literal(
    tree: SyntaxTree, receiver: str, span: tuple[int, int]
) -> tuple[list[str], str] | None:
    """The keys of the one dictionary that is written out and assigned to ``receiver`` within
    ``span``, and why there may be more; ``None`` where there is not one."""
    if not receiver.isidentifier():
        return None
    found: list[Node] = []
    for node in _assignments(tree, receiver, span):
        right = node.child_by_field_name("right")
        if right is not None and right.type == "call":
            function = right.child_by_field_name("function")
            given = right.child_by_field_name("arguments")
            made = function is not None and tree.slice(function) == "dict"
            right = given if made else None
        if right is None or right.type not in ("dictionary", "argument_list"):
            return None
        found.append(right)
    if len(found) != 1:
        return None
    keys: list[str] = []
    doubt = ""
    for item in found[0].named_children:
        key = item.child_by_field_name("key") if item.type == "pair" else None
        if item.type == "comment":
            continue
        name = item.child_by_field_name("name") if item.type == "keyword_argument" else None
        if name is not None:
            keys.append(tree.slice(name))
            continue
        text = _string(tree, key) if key is not None else None
        if text is None:
            doubt = "some of its keys are computed"
        else:
            keys.append(text)
    return (keys, doubt) if keys else None


def _assignments(tree: SyntaxTree, name: str, span: tuple[int, int]) -> Iterator[Node]:
    """The nodes that bind ``name`` within ``span``, of whatever kind, in any scope there."""
    uses = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    for match in uses.finditer(tree.text, *span):
        node = tree.node_at(match.start())
        if node.type != "identifier":
            continue
        parent = node.parent
        if parent is None or parent.type in ("keyword_argument", "attribute"):
            continue
        if parent.type in ("assignment", "augmented_assignment"):
            if parent.child_by_field_name("left") == node:
                yield parent
        elif parent.type in _BINDERS:
            yield parent


_BINDERS = frozenset(
    {"parameters", "default_parameter", "typed_parameter", "typed_default_parameter"}
    | {"pattern_list", "tuple_pattern", "as_pattern_target", "aliased_import", "global_statement"}
    | {"nonlocal_statement", "lambda_parameters", "named_expression", "delete_statement"}
)


def _string(tree: SyntaxTree, node: Node) -> str | None:
    if node.type != "string":
        return None
    parts = node.named_children
    if any(part.type not in ("string_start", "string_content", "string_end") for part in parts):
        return None
    if not parts or tree.slice(parts[0]).strip("'\"") != "":
        return None  # bytes and raw strings are other keys
    content = [tree.slice(part) for part in parts if part.type == "string_content"]
    return None if any("\\" in text for text in content) else "".join(content)


def _changed(text: str, hole: Hole, span: tuple[int, int]) -> str:
    """Whether anything but reading is done with the receiver's name."""
    code = code_only(text)
    name = hole.receiver_text
    for match in re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)").finditer(code, *span):
        before = code[max(0, match.start() - 12) : match.start()]
        if match.start() == (hole.receiver or (-1, -1))[0] or _READS.match(code, match.end()):
            continue
        behind = code[match.end() :].lstrip()
        if _BEFORE.search(before) or (behind.startswith("=") and not behind.startswith("==")):
            continue
        return f"{name} is handed on, and may be given other keys"
    return ""


def typed_keys(keys: Iterable[str], label: str, *, whole: bool) -> NameSet:
    """The answer for a TypedDict with these keys; ``whole`` tells that there are no others."""
    names = tuple(Name(key, "key", origin=label) for key in keys)
    monitor = HoleKind.SUBSCRIPT_KEY.value
    if not names:
        return NameSet.abstain(monitor, f"{label} declares no key")
    if not whole:
        return NameSet(monitor, Tier.OPEN, "a base class could not be resolved", names, label)
    return NameSet(monitor, Tier.CLOSED, "every key of the TypedDict", names, label)
