"""What may come next, guessed from what stands in the prompt: drafts that one batch verifies.

*Prompt lookup* (Saxena, *Prompt lookup decoding*, 2023): where the last few tokens stood before,
what followed them then is proposed. A draft changes no output: the model's own choice behind each
drafted token is what counts, and a draft only saves passes where it is what the model chooses.
"""

from __future__ import annotations

from collections.abc import Sequence

#: How many tokens have to stand before the same way. Two are a coincidence in code.
_MATCH = 3
#: The longest draft, and the first one.
_LONGEST, _FIRST = 12, 3
#: After a draft of which nothing was taken, so many tokens are written without; doubled each time.
_PAUSE, _LONGEST_PAUSE = 4, 32


class PromptLookup:
    """Drafts for one text behind one prompt; learns from it how long a draft is worth computing."""

    def __init__(self, prompt: Sequence[int]) -> None:
        self._tokens = list(prompt)
        #: Where each run of ``_MATCH`` tokens ended last.
        self._ends: dict[tuple[int, ...], int] = {}
        self._indexed = 0
        self._prompt = len(self._tokens)
        self._size, self._pause, self._resting = _FIRST, _PAUSE, 0

    def propose(self, written: Sequence[int]) -> list[int]:
        """What may follow the prompt and ``written``; often nothing."""
        self._follow(written)
        if self._resting > 0:
            self._resting -= 1
            return []
        tokens = self._tokens
        at = self._ends.get(tuple(tokens[-_MATCH:]))
        return tokens[at : at + self._size] if at is not None else []

    def learn(self, drafted: int, taken: int) -> None:
        """So many tokens of the last draft were what the model chose."""
        if taken == drafted:
            self._size, self._pause = min(2 * self._size, _LONGEST), _PAUSE
        elif taken:
            self._size = max(taken, 2)
        else:
            self._size, self._resting = _FIRST, self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)

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
