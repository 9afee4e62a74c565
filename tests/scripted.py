"""A model that answers as a test tells it to."""

from __future__ import annotations

from abc import abstractmethod

from analysis.deadline import Cancellation, Deadline
from decoding.guidance.evidence import Evidence
from decoding.writer import Completion, InfillRequest, Writer


class Scripted(Writer):
    """Keeps what it was ``asked`` and answers with what :meth:`answer` says; of two texts it finds
    the shorter one likelier."""

    name = "scripted"

    def __init__(self) -> None:
        self.asked: list[InfillRequest] = []

    @abstractmethod
    def answer(self, request: InfillRequest, cancellation: Cancellation) -> Completion:
        """What is written for ``request``."""

    def complete(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Completion:
        self.asked.append(request)
        return self.answer(request, cancellation)

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        return -float(len(text))
