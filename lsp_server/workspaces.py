"""Which workspace a document belongs to, and what may be done there.

Trust is the editor's where it says something, else what the user said with ``pilotfish trust``
(invariant 5). Everything else about a project is the engine's to find out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import platformdirs

from analysis.snapshot import Workspace
from analysis.text import Document, find_root
from engine.features.project import ProjectAnswer
from lsp_server.settings import Settings


def editor_trust(root: str, settings: Settings, folders: tuple[str, ...]) -> bool | None:
    """Whether the editor says that ``root`` is trusted; ``None`` if it does not say.

    The innermost folder that it names decides. ``trusted: true`` alone is said of the client's own
    ``folders``: a file of another folder may be opened, too, and is nobody's who was trusted.
    """
    named = [
        (len(Path(folder).parts), trusted)
        for folder, trusted in settings.trusted_folders
        if Path(root).is_relative_to(folder)
    ]
    if named:
        return max(named)[1]
    if settings.trusted and not any(Path(root).is_relative_to(folder) for folder in folders):
        return None
    return settings.trusted


class Workspaces:
    """The workspaces of open documents. ``ask`` asks the engine about the project at a root."""

    def __init__(
        self, folders: tuple[str, ...], ask: Callable[[str], Awaitable[ProjectAnswer]]
    ) -> None:
        self.folders = folders
        self._ask = ask
        #: Old when a client says that project files, folders or settings have changed.
        self._projects: dict[str, asyncio.Task[ProjectAnswer]] = {}

    async def root_of(self, document: Document) -> str:
        """The root of the document's workspace, an absolute path."""
        if not document.path:
            # A buffer that was never saved: the folder at hand, else one that holds nothing.
            return self.folders[0] if self.folders else nowhere()
        # Looks at the disk, which may be slow: not on the event loop.
        folder, folders = Path(document.path).parent, [Path(each) for each in self.folders]
        return str(await asyncio.to_thread(find_root, folder, folders, above=False))

    async def of(self, document: Document, settings: Settings) -> Workspace:
        """The document's workspace under ``settings``."""
        root = await self.root_of(document)
        task = self._projects.get(root)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = asyncio.ensure_future(self._ask(root))
            self._projects[root] = task
        project = await asyncio.shield(task)
        said = editor_trust(root, settings, self.folders)
        return Workspace(root, project.trusted if said is None else said, project.python)

    async def of_folders(self, settings: Settings) -> list[Workspace]:
        """The workspaces of the client's folders."""
        inside = [Document("", str(Path(folder) / "x.py")) for folder in self.folders]
        found = [await self.of(document, settings) for document in inside]
        return list(dict.fromkeys(found))

    def forget(self) -> None:
        """Ask anew: a project file, a folder or a setting has changed."""
        self._projects.clear()


def nowhere() -> str:
    """The root of buffers that belong to no folder; it need not exist."""
    return str(platformdirs.user_cache_path("pilotfish", appauthor=False) / "untitled")
