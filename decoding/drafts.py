"""What may come next, guessed from what stands in the prompt: drafts that one batch verifies.

*Prompt lookup* (Saxena, *Prompt lookup decoding*, 2023): where the last few tokens stood before,
what followed them then is proposed. A draft changes no output: the model's own choice behind each
drafted token is what counts, and a draft only saves passes where it is what the model chooses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: How many tokens have to stand before the same way. Fewer are a coincidence in code: with three,
#: one line in seven got more than 3 % slower, with five one in forty (counted over 60 functions
#: without a model, by what batches cost; ``benchmarks.drafts`` has not shown it with one).
_MATCH = 5
#: The longest draft. A shorter one has a token for each that stands before the same way, from
#: :data:`_MATCH` on: what has gone on alike for long is likelier to go on.
_LONGEST = 16
#: After a draft of which nothing was taken, so many tokens are written without; doubled each time.
_PAUSE, _LONGEST_PAUSE = 4, 32

#: How often a token of a draft is what the model chooses, where all before it were (the rewritten
#: functions of ``benchmarks.drafts``).
_TAKEN = 0.93
#: What a token beside another costs before anything was measured, of what one costs alone: two
#: idle cores (``benchmarks.drafts``: its ceiling).
_USUAL = 0.33


@dataclass(slots=True)
class Price:
    """What a token costs ``beside`` another, as a share of what it costs ``alone`` (seconds).

    Learnt from how long passes take, for it depends on what else the machine does: alone a token
    waits for the memory that holds the model's weights, beside others for the processor. Where a
    token costs nearly as much in a batch as by itself, nothing is to be gained from a draft.
    """

    alone: float = 0.0
    beside: float = _USUAL

    def note(self, tokens: int, seconds: float) -> None:
        """A pass over so many tokens took so long."""
        if tokens == 1:
            self.alone += (seconds - self.alone) / (8 if self.alone else 1)
            # What was dear once is tried again some time.
            self.beside += (_USUAL - self.beside) / 128
        elif self.alone:
            # Learnt fast: on a machine with much other work a batch may cost more than its tokens
            # one by one, and then each further one is dear.
            share = (seconds / self.alone - 1) / (tokens - 1)
            self.beside += (min(max(share, 0.0), 2.0) - self.beside) / 2

    @property
    def worth(self) -> int:
        """How many tokens a draft may have until the next is less likely taken than it costs."""
        if self.beside <= _TAKEN**_LONGEST:
            return _LONGEST
        return max(0, int(math.log(self.beside) / math.log(_TAKEN)))


class PromptLookup:
    """Drafts for one text behind one prompt; learns from it when a draft is worth computing."""

    def __init__(self, prompt: Sequence[int], price: Price) -> None:
        self.price = price
        self._tokens = list(prompt)
        #: Where each run of ``_MATCH`` tokens ended last.
        self._ends: dict[tuple[int, ...], int] = {}
        self._indexed = 0
        self._prompt = len(self._tokens)
        self._pause, self._resting = _PAUSE, 0

    def propose(self, written: Sequence[int]) -> list[int]:
        """What may follow the prompt and ``written``; often nothing."""
        self._follow(written)
        if self._resting > 0:
            self._resting -= 1
            return []
        tokens = self._tokens
        at = self._ends.get(tuple(tokens[-_MATCH:]))
        if at is None:
            return []
        return tokens[at : at + min(1 + self._alike(at), self.price.worth)]

    def learn(self, drafted: int, taken: int) -> None:
        """So many tokens of the last draft were what the model chose."""
        if taken:
            self._pause = _PAUSE
        elif drafted:
            self._resting = self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def _alike(self, end: int) -> int:
        """How many tokens more stand before ``end`` as at the end of the text, as far as counts."""
        tokens, more = self._tokens, 0
        while (
            more < _LONGEST - 1
            and end - _MATCH - more > 0
            and tokens[end - _MATCH - more - 1] == tokens[-_MATCH - more - 1]
        ):
            more += 1
        return more

    def _follow(self, written: Sequence[int]) -> None:
        """Bring the tokens up to date; what was rolled back is forgotten."""
        same = 0
        mine = self._tokens[self._prompt :]
        while same < min(len(mine), len(written)) and mine[same] == written[same]:
            same += 1
        if same < len(mine):
            del self._tokens[self._prompt + same :]
            self._indexed = min(self._indexed, len(self._tokens))
            gone = len(self._tokens)
            self._ends = {run: end for run, end in self._ends.items() if end <= gone}
        self._tokens += written[same:]
        # The run at the very end is what is looked up; it must not find itself.
        for end in range(max(self._indexed, _MATCH), len(self._tokens)):
            self._ends[tuple(self._tokens[end - _MATCH : end])] = end
        self._indexed = len(self._tokens)
