"""What is written and what the model holds of it, kept in step: the prompt, the text, the cache.

Knows the runtime and the manuscript; nothing of monitors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.deadline import Cancellation
from decoding.manuscript import Manuscript
from decoding.runtimes.runtime import Runtime
from decoding.vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Logits = npt.NDArray[np.float32]


class Page:
    """One pass of the loop over one runtime. The cache may lag behind the text or hold other
    tokens for a while (a search tries some); :meth:`logits` brings it in step."""

    def __init__(
        self,
        runtime: Runtime,
        vocabulary: Vocabulary,
        prompt: Sequence[int],
        cancellation: Cancellation,
    ) -> None:
        self.runtime, self.vocabulary = runtime, vocabulary
        self.prompt, self.cancellation = tuple(prompt), cancellation
        self.script = Manuscript()

    def feed(self) -> int:
        """Evaluate the prompt, reusing what the cache holds of it; how many tokens were reused."""
        # The last one is evaluated in any case: its logits are wanted.
        reused = shared(self.runtime.evaluated(), self.prompt[:-1])
        self.runtime.truncate(reused)
        self.runtime.evaluate(self.prompt[reused:], self.cancellation)
        return reused

    def logits(self) -> Logits:
        """Logits behind everything that is written, a view that the next evaluation replaces."""
        return self.logits_behind(self.script.tokens)

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
        runtime.evaluate(behind, self.cancellation)
        return runtime.logits()

    def ways_on(self, kept: Sequence[int], ways: Sequence[Sequence[int]]) -> Logits:
        """Logits behind the prompt, ``kept`` and each of ``ways``: ``(len(ways), vocab)``."""
        runtime, prompt = self.runtime, len(self.prompt)
        held = runtime.evaluated()[prompt:]
        same = shared(held, kept)
        runtime.truncate(prompt + same)
        if same < len(kept):
            runtime.evaluate(kept[same:], self.cancellation)
        return runtime.evaluate_branches(ways, self.cancellation)

    def evaluate(self, tokens: Sequence[int]) -> Logits:
        """Logits behind each of ``tokens``, which are about to be written: ``(n, vocab)``."""
        return self.runtime.evaluate_all(tokens, self.cancellation)

    def append(self, token: int, logprob: float) -> str:
        """Write a token; the text it completed.

        Raises :class:`~decoding.manuscript.NotTextError`.
        """
        return self.script.append(token, self.vocabulary.tokens[token], logprob)

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
