"""The error report of a draft: what is wrong in it and was not wrong in the code before.

A finding is the same one if it says the same of the same line; lines are matched by their text, as
a diff matches them, so that what was there before is not new because it moved.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Sequence

from analysis.findings import Finding, Severity
from analysis.lint.checking import Asks, Ignores, check_snapshot
from analysis.snapshot import Snapshot
from analysis.syntax.tree import parse
from analysis.text.document import LineIndex

#: The code that ruff gives what does not parse.
_SYNTAX = "invalid-syntax"
#: Places that do not parse beyond these are the noise of the first ones.
_MOST_UNPARSED = 5


def error_report(
    before: Snapshot,
    draft: str,
    pool: Asks,
    *,
    with_ruff: bool = True,
    ignores: Ignores = (),
    cancelled: Callable[[], bool] = lambda: False,
    on_found: Callable[[tuple[Finding, ...]], None] = lambda findings: None,
) -> tuple[Finding, ...]:
    """The findings of ``draft``, the whole text that is to replace ``before``, which are new.

    Positions are of the draft; ``on_found`` is told those found so far. Raises as
    :func:`~analysis.lint.checking.check_snapshot`.
    """

    def findings(
        snapshot: Snapshot, tell: Callable[[tuple[Finding, ...]], None] = lambda findings: None
    ) -> tuple[Finding, ...]:
        found = check_snapshot(
            snapshot,
            pool,
            with_ruff=with_ruff,
            ignores=ignores,
            cancelled=cancelled,
            on_found=tell,
        )
        if any(f.code == _SYNTAX for f in found):
            return found
        return (*_unparsed(snapshot), *found)

    old = findings(before)

    def new(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return new_findings(before.text, old, draft, found)

    return new(findings(before.with_text(draft), lambda found: on_found(new(found))))


def new_findings(
    before: str, old: Sequence[Finding], after: str, found: Sequence[Finding]
) -> tuple[Finding, ...]:
    """Those of ``found`` (in the text ``after``) that are not among ``old`` (in ``before``)."""
    matcher = difflib.SequenceMatcher(None, _lines(before), _lines(after), autojunk=False)
    moved: dict[int, int] = {}
    for start, other, size in matcher.get_matching_blocks():
        moved.update((start + i, other + i) for i in range(size))
    known = Counter((moved.get(f.line, -1), f.code, f.message) for f in old)
    # In a line that was changed, what was wrong before is no news either.
    changed = Counter((f.code, f.message) for f in old if f.line not in moved)
    new: list[Finding] = []
    for finding in found:
        place = (finding.line, finding.code, finding.message)
        said = (finding.code, finding.message)
        if known[place] > 0:
            known[place] -= 1
        elif changed[said] > 0:
            changed[said] -= 1
        else:
            new.append(finding)
    return tuple(new)


def _lines(text: str) -> list[str]:
    lines = LineIndex(text)
    return [lines.line(number) for number in range(len(lines))]


def _unparsed(snapshot: Snapshot) -> list[Finding]:
    """What does not parse, said by our own parser."""
    tree = parse(snapshot.text)
    found = []
    for problem in tree.errors[:_MOST_UNPARSED]:
        begin, end = tree.lines.position(problem.start), tree.lines.position(problem.end)
        found.append(
            Finding(
                path=snapshot.path,
                line=begin[0],
                character=begin[1],
                end_line=end[0],
                end_character=end[1],
                code=_SYNTAX,
                severity=Severity.ERROR,
                message=problem.message,
                source="pilotfish",
            )
        )
    return found
