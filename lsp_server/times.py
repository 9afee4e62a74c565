"""How long suggestions take and where the time goes, for ``pilotfish/status``."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

#: Answer for so many of the newest suggestions.
KEPT = 500


@dataclass(frozen=True, slots=True)
class SuggestionTime:
    """One suggestion, in milliseconds.

    ``total`` is from the request's arrival to its answer; ``rest`` of that was waiting for the
    document to rest, ``model`` the engine's own account of writing, ``prefill`` the part of it
    that read the prompt. ``remembered`` ones were answered without the engine.
    """

    total: float
    rest: float = 0.0
    model: float = 0.0
    prefill: float = 0.0
    remembered: bool = False

    @property
    def overhead(self) -> float:
        """What was neither waiting for rest nor the model."""
        return max(0.0, self.total - self.rest - self.model)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0…1) of ``values`` do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class SuggestionTimes:
    """The newest suggestions' times."""

    def __init__(self) -> None:
        self._kept: deque[SuggestionTime] = deque(maxlen=KEPT)

    def note(self, time: SuggestionTime) -> None:
        """Keep one."""
        self._kept.append(time)

    def summary(self) -> dict[str, float]:
        """Counts and quantiles as JSON; docs/protocol.md says what is in it."""
        written = [t for t in self._kept if not t.remembered]
        overheads = [t.overhead for t in self._kept]
        model = sum(t.model for t in written)
        return {
            "count": len(self._kept),
            "remembered": len(self._kept) - len(written),
            "totalMsP50": round(quantile([t.total for t in written], 0.5), 1),
            "totalMsP95": round(quantile([t.total for t in written], 0.95), 1),
            "overheadMsP50": round(quantile(overheads, 0.5), 1),
            "overheadMsP95": round(quantile(overheads, 0.95), 1),
            "prefillShare": round(sum(t.prefill for t in written) / model, 3) if model else 0.0,
        }
