"""Servers that take a prompt as text and tell no token ids: Ollama and LM Studio.

A prompt is made of pieces here, about as long as tokens, so that everything before stays as it is:
a piece is told as a number that spells its text, a control token as a negative one. As they find
control tokens in any text, one that stands in a file is broken by a blank (invariant 6).

They take no grammar. A name that has to be written is chosen here, step by step, among the most
probable tokens that the server tells; where it tells none, among a few continuations that it draws.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Generator, Sequence
from itertools import groupby

from analysis.deadline import Cancellation
from decoding.prompts.templates import FAMILIES, looks_like_markup, without_control
from decoding.remote.dialects import Chunk, ServerOrder
from decoding.remote.forms import NameForm
from decoding.runtimes.http import Connection, Document, EndpointError

#: About a token of code: a part of a word with the space before it, or a run of spaces.
_PIECE = re.compile(r" ?[^\W\d_]{1,5}|\d{1,3}| {1,8}|.", re.DOTALL)
#: Pieces are fewer than tokens in unusual text, so a quarter of the context is kept free.
_FREE = 4
#: Alternatives that Ollama tells at most (``top_logprobs``).
TOP = 20
#: Continuations drawn where no probabilities are told, their tokens, and how freely.
_DRAWS, _DRAWN, _FREELY = 4, 8, 0.8
#: Every control token of a prompt family, by its text.
MARKS = tuple(dict.fromkeys(p for family in FAMILIES for p in family.parts if isinstance(p, str)))

#: Kinds of tokens as a GGUF file tells them: control tokens, and others that were added.
_CONTROL, _ADDED = 3, 4

Alternatives = Sequence[tuple[str, float]]


class TextServer(ABC):
    """A :class:`~decoding.remote.dialects.Dialect` over a server that takes text."""

    #: What a reason for a refusal calls such servers.
    title: str

    def __init__(self, connection: Connection, name: str, context: int) -> None:
        self.name, self.context = name, context - context // _FREE
        self._connection = connection
        self._marks: tuple[str, ...] | None = None
        #: The control tokens of the model, where the server tells them.
        self._known: re.Pattern[str] | None = None

    def tokenize(self, text: str, *, special: bool, cancellation: Cancellation) -> list[int]:
        """See :class:`~decoding.remote.dialects.Dialect`; asks the server nothing but, once, which
        control tokens its model has."""
        if special and text in MARKS:
            if self._marks is None:
                self._marks = self._control(cancellation)
            if text in self._marks:
                return [-1 - MARKS.index(text)]
        return [_number(piece) for piece in _PIECE.findall(text)]

    def tokenize_all(self, texts: Sequence[str], cancellation: Cancellation) -> list[list[int]]:
        """See :class:`~decoding.remote.dialects.Dialect`."""
        return [self.tokenize(text, special=False, cancellation=cancellation) for text in texts]

    def start_tokens(self, cancellation: Cancellation) -> tuple[int, ...]:
        """Nothing: the server itself puts it in front of a text."""
        return ()

    def text(self, tokens: Sequence[int]) -> str:
        """What the server is sent: nothing but the prompt's own control tokens is spelled in it."""
        parts = []
        for control, run in groupby(tokens, lambda token: token < 0):
            texts = [MARKS[-1 - token] if control else _spelled(token) for token in run]
            parts.append("".join(texts) if control else self._plain("".join(texts)))
        return "".join(parts)

    def stream(self, order: ServerOrder, cancellation: Cancellation) -> Generator[Chunk]:
        """See :class:`~decoding.remote.dialects.Dialect`."""
        written = order.prompt
        if order.choice is not None:
            found = self._name(order, order.choice, cancellation)
            if found is None:
                yield Chunk("", stopped="end")
                return
            text, logprob = order.choice.literal + found[0], found[1]
            yield Chunk(text, logprob=logprob)
            written = self._behind(written, text)
        first = True
        for piece, alternatives in self._write(written, order, order.max_tokens, cancellation):
            if first and order.choice is not None and not _ends(piece.text, order.choice):
                # The model would go on with the name.
                yield from self._otherwise(written, order, alternatives, cancellation)
                return
            first = first and not piece.text
            yield piece

    def score(
        self, before: Sequence[int], text: str, tokens: Sequence[int], cancellation: Cancellation
    ) -> float:
        """These servers tell no probabilities of a text that is given."""
        raise EndpointError(
            f"{self.title} does not tell how probable a text is",
            where="endpoint",
            help="use a llama-server or vLLM for repairs",
        )

    @abstractmethod
    def _control(self, cancellation: Cancellation) -> tuple[str, ...]:
        """Which of :data:`MARKS` are control tokens of the model."""

    @abstractmethod
    def _write(
        self, tokens: Sequence[int], order: ServerOrder, most: int, cancellation: Cancellation
    ) -> Generator[tuple[Chunk, Alternatives]]:
        """At most ``most`` tokens behind ``tokens``, each with what else was probable."""

    def _otherwise(
        self,
        tokens: Sequence[int],
        order: ServerOrder,
        alternatives: Alternatives,
        cancellation: Cancellation,
    ) -> Generator[Chunk]:
        """Go on with the most probable text that ends the name; without one the text ends."""
        assert order.choice is not None
        ending = [(p, text) for text, p in alternatives if text and _ends(text, order.choice)]
        if not ending:
            yield Chunk("", stopped="end")
            return
        logprob, text = max(ending)
        yield Chunk(text, logprob=logprob)
        behind = self._behind(tokens, text)
        for piece, _ in self._write(behind, order, order.max_tokens, cancellation):
            yield piece

    def _name(
        self, order: ServerOrder, choice: NameForm, cancellation: Cancellation
    ) -> tuple[str, float] | None:
        """The most probable of the names, with its probability; ``None`` where none is told to be
        probable at all and there are several."""
        written, sure, names = "", 0.0, choice.names
        while len(names) > 1:
            tokens = self._behind(order.prompt, choice.literal + written)
            step = _step(self._next(tokens, order, cancellation), written, names, choice)
            if step is None:
                if written:
                    return (written, sure) if written in names else (names[0], sure)
                drawn = self._drawn(order, choice, cancellation)
                return (drawn, 0.0) if drawn is not None else None
            text, logprob = step
            sure += logprob
            if not text:
                return written, sure
            written += text
            names = tuple(name for name in names if name.startswith(written))
        return names[0], sure

    def _next(
        self, tokens: Sequence[int], order: ServerOrder, cancellation: Cancellation
    ) -> Alternatives:
        return next(
            (others for piece, others in self._write(tokens, order, 1, cancellation) if others), ()
        )

    def _drawn(
        self, order: ServerOrder, choice: NameForm, cancellation: Cancellation
    ) -> str | None:
        """The name that most of a few drawn continuations begin with."""
        tokens = self._behind(order.prompt, choice.literal)
        begun: Counter[str] = Counter()
        for seed in range(_DRAWS):
            draw = ServerOrder(order.prompt, _DRAWN, _FREELY, order.seed + seed)
            pieces = self._write(tokens, draw, _DRAWN, cancellation)
            text = "".join(piece.text for piece, _ in pieces)
            begun.update(
                n for n in choice.names if text.startswith(n) and _ends(text[len(n) :], choice)
            )
        return begun.most_common(1)[0][0] if begun else None

    def _behind(self, tokens: Sequence[int], text: str) -> tuple[int, ...]:
        return (*tokens, *(_number(piece) for piece in _PIECE.findall(text)))

    def _plain(self, text: str) -> str:
        if self._known is None:
            return " ".join(without_control(text))
        return self._known.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


