"""Which token is proposed: the most probable one, or one drawn with a seed.

Knows logits only. Constraints are no business of a sampler: the loop checks what it proposes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Logits = npt.NDArray[np.float32]


class Sampler(Protocol):
    """Proposes the next token."""

    def choose(self, logits: Logits) -> int:
        """The index of the proposed token in ``logits`` (``(vocab,)``)."""
        ...


class Greedy:
    """Proposes the most probable token; of equal ones the first."""

    def choose(self, logits: Logits) -> int:
        """The index of the largest logit."""
        return int(np.argmax(logits))


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

    def choose(self, logits: Logits) -> int:
        """One token of the nucleus, by the seed."""
        width = min(self.WIDTH, len(logits))
        best = np.argpartition(logits, len(logits) - width)[-width:]
        # Ties are ordered by index: the partition's own order is not part of numpy's promise.
        best = best[np.lexsort((best, -logits[best]))]
        scaled = logits[best].astype(np.float64) / self._temperature
        weights = np.exp(scaled - scaled[0])
        cumulative = np.cumsum(weights / weights.sum())
        kept = int(np.searchsorted(cumulative, self._top_p)) + 1
        drawn = self._random.random() * cumulative[min(kept, width) - 1]
        return int(best[min(int(np.searchsorted(cumulative, drawn)), width - 1)])


def sampler(temperature: float, seed: int) -> Sampler:
    """Greedy at temperature 0, else seeded."""
    return Greedy() if temperature <= 0 else Seeded(temperature, seed)


def log_total(logits: Logits) -> float:
    """``log(sum(exp(logits)))``: what turns a logit into a log-probability by subtraction."""
    top = float(logits.max())
    return top + float(np.log(np.exp(logits - np.float32(top)).sum(dtype=np.float64)))
