"""A step that a chain of calls on a text lacks: ``path.strip("/").split("/")``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from repair.candidates.templates.site import Proposal, SuspectProgram

#: Methods of texts that are called on what was brought to a form before.
_ON_TEXTS = frozenset(
    {"split", "rsplit", "splitlines", "partition", "rpartition", "replace", "startswith"}
    | {"endswith", "find", "rfind", "index", "count", "encode", "isdigit", "isalpha", "title"}
)
_TRIMMING = ("strip", "lstrip", "rstrip")
#: How likely a step is missing that trims what the call asks for; and any other one.
_OF_IT, _ANY = 0.15, 0.08


def steps(program: SuspectProgram) -> Iterator[Proposal]:
    """A receiver that was to be trimmed or to be brought to small letters before."""
    for node in program.of(ast.Call):
        assert isinstance(node, ast.Call)
        called = node.func
        if not isinstance(called, ast.Attribute) or called.attr not in _ON_TEXTS:
            continue
        text = program.tight(called.value)
        asked = program.text(node.args[0]) if len(node.args) == 1 else ""
        found = {f"{name}()": _ANY for name in (*_TRIMMING, "lower")}
        found |= {f"{name}({asked})": _OF_IT for name in _TRIMMING if asked}
        for step, prior in found.items():
            yield program.replace(called.value, f"{text}.{step}", "missing call", prior)
