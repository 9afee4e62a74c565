"""How each kind of server is asked for tokens and for text. A dialect is one class.

``LlamaServer`` speaks llama.cpp's own endpoints, ``OpenAIServer`` the completions of the OpenAI
interface with token ids as prompt, as vLLM has them, and vLLM's ``structured_outputs``. Servers
that take a prompt as text are in ``text_servers``.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from analysis.deadline import Cancellation
from decoding.remote.forms import NameForm, exactly
from decoding.runtimes.http import Connection, Document, EndpointError


@dataclass(frozen=True, slots=True)
class ServerOrder:
    """What is asked for: behind ``prompt`` at most ``max_tokens``; greedy at temperature 0, else
    drawn with ``seed``; ``choice`` is what it has to begin with."""

    prompt: tuple[int, ...]
    max_tokens: int
    temperature: float = 0.0
    seed: int = 0
    choice: NameForm | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of the answer. ``tokens`` are its ids where the server tells them, else empty;
    ``logprob`` is the sum over them (nats), 0 where it is not told. ``stopped`` is ``end`` or
    ``length`` in the last piece; ``reused`` counts prompt tokens that were in the cache, ``None``
    where that is not told."""

    text: str
    tokens: tuple[int, ...] = ()
    logprob: float = 0.0
    stopped: str = ""
    reused: int | None = None


class Dialect(Protocol):
    """One kind of server, and the model it serves."""

    #: The model's name, and how many tokens of prompt and answer it holds.
    name: str
    context: int

    def tokenize(self, text: str, *, special: bool, cancellation: Cancellation) -> list[int]:
        """Tokens of ``text``; ``special`` lets control tokens be found in it."""
        ...

    def tokenize_all(self, texts: Sequence[str], cancellation: Cancellation) -> list[list[int]]:
        """Tokens of several texts, asked side by side."""
        ...

    def start_tokens(self, cancellation: Cancellation) -> tuple[int, ...]:
        """What the server puts in front of a prompt that is text."""
        ...

    def stream(self, order: ServerOrder, cancellation: Cancellation) -> Generator[Chunk]:
        """The answer, piece by piece."""
        ...

    def score(
        self, before: Sequence[int], text: str, tokens: Sequence[int], cancellation: Cancellation
    ) -> float:
        """Sum of the log-probabilities (nats) of ``text``, in ``tokens``, behind ``before``."""
        ...


class LlamaServer:
    """llama.cpp's ``/completion`` and ``/tokenize`` (tools/server/README.md)."""

    def __init__(self, connection: Connection, name: str, context: int) -> None:
        self.name, self.context = name, context
        self._connection = connection

    def tokenize(self, text: str, *, special: bool, cancellation: Cancellation) -> list[int]:
        """See :class:`Dialect`."""
        body = {"content": text, "parse_special": special, "add_special": False}
        return _ids(self._connection.post("/tokenize", body, cancellation))

    def tokenize_all(self, texts: Sequence[str], cancellation: Cancellation) -> list[list[int]]:
        """See :class:`Dialect`."""
        bodies = [{"content": t, "parse_special": False, "add_special": False} for t in texts]
        return [_ids(a) for a in self._connection.post_all("/tokenize", bodies, cancellation)]

    def start_tokens(self, cancellation: Cancellation) -> tuple[int, ...]:
        """See :class:`Dialect`."""
        body = {"content": "", "add_special": True}
        return tuple(_ids(self._connection.post("/tokenize", body, cancellation)))

    def stream(self, order: ServerOrder, cancellation: Cancellation) -> Generator[Chunk]:
        """See :class:`Dialect`."""
        body: Document = {
            "model": self.name,
            "prompt": list(order.prompt),
            "n_predict": order.max_tokens,
            "temperature": order.temperature,
            "seed": order.seed,
            "top_k": 64,
            "top_p": 0.95,
            "min_p": 0.0,
            "n_probs": 1,
            "return_tokens": True,
            "cache_prompt": True,
            "stream": True,
            "timings_per_token": True,
        }
        if order.choice is not None:
            body["grammar"] = order.choice.grammar
        for event in self._connection.stream("/completion", body, cancellation):
            piece = Chunk(
                str(event.get("content", "")),
                tuple(event.get("tokens") or ()),
                sum(p["logprob"] for p in event.get("completion_probabilities") or ()),
                reused=(event.get("timings") or {}).get("cache_n"),
            )
            if event.get("stop"):
                ended = "length" if event.get("stop_type") == "limit" else "end"
                piece = replace(piece, tokens=(), logprob=0.0, stopped=ended)
            yield piece

    def score(
        self, before: Sequence[int], text: str, tokens: Sequence[int], cancellation: Cancellation
    ) -> float:
        """See :class:`Dialect`. The server scores only what it writes, so it is made to write
        ``text``: probabilities are told as they were before the grammar."""
        body: Document = {
            "model": self.name,
            "prompt": list(before),
            "n_predict": len(text.encode()),
            "temperature": 0.0,
            "n_probs": 1,
            "cache_prompt": True,
            "grammar": exactly(text),
        }
        answer = self._connection.post("/completion", body, cancellation)
        written = [p for p in answer.get("completion_probabilities") or () if p.get("bytes")]
        return float(sum(p["logprob"] for p in written))


