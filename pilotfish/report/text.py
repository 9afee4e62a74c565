"""Findings for a person: where, what, the line with a caret, and what could be meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from pygments.token import Token
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.text import Text

from analysis.findings import Finding, Severity
from analysis.text import LineIndex

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}
#: Longer lines are shown around the finding only.
_WIDEST = 160
_AROUND = 60


def show(console: Console, findings: Sequence[Finding], texts: Mapping[str, str]) -> None:
    """Print ``findings``; ``texts`` are the texts of their files, by path, where known."""
    lines = {path: LineIndex(text) for path, text in texts.items()}
    for finding in findings:
        console.print(_headline(finding))
        index = lines.get(finding.path)
        if index is not None and finding.line < len(index):
            console.print(_excerpt(finding, index.line(finding.line)))


def _headline(finding: Finding) -> Text:
    place = f"{_shown(finding.path)}:{finding.line + 1}:{finding.character + 1}"
    what, _, hint = finding.message.partition("; nearest: ")
    line = Text.assemble(
        (harmless(place), "bold"),
        " ",
        (f"{finding.severity.value} {finding.code}", _STYLES[finding.severity]),
        " ",
        harmless(what),
    )
    if hint:
        line.append(f"; did you mean {harmless(hint)}?", "cyan")
    return line


def _shown(path: str) -> str:
    place, here = Path(path), Path.cwd()
    return str(place.relative_to(here)) if place.is_relative_to(here) else path


def _excerpt(finding: Finding, line: str) -> Text:
    start = min(finding.character, len(line))
    end = min(finding.end_character if finding.end_line == finding.line else len(line), len(line))
    cut = max(0, start - _AROUND) if len(line) > _WIDEST else 0
    shown = line[cut : cut + _WIDEST]
    before = harmless(line[cut:start])
    marked = harmless(line[start:end][: _WIDEST - (start - cut)])
    number = f"{finding.line + 1:>5} │ "
    margin = " " * (len(number) - 2) + "│ "
    caret = "^" * max(1, cell_len(marked))
    return Text.assemble(
        (number, "dim"),
        harmless(shown),
        "\n",
        (margin, "dim"),
        " " * cell_len(before),
        (caret, _STYLES[finding.severity]),
    )


#: Colours of a diff that can be read on a dark and on a light ground: context has none.
_DIFF = (("+++", "bold"), ("---", "bold"), ("@@", "cyan"), ("+", "green"), ("-", "red"))


def diff(patch: str) -> Text:
    """A unified diff in colours."""
    shown = Text()
    for line in patch.encode("utf-8", "replace").decode().splitlines():
        style = next((style for start, style in _DIFF if line.startswith(start)), "")
        shown.append(harmless(line), style)
        shown.append("\n")
    shown.right_crop(1)
    return shown


#: Colours of Python that can be read on a dark and on a light ground.
_PYTHON = ANSISyntaxTheme(
    {
        Token.Comment: Style(dim=True),
        Token.Keyword: Style(bold=True),
        Token.Operator.Word: Style(bold=True),
        Token.Literal.String: Style(color="green"),
        Token.Literal.Number: Style(color="cyan"),
        Token.Name.Decorator: Style(color="magenta"),
    }
)


def python(text: str) -> list[Text]:
    """The lines of a file in colours."""
    plain = "\n".join(harmless(line) for line in text.splitlines())
    syntax = Syntax(plain, "python", theme=_PYTHON, background_color="default")
    return list(syntax.highlight(plain).split("\n", allow_blank=True))


def harmless(text: str) -> str:
    """``text`` with tabs as spaces and nothing that a terminal would obey instead of showing."""
    return "".join(
        "    " if char == "\t" else _picture(char) if unicodedata.category(char)[0] == "C" else char
        for char in text
    )


def _picture(char: str) -> str:
    """The Unicode picture of a control character, ``\N{REPLACEMENT CHARACTER}`` of another."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "�"
