"""``PullRequest``: bring a model here. The one request that reaches the network by itself, and only
because a person said so."""

from __future__ import annotations

from decoding.errors import CancelledError
from decoding.models.manifest import find
from decoding.models.pull import pull
from engine.messages import Done, PullRequest
from engine.routes import Asked


def pull_model(request: PullRequest, job: Asked) -> Done:
    """Pull the model of the request's role, with progress; what arrived before a cancellation is
    kept for the next pull.

    Raises :class:`~decoding.errors.ModelFileError` when no source has it or the disk is full, and
    :class:`~decoding.errors.CancelledError`.
    """
    model = find(request.model)
    pull(model, _Report(job))
    return Done((model.name,))


class _Report:
    """Passes progress on; the only place where a pull can be stopped."""

    def __init__(self, job: Asked) -> None:
        self._job = job

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._job.cancellation.cancelled:
            raise CancelledError
        size = f", {done / 1e6:.0f} of {total / 1e6:.0f} MB" if total else ""
        self._job.progress(f"{stage}{size}", done / total if total else -1.0)
