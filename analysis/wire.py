"""Framed JSON messages between Pilotfish's own processes.

A frame is a four-byte big-endian length and that many bytes of JSON:
``{"id": int, "type": str, "body": …}``. JSON rather than pickle, so that a process that read a
hostile workspace cannot make its reader run code. ``body`` is a frozen dataclass named by ``type``
and decoded against a registry that the reader passes.

A :class:`~analysis.text.overlay.Content` travels once over a connection and is named by its hash
after that: :class:`Sent` and :class:`Received` are the two ends' memories of it.

The name of a file that is no UTF-8 (PEP 383) and a string of an editor's may hold half of a
surrogate pair. The fast codec neither writes nor reads these: such a frame escapes them, in ASCII.
"""

from __future__ import annotations

import io
import json
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from analysis.errors import AnalysisError
from analysis.text.overlay import Content

_HEADER = struct.Struct(">I")
#: A frame larger than this is a broken stream, not a message.
MAX_FRAME_BYTES = 256 * 1024 * 1024
#: Contents of more bytes than these are not kept by a reader, but for those of one message.
MAX_KNOWN_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One decoded frame."""

    id: int
    body: object


class _Envelope(msgspec.Struct):
    id: int
    type: str
    body: msgspec.Raw = msgspec.Raw(b"")
    #: Contents that the reader is to know from here on, and hashes of those it may forget.
    texts: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()


class Sent:
    """The contents that the other end of one connection knows, used last at the end."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, int] = OrderedDict()
        self._size = 0

    def _use(self, content: Content, new: dict[str, str]) -> str:
        if content.digest not in self._known:
            new[content.digest] = content.text
            self._known[content.digest] = len(content.data)
            self._size += len(content.data)
        self._known.move_to_end(content.digest)
        return content.digest

    def _take_back(self, new: dict[str, str]) -> None:
        for digest in new:
            self._size -= self._known.pop(digest)

    def _surplus(self, used: set[str]) -> tuple[str, ...]:
        surplus: list[str] = []
        while self._size > MAX_KNOWN_BYTES and next(iter(self._known)) not in used:
            digest, size = self._known.popitem(last=False)
            self._size -= size
            surplus.append(digest)
        return tuple(surplus)


class Received:
    """The contents that the other end of one connection has sent. Old when it says so."""

    def __init__(self) -> None:
        self._known: dict[str, Content] = {}

    def _take(self, envelope: _Envelope) -> None:
        for text in envelope.texts:
            content = Content(text)
            self._known[content.digest] = content

    def _content(self, kind: type[Any], said: object) -> object:
        if kind is Content and isinstance(said, str) and said in self._known:
            return self._known[said]
        raise NotImplementedError(f"{kind.__name__} of {said!r}")


class Peer:
    """One end of a connection between two processes: what it writes the other end reads.

    ``known`` are the types of the messages that arrive here. One thread may read; any may write.
    """

    def __init__(
        self, incoming: BinaryIO, outgoing: BinaryIO, known: Mapping[str, type[Any]]
    ) -> None:
        self.incoming, self.outgoing, self._known = incoming, outgoing, known
        self._writing = threading.Lock()
        self._sent, self._received = Sent(), Received()

    def send(self, id: int, *bodies: object) -> bool:  # noqa: A002 - the wire's own word
        """Write ``bodies``, one after another; false where the other end is gone.

        Raises :class:`~analysis.errors.AnalysisError` for what no frame holds; then nothing was
        written.
        """
        frames = io.BytesIO()
        with self._writing:
            for body in bodies:
                write(frames, id, body, self._sent)
            try:
                self.outgoing.write(frames.getbuffer())
                self.outgoing.flush()
            except (OSError, ValueError):
                return False
        return True

    def messages(self) -> Iterator[Message]:
        """What arrives, until the other end is gone.

        Raises :class:`~analysis.errors.AnalysisError` for what is no message, and ``OSError`` or
        ``ValueError`` where the stream is closed meanwhile.
        """
        while (message := read(self.incoming, self._known, self._received)) is not None:
            yield message


