"""Every ``pilotfish …`` and ``python -m …`` line that the documents show is one that exists."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from pilotfish.main import COMMANDS, load, parser_for

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
#: A line of an indented or fenced block that begins with a command, with or without a prompt.
COMMAND_LINE = re.compile(r"^(?: {4}|\t)?(?:\$ )?(?P<line>(?:pilotfish|python -m) [^\n]+)$", re.M)


def _shown() -> list[tuple[str, str]]:
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        blocks = "\n".join(re.findall(r"```(?:\w+)?\n(.*?)```", text, re.S))
        blocks += "\n" + "\n".join(re.findall(r"^(?: {4}|\t).*$", text, re.M))
        found += [
            (document.name, m["line"].split("  #")[0].rstrip())
            for m in COMMAND_LINE.finditer(blocks)
        ]
    return found


@pytest.mark.parametrize(("document", "line"), _shown(), ids=lambda value: str(value)[:60])
def test_a_shown_command_exists(document: str, line: str) -> None:
    words = shlex.split(re.sub(r"\s+[|<>].*$", "", line))
    if words[0] == "python":
        module = words[2]
        if module.split(".")[0] in {"benchmarks", "tools"}:
            assert importlib.util.find_spec(module) is not None, f"{document}: {line}"
        return
    if words[1].startswith("-"):
        return
    assert words[1] in COMMANDS, f"{document}: {line}"
    known = {option for action in parser_for(words[1])._actions for option in action.option_strings}
    used = {word.split("=")[0] for word in words[2:] if word.startswith("--")}
    assert used <= known, f"{document}: {line}"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples_that_parse(name: str) -> None:
    examples = [
        line.strip().split("  ")[0]
        for line in load(name).EXAMPLES.splitlines()
        if line.strip().startswith("pilotfish")
    ]
    assert examples, f"pilotfish {name} --help shows no example"
    known = {option for action in parser_for(name)._actions for option in action.option_strings}
    for example in examples:
        words = example.split()
        assert words[1] == name
        assert {w for w in words if w.startswith("--")} <= known, example
