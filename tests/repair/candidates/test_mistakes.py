"""Each mistake of ``mistakes.txt`` has its fix among the candidates that need no model."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from repair.candidates.registry import generate
from repair.localization import Suspicion
from repair.source.file import read_source

#: What the search tries in about 10 s (benchmarks/sandbox.py).
_WITHIN = 3500
_MARK = re.compile("«(.*?) → (.*?)»", re.DOTALL)


def _cases() -> list[tuple[str, str]]:
    text = (Path(__file__).parent / "mistakes.txt").read_text(encoding="utf-8")
    blocks = text.split("\n== ")[1:]
    return [(name, body) for name, _newline, body in (b.partition("\n") for b in blocks)]


@pytest.mark.parametrize(("name", "body"), _cases(), ids=[name for name, _ in _cases()])
def test_its_fix_is_tried(name: str, body: str) -> None:
    wrong, right = _MARK.sub(r"\1", body), _MARK.sub(r"\2", body)
    wanted = ast.dump(ast.parse(right))
    assert ast.dump(ast.parse(wrong)) != wanted
    source = read_source("/w/m.py", wrong.encode())
    everywhere = Suspicion(dict.fromkeys(range(1, wrong.count("\n") + 1), 1.0))
    tried = (source.apply(c.edits) for c in generate(source, everywhere)[:_WITHIN])
    assert any(_shape(text) == wanted for text in tried), right


def test_every_mistake_has_a_name_of_its_own() -> None:
    names = [name for name, _ in _cases()]
    assert len(set(names)) == len(names) > 100


def _shape(text: str) -> str:
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return ""
