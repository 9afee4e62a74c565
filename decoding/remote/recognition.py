"""Which kind of server listens at an address, and which of those that people have run here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from analysis.deadline import Cancellation
from decoding.remote.dialects import Dialect, LlamaServer, OpenAIServer
from decoding.remote.text_servers import LMStudio, Ollama
from decoding.runtimes.http import Connection, Document, EndpointError, RetryPolicy

#: Tokens of prompt and answer where a server does not say: Ollama's and LM Studio's own default.
_CONTEXT = 4096


def recognize(connection: Connection, model: str, cancellation: Cancellation) -> Dialect:
    """The dialect of the server behind ``connection``, serving ``model`` (``""``: its first).

    Raises :class:`~decoding.runtimes.http.EndpointError` when it serves no such model.
    """
    models = _models(connection.get("/v1/models", cancellation).get("data"))
    owner = models[0].get("owned_by") if models else None
    if owner not in ("llamacpp", "vllm"):
        version = _asked(connection, "/api/version", cancellation).get("version")
        if version:
            tags = _models(_asked(connection, "/api/tags", cancellation).get("models"))
            # One that can fill in first, where its version tells.
            tags.sort(key=lambda each: "insert" not in (each.get("capabilities") or ()))
            name = _chosen(connection, [str(each.get("model", "")) for each in tags], model)
            return Ollama(connection, name, _context(connection, name, cancellation))
        known = _models(_asked(connection, "/api/v0/models", cancellation).get("data"))
        if known:
            known = [each for each in known if each.get("type") != "embeddings"]
            known.sort(key=lambda each: each.get("state") != "loaded")
            name = _chosen(connection, [str(each.get("id", "")) for each in known], model)
            (one,) = (each for each in known if each.get("id") == name)
            return LMStudio(connection, name, int(one.get("loaded_context_length") or _CONTEXT))
    name = _chosen(connection, [str(each.get("id", "")) for each in models], model)
    chosen = next(each for each in models if each.get("id") == name)
    if chosen.get("owned_by") == "llamacpp":
        context = int((chosen.get("meta") or {}).get("n_ctx", 0)) or _CONTEXT
        return LlamaServer(connection, name, context)
    return OpenAIServer(connection, name, int(chosen.get("max_model_len", _CONTEXT)))


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that listens on this machine, and the models that it has."""

    title: str
    url: str
    models: tuple[str, ...]


def listening() -> Iterator[LocalServer]:
    """Ollama and LM Studio, where they listen by default; Ollama at ``OLLAMA_HOST`` if that is on
    this machine. Nothing but their lists of models is asked for."""
    for title, url, path, key, name in (
        (Ollama.title, f"http://{_host()}", "/api/tags", "models", "model"),
        (LMStudio.title, "http://127.0.0.1:1234", "/api/v0/models", "data", "id"),
    ):
        connection = Connection(url, patience=RetryPolicy(connect=0.5, silence=2.0, attempts=1))
        try:
            found = _models(_asked(connection, path, Cancellation()).get(key))
        finally:
            connection.close()
        if found:
            yield LocalServer(title, url, tuple(str(each.get(name, "")) for each in found))


def _host() -> str:
    host, _, port = os.environ.get("OLLAMA_HOST", "").rpartition("//")[2].rpartition(":")
    return f"127.0.0.1:{port}" if host in ("127.0.0.1", "localhost") and port else "127.0.0.1:11434"


def _asked(connection: Connection, path: str, cancellation: Cancellation) -> Document:
    """What is answered at ``path``; nothing where there is no such path, or no server."""
    try:
        return connection.get(path, cancellation)
    except EndpointError:
        return {}


def _models(said: object) -> list[dict[str, Any]]:
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []


def _chosen(connection: Connection, names: list[str], model: str) -> str:
    for name in names:
        # Ollama leaves out the tag ``latest``.
        if not model or name in (model, f"{model}:latest"):
            return name
    raise EndpointError(
        f"{connection.base} does not serve {model!r}" if model else "it serves no model",
        where="endpoint",
        help=f"set endpoint-model to one of: {', '.join(names)}" if names else "load one",
    )


def _context(connection: Connection, name: str, cancellation: Cancellation) -> int:
    """What a loaded model was loaded with; Ollama's default for one that is not."""
    loaded = _models(_asked(connection, "/api/ps", cancellation).get("models"))
    known = [each.get("context_length") for each in loaded if each.get("model") == name]
    return known[0] if known and isinstance(known[0], int) and known[0] > 0 else _CONTEXT