class Ollama(TextServer):
    """Ollama's ``/api/generate`` with raw prompts (its ``api/types.go``)."""

    title = "Ollama"

    def _control(self, cancellation: Cancellation) -> tuple[str, ...]:
        asked = {"model": self.name, "verbose": True}
        known = self._connection.post("/api/show", asked, cancellation).get("model_info")
        known = known if isinstance(known, dict) else {}
        tokens, kinds = (known.get(f"tokenizer.ggml.{of}") or () for of in ("tokens", "token_type"))
        control = {
            text
            for text, kind in zip(tokens, kinds, strict=False)
            if isinstance(text, str)
            and len(text) > 1
            and (kind == _CONTROL or (kind == _ADDED and looks_like_markup(text)))
        }
        if control:
            longest = sorted(control, key=len, reverse=True)
            self._known = re.compile("|".join(map(re.escape, longest)))
        return tuple(mark for mark in MARKS if mark in control)

    def _write(
        self, tokens: Sequence[int], order: ServerOrder, most: int, cancellation: Cancellation
    ) -> Generator[tuple[Chunk, Alternatives]]:
        body: Document = {
            "model": self.name,
            "prompt": self.text(tokens),
            "raw": True,
            "stream": True,
            # A prompt that is too long is to be an error, not one without its beginning.
            "truncate": False,
            "shift": False,
            "logprobs": True,
            "top_logprobs": TOP if order.choice is not None else 0,
            "options": {
                "num_predict": most,
                "temperature": order.temperature,
                "seed": order.seed,
                "top_k": 64,
                "top_p": 0.95,
                "min_p": 0.0,
                "repeat_penalty": 1.0,
                "stop": [],
            },
        }
        for event in self._connection.stream("/api/generate", body, cancellation, lines=True):
            told = [each for each in event.get("logprobs") or () if isinstance(each, dict)]
            stopped = ""
            if event.get("done"):
                stopped = "length" if event.get("done_reason") == "length" else "end"
            chunk = Chunk(
                str(event.get("response", "")),
                logprob=sum(float(each.get("logprob") or 0.0) for each in told),
                stopped=stopped,
            )
            others = told[0].get("top_logprobs") or () if told else ()
            yield chunk, [(str(o.get("token", "")), float(o.get("logprob") or 0.0)) for o in others]


