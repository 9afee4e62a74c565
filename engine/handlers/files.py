"""``FilesRequest``: the Python files of a workspace that ``check`` would look at."""

from __future__ import annotations

from pathlib import Path

from analysis.lint.selection import select
from engine.messages import FilesAnswer, FilesRequest
from engine.settings.read import project_settings


def files(request: FilesRequest) -> FilesAnswer:
    """The paths, absolute, without what the project or its ``.gitignore`` leaves out."""
    root = Path(request.root)
    if not root.is_dir():
        return FilesAnswer(())
    settings, _ = project_settings(root)
    return FilesAnswer(tuple(str(file.path) for file in select([root], root, settings.exclude)))
