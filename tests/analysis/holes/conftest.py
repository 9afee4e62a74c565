from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest

from analysis.deadline import Deadline
from analysis.semantics.reference import ReferenceProvider


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("jedi")))


class InProcess:
    """Answers like the analysis pool, at once and in this process."""

    def __init__(self, provider: ReferenceProvider) -> None:
        self.provider = provider

    def ask(self, query: Any, deadline: Deadline) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(query.answer(self.provider, deadline))
        return future


@pytest.fixture
def pool(provider: ReferenceProvider) -> InProcess:
    return InProcess(provider)
