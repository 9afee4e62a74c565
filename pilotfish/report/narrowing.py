"""Which findings of a check are reported: by code, and without those that a baseline knows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.findings import Finding
from analysis.text import LineIndex
from analysis.text.files import read_text, real_path

#: A finding as a baseline keeps it: file, code and line of source, so that it stays the same when
#: lines are added above it.
_Key = tuple[str, str, str]
_FORMAT = 1


def codes(text: str) -> tuple[str, ...]:
    """The codes of an option, as ``PF101,E``; a code stands for all that begin with it."""
    return tuple(code.strip().upper() for code in text.split(",") if code.strip())


def by_code(
    findings: Iterable[Finding], select: Sequence[str], ignore: Sequence[str]
) -> tuple[Finding, ...]:
    """Those of ``findings`` that ``select`` names (all, where it is empty) and ``ignore`` does not;
    the longer code decides, as in ruff."""

    def stays(code: str) -> bool:
        selected = _longest(code, select) if select else 1
        ignored = _longest(code, ignore)
        return selected > 0 and (not ignored or (bool(select) and selected > ignored))

    return tuple(finding for finding in findings if stays(finding.code))


def _longest(code: str, named: Sequence[str]) -> int:
    """The length of the longest of ``named`` that ``code`` begins with; 0 where there is none."""
    return max(
        (1 if n == "ALL" else len(n) for n in named if n == "ALL" or code.startswith(n)), default=0
    )


class Baseline:
    """Findings that were there before, kept in a file: only new ones are reported."""

    def __init__(self, path: Path, known: Counter[_Key]) -> None:
        self.path = path
        self._left = known

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """The baseline in the file ``path``.

        Raises :class:`~analysis.errors.AnalysisError` where it is none.
        """
        try:
            document = json.loads(read_text(path))
            rows = document["findings"]
            known = Counter({(r["path"], r["code"], r["line"]): int(r["count"]) for r in rows})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AnalysisError(
                f"the baseline cannot be read: {error}",
                where=str(path),
                help="delete the file, and run the same command again to write it anew",
            ) from None
        return cls(path, known)

    def new(self, findings: Iterable[Finding], texts: Mapping[str, str]) -> tuple[Finding, ...]:
        """Those of ``findings`` that the baseline does not know."""
        found = []
        for finding in findings:
            key = _key(finding, texts, self.path.parent)
            if self._left[key] > 0:
                self._left[key] -= 1
            else:
                found.append(finding)
        return tuple(found)


def write_baseline(path: Path, findings: Iterable[Finding], texts: Mapping[str, str]) -> None:
    """Keep ``findings`` in the file ``path``.

    Raises :class:`~analysis.errors.AnalysisError` where it cannot be written.
    """
    counted = Counter(_key(finding, texts, path.parent) for finding in findings)
    rows = [
        {"path": file, "code": code, "line": line, "count": count}
        for (file, code, line), count in sorted(counted.items())
    ]
    write(path, json.dumps({"version": _FORMAT, "findings": rows}, indent=1) + "\n")


def write(path: Path, text: str) -> None:
    """Write a file that was asked for.

    Raises :class:`~analysis.errors.AnalysisError` where it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AnalysisError(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            help="name a file in a folder that can be written",
        ) from None


def _key(finding: Finding, texts: Mapping[str, str], root: Path) -> _Key:
    index = LineIndex(texts.get(finding.path, ""))
    line = index.line(finding.line).strip() if finding.line < len(index) else ""
    path, folder = Path(finding.path), real_path(root)
    if path.is_relative_to(folder):
        path = path.relative_to(folder)
    return path.as_posix(), finding.code, line
