"""The decode state: the sampler, the text so far, and the model's cache, kept in step with it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Protocol

import numpy as np

from analysis.deadline import Cancellation
from decoding.loop.drafts import PromptLookup
from decoding.runtimes.runtime import Runtime
from decoding.vocabulary.tokens import Vocabulary
from decoding.writer import TokenSpan

if TYPE_CHECKING:
    import numpy.typing as npt

    from decoding.runtimes.runtime import Logits

# --------------------------------------------------------------------------------------------------
# Which token is proposed: the most probable one, or one drawn with a seed.
#
# Knows logits only. Constraints are no business of a sampler: the loop checks what it proposes.
# --------------------------------------------------------------------------------------------------


class Sampler(Protocol):
    """Proposes the next token."""

    def choose(self, logits: Logits) -> int:
        """The index of the proposed token in ``logits`` (``(vocab,)``)."""
        ...

    def settled(self, logits: Logits, noise: float) -> bool:
        """Whether the next :meth:`choose` would propose the same token if any two logits were up to
        ``noise`` nearer to each other or further apart; it proposes nothing itself."""
        ...


class Greedy:
    """Proposes the most probable token; of equal ones the first."""

    def choose(self, logits: Logits) -> int:
        """The index of the largest logit."""
        return int(np.argmax(logits))

    def settled(self, logits: Logits, noise: float) -> bool:
        """Whether the largest logit is so much larger than the next."""
        second, first = np.partition(logits, -2)[-2:]
        return bool(first - second >= noise)


class Seeded:
    """Draws from the nucleus (Holtzman et al., *The curious case of neural text degeneration*).

    The same seed over the same logits draws the same tokens. Only the ``WIDTH`` most probable
    tokens are looked at: sorting a whole vocabulary costs more than a small model's layer.
    """

    WIDTH = 64

    def __init__(self, temperature: float, seed: int, top_p: float = 0.95) -> None:
        if temperature <= 0:
            raise ValueError("a temperature must be above 0; use Greedy for 0")
        self._temperature = temperature
        self._top_p = top_p
        self._random = np.random.default_rng(seed)
        #: What the next choice is drawn with, 0 to 1.
        self._next = self._random.random()

    def choose(self, logits: Logits) -> int:
        """One token of the nucleus, by the seed."""
        best, _, cumulative = self._nucleus(logits)
        kept = int(np.searchsorted(cumulative, self._top_p)) + 1
        drawn = self._next * cumulative[min(kept, len(best)) - 1]
        self._next = self._random.random()
        return int(best[min(int(np.searchsorted(cumulative, drawn)), len(best) - 1)])

    def settled(self, logits: Logits, noise: float) -> bool:
        """Whether the draw falls so far inside the share of its token that it would stay there.

        Logits that move by ``noise`` against each other change the odds of any set of tokens by
        a factor of ``exp(noise / temperature)`` at most. That bounds the nucleus and both ends of
        the token's share, as long as it does not change places with its neighbours.
        """
        _, scaled, cumulative = self._nucleus(logits)
        moved = noise / self._temperature
        low, high = (
            cumulative / (cumulative + (1 - cumulative) * np.exp(m)) for m in (moved, -moved)
        )
        last = len(cumulative) - 1
        least, most = (min(int(np.searchsorted(c, self._top_p)), last) for c in (high, low))
        drawn = self._next * cumulative[min(int(np.searchsorted(cumulative, self._top_p)), last)]
        at = min(int(np.searchsorted(cumulative, drawn)), last)
        above = at == 0 or (
            scaled[at - 1] - scaled[at] >= moved and high[at - 1] < self._next * low[least]
        )
        below = at == last or (
            scaled[at] - scaled[at + 1] >= moved and self._next * high[most] < low[at]
        )
        return bool(above and below)

    def _nucleus(
        self, logits: Logits
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The most probable tokens, the first first: their ids, their scaled logits below the
        first, and their probabilities among each other summed up."""
        width = min(self.WIDTH, len(logits))
        best = np.argpartition(logits, len(logits) - width)[-width:]
        # Ties are ordered by index: the partition's own order is not part of numpy's promise.
        best = best[np.lexsort((best, -logits[best]))]
        scaled = logits[best].astype(np.float64) / self._temperature
        scaled -= scaled[0]
        weights = np.exp(scaled)
        return best, scaled, np.cumsum(weights / weights.sum())


def sampler(temperature: float, seed: int) -> Sampler:
    """Greedy at temperature 0, else seeded."""
    return Greedy() if temperature <= 0 else Seeded(temperature, seed)


def log_total(logits: Logits) -> float:
    """``log(sum(exp(logits)))``: what turns a logit into a log-probability by subtraction."""
    top = float(logits.max())
    return top + float(np.log(np.exp(logits - np.float32(top)).sum(dtype=np.float64)))


