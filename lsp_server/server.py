"""The server of one connection: pygls' dispatch, the session, and what features hang on to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from importlib.metadata import version

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from engine.client import EngineClient, EngineState, Phase
from lsp_server.checks import Checks
from lsp_server.handshake import Greeting
from lsp_server.protocol import Protocol
from lsp_server.session import Session, View

OnDocument = Callable[[str], None]
OfferActions = Callable[[View, int], Awaitable[list[types.CodeAction | types.Command]]]


class Server(LanguageServer):
    """One server for one client. Features register themselves with :meth:`feature` and friends."""

    protocol: Protocol

    def __init__(self, greeting: Greeting, start_engine: Callable[[], EngineClient]) -> None:
        super().__init__("pilotfish", version("pilotfish"), protocol_cls=Protocol)
        self._start_engine = start_engine
        self.session = Session(greeting, self.protocol, start_engine())
        self.checks = Checks(self.session)
        self._on_change: list[OnDocument] = []
        self._on_close: list[OnDocument] = []
        self._on_outdated: list[Callable[[], None]] = []
        #: Features that offer code actions for a view and an offset into it.
        self.action_offers: list[OfferActions] = []
        self.protocol.on_trouble = self._tell_trouble

    # ------------------------------------------------------------------ what features wait for

    def on_change(self, callback: OnDocument) -> None:
        """Call ``callback`` with the URI of every document that was opened or edited."""
        self._on_change.append(callback)

    def on_close(self, callback: OnDocument) -> None:
        """Call ``callback`` with the URI of every document that was closed."""
        self._on_close.append(callback)

    def on_outdated(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when answers about unchanged documents may have become wrong."""
        self._on_outdated.append(callback)

    def document_changed(self, uri: str) -> None:
        """A document was opened or edited."""
        for callback in self._on_change:
            callback(uri)

    def document_closed(self, uri: str) -> None:
        """A document was closed."""
        self.session.forget(uri)
        for callback in self._on_close:
            callback(uri)

    def outdate(self) -> None:
        """Settings, files on disk or the engine have changed."""
        self.session.epoch += 1
        for callback in self._on_outdated:
            callback()

    # ------------------------------------------------------------------ the client

    def refresh_diagnostics(self) -> None:
        """Ask the client to pull again."""
        self.session.spawn(_heard(self.workspace_diagnostic_refresh(None)))

    def refresh_lenses(self) -> None:
        """Ask the client to ask for its lenses again."""
        self.session.spawn(_heard(self.workspace_code_lens_refresh(None)))

    def _tell_trouble(self, text: str) -> None:
        self.session.notices.once(f"trouble:{text}", types.MessageType.Error, text)

    # ------------------------------------------------------------------ the engine

    def begin(self, greeting: Greeting) -> None:
        """Take over the client's options and follow the engine. On the event loop."""
        self.session.configure(greeting.options)
        self._follow(self.session.engine)

    async def restart_engine(self) -> None:
        """Replace the engine; what it was asked fails alone."""
        old = self.session.engine
        self.session.replace_engine(self._start_engine())
        self._follow(self.session.engine)
        self.outdate()
        await asyncio.to_thread(old.close)

    def _follow(self, engine: EngineClient) -> None:
        """One message if the engine cannot live, fresh answers when it is back."""
        loop = asyncio.get_running_loop()

        def tell(state: EngineState) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the server is ending
                loop.call_soon_threadsafe(self._engine_is, engine, state)

        engine.on_state(tell)

    def _engine_is(self, engine: EngineClient, state: EngineState) -> None:
        session = self.session
        if engine is not session.engine:
            return
        back = state.phase is Phase.READY and state.restarts > session.engine_state.restarts
        session.engine_state = state
        session.on_status()
        if state.phase is Phase.FAILED:
            session.notices.once("engine", types.MessageType.Error, f"Pilotfish: {state.detail}")
        elif state.phase is Phase.RESTARTING:
            session.notices.note(f"{state.detail}; restarting it")
        if back:
            self.outdate()


async def _heard(answer: Future[None]) -> None:
    with contextlib.suppress(Exception):  # a client may refuse; nothing depends on it
        await asyncio.wrap_future(answer)
