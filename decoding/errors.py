"""The error family of decoding."""

from __future__ import annotations

from analysis.errors import ExplainedError


class DecodingError(ExplainedError):
    """A model, a prompt or a runtime could not do what was asked."""


class ModelFileError(DecodingError):
    """A model file is missing, truncated, of an unsupported kind or not what its hash says."""


class CancelledError(Exception):
    """Somebody cancelled the work. No failure: no handler of failures catches it."""

    def __init__(self) -> None:
        super().__init__("the request was cancelled")
