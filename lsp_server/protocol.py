"""The life of a connection after ``initialize``: which message goes where, and how it may fail.

On top of pygls' JSON-RPC, which it makes stricter: wrong parameters are answered rather than
dropped, ``shutdown`` and ``exit`` do what the protocol says, every failure of a feature is one
useful error, and no message body is logged. Document sync is Pilotfish's own (``documents``).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol

from lsp_server.failures import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    FeatureError,
    failure_text,
    response_error,
)

log = logging.getLogger(__name__)


#: Notifications that pygls would keep its own books by: its workspace splits lines where neither
#: Python nor the protocol does. Their only handlers are the features'.
_OURS_ALONE = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
    types.INITIALIZE,
    types.INITIALIZED,
)


class Protocol(LanguageServerProtocol):
    """See the module. ``on_exit`` is told once how the process is to end."""

    def __init__(self, server: Any, converter: Converter) -> None:
        super().__init__(server, converter)
        for method in _OURS_ALONE:
            del self.fm.builtin_features[method]
        self.fm.add_builtin_feature(types.SHUTDOWN, self._on_shutdown)
        self.fm.add_builtin_feature(types.EXIT, self._on_exit)
        self.fm.add_builtin_feature(types.WORKSPACE_EXECUTE_COMMAND, self._on_command)
        self.on_exit: Callable[[int], None] = lambda code: None
        #: Told of every failure that no request is waiting for.
        self.on_trouble: Callable[[str], None] = lambda text: None

    # ------------------------------------------------------------------ messages from the client

    def receive(self, body: bytes) -> None:
        """Handle one message. Never raises: what is wrong with it is answered or logged."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            self._refuse(None, PARSE_ERROR, "the message is not JSON, or nested too deeply")
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != "2.0":
            id_ = data.get("id") if isinstance(data, dict) else None
            self._refuse(id_, INVALID_REQUEST, "a message is one JSON-RPC 2.0 object")
            return
        method, id_ = data.get("method"), data.get("id")
        if not isinstance(id_, int | str | None):
            self._refuse(None, INVALID_REQUEST, "an id is an integer or a string")
            return
        if method is None:
            self._receive_response(data)
            return
        if self._shutdown and method != types.EXIT:
            if "id" in data:
                self._refuse(id_, INVALID_REQUEST, "the server is shutting down")
            return
        if method == types.INITIALIZE:
            self._refuse(id_, INVALID_REQUEST, "the server is already initialized")
            return
        if not isinstance(method, str):
            self._refuse(id_, INVALID_REQUEST, "the method is not a string")
            return
        if "id" in data and not self._is_known(method):
            self._refuse(id_, METHOD_NOT_FOUND, f"unknown method {method}")
            return
        try:
            message = self.structure_message(data)
        except (JsonRpcException, RecursionError):
            log.warning("%s: its parameters are not what the protocol says", method)
            if "id" in data:
                self._refuse(id_, INVALID_PARAMS, f"the parameters of {method} are not valid")
            return
        try:
            self.handle_message(message)
        except Exception as error:  # noqa: BLE001 - invariant 10: this message fails alone
            self.on_trouble(failure_text(error))

    def _handle_cancel_notification(self, msg_id: object) -> None:
        if isinstance(msg_id, int | str):
            super()._handle_cancel_notification(msg_id)

    def _is_known(self, method: str) -> bool:
        return method in self.fm.features or method in self.fm.builtin_features

    def _receive_response(self, data: dict[str, Any]) -> None:
        future = self._request_futures.pop(data.get("id", ""), None)
        kind = self._result_types.pop(data.get("id", ""), None)
        if future is None or future.done():
            return
        try:
            if error := data.get("error"):
                code, text = int(error.get("code", 0)), str(error.get("message", ""))
                future.set_exception(FeatureError(code, text))
            elif kind is None:
                future.set_result(data.get("result"))
            else:
                future.set_result(self._converter.structure(data, kind).result)
        except Exception as error:  # noqa: BLE001 - whatever a client may have answered
            log.warning("an answer of the client is not what the protocol says")
            future.set_exception(error)

    # ------------------------------------------------------------------ answers to the client

    def _refuse(self, id_: Any, code: int, text: str) -> None:
        self._send_data(
            types.ResponseErrorMessage(id=id_, error=types.ResponseError(code=code, message=text))
        )

    def _send_handler_result(self, future: Future[Any], *, msg_id: int | str) -> None:
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            error: BaseException | None = asyncio.CancelledError()
        else:
            error = future.exception()
        if error is None:
            self._send_response(msg_id, result=future.result())
            return
        answer = response_error(error)
        log.debug("request %s failed: %s", msg_id, answer.message, exc_info=error)
        self._send_response(msg_id, error=answer)

    def _check_handler_result(self, future: Future[Any]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is not None:
            self.on_trouble(failure_text(error))

    def _send_data(self, data: Any) -> None:
        if data and self.writer is not None:
            body = json.dumps(data, default=self._serialize_message, separators=(",", ":"))
            self.writer.write(body.encode())

    # ------------------------------------------------------------------ life cycle

    def _on_shutdown(self, params: object) -> None:
        """Stop what runs; only ``exit`` is left to say."""
        running = [f for id_, f in self._request_futures.items() if id_ != self.msg_id]
        self._shutdown = True
        for future in running:
            future.cancel()

    def _on_exit(self, params: object) -> None:
        """End the process: 0 after ``shutdown``, else 1."""
        self.on_exit(0 if self._shutdown else 1)

    async def _on_command(self, params: types.ExecuteCommandParams) -> Any:
        """Run a command. Unlike with pygls' own, cancelling the request cancels the command."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise FeatureError(INVALID_PARAMS, f"unknown command {params.command}")
        return await handler(params)
