"""What the user does not want to hear: comments and per-file ignores.

``# noqa`` silences its line, ``# noqa: PF101, E501`` these codes on its line, and
``# pilotfish: noqa`` (with or without codes), anywhere in the file, the whole file.
``# type: ignore`` and ``# pyright: ignore`` silence what type checkers say of the same thing: who
wrote it knows that the types say less than the values have. They stand on the first line of an
expression or a statement that spans several, where type checkers report it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import tree_sitter

from analysis.findings import Finding, Severity
from analysis.lint.nearest import nearest
from analysis.lint.patterns import matches
from analysis.syntax.tree import SyntaxTree

_CODES = r"(?:[ \t]*:[ \t]*(?P<codes>[A-Z]+[0-9]+(?:[ \t]*[, \t][ \t]*[A-Z]+[0-9]+)*))?"
_LINE = re.compile(r"#[ \t]*noqa" + _CODES, re.IGNORECASE)
_FILE = re.compile(r"#[ \t]*pilotfish:[ \t]*noqa" + _CODES, re.IGNORECASE)
_TYPES = re.compile(r"#[ \t]*(?:type|pyright):[ \t]*ignore(?:\[(?P<checks>[^\]]*)\])?")
#: What mypy and pyright call what our codes find.
_CHECKS = {
    "PF101": ("attr-defined", "union-attr", "reportAttributeAccessIssue"),
    "PF102": ("import", "import-not-found", "import-untyped", "reportMissingImports"),
    "PF109": ("import", "import-not-found", "import-untyped", "reportMissingImports"),
    "PF103": ("attr-defined", "import", "reportAttributeAccessIssue"),
    "PF104": ("call-arg", "call-overload", "reportCallIssue"),
    "PF105": ("call-arg", "call-overload", "misc", "reportCallIssue"),
    "PF108": ("deprecated", "reportDeprecated"),
    "PF106": ("name-defined", "used-before-def", "reportUndefinedVariable"),
    "PF107": ("used-before-def", "possibly-undefined", "reportPossiblyUnbound"),
}
#: What ruff calls what our codes find: silencing one silences the other.
_RUFF = {"PF106": ("F821",), "PF107": ("F821", "F823")}
#: Nodes whose first line is about more than one statement.
_BODIES = frozenset({"block", "module", "function_definition", "class_definition"})
_COMMENT = frozenset({"comment"})
_OURS = re.compile(r"\bPF[0-9]+\b", re.IGNORECASE)
#: The code of a code that does not exist.
UNKNOWN = "PF011"


def wanted(findings: Iterable[Finding], tree: SyntaxTree) -> tuple[Finding, ...]:
    """The findings that no comment of the file silences."""
    whole = [m for m in _FILE.finditer(tree.text) if _is_comment(tree, m.start())]
    return tuple(
        finding
        for finding in findings
        if not any(_silences(m, finding.code) for m in (*whole, *_on_line(_LINE, tree, finding)))
        and not any(_knows(m, finding.code) for m in _around(_TYPES, tree, finding))
    )


def unknown_codes(path: str, tree: SyntaxTree, known: Iterable[str]) -> tuple[Finding, ...]:
    """The codes in comments that look like ours and are not among ``known``: they silence nothing,
    and who wrote them believes that they do."""
    codes = sorted({*known, UNKNOWN})
    comments = [*_LINE.finditer(tree.text), *_FILE.finditer(tree.text)]
    found = []
    for comment in comments:
        if not comment["codes"] or not _is_comment(tree, comment.start()):
            continue
        for named in _OURS.finditer(tree.text, *comment.span("codes")):
            if named[0].upper() in codes:
                continue
            close = nearest(named[0].upper(), codes)
            hint = f"; nearest: {', '.join(f'`{code}`' for code in close)}" if close else ""
            begin, end = (tree.lines.position(offset) for offset in named.span())
            message = (
                f"`{named[0]}` is not a Pilotfish code, so this comment suppresses nothing{hint}"
            )
            found.append(
                Finding(path, *begin, *end, UNKNOWN, Severity.WARNING, message, "pilotfish")
            )
    return tuple(found)


def _on_line(pattern: re.Pattern[str], tree: SyntaxTree, finding: Finding) -> list[re.Match[str]]:
    return _on_lines(pattern, tree, {finding.line, finding.end_line})


def _on_lines(
    pattern: re.Pattern[str], tree: SyntaxTree, lines: Iterable[int]
) -> list[re.Match[str]]:
    found = []
    for line in lines:
        start, end = tree.lines.start(line), tree.lines.end(line)
        match = pattern.search(tree.text, start, end)
        if match and _is_comment(tree, match.start()):
            found.append(match)
    return found


def _around(pattern: re.Pattern[str], tree: SyntaxTree, finding: Finding) -> list[re.Match[str]]:
    """Matches on the finding's own lines and on the first lines of what it stands in."""
    firsts = set()
    node: tree_sitter.Node | None = tree.node_at(tree.lines.offset(finding.line, finding.character))
    while node is not None and node.type not in _BODIES:
        firsts.add(tree.lines.position(tree.to_offset(node.start_byte))[0])
        if node.type.endswith("statement"):
            break
        node = node.parent
    return _on_lines(pattern, tree, {finding.line, finding.end_line, *firsts})


def _knows(match: re.Match[str], code: str) -> bool:
    checks = match["checks"]
    if checks is None:
        return True
    return not {check.strip() for check in checks.split(",")}.isdisjoint(_CHECKS.get(code, ()))


def _is_comment(tree: SyntaxTree, offset: int) -> bool:
    return tree.node_at(offset).type in _COMMENT


def _silences(match: re.Match[str], code: str) -> bool:
    if not match["codes"]:
        return True
    named = re.split(r"[, \t]+", match["codes"].upper())
    return not {code.upper(), *_RUFF.get(code, ())}.isdisjoint(named)


def without_repeats(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings without those of ruff that say what one of ours, with its fix, says there."""
    ours = {
        (finding.path, finding.line, finding.character, code)
        for finding in findings
        for code in _RUFF.get(finding.code, ())
    }
    return tuple(f for f in findings if (f.path, f.line, f.character, f.code) not in ours)


def not_ignored(
    findings: Iterable[Finding],
    root: str,
    ignores: Sequence[tuple[str, tuple[str, ...]]],
) -> tuple[Finding, ...]:
    """The findings that no entry of per-file ignores covers.

    ``ignores`` maps glob patterns relative to ``root`` to codes or their beginnings (``PF``).
    """
    return tuple(
        finding
        for finding in findings
        if not any(
            finding.code.startswith(codes) and matches(pattern, finding.path, root)
            for pattern, codes in ignores
        )
    )
