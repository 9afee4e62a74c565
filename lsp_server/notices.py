"""What is said to a person, and that it is said once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from lsprotocol import types

from lsp_server.protocol import Protocol

log = logging.getLogger(__name__)


class Notices:
    """Messages to the person at the editor. Each ``key`` is said at most once a session."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._said: set[str] = set()

    def once(self, key: str, kind: types.MessageType, text: str) -> None:
        """Show ``text`` unless ``key`` was said before."""
        if key not in self._said:
            self._said.add(key)
            self.say(kind, text)

    def say(self, kind: types.MessageType, text: str) -> None:
        """Show ``text``."""
        self._protocol.notify(
            types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(type=kind, message=text)
        )

    def note(self, text: str) -> None:
        """Write ``text`` to the client's log of this server; nobody is disturbed."""
        self._protocol.notify(
            types.WINDOW_LOG_MESSAGE,
            types.LogMessageParams(type=types.MessageType.Info, message=text),
        )

    async def ask(
        self, kind: types.MessageType, text: str, answers: Sequence[str], *, key: str = ""
    ) -> str:
        """Which of ``answers`` the person chose, ``""`` for none; with a key, asked only once."""
        if key in self._said:
            return ""
        if key:
            self._said.add(key)
        future = self._protocol.send_request(
            types.WINDOW_SHOW_MESSAGE_REQUEST,
            types.ShowMessageRequestParams(
                type=kind, message=text, actions=[types.MessageActionItem(title=a) for a in answers]
            ),
        )
        try:
            chosen = await asyncio.wrap_future(future)
        except Exception:  # noqa: BLE001 - a client without the request answers with some error
            log.info("the client cannot ask; the question was: %s", text)
            return ""
        title = getattr(chosen, "title", "")
        return title if title in answers else ""