class OpenAIServer:
    """``/v1/completions`` with token ids, as vLLM serves it, and vLLM's ``/tokenize``."""

    def __init__(self, connection: Connection, name: str, context: int) -> None:
        self.name, self.context = name, context
        self._connection = connection

    def tokenize(self, text: str, *, special: bool, cancellation: Cancellation) -> list[int]:
        """See :class:`Dialect`. vLLM finds control tokens in any case; the caller takes care."""
        return _ids(self._connection.post("/tokenize", self._text(text, special), cancellation))

    def tokenize_all(self, texts: Sequence[str], cancellation: Cancellation) -> list[list[int]]:
        """See :class:`Dialect`."""
        bodies = [self._text(text) for text in texts]
        return [_ids(a) for a in self._connection.post_all("/tokenize", bodies, cancellation)]

    def start_tokens(self, cancellation: Cancellation) -> tuple[int, ...]:
        """See :class:`Dialect`."""
        body = {**self._text(""), "add_special_tokens": True, "add_special": True}
        return tuple(_ids(self._connection.post("/tokenize", body, cancellation)))

    def stream(self, order: ServerOrder, cancellation: Cancellation) -> Generator[Chunk]:
        """See :class:`Dialect`."""
        body: Document = {
            "model": self.name,
            "prompt": list(order.prompt),
            "max_tokens": order.max_tokens,
            "temperature": order.temperature,
            "seed": order.seed,
            "top_p": 0.95,
            "logprobs": 1,
            "stream": True,
        }
        if order.choice is not None:
            # Two spellings of the same: what a server does not know, it passes over.
            body["structured_outputs"] = {"regex": order.choice.pattern}
            body["grammar"] = order.choice.grammar
        for event in self._connection.stream("/v1/completions", body, cancellation):
            for said in event.get("choices") or ():
                reason = said.get("finish_reason")
                yield Chunk(
                    str(said.get("text", "")),
                    logprob=sum(_logprobs(said.get("logprobs"))),
                    stopped={"length": "length", None: ""}.get(reason, "end"),
                )

    def score(
        self, before: Sequence[int], text: str, tokens: Sequence[int], cancellation: Cancellation
    ) -> float:
        """See :class:`Dialect`; the prompt is echoed with its probabilities."""
        body: Document = {
            "model": self.name,
            "prompt": [*before, *tokens],
            "max_tokens": 1,
            "temperature": 0.0,
            "echo": True,
            "logprobs": 1,
        }
        answer = self._connection.post("/v1/completions", body, cancellation)
        said = (answer.get("choices") or [{}])[0]
        scored = _logprobs(said.get("logprobs"))
        if len(scored) <= len(tokens):
            raise EndpointError(
                f"{self._connection.base} does not echo a prompt's probabilities",
                where="endpoint",
                help="use a llama-server or vLLM",
            )
        return float(sum(scored[len(before) : len(before) + len(tokens)]))

    def _text(self, text: str, special: bool = False) -> Document:
        # vLLM reads ``prompt``, llama-server ``content``.
        return {
            "model": self.name,
            "prompt": text,
            "content": text,
            "add_special_tokens": False,
            "add_special": False,
            "parse_special": special,
        }


def _ids(answer: Document) -> list[int]:
    tokens = answer.get("tokens")
    if not isinstance(tokens, list):
        raise EndpointError(
            "the server has no /tokenize",
            where="endpoint",
            help="use a llama-server or vLLM, which have /tokenize",
        )
    return [int(token["id"]) if isinstance(token, dict) else int(token) for token in tokens]


def _logprobs(said: Any) -> list[float]:
    """The probabilities of one choice, in vLLM's form or in llama-server's."""
    if not isinstance(said, dict):
        return []
    if "token_logprobs" in said:
        return [float(p or 0.0) for p in said["token_logprobs"]]
    return [float(p.get("logprob") or 0.0) for p in said.get("content") or ()]
