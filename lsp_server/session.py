"""What one connection knows: the client, its documents, its settings, the engine.

Features read it; handlers of notifications change it, on the event loop. What features compute on
is a :class:`View`, which nothing changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types

from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.tree import SyntaxTree, parse, reparse
from analysis.text import Document, Encoding
from analysis.text.overlay import Buffer
from engine.client import EngineClient, EngineState, ExplainedError, Phase, Submission
from engine.features.configure import ConfigureRequest
from engine.features.project import ProjectAnswer, ProjectRequest
from engine.features.status import StatusAnswer, StatusRequest
from engine.features.warm import WarmRequest
from engine.request import Progress, Request
from engine.settings.values import MachineSettings
from lsp_server.documents import Documents
from lsp_server.failures import failure_text, superseded
from lsp_server.handshake import Greeting
from lsp_server.notices import Notices
from lsp_server.positions import path_of
from lsp_server.protocol import Protocol
from lsp_server.settings import Settings, read_settings
from lsp_server.times import SuggestionTimes
from lsp_server.traced import Traced
from lsp_server.workspaces import Workspaces

Answer = TypeVar("Answer")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class View:
    """One document at one moment, under the settings of that moment.

    ``buffers`` are the other open files.
    """

    document: Document
    settings: Settings
    encoding: Encoding
    changed_at: float
    buffers: tuple[Buffer, ...] = ()

    def snapshot(self, workspace: Workspace) -> Snapshot:
        """The engine's view of the document."""
        document = self.document
        return Snapshot(
            document.path,
            document.text,
            workspace,
            document.version,
            self.buffers,
            buffer="" if document.path else document.uri,
        )


class Pauses:
    """Where and until when no suggestions are wanted."""

    def __init__(self) -> None:
        self._until = 0.0
        self.folders: set[str] = set()

    def pause(self, seconds: float = math.inf) -> None:
        """Pause everywhere for so long; 0 goes on."""
        self._until = time.monotonic() + seconds if seconds > 0 else 0.0

    def everywhere(self, wanted: bool) -> None:
        """Pause until further notice, or go on, also in folders."""
        self.pause(math.inf if wanted else 0)
        if not wanted:
            self.folders.clear()

    @property
    def left(self) -> float:
        """Seconds until everything goes on; 0 where nothing is paused but folders."""
        return max(0.0, self._until - time.monotonic())

    def hold(self, path: str) -> bool:
        """Whether nothing is suggested in the file ``path``."""
        return self.left > 0 or any(Path(path).is_relative_to(each) for each in self.folders)


