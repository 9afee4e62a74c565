"""Which files of a workspace a repair may read and change, however their paths were learned.

A path that a sandbox tells is written by the code that runs there. It counts only where it leads to
a file of the workspace; that is asked when it is learned and once more before it is written to.
"""

from __future__ import annotations

import os
from pathlib import Path

#: Names of folders and files that no repair ever touches: version control, editors, CI, and what
#: is installed.
PROTECTED = frozenset(
    {
        *(".git", ".hg", ".svn", ".vscode", ".idea", ".github", ".gitlab-ci.yml", ".ci"),
        *(".circleci", "site-packages", "dist-packages", "node_modules"),
    }
)


def inside(path: str | os.PathLike[str], root: str | os.PathLike[str]) -> Path | None:
    """Where ``path`` leads, links followed, if that is a regular file below ``root`` that is not
    protected; ``None`` otherwise."""
    try:
        real, folder = Path(path).resolve(strict=True), Path(root).resolve(strict=True)
        if folder in real.parents and real.is_file():
            return None if PROTECTED.intersection(real.relative_to(folder).parts) else real
    except (OSError, ValueError, RuntimeError):
        pass
    return None
