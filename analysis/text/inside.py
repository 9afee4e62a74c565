"""Where a workspace begins, and which of its files a repair may read and change.

A path that a sandbox tells is written by the code that runs there. It counts only where it leads to
a file of the workspace; that is asked when it is learned and once more before it is written to.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

#: Names of folders and files that no repair ever touches: version control, editors, CI, and what
#: is installed.
PROTECTED = frozenset(
    {
        *(".git", ".hg", ".svn", ".vscode", ".idea", ".github", ".gitlab-ci.yml", ".ci"),
        *(".circleci", "site-packages", "dist-packages", "node_modules"),
    }
)


#: Files and folders that mark the root of a workspace (docs/command-line.md).
ROOT_MARKERS = ("pyproject.toml", "setup.cfg", ".git")


def find_root(folder: Path, at_hand: Iterable[Path], *, above: bool) -> Path:
    """The root of the workspace that ``folder`` belongs to: one rule for every front door.

    The nearest folder with a root marker; else the innermost folder ``at_hand`` that holds it (the
    working directory, the folders of an editor); else the first ancestor that is no package.
    Without ``above``, no marker above that folder at hand counts: a person opened it, and not the
    home with a ``.git`` above it.
    """
    holding = [each for each in at_hand if folder.is_relative_to(each)]
    top = max(holding, key=lambda each: len(each.parts), default=None)
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in ROOT_MARKERS):
            return candidate
        if candidate == top and not above:
            break
    if top is not None:
        return top
    while (folder / "__init__.py").exists() and folder.parent != folder:
        folder = folder.parent
    return folder


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
