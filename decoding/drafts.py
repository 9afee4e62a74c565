"""What may come next, guessed from what stands in the prompt: drafts that one batch verifies.

*Prompt lookup* (Saxena, *Prompt lookup decoding*, 2023): where the last few tokens stood before,
what followed them then is proposed. A draft changes no output: the model's own choice behind each
drafted token is what counts, and a draft only saves passes where it is what the model chooses.
"""

from __future__ import annotations

from collections.abc import Sequence

#: How many tokens have to stand before the same way. Fewer are a coincidence in code: with three,
#: one line in seven got more than 3 % slower, with five one in forty (``benchmarks.drafts``).
_MATCH = 5
#: The longest draft. A shorter one has a token for each that stands before the same way, from
#: :data:`_MATCH` on: what has gone on alike for long is likelier to go on.
_LONGEST = 16
#: After a draft of which nothing was taken, so many tokens are written without; doubled each time.
_PAUSE, _LONGEST_PAUSE = 4, 32


class PromptLookup:
    """Drafts for one text behind one prompt; learns from it when a draft is worth computing."""

    def __init__(self, prompt: Sequence[int]) -> None:
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
        return tokens[at : at + 1 + self._alike(at)] if at is not None else []

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