def write(
    stream: BinaryIO,
    id: int,  # noqa: A002 - the wire's own word
    body: object,
    sent: Sent | None = None,
) -> None:
    """Write one frame and flush it; without ``sent`` it holds every content that it names.

    Raises ``OSError`` or ``ValueError`` when the peer is gone, and
    :class:`~analysis.errors.AnalysisError` for what no frame holds; then nothing was written.
    """
    known, new, used = sent or Sent(), dict[str, str](), set[str]()

    def by_hash(value: object) -> str:
        if not isinstance(value, Content):
            raise NotImplementedError(f"{type(value).__name__} does not travel")
        used.add(value.digest)
        return known._use(value, new)

    envelope: dict[str, object] = {"id": id, "type": type(body).__name__, "body": body}
    try:
        payload = _encoded(envelope, by_hash)
        if new:
            envelope = {"texts": tuple(new.values()), "forget": known._surplus(used)}
            payload = payload[:-1] + b"," + _encoded(envelope)[1:]
        if len(payload) > MAX_FRAME_BYTES:
            raise AnalysisError(f"a message of {len(payload)} bytes is too large", where="wire")
    except BaseException as error:
        known._take_back(new)
        if isinstance(error, RecursionError):
            raise AnalysisError("a message is nested too deeply", where="wire") from None
        raise
    stream.write(_HEADER.pack(len(payload)) + payload)
    stream.flush()


def read(
    stream: BinaryIO, registry: Mapping[str, type[Any]], received: Received | None = None
) -> Message | None:
    """Read one frame; ``None`` at the end of the stream.

    ``received`` is what a writer with a :class:`Sent` needs at this end. Raises
    :class:`~analysis.errors.AnalysisError` for a frame that is cut, too large, of an unknown type
    or does not fit its type.
    """
    header = _read_exactly(stream, _HEADER.size)
    if header is None:
        return None
    (size,) = _HEADER.unpack(header)
    if size > MAX_FRAME_BYTES:
        raise AnalysisError(f"a frame of {size} bytes is too large", where="wire")
    payload = _read_exactly(stream, size)
    if payload is None:
        raise AnalysisError("the stream ended inside a frame", where="wire")
    try:
        known = received or Received()
        envelope, body = _decoded(payload, registry, known)
        for digest in envelope.forget:
            known._known.pop(digest, None)
        return Message(envelope.id, body)
    except KeyError as error:
        raise AnalysisError(f"unknown message type {error}", where="wire") from None
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise AnalysisError(f"a message does not fit its type: {error}", where="wire") from None


def _encoded(value: object, hook: Callable[[object], object] | None = None) -> bytes:
    try:
        return msgspec.json.encode(value, enc_hook=hook)
    except UnicodeEncodeError:
        plain = msgspec.to_builtins(value, enc_hook=hook, str_keys=True)
        return json.dumps(plain, separators=(",", ":")).encode()


def _decoded(
    payload: bytes, registry: Mapping[str, type[Any]], known: Received
) -> tuple[_Envelope, object]:
    try:
        envelope = msgspec.json.decode(payload, type=_Envelope)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        try:
            plain = json.loads(payload)
        except (ValueError, RecursionError):
            raise error from None
        body = plain.pop("body", None) if isinstance(plain, dict) else None
        envelope = msgspec.convert(plain, _Envelope)
        kind = registry[envelope.type]
        known._take(envelope)
        return envelope, msgspec.convert(body, kind, dec_hook=known._content, str_keys=True)
    kind = registry[envelope.type]
    known._take(envelope)
    return envelope, msgspec.json.decode(envelope.body, type=kind, dec_hook=known._content)


def _read_exactly(stream: BinaryIO, size: int) -> bytes | None:
    parts: list[bytes] = []
    missing = size
    while missing:
        part = stream.read(missing)
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
