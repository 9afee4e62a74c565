"""A model that plans a function in parts, as it is told to."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from analysis.deadline import Cancellation, Deadline
from decoding.guidance.evidence import Evidence
from decoding.opening import OpenWriter
from decoding.writer import Completion, InfillRequest
from tests.scripted import Scripted


class Planner(Scripted):
    """Plans as is told, and writes of each helper these bodies, one a seed."""

    def __init__(self, plan: str, helpers: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self._plan, self._helpers = plan, helpers

    def answer(self, request: InfillRequest, cancellation: Cancellation) -> Completion:
        for name, bodies in self._helpers.items():
            if f"`{name}`" in request.task:
                return Completion(bodies[request.seed % len(bodies)], tokens=2)
        return Completion(self._plan, tokens=5)


class Guided(Planner):
    """Plans as is told, and lets a real model write the helpers."""

    def __init__(self, plan: str, model: OpenWriter) -> None:
        super().__init__(plan, {})
        self._model = model

    def stream(
        self,
        request: InfillRequest,
        seeds: Sequence[int],
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Generator[tuple[int, Completion], None, None]:
        return self._model.stream(
            request, seeds, evidence, deadline=deadline, cancellation=cancellation
        )
