"""The error family of repair, and what of a repair is dropped where something of ours fails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from analysis.errors import ExplainedError
from decoding.errors import CancelledError


class RepairError(ExplainedError):
    """A repair could not begin or go on, for a reason a person can act on."""


class SandboxUnavailableError(RepairError):
    """Bubblewrap does not work here, so user code is not run."""


class SandboxDiedError(RepairError):
    """The sandbox ended while it was asked something; a new one must be started."""


class ForgedAnswerError(SandboxDiedError):
    """It was ended, since the code in it wrote in place of its answers."""


class Dropped:
    """Candidates and calls of the model that a repair goes on without: an exception in one of them
    costs that one only."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str]] = Counter()

    def guard(self, stage: str) -> StageGuard:
        """What notes an exception of its body, which works on one candidate, and ends it. A
        cancellation and the end of a sandbox pass."""
        return StageGuard(self, stage)

    def note(self, stage: str, error: Exception) -> None:
        """Something was dropped since ``error`` came up in ``stage``, a word as ``running``."""
        self._seen[stage, type(error).__name__] += 1

    def notes(self) -> tuple[str, ...]:
        """What was dropped, a line for each stage and exception, without any source text."""
        return tuple(
            f"{'one candidate was' if count == 1 else f'{count} candidates were'} dropped: "
            f"{error} while {stage}"
            for (stage, error), count in sorted(self._seen.items())
        )


@dataclass(frozen=True, slots=True)
class StageGuard:
    """A context whose exceptions are noted as ``dropped`` in ``stage`` (:meth:`Dropped.guard`)."""

    dropped: Dropped
    stage: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        passes = (CancelledError, SandboxDiedError, SandboxUnavailableError)
        if not isinstance(error, Exception) or isinstance(error, passes):
            return False
        self.dropped.note(self.stage, error)
        return True
