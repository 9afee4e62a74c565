"""What is written and what the model holds of it, kept in step: the prompt, the text, the cache.

Knows the runtime and the manuscript; nothing of monitors.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from analysis.deadline import Cancellation
from decoding.loop.drafts import PromptLookup
from decoding.loop.sampling import Sampler
from decoding.loop.token_buffer import TokenBuffer
from decoding.runtimes.runtime import Runtime
from decoding.vocabulary.tokens import Vocabulary

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

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
        return self._price is not None and self._price.dear(tokens)

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

        Raises :class:`~decoding.loop.token_buffer.NotTextError`.
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
