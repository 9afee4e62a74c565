"""Framed JSON messages between Pilotfish's own processes.

A frame is a four-byte big-endian length and that many bytes of JSON:
``{"id": int, "type": str, "body": …}``. JSON rather than pickle, so that a process that read a
hostile workspace cannot make its reader run code. ``body`` is a frozen dataclass named by ``type``
and decoded against a registry that the reader passes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from analysis.errors import AnalysisError

_HEADER = struct.Struct(">I")
#: A frame larger than this is a broken stream, not a message.
MAX_FRAME_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """One decoded frame."""

    id: int
    body: object


class _Envelope(msgspec.Struct):
    id: int
    type: str
    body: msgspec.Raw


def write(stream: BinaryIO, id: int, body: object) -> None:  # noqa: A002 - the wire's own word
    """Write one frame and flush it. Raises ``OSError`` or ``ValueError`` when the peer is gone."""
    payload = msgspec.json.encode({"id": id, "type": type(body).__name__, "body": body})
    stream.write(_HEADER.pack(len(payload)) + payload)
    stream.flush()


def read(stream: BinaryIO, registry: Mapping[str, type[Any]]) -> Message | None:
    """Read one frame; ``None`` at the end of the stream.

    Raises :class:`~analysis.errors.AnalysisError` for a frame that is cut, too large, of an
    unknown type or does not fit its type.
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
        envelope = msgspec.json.decode(payload, type=_Envelope)
        kind = registry[envelope.type]
        return Message(envelope.id, msgspec.json.decode(envelope.body, type=kind))
    except KeyError as error:
        raise AnalysisError(f"unknown message type {error}", where="wire") from None
    except msgspec.MsgspecError as error:
        raise AnalysisError(f"a message does not fit its type: {error}", where="wire") from None


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