class Session:
    """See the module."""

    def __init__(self, greeting: Greeting, protocol: Protocol, engine: EngineClient) -> None:
        self.client = greeting.client
        self.encoding = Encoding(greeting.client.encoding)
        self.documents = Documents(self.encoding)
        self.notices = Notices(protocol)
        self.pauses = Pauses()
        #: Why the newest suggestion did not come; empty when it came.
        self.trouble = ""
        self.times = SuggestionTimes()
        #: The newest debug run of each file, by path.
        self.traced: dict[str, Traced] = {}
        self.engine = engine
        self.engine_state = EngineState(Phase.STARTING)
        #: Counts what makes answers about unchanged documents old: settings, files on disk.
        self.epoch = 0
        self.settings = Settings()
        folders = tuple(path for uri in greeting.folders if (path := path_of(uri)))
        self.workspaces = Workspaces(folders, self._ask_project)
        self._protocol = protocol
        self._latest: dict[tuple[str, str], asyncio.Task[Any]] = {}
        self._background: set[asyncio.Task[Any]] = set()
        self._warmed: set[WarmRequest] = set()
        self._trees: dict[str, SyntaxTree] = {}
        self._engine_options: Mapping[str, Any] = {}
        #: Called when suggestions are wanted and there is no model.
        self.on_missing_model: Callable[[StatusAnswer], Awaitable[None]] = _ignored
        #: Called when what ``pilotfish/status`` answers may have changed.
        self.on_status: Callable[[], None] = lambda: None
        #: The machine's settings as the engine has them; defaults until it has answered.
        self.machine = MachineSettings()

    # ------------------------------------------------------------------ views and rest

    def view(self, uri: str) -> View:
        """The document as it is now. Raises ``FeatureError`` if it is not open."""
        entry = self.documents.entry(uri)
        return View(
            entry.document,
            self.settings,
            self.encoding,
            entry.changed_at,
            self.documents.buffers(but=uri),
        )

    async def snapshot(self, view: View) -> Snapshot:
        """The engine's view of ``view``; asks for the workspace's trust where it is not known."""
        workspace = await self.workspaces.of(view.document, view.settings)
        self._warm(workspace)
        return view.snapshot(workspace)

    def tree(self, document: Document) -> SyntaxTree:
        """The syntax of ``document``, made from that of its last version where there is one."""
        before = self._trees.get(document.uri)
        tree = parse(document.text) if before is None else reparse(before, document.text)
        if self.documents.is_current(document):
            self._trees[document.uri] = tree
        return tree

    def forget(self, uri: str) -> None:
        """Drop what is kept of a document that was closed."""
        self._trees.pop(uri, None)

    async def rest(self, view: View, milliseconds: int) -> None:
        """Wait until the document has not changed for so long.

        Raises ``FeatureError`` (content modified) when it changes meanwhile.
        """
        loop = asyncio.get_running_loop()
        left = view.changed_at + milliseconds / 1000 - loop.time()
        if left > 0:
            await asyncio.sleep(left)
        self.require_current(view)

    def require_current(self, view: View) -> None:
        """Raise ``FeatureError`` (content modified) unless ``view`` is of the newest version."""
        if not self.documents.is_current(view.document):
            raise superseded("the document has changed")

    async def latest(self, feature: str, uri: str, work: Coroutine[Any, Any, Result]) -> Result:
        """Run ``work``, stopping what the same feature does for the same document.

        Raises ``FeatureError`` (content modified) when a newer call takes its place.
        """
        key = (feature, uri)
        task = asyncio.ensure_future(work)
        if (before := self._latest.get(key)) is not None:
            before.cancel()
        self._latest[key] = task
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if self._latest.get(key) is task or (current is not None and current.cancelling()):
                raise
            raise superseded() from None
        finally:
            if self._latest.get(key) is task:
                del self._latest[key]

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run ``work`` beside everything else; its failure is a message, not a crash."""
        task = asyncio.ensure_future(work)
        self._background.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            self._background.discard(done)
            if not done.cancelled() and (error := done.exception()) is not None:
                self._protocol.on_trouble(failure_text(error))

        task.add_done_callback(ended)

    def notify(self, method: str, params: Any) -> None:
        """Tell the client something of Pilotfish's own."""
        self._protocol.notify(method, params)

    def note_trouble(self, trouble: str) -> None:
        """Say why a suggestion did not come, or that one came."""
        if trouble != self.trouble:
            self.trouble = trouble
            self.on_status()

    # ------------------------------------------------------------------ the engine

    async def ask(self, request: Request[Answer]) -> Answer:
        """The engine's answer. Cancelling the caller cancels the request.

        Raises :class:`~engine.client.RequestFailedError`.
        """
        return await asyncio.wrap_future(self.engine.submit(request).future)

    def submit(
        self, request: Request[Answer], on_progress: Callable[[Progress], None]
    ) -> Submission[Answer]:
        """Ask for something long; ``on_progress`` is called on the event loop."""
        loop = asyncio.get_running_loop()

        def forward(progress: Progress) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server is ending
                loop.call_soon_threadsafe(on_progress, progress)

        return self.engine.submit(request, on_progress=forward)

    async def _ask_project(self, root: str) -> ProjectAnswer:
        answer = await self.ask(ProjectRequest(root))
        for problem in answer.problems:
            self.notices.once(
                f"project:{root}:{problem.message}",
                types.MessageType.Warning,
                f"{problem.path}: {problem.message}",
            )
        return answer

    def _warm(self, workspace: Workspace) -> None:
        # A model is half a gigabyte: not for those who want no suggestions.
        request = WarmRequest(workspace, model=self.settings.inline_completion.enabled)
        if request not in self._warmed:
            self._warmed.add(request)
            self.spawn(self._warm_up(request))

    async def _warm_up(self, request: WarmRequest) -> None:
        try:
            await self.ask(request)
            status = await self.ask(StatusRequest())
        except ExplainedError as error:
            self.notices.note(str(error))
            return
        self.on_status()
        if request.model and status.model_state == "missing":
            await self.on_missing_model(status)

    def replace_engine(self, engine: EngineClient) -> None:
        """Ask another engine from here on, under the same options."""
        self.engine = engine
        self.engine_state = EngineState(Phase.STARTING)
        self._warmed.clear()
        self.workspaces.forget()
        self.spawn(self._configure_engine())

    @property
    def serves_language_features(self) -> bool:
        """Whether to serve what other language servers serve too: hover, members, signatures,
        references. ``auto`` leaves it to one that the client names in ``otherServers``."""
        choice = self.machine.language_features
        return choice == "all" or (choice == "auto" and not self.settings.other_servers)

    # ------------------------------------------------------------------ settings

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take over the client's options."""
        read = read_settings(options)
        self.settings = read.settings
        self.epoch += 1
        self.workspaces.forget()
        for problem in read.problems:
            self.notices.once(f"setting:{problem}", types.MessageType.Warning, problem)
        self._engine_options = read.engine_options
        self.spawn(self._configure_engine())

    async def _configure_engine(self) -> None:
        try:
            answer = await self.ask(ConfigureRequest(dict(self._engine_options)))
        except ExplainedError as error:
            # An engine that cannot live is told of where its life is followed, once.
            self.notices.note(str(error))
            return
        self.machine = answer.machine
        for problem in answer.problems:
            where = f"{problem.path}: " if problem.path else ""
            self.notices.once(
                f"setting:{problem.message}",
                types.MessageType.Warning,
                f"{where}{problem.message}",
            )


async def _ignored(_status: StatusAnswer) -> None:
    """Nobody follows."""
