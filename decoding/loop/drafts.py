"""What may come next, guessed from what stands in the prompt: drafts that one batch verifies.

*Prompt lookup* (Saxena, *Prompt lookup decoding*, 2023): where the last few tokens stood before,
what followed them then is proposed. A draft changes no output: the model's own choice behind each
drafted token is what counts, and a draft only saves passes where it is what the model chooses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

#: How many tokens have to stand before the same way. Fewer are a coincidence in code: with three,
#: one line in seven got more than 3 % slower, with five one in forty (counted over 60 functions
#: without a model, by what batches cost; with one it was not shown).
_MATCH = 5
#: The longest draft. A shorter one has a token for each that stands before the same way, from
#: :data:`_MATCH` on: what has gone on alike for long is likelier to go on.
_LONGEST = 16
#: After a draft of which nothing was taken, so many tokens are written without; doubled each time.
_PAUSE, _LONGEST_PAUSE = 4, 32

#: What drafts may lose of the time that a text takes, as a share of it: a draft is proposed only
#: where less would be lost by it than they have won before, and this (issue C: elsewhere than in
#: rewritten code, no line more than 3 % slower).
BUDGET = 0.03
#: How often a token of a draft is what the model chooses, where all before it were (rewritten
#: functions, ``docs/decisions.md``), until there were more than a few drafts.
_TAKEN = 0.93
#: What a token beside another costs before anything was measured, of what one costs alone: two
#: idle cores (``docs/decisions.md``).
_USUAL = 0.33
#: Seconds in which no model computes a token.
_TOO_SHORT = 0.0005


@dataclass(slots=True)
class SpeculationCost:
    """What a pass over several tokens costs, of what one over a single token does.

    Learnt from how long passes take, for it depends on what else the machine does: alone a token
    waits for the memory that holds the model's weights, beside others for the processor. And it
    depends on how many there are: two may cost more than twice as much as one, and sixteen no more
    than five. ``taken`` is how often the next token of a draft is what the model chooses, and
    ``budget`` the share of a text's time that drafts may lose.
    """

    taken: float = _TAKEN
    budget: float = BUDGET
    #: Seconds of a pass over one token; 0 before there was one.
    alone: float = 0.0
    #: What each further token costs, by :func:`_about`, and how often that was seen; where it was
    #: not, under :data:`_ELSE`.
    _beside: dict[int, float] = field(default_factory=lambda: {_ELSE: _USUAL})
    _seen: Counter[int] = field(default_factory=Counter)

    def note(self, tokens: int, seconds: float) -> None:
        """A pass over so many tokens took so long."""
        if seconds < _TOO_SHORT:
            return
        if tokens == 1:
            self.alone += (seconds - self.alone) / (8 if self.alone else 1)
            # What was dear once is tried again some time.
            for about, share in self._beside.items():
                self._beside[about] = share + (_USUAL - share) / 128
        elif self.alone:
            # Learnt fast: on a machine with much other work a batch may cost more than its tokens
            # one by one, and then each further one is dear.
            share = min(max((seconds / self.alone - 1) / (tokens - 1), 0.0), 2.5)
            self._seen[_about(tokens)] += 1
            # Two at once may cost as much as one by one where nine cost as four do: they say
            # nothing of more.
            for about in (_about(tokens), _ELSE) if tokens > 2 else (_about(tokens),):
                known = self._beside.get(about, self._beside[_ELSE])
                self._beside[about] = known + (share - known) / 2

    def judge(self, drafted: int, taken: int) -> None:
        """Of a draft of so many tokens, so many were what the model chose."""
        for number in range(min(drafted, taken + 1)):
            self.taken += ((number < taken) - self.taken) / 64

    def cost(self, tokens: int) -> float:
        """Of a pass over so many tokens, in passes over one."""
        return 1 + (tokens - 1) * self._beside.get(_about(tokens), self._beside[_ELSE])

    def slower_than_serial(self, tokens: int) -> bool:
        """Whether so many tokens are computed sooner one by one than in a batch, by more than one
        or two batches that something came between. There are machines and loads where two at once
        cost as much as three."""
        return self._seen[_about(tokens)] >= _CERTAIN and self.cost(tokens) > tokens

    def worth(self, longest: int, budget: float) -> int:
        """How many tokens of a draft, ``longest`` at most, save most if they are taken as often as
        before; none that would cost over ``budget`` passes if they are not."""
        best, most = 0, 0.0
        likely, saved = 1.0, 0.0
        for length in range(1, longest + 1):
            likely *= min(max(self.taken, 0.5), 0.99)
            saved += likely
            extra = self.cost(1 + length) - 1
            if extra <= budget and saved - extra > most:
                best, most = length, saved - extra
        return best


#: Of sizes of batches that nothing is known of.
_ELSE = 0
#: Batches of a size after which its price is believed even where it is higher than that of its
#: tokens.
_CERTAIN = 3


def _about(tokens: int) -> int:
    """Sizes of batches that are priced alike: 2; 3 and 4; 5 to 8; …"""
    return (tokens - 1).bit_length()


class PromptLookup:
    """Drafts for one text behind one prompt; learns from it when a draft is worth computing.

    They play with what they have won: a text of a few tokens gets none, one that repeats what
    stands above it soon gets long ones, and none takes much longer than it would without.
    """

    def __init__(self, prompt: Sequence[int], price: SpeculationCost) -> None:
        self.price = price
        self._tokens = list(prompt)
        #: Where each run of ``_MATCH`` tokens ended last.
        self._ends: dict[tuple[int, ...], int] = {}
        self._indexed = 0
        self._prompt = len(self._tokens)
        #: Passes over one token that drafts have saved so far, less what they cost.
        self._won = 0.0
        self._pause, self._resting = _PAUSE, 0

    def propose(self, written: Sequence[int]) -> list[int]:
        """What may follow the prompt and ``written``; often nothing."""
        if self._resting > 0:
            self._resting -= 1
            return []
        budget = self._won + self.price.budget * (1 + len(written))
        if not self.price.worth(_LONGEST, budget):
            return []
        self._follow(written)
        tokens = self._tokens
        at = self._ends.get(tuple(tokens[-_MATCH:]))
        if at is None:
            return []
        return tokens[at : at + self.price.worth(1 + self._alike(at), budget)]

    def learn(self, drafted: int, taken: int) -> None:
        """So many tokens of the last draft were what the model chose."""
        self._won += taken + 1 - self.price.cost(1 + drafted)
        self.price.judge(drafted, taken)
        if taken:
            self._pause = _PAUSE
        elif drafted:
            self._resting = self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)

    def redo(self) -> None:
        """A token was computed once more by itself: what its draft saved is lost again."""
        self._won -= 1

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
