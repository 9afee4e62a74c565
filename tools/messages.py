"""The list of every message that a person can meet, read from the code: ``docs/messages.txt``.

``python -m tools.messages`` writes it again, and a test fails while it is old, so that each new
message is seen in review. Read it aloud, by the rules of plain English in CONTRIBUTING.md.

A message is text of several words in the code of the product: an error and its help, a finding, a
title, an option's help, a setting's meaning, progress. Left out is text that nobody is shown: log
lines, docstrings, assertions, prompts of a model, code and queries.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("pilotfish", "engine", "lsp_server", "repair", "decoding", "analysis")
LIST = ROOT / "docs" / "messages.txt"

#: Files whose texts are read by a model, a database, another program or a test, not by a person.
_NOT_FOR_PEOPLE = re.compile(
    r"decoding/(prompts/|postprocess\.py)|graph/(storage/schema|queries/naming)|/(subclasses|stable_names|forms|tutorial)\.py"
    r"|repair/sandbox/probe/|repair/candidates/(templates|dialog|infill)|repair/trace/model_feedback"
)
#: Calls that show nothing to a person.
_SILENT = re.compile(
    r"^(_?log|logger|logging)\.|^re\.|\.execute(many|script)?$|^(TypeVar|Literal|cast|NewType)$"
    r"|(start|end)swith$|\.(split|partition|rpartition|find|index|encode|get|replace)$"
    r"|^dedent$|^(frozenset|set)$"
)
#: A style of rich, as ``bold red``.
_STYLE = re.compile(r"^(bold|dim|red|green|yellow|cyan)( (dim|red|green|yellow|cyan))?$")
_PROSE = re.compile(r"[A-Za-z]{2,}[^A-Za-z]*\s[^\n]*?[a-z]{2,}")
_CODE = re.compile(
    r"^\s*(def|class|import|from .* import|return|if .*:|for .*:|SELECT|INSERT|CREATE|DELETE|MATCH"
    r"|PRAGMA|UPDATE|<[a-z!]|#!|@)|[{}();]\s*$|^\s*[<.#]|=\s*\"|\w\(\)"
)


def messages() -> dict[str, list[str]]:
    """The messages of each file that has some, in the order in which they are written."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not _NOT_FOR_PEOPLE.search(name):
                texts = list(dict.fromkeys(_texts(ast.parse(path.read_bytes()))))
                if texts:
                    found[name] = texts
    return found


def listing() -> str:
    """The whole list as text."""
    parts = [f"{name}\n" + "".join(f"  {t}\n" for t in texts) for name, texts in messages().items()]
    return "\n".join(parts)


def _texts(tree: ast.Module) -> Iterator[str]:
    quiet = _shown_to_nobody(tree)

    def walk(node: ast.AST) -> Iterator[str]:
        if node in quiet:
            return
        if isinstance(node, (ast.Constant, ast.JoinedStr)):
            text = _read(node)
            if _is_message(text):
                yield " ⏎ ".join(line.strip() for line in text.strip().splitlines())
            return
        for child in ast.iter_child_nodes(node):
            yield from walk(child)

    yield from walk(tree)


def _shown_to_nobody(tree: ast.Module) -> set[ast.AST]:
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(node)  # Docstrings, of attributes too.
        elif isinstance(node, ast.Call):
            if _SILENT.search(ast.unparse(node.func)):
                found.add(node)
        elif isinstance(node, ast.Assert | ast.Compare | ast.Subscript):
            found.add(node)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            if node.annotation:
                found.add(node.annotation)
        elif isinstance(node, ast.FunctionDef) and node.returns:
            found.add(node.returns)
    return found


def _read(node: ast.Constant | ast.JoinedStr) -> str:
    """The text, with the expressions of an f-string in braces."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return "".join(
        str(part.value)
        if isinstance(part, ast.Constant)
        else "{" + ast.unparse(part.value) + "}"
        if isinstance(part, ast.FormattedValue)
        else ""
        for part in node.values
    )


def _is_message(text: str) -> bool:
    plain = re.sub(r"\{[^{}]*\}", "x", text)
    if _STYLE.match(plain):
        return False
    return bool(_PROSE.search(plain)) and not _CODE.search(plain.strip().splitlines()[0])


if __name__ == "__main__":
    LIST.write_text(listing(), encoding="utf-8")
    sys.stdout.write(f"{LIST.relative_to(ROOT)}: {sum(map(len, messages().values()))} messages\n")
