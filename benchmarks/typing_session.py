"""An editing session over real code: what a person types to write its functions again.

Nothing is recorded by hand: functions are taken out of a real file and typed in again, one key at a
time, as an editor does it (a line end brings its indentation with it). With a fixed seed the same
session comes out everywhere the file is the same. Now and then a wrong letter is typed and taken
back, and now and then the person goes elsewhere in the file, types a line there and comes back.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass

#: How often a key is a wrong letter, and how often a line is followed by one at another place.
TYPO, ELSEWHERE = 0.03, 0.15
_SHORTEST, _LONGEST = 4, 25


@dataclass(frozen=True, slots=True)
class Keystroke:
    """The file and the cursor (code points) behind one key. ``kind`` is ``typed``, ``erased`` or
    ``moved``: the first key at another place."""

    text: str
    offset: int
    kind: str


def session(text: str, seed: int) -> Iterator[Keystroke]:
    """The keys that write the functions of ``text`` again, in a drawn order; endless only if it
    has endless functions."""
    chance = random.Random(seed)
    functions = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and _SHORTEST <= (node.end_lineno or 0) - node.lineno <= _LONGEST
    ]
    chance.shuffle(functions)
    lines = text.split("\n")
    for node in functions:
        body = node.body[0].lineno - 1
        before = "\n".join(lines[:body]) + "\n"
        behind = "\n" + "\n".join(lines[node.end_lineno :])
        yield from _write(before, "\n".join(lines[body : node.end_lineno]), behind, chance)


def _write(before: str, body: str, behind: str, chance: random.Random) -> Iterator[Keystroke]:
    """The keys that write ``body``; a note at the top of the file now and then."""
    written, kind, notes = "", "moved", 0
    for key in _keys(body):
        if key.isalpha() and chance.random() < TYPO:
            wrong = chance.choice("abcdefghij")
            yield Keystroke(before + written + wrong + behind, len(before + written) + 1, kind)
            yield Keystroke(before + written + behind, len(before + written), "erased")
            kind = "typed"
        written += key
        yield Keystroke(before + written + behind, len(before + written), kind)
        kind = "typed"
        if key.startswith("\n") and chance.random() < ELSEWHERE:
            notes += 1
            line = f"import module_{notes}"
            for end in range(1, len(line) + 1):
                rest = "\n" + before + written + behind
                yield Keystroke(line[:end] + rest, end, "typed" if end > 1 else "moved")
            before, kind = f"{line}\n{before}", "moved"


def _keys(text: str) -> Iterator[str]:
    """The keys that type ``text``: a line end and the indentation behind it are one."""
    at = 0
    while at < len(text):
        end = at + 1
        if text[at] == "\n":
            while end < len(text) and text[end] in " \t":
                end += 1
        yield text[at:end]
        at = end
