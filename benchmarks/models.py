"""The writer that a benchmark's ``--model`` names."""

from __future__ import annotations

from decoding.models import store
from decoding.opening import open_writer
from decoding.writer import Writer

_SHORT = {"0.5b": "complete", "1.5b": "repair"}


def writer_for(name: str) -> Writer | None:
    """The model ``name``, or ``None`` for ``none``."""
    if name == "none":
        return None
    model = store.resolve(_SHORT.get(name, name), role="repair")
    return open_writer(model)
