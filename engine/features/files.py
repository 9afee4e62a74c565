"""The Python files of a workspace that ``check`` would look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class FilesAnswer:
    """Their absolute paths."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FilesRequest(Request[FilesAnswer]):
    """Which Python files of the workspace at ``root`` are to be checked?"""

    root: str


def _run(request: FilesRequest, context: Context, caller: Caller) -> FilesAnswer:
    """The paths without what the project or its ``.gitignore`` leaves out."""
    from analysis.lint.selection import select
    from engine.settings.read import project_settings

    del context, caller
    root = Path(request.root)
    if not root.is_dir():
        return FilesAnswer(())
    settings, _ = project_settings(root)
    return FilesAnswer(tuple(str(file.path) for file in select([root], root, settings.exclude)))


ROUTE = Route(FilesRequest, FilesAnswer, _run, Lane.FORWARD)
