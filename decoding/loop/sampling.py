"""Which token is proposed: the most probable one, or one drawn with a seed.

Knows logits only. Constraints are no business of a sampler: the loop checks what it proposes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from decoding.runtimes.runtime import Logits


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
