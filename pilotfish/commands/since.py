"""Which lines changed since a revision, asked of git so that nothing of the repository runs.

Only objects are read. git compares nothing with the working tree for us, since filters, text
conversions and file system monitors that a repository configures are commands that would be run.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.findings import Finding
from analysis.text import LineIndex, TextError, decode_source
from analysis.text.files import real_path

_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-pager")
#: A partial clone would fetch a missing object through whatever transport it configured.
_ENVIRONMENT = {
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Revision:
    """The texts of files at a revision; a file that was not there then has none."""

    revision: str
    texts: dict[str, str] = field(default_factory=dict)

    def unchanged(self, path: str, text: str) -> bool:
        """Whether the file has the text it had then."""
        return self.texts.get(path) == text

    def of_change(self, findings: Iterable[Finding], path: str, text: str) -> tuple[Finding, ...]:
        """Those of ``findings`` on ``text`` that touch a line which is new since then."""
        lines = changed_lines(self.texts.get(path, ""), text)
        return tuple(f for f in findings if any(n in lines for n in range(f.line, f.end_line + 1)))


def revision_of(revision: str, root: Path, paths: Iterable[Path]) -> Revision:
    """The texts of ``paths`` at ``revision`` of the repository around ``root``.

    Raises :class:`~analysis.errors.AnalysisError` when there is no git, no repository or no such
    revision.
    """
    where = f"--since {revision}"
    if not revision or revision.startswith("-"):
        raise AnalysisError("unknown revision", where=where)
    top = Path(_git(root, where, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    commit = _commit(root, where, revision)
    asked: dict[str, Path] = {}
    for path in paths:
        resolved = real_path(path)
        if resolved.is_relative_to(real_path(top)) and "\n" not in str(resolved):
            asked[f"{commit}:{resolved.relative_to(real_path(top)).as_posix()}"] = path
    if not asked:
        return Revision(revision)
    listed = "".join(f"{name}\n" for name in asked).encode()
    answer = _git(root, where, "cat-file", "--batch", feed=listed)
    return Revision(revision, _texts(answer, list(asked.values())))


def _commit(root: Path, where: str, revision: str) -> str:
    try:
        found = _git(root, where, "rev-parse", "--verify", f"{revision}^{{commit}}")
    except AnalysisError as error:
        raise AnalysisError(
            f"unknown revision in {root} ({error.what})",
            where=where,
            help="name a commit, a branch or a tag that was fetched",
        ) from None
    return found.decode().strip()


def _texts(answer: bytes, paths: list[Path]) -> dict[str, str]:
    """The texts in the answer of ``git cat-file --batch``, which keeps the order asked in."""
    texts: dict[str, str] = {}
    at = 0
    for path in paths:
        end = answer.index(b"\n", at)
        words = answer[at:end].split(b" ")
        at = end + 1
        if words[-1] == b"missing" or len(words) < 3:
            continue
        size = int(words[-1])
        if words[-2] == b"blob":
            # Of a text that was unreadable then, every line counts as new.
            with contextlib.suppress(TextError):
                texts[str(path)] = decode_source(answer[at : at + size], str(path)).text
        at += size + 1
    return texts


def _git(root: Path, where: str, *arguments: str, feed: bytes = b"") -> bytes:
    program = shutil.which("git")
    if program is None:
        raise AnalysisError("git is not installed", where=where, help="install git")
    try:
        done = subprocess.run(
            [os.path.abspath(program), *_SAFE, *arguments],  # noqa: PTH100 - no links resolved
            input=feed,
            capture_output=True,
            cwd=root,
            env={**os.environ, **_ENVIRONMENT},
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AnalysisError(f"git did not answer within {_SECONDS:.0f} s", where=where) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise AnalysisError(f"git says: {said[:300]}", where=where)
    return done.stdout


def changed_lines(before: str, after: str) -> frozenset[int]:
    """The 0-based lines of ``after`` that are not in ``before``; the line behind a deletion
    counts, too, since what it refers to may be gone."""
    old, new = (_lines(text) for text in (before, after))
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    tail = 0
    while tail < min(len(old), len(new)) - start and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    matcher = difflib.SequenceMatcher(
        None, old[start : len(old) - tail], new[start : len(new) - tail], autojunk=False
    )
    changed: set[int] = set()
    for kind, _, _, first, last in matcher.get_opcodes():
        if kind != "equal":
            changed.update(range(start + first, start + max(last, first + 1)))
    return frozenset(changed)


def _lines(text: str) -> list[str]:
    index = LineIndex(text)
    return [index.line(number) for number in range(len(index))]
