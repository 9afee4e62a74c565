"""Open a model as a writer, or explain why that cannot be.

Imports nothing of a runtime before it is needed: the base package has no llama.cpp and no numpy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import platformdirs

from decoding.errors import DecodingError
from decoding.models import ollama, store
from decoding.models.store import LocalModel
from decoding.prompts.room import PromptRoom
from decoding.threads import Threads
from decoding.writer import Writer


class OpenWriter(Writer, Protocol):
    """A writer that holds memory or connections until it is closed."""

    def close(self) -> None:
        """Give them back. It is not to be used afterwards."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model behind HTTP: the address of a llama-server or a vLLM server, the model it serves
    (``""``: its first) and the key it wants (``""``: none), which is never shown."""

    url: str
    model: str = ""
    key: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """How people know it before it was asked for its name."""
        return self.model or urlsplit(self.url).netloc

    @property
    def base(self) -> str:
        """The address without ``/v1``.

        Raises :class:`~decoding.errors.DecodingError` for what is no address.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise DecodingError(
                f"{self.url!r} is not a valid server URL",
                where="endpoint",
                help="write it as in http://127.0.0.1:8080",
            )
        return self.url.rstrip("/").removesuffix("/v1")


def local_model(choice: str, role: str) -> LocalModel:
    """The file for a name, a role, a path or ``ollama:NAME:TAG``; ``""`` is the model of ``role``.

    Raises :class:`~decoding.errors.ModelFileError` as :func:`store.resolve` and
    :func:`ollama.resolve` do.
    """
    if choice.startswith(ollama.PREFIX):
        return ollama.resolve(choice)
    return store.resolve(choice or None, role=role)


def open_writer(
    model: LocalModel | Endpoint,
    *,
    threads: Threads | None = None,
    room: PromptRoom | None = None,
) -> OpenWriter:
    """Load ``model`` (``threads`` ``None`` chooses by the machine), or connect to it; ``room``
    says how long its prompts may be.

    Raises :class:`~decoding.errors.DecodingError` when what it needs is not installed, when the
    file cannot be loaded or has no fill-in-the-middle tokens, and when an endpoint does not answer.
    """
    room = room or PromptRoom()
    if isinstance(model, Endpoint):
        return _connected(model, room)
    return _loaded(model, threads, room)


def _connected(endpoint: Endpoint, room: PromptRoom) -> OpenWriter:
    base = endpoint.base
    try:
        from decoding.remote.writer import RemoteWriter
        from decoding.runtimes.http import Connection
    except ModuleNotFoundError as error:
        raise _missing(error, "remote") from None
    connection = Connection(base, endpoint.key)
    try:
        return RemoteWriter(connection, endpoint.model, room=room)
    except BaseException:
        connection.close()
        raise


def _loaded(model: LocalModel, threads: Threads | None, room: PromptRoom) -> OpenWriter:
    try:
        from decoding.local_writer import LocalWriter
        from decoding.runtimes.llama_cpp import LlamaCpp, Tuning
    except ModuleNotFoundError as error:
        raise _missing(error, "model") from None
    except (OSError, RuntimeError) as error:
        raise DecodingError(
            f"llama.cpp cannot be loaded: {error}",
            where="llama_cpp",
            help="pip install --force-reinstall --no-binary :all: --no-deps llama-cpp-python",
        ) from None
    runtime = LlamaCpp(model.path, name=model.name, tuning=Tuning(threads=threads))
    try:
        return LocalWriter(runtime, room=room, cache=cache_folder())
    except DecodingError:
        runtime.close()
        raise


def _missing(error: ModuleNotFoundError, extra: str) -> Exception:
    if error.name not in ("llama_cpp", "numpy"):
        return error
    return DecodingError(
        f"{error.name} is not installed, so no model can run here",
        where="model",
        help=f"pip install '.[{extra}]' in Pilotfish's folder",
    )


def cache_folder() -> Path:
    """Where what is computed of a vocabulary once is kept."""
    return Path(platformdirs.user_cache_dir("pilotfish")) / "vocabulary"