class LMStudio(TextServer):
    """LM Studio's ``/v1/completions``, which tells neither tokens nor probabilities."""

    title = "LM Studio"
    #: A control token is one token, its letters are several; asked so often in a row.
    _TIMES = 8

    def _control(self, cancellation: Cancellation) -> tuple[str, ...]:
        bodies: list[Document] = [
            {"model": self.name, "prompt": mark * self._TIMES, "max_tokens": 1, "temperature": 0.0}
            for mark in MARKS
        ]
        answers = self._connection.post_all("/v1/completions", bodies, cancellation)
        counts = [(answer.get("usage") or {}).get("prompt_tokens") for answer in answers]
        # One more may stand in front of every text.
        return tuple(
            mark
            for mark, count in zip(MARKS, counts, strict=True)
            if isinstance(count, int) and 0 < count <= self._TIMES + 1
        )

    def _write(
        self, tokens: Sequence[int], order: ServerOrder, most: int, cancellation: Cancellation
    ) -> Generator[tuple[Chunk, Alternatives]]:
        body: Document = {
            "model": self.name,
            "prompt": self.text(tokens),
            "max_tokens": most,
            "temperature": order.temperature,
            "seed": order.seed,
            "top_k": 64,
            "top_p": 0.95,
            "repeat_penalty": 1.0,
            "stream": True,
        }
        for event in self._connection.stream("/v1/completions", body, cancellation):
            for said in event.get("choices") or ():
                reason = said.get("finish_reason")
                stopped = {"length": "length", None: ""}.get(reason, "end")
                yield Chunk(str(said.get("text", "")), stopped=stopped), ()


def _step(
    alternatives: Alternatives, written: str, names: Sequence[str], choice: NameForm
) -> tuple[str, float] | None:
    """The most probable next part of one of ``names``; ``""`` where the name ends here."""
    for text, logprob in sorted(alternatives, key=lambda each: -each[1]):
        if text and any(name.startswith(written + text) for name in names):
            return text, logprob
        for name in names:
            rest = name[len(written) :]
            if text.startswith(rest) and _ends(text[len(rest) :], choice):
                return rest, logprob
    return None


def _ends(text: str, choice: NameForm) -> bool:
    """Whether a name may end before ``text``."""
    return not text or (ord(text[0]) < 128 and ord(text[0]) in choice.ends)


def _number(piece: str) -> int:
    return int.from_bytes(b"\1" + piece.encode("utf-8", "surrogatepass"))


def _spelled(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8)
    return data[1:].decode("utf-8", "surrogatepass")