# --------------------------------------------------------------------------------------------------
# The text being written: tokens, their bytes, and how far the text is behind each, cut at will.
#
# Knows tokens and text. Bytes become text only when a character is complete, so a token may end
# inside one; what was cut off by a rollback leaves no trace, since every mark is an immutable
# value.
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the text stands behind one token: ``length`` code points, ``rest`` the bytes of a
    character that is not complete yet, ``size`` bytes in all (``rest`` included)."""

    length: int = 0
    rest: bytes = b""
    size: int = 0


class NotTextError(ValueError):
    """The model wrote bytes that are not UTF-8."""


class TokenBuffer:
    """What has been written so far. One per pass of the loop."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.logprobs: list[float] = []
        self.text = ""
        self._bytes = bytearray()
        self._marks: list[Mark] = [Mark()]

    def append(self, token: int, spelled: bytes, logprob: float) -> str:
        """Accept a token; the text it completed (``""`` inside a character).

        Raises :class:`NotTextError` and accepts nothing if the bytes can be no UTF-8.
        """
        last = self._marks[-1]
        text, rest = decode(last.rest + spelled)
        self.tokens.append(token)
        self.logprobs.append(logprob)
        self.text += text
        self._bytes += spelled
        self._marks.append(Mark(len(self.text), rest, last.size + len(spelled)))
        return text

    def cut(self, tokens: int) -> None:
        """Keep the first ``tokens`` tokens."""
        del self.tokens[tokens:], self.logprobs[tokens:], self._marks[tokens + 1 :]
        self.text = self.text[: self._marks[-1].length]
        del self._bytes[self._marks[-1].size :]

    def spelled(self, tokens: int) -> bytes:
        """The bytes of everything behind the first ``tokens`` tokens."""
        return bytes(self._bytes[self._marks[tokens].size :])

    def before(self, at: int) -> tuple[int, bytes]:
        """How many tokens end before or at the code point ``at``, and the bytes of the next token
        that still belong before it."""
        size = len(self.text[:at].encode())
        count = 0
        while count < len(self.tokens) and self._marks[count + 1].size <= size:
            count += 1
        return count, bytes(self._bytes[self._marks[count].size : size])

    def covering(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of tokens that hold text between two code points."""
        first = next((i for i in range(len(self.tokens)) if self._marks[i + 1].length > start), 0)
        last = first
        while last < len(self.tokens) and self._marks[last].length < end:
            last += 1
        return first, last

    def spans(self, tokens: int) -> list[TokenSpan]:
        """What each of the first ``tokens`` tokens stands for."""
        ends = [mark.length for mark in self._marks]
        return list(map(TokenSpan, ends[:tokens], ends[1 : tokens + 1], self.logprobs))

    def probability(self, start: int, end: int) -> float:
        """How probable the model found the tokens between two code points."""
        first, last = self.covering(start, end)
        return math.exp(sum(self.logprobs[first:last]))

    def mean(self, start: int, end: int) -> float:
        """The geometric mean of their probabilities."""
        first, last = self.covering(start, end)
        return math.pow(self.probability(start, end), 1 / max(1, last - first))


def decode(data: bytes) -> tuple[str, bytes]:
    """The complete characters of ``data`` and the bytes of one that is still open."""
    try:
        return data.decode("utf-8"), b""
    except UnicodeDecodeError as error:
        # A character that only lacks its end is no error: its bytes wait for the next token.
        if error.reason == "unexpected end of data":
            return data[: error.start].decode("utf-8"), data[error.start :]
        raise NotTextError(str(error)) from error


# --------------------------------------------------------------------------------------------------
# What is written and what the model holds of it, kept in step: the prompt, the text, the cache.
#
# Knows the runtime and the text; nothing of monitors.
# --------------------------------------------------------------------------------------------------


#: By how much two logits may move against each other when tokens are computed beside others. Over
#: 144 tokens of development code in batches of nine (0.5B) the two most probable ones moved by 0.04
#: in the median and by 0.22 at most, and by 0.15 where only what stands before was in a batch.
NOISE = 0.25


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Logits that were computed ahead: ``rows[i]`` stands behind ``written`` and ``draft[:i]``."""

    written: tuple[int, ...]
    draft: tuple[int, ...]
    rows: Logits

    def row(self, tokens: Sequence[int]) -> Logits | None:
        """The logits behind ``tokens``, if they were computed."""
        more = len(tokens) - len(self.written)
        if 0 <= more <= len(self.draft) and tuple(tokens) == self.written + self.draft[:more]:
            row: Logits = self.rows[more]
            return row
        return None

    def taken(self, tokens: Sequence[int]) -> int:
        """How many tokens of the draft were written."""
        return shared(tokens[len(self.written) :], self.draft)


class DecodeState:
    """One pass of the loop over one runtime. The cache may lag behind the text or hold other
    tokens for a while (a search tries some); :meth:`logits` brings it in step."""

    def __init__(
        self,
        runtime: Runtime,
        vocabulary: Vocabulary,
        prompt: Sequence[int],
        cancellation: Cancellation,
        sampler: Sampler,
        drafts: PromptLookup | None = None,
    ) -> None:
        self.runtime, self.vocabulary = runtime, vocabulary
        self.prompt, self.cancellation = tuple(prompt), cancellation
        self.buffer = TokenBuffer()
        self._sampler, self._drafts = sampler, drafts
        #: Without one, what is computed at once does not depend on how long it took before.
        self._price = drafts.price if drafts is not None else None
        self._ahead: _Ahead | None = None

    def feed(self) -> int:
        """Evaluate the prompt, reusing what the cache holds of it; how many tokens were reused."""
        # The last one is evaluated in any case: its logits are wanted.
        reused = shared(self.runtime.evaluated(), self.prompt[:-1])
        self.runtime.truncate(reused)
        self.runtime.evaluate(self.prompt[reused:], self.cancellation)
        return reused

    def logits(self) -> Logits:
        """Logits behind everything that is written, a view that the next evaluation replaces."""
        tokens = self.buffer.tokens
        if self._drafts is None or not tokens:
            return self.logits_behind(tokens)
        row = self._ahead.row(tokens) if self._ahead else None
        if row is None:
            row = self._look_ahead(self._drafts, tokens)
        # Where the last bits decide which token is next, it is computed alone, as without drafts:
        # those bits depend on how many tokens are computed at once.
        if row is not None and self._sampler.settled(row, NOISE):
            return row
        if row is not None:
            self._drafts.redo()
        return self.logits_behind(tokens)

    def _look_ahead(self, drafts: PromptLookup, tokens: Sequence[int]) -> Logits | None:
        """Logits behind ``tokens``, computed beside those behind a draft, if there is one."""
        if self._ahead is not None:
            drafts.learn(len(self._ahead.draft), self._ahead.taken(tokens))
            self._ahead = None
        # A draft may have found what stands behind a control token of the prompt.
        draft = list(takewhile(lambda token: not self.is_end(token), drafts.propose(tokens)))
        if not draft:
            return None
        rows = self.rows_behind([*tokens, *draft], len(draft) + 1)
        self._ahead = _Ahead(tuple(tokens), tuple(draft), rows)
        first: Logits = rows[0]
        return first

    def rows_behind(self, tokens: Sequence[int], count: int) -> Logits:
        """Logits behind the last ``count`` of ``tokens``: of one batch, where that is quicker than
        one token after the other."""
        runtime, prompt = self.runtime, len(self.prompt)
        kept = min(shared(runtime.evaluated()[prompt:], tokens), len(tokens) - count)
        runtime.truncate(prompt + kept)
        if self._dear(len(tokens) - kept):
            rows = [self._compute([token]).copy() for token in tokens[kept:]]
            return np.stack(rows[-count:])
        with self._priced(len(tokens) - kept):
            return runtime.evaluate_all(tokens[kept:], self.cancellation)[-count:].copy()

    def logits_behind(self, tokens: Sequence[int]) -> Logits:
        """Logits behind the prompt and ``tokens``, reusing what the cache holds of them."""
        runtime, prompt = self.runtime, len(self.prompt)
        held = runtime.evaluated()[prompt:]
        kept = shared(held, tokens)
        if kept == len(tokens) == len(held):
            return runtime.logits()
        if kept == len(tokens):
            # The cache keeps no logits: the last token is evaluated again.
            kept -= 1
        runtime.truncate(prompt + kept)
        behind = tokens[kept:] if kept >= 0 else self.prompt[-1:]
        if self._dear(len(behind)):
            for token in behind[:-1]:
                self._compute([token])
            behind = behind[-1:]
        return self._compute(behind)

    def _compute(self, tokens: Sequence[int]) -> Logits:
        """Append ``tokens`` to the cache; the logits behind them."""
        with self._priced(len(tokens)):
            self.runtime.evaluate(tokens, self.cancellation)
        return self.runtime.logits()

    def _dear(self, tokens: int) -> bool:
        """Whether so many tokens are computed sooner one by one."""
        return self._price is not None and self._price.slower_than_serial(tokens)

    @contextmanager
    def _priced(self, tokens: int) -> Iterator[None]:
        """Note how long the pass over so many tokens takes."""
        begun = time.monotonic()
        yield
        if self._price is not None:
            self._price.note(tokens, time.monotonic() - begun)

    def evaluate(self, tokens: Sequence[int]) -> Logits:
        """Logits behind each of ``tokens``, which are about to be written: ``(n, vocab)``."""
        return self.rows_behind([*self.buffer.tokens, *tokens], len(tokens))

    def append(self, token: int, logprob: float) -> str:
        """Write a token; the text it completed.

        Raises :class:`~decoding.loop.decode_state.NotTextError`.
        """
        return self.buffer.append(token, self.vocabulary.tokens[token], logprob)

    def is_end(self, token: int) -> bool:
        """Whether a token ends the text: the model's own ends, and whatever has no bytes."""
        return token in self.runtime.end_tokens() or not self.vocabulary.tokens[token]


def shared(held: Sequence[int], wanted: Sequence[int]) -> int:
    """How many tokens both begin with."""
    if tuple(held[: len(wanted)]) == tuple(wanted):
        return len(wanted)
    return next(
        (i for i, (a, b) in enumerate(zip(held, wanted, strict=False)) if a != b),
        min(len(held), len(wanted)),
    )
