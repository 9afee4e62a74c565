"""The one module that opens HTTP to a model: JSON asked, events streamed, both cancelled at once.

Knows connections, statuses and time; nothing of prompts or of what an answer means. The transport
is asynchronous in a thread of its own, since a blocking read cannot be taken back: a keystroke
closes the connection, and the server stops computing when it sees that.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import queue
import threading
from collections.abc import AsyncIterator, Coroutine, Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from analysis.deadline import Cancellation
from decoding.errors import CancelledError, DecodingError

#: One JSON object of an answer or of a stream of events.
Document = dict[str, Any]
Value = TypeVar("Value")

#: Statuses that pass: too many requests, and gateways and servers that are starting.
_PASSING = frozenset({429, 502, 503, 504})
#: Bytes of one answer, or of one stream, that are read. Not tuned: a prompt of 100,000 tokens comes
#: back as 1 MiB of numbers, and a text of 4,096 tokens with ten alternatives each as about 8 MiB.
_MOST = 64 << 20
#: Bytes of one event.
_LONGEST = 1 << 20
#: Events that wait to be read; a server that sends faster is made to wait.
_WAITING = 256
_KEY = "set PILOTFISH_ENDPOINT_KEY, or endpoint-key in your own config.toml"


class EndpointError(DecodingError):
    """The endpoint refused, is not there, or answered something else than it should."""


class LostError(EndpointError):
    """The connection ended in the middle of an answer; what had come until then is good."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds and counts. ``connect`` for a connection, ``silence`` between two pieces of an
    answer (a long prompt is computed in silence), ``attempts`` at a request whose failure may
    pass, the first ``pause`` before the next one; each pause doubles."""

    connect: float = 5.0
    silence: float = 60.0
    attempts: int = 4
    pause: float = 0.25


class Connection:
    """Requests to one server. ``base`` is its address without ``/v1``; ``key`` is sent as a bearer
    token and appears in no message. Thread-safe; proxies of the environment are not used."""

    def __init__(self, base: str, key: str = "", patience: RetryPolicy | None = None) -> None:
        self.base = base.rstrip("/")
        self.round_trips = 0
        self._patience = patience or RetryPolicy()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        how = self._patience
        self._client = httpx.AsyncClient(
            base_url=self.base,
            headers=headers,
            timeout=httpx.Timeout(how.silence, connect=how.connect),
            trust_env=False,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="endpoint", daemon=True)
        self._thread.start()

    def get(self, path: str, cancellation: Cancellation) -> Document:
        """The JSON object at ``path``. Raises :class:`EndpointError`,
        :class:`~decoding.errors.CancelledError`."""
        return self._wait(self._ask("GET", path, None), cancellation)

    def post(self, path: str, body: Document, cancellation: Cancellation) -> Document:
        """The JSON object that ``body`` is answered with; raises as :meth:`get`."""
        return self._wait(self._ask("POST", path, body), cancellation)

    def post_all(
        self, path: str, bodies: Sequence[Document], cancellation: Cancellation
    ) -> list[Document]:
        """The answers to ``bodies`` in order, asked side by side."""

        async def all_of_them() -> list[Document]:
            return await asyncio.gather(*(self._ask("POST", path, body) for body in bodies))

        return self._wait(all_of_them(), cancellation)

    def stream(
        self, path: str, body: Document, cancellation: Cancellation, *, lines: bool = False
    ) -> Generator[Document]:
        """The events of a streamed answer (``data:`` lines of server-sent events, or all ``lines``
        where each is a JSON object), one by one.

        Closing the iterator closes the connection. Raises as :meth:`get`, and :class:`LostError`
        when it breaks off behind the first event.
        """
        arrived: queue.SimpleQueue[Document | BaseException | None] = queue.SimpleQueue()

        async def read() -> None:
            try:
                async for event in self._events(path, body, lines):
                    arrived.put(event)
                    while arrived.qsize() > _WAITING:
                        await asyncio.sleep(0.005)
                arrived.put(None)
            except Exception as error:  # noqa: BLE001  # raised where the events are read
                arrived.put(error)

        running = asyncio.run_coroutine_threadsafe(read(), self._loop)
        forget = cancellation.on_cancel(lambda: arrived.put(CancelledError()))
        try:
            while True:
                event = arrived.get()
                if isinstance(event, BaseException):
                    raise event
                if event is None:
                    return
                yield event
        finally:
            forget()
            running.cancel()

    def close(self) -> None:
        """Close every connection."""
        if not self._thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, Value], cancellation: Cancellation) -> Value:
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        forget = cancellation.on_cancel(lambda: _take_back(running))
        try:
            return running.result()
        except concurrent.futures.CancelledError:
            raise CancelledError from None
        finally:
            forget()

    async def _ask(self, method: str, path: str, body: Document | None) -> Document:
        async for last in self._attempts():
            self.round_trips += 1
            try:
                async with self._client.stream(method, path, json=body) as answer:
                    if answer.status_code in _PASSING and not last:
                        continue
                    said = b"".join([piece async for piece in self._pieces(answer)])
            except httpx.HTTPError as error:
                if last or not isinstance(error, httpx.TransportError):
                    raise self._absent(error) from None
                continue
            return self._document(answer.status_code, said, path)
        raise AssertionError("the last attempt returns or raises")

    async def _events(self, path: str, body: Document, lines: bool) -> AsyncIterator[Document]:
        begun = False
        async for last in self._attempts():
            self.round_trips += 1
            try:
                async with self._client.stream("POST", path, json=body) as answer:
                    if answer.status_code in _PASSING and not last:
                        continue
                    if answer.is_error:
                        said = b"".join([piece async for piece in self._pieces(answer)])
                        self._document(answer.status_code, said, path)
                    async for line in self._lines(answer, path):
                        told = line.removeprefix(b"data:").strip()
                        if not ((lines and told) or line.startswith(b"data:")) or told == b"[DONE]":
                            continue
                        begun = True
                        yield self._event(told.decode(errors="replace"), path)
                    return
            except httpx.HTTPError as error:
                if begun:
                    raise LostError(
                        f"the connection to {self.base} broke off: {_said(error)}",
                        where="endpoint",
                        help="try again",
                    ) from None
                if last:
                    raise self._absent(error) from None

    async def _pieces(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        """The bytes of an answer as they come. Raises :class:`EndpointError` past ``_MOST``."""
        read = 0
        async for piece in answer.aiter_bytes():
            read += len(piece)
            if read > _MOST:
                raise EndpointError(
                    f"{self.base} answered more than {_MOST >> 20} MiB",
                    where="endpoint",
                    help="name the address of a llama-server or a vLLM server",
                )
            yield piece

    async def _lines(self, answer: httpx.Response, path: str) -> AsyncIterator[bytes]:
        rest = b""
        async for piece in self._pieces(answer):
            # Events end with a line feed; a carriage return before it is a blank.
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                yield line
            if len(rest) > _LONGEST:
                raise self._strange(path, rest.decode(errors="replace"))
        if rest:
            yield rest

    async def _attempts(self) -> AsyncIterator[bool]:
        """Whether each attempt is the last, with a growing pause between two."""
        how = self._patience
        for attempt in range(how.attempts):
            if attempt:
                await asyncio.sleep(how.pause * 2 ** (attempt - 1))
            yield attempt == how.attempts - 1

    def _event(self, said: str, path: str) -> Document:
        try:
            event = json.loads(said)
        except (ValueError, RecursionError):
            raise self._strange(path, said) from None
        if not isinstance(event, dict):
            raise self._strange(path, said)
        if "error" in event:
            raise self._refused("failed", event)
        return event

    def _document(self, status: int, said: bytes, path: str) -> Document:
        try:
            document = json.loads(said)
        except (ValueError, RecursionError):
            document = None
        if status in (401, 403):
            raise EndpointError(
                f"{self.base} refuses the key ({status})", where="endpoint", help=_KEY
            )
        if status == 404:
            raise EndpointError(
                f"{self.base} has no {path}",
                where="endpoint",
                help="name the address of a llama-server or a vLLM server, as in "
                "http://127.0.0.1:8080",
            )
        if status >= 400:
            raise self._refused(f"answered {path} with {status}", document)
        if not isinstance(document, dict):
            raise self._strange(path, said.decode(errors="replace"))
        return document

    def _refused(self, how: str, document: object) -> EndpointError:
        # What a server says may quote the prompt, so it stands where nothing is logged from.
        said = _reason(document) if isinstance(document, dict) else ""
        return EndpointError(
            f"{self.base} {how}",
            where="endpoint",
            help=f"it says: {said}" if said else "look into the server's log",
        )

    def _strange(self, path: str, said: str) -> EndpointError:
        return EndpointError(
            f"{self.base}{path} answered {len(said)} characters that are not a JSON object",
            where="endpoint",
            help="name the address of a llama-server or a vLLM server",
        )

    def _absent(self, error: httpx.HTTPError) -> EndpointError:
        return EndpointError(
            f"no answer from {self.base}: {_said(error)}",
            where="endpoint",
            help="start the server, or correct `endpoint` in your own config.toml; "
            "`--model NAME` uses a model on this machine",
        )


def _take_back(running: concurrent.futures.Future[Any]) -> None:
    running.cancel()


def _said(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__


def _reason(document: Document) -> str:
    error = document.get("error", document)
    said = error.get("message", error) if isinstance(error, dict) else error
    return str(said)[:300]
