"""Pilotfish's own processes and the framed JSON messages between them.

:class:`Child` is one of them seen from outside, :func:`take_the_wire` is its end of the wire, and
:class:`Restarts` says when one that died is started again. The sandbox has a protocol of its own.

A child reads its input, and so sees the end of it, but not while it computes. So each holds the end
of a second pipe, on which nothing is ever written. When the other end closes, because its holder
was killed, the kernel sends a signal, which ends the process, whatever it does (fcntl(2),
``O_ASYNC``): on Linux ``SIGKILL``, else ``SIGIO``, for which it has no handler.
``PR_SET_PDEATHSIG`` would not do: it looks at the thread that started the child, and the pools'
threads come and go.

A frame is a four-byte big-endian length and that many bytes of JSON: ``{"id": int, "type": str,
"body": …}``. JSON rather than pickle, so that a process that read a hostile workspace cannot make
its reader run code. ``body`` is a frozen dataclass named by ``type`` and decoded against a registry
that the reader passes.

A :class:`~analysis.text.overlay.Content` travels once over a connection and is named by its hash
after that: :class:`Sent` and :class:`Received` are the two ends' memories of it.

The name of a file that is no UTF-8 (PEP 383) and a string of an editor's may hold half of a
surrogate pair. The fast codec neither writes nor reads these: such a frame escapes them, in ASCII.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import select
import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import msgspec

from analysis import heap
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
        if isinstance(error, TypeError | ValueError | OverflowError | NotImplementedError):
            what = f"{type(body).__name__} cannot be sent: {error}"
            raise AnalysisError(what, where="wire") from None
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


#: Waits before the next start, from the second death in a row on; the first is fixed at once.
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)
#: A child that lived for so many seconds died for a new reason: the waits begin anew.
STEADY_SECONDS = 30.0


class Child(Peer):
    """``module`` run with ``arguments`` as by :func:`start`. ``replies`` are what it may say, its
    standard error is appended to ``log`` or is this process's. Raises ``OSError``."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        replies: Mapping[str, type[Any]],
        log: Path | None = None,
    ) -> None:
        with contextlib.ExitStack() as stack:
            errors = stack.enter_context(log.open("ab")) if log else None
            self._process = start(module, *arguments, stderr=errors)
        output, input_ = self._process.stdout, self._process.stdin
        super().__init__(cast(BinaryIO, output), cast(BinaryIO, input_), replies)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def hang_up(self) -> None:
        """Close its input, which ends it."""
        with contextlib.suppress(OSError, ValueError):
            self.outgoing.close()

    def end(self, seconds: float = 0.0) -> int:
        """Wait so long for its end, and kill it then; its exit status (negative: a signal)."""
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self._process.wait()
        # Not before: a thread that writes to it holds the stream until it is gone.
        for pipe in (self.incoming, self.outgoing):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
        return status


class Restarts:
    """When a child that died is started again: at once, then after growing waits."""

    def __init__(self) -> None:
        self._deaths = 0
        #: Starts in a row that came to nothing: without a word of the child.
        self.silent = 0

    def died(self, *, spoke: bool, lived: float) -> float:
        """A child died after so many seconds: how many to wait before the next one is started."""
        self.silent = 0 if spoke else self.silent + 1
        self._deaths = 1 if lived > STEADY_SECONDS else self._deaths + 1
        return PAUSES[min(self._deaths - 2, len(PAUSES) - 1)] if self._deaths > 1 else 0.0


def take_the_wire(known: Mapping[str, type[Any]]) -> Peer:
    """A child's end of the wire: private copies of its standard input and output, which its own
    children do not inherit. What is left in their places reads nothing and prints to standard
    error."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return Peer(requests, replies, known)


def start(module: str, *arguments: str, stderr: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    """``module`` run with ``arguments`` by Pilotfish's own interpreter, isolated, with pipes for
    input and output; standard error is this process's or ``stderr``. Raises ``OSError``.

    It starts in the root folder, which no other user can write to, without variables of Python, in
    a session of its own: a terminal's Ctrl-C is for the front door.
    """
    ours = theirs = -1
    if sys.platform != "win32":
        theirs, ours = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", __name__, str(theirs), module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=Path(sys.executable).anchor,
            env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
            pass_fds=(theirs,) if theirs >= 0 else (),
            start_new_session=True,
        )
    except OSError:
        if ours >= 0:
            os.close(ours)
        raise
    finally:
        if theirs >= 0:
            os.close(theirs)
    if ours >= 0:
        weakref.finalize(process, os.close, ours)
    return process


def _end_with(lifeline: int) -> None:
    if sys.platform == "win32" or lifeline < 0:
        return
    import fcntl

    os.set_inheritable(lifeline, False)
    with contextlib.suppress(OSError):
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        if sys.platform == "linux":
            fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:  # The other end closed before.
        os._exit(0)


if __name__ == "__main__":
    heap.bound()
    _end_with(int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
