"""The writer that a benchmark's ``--model`` names."""

from __future__ import annotations

from decoding.writer import Writer


def writer_for(name: str) -> Writer | None:
    """The model ``name``, or ``None`` for ``none``."""
    if name == "none":
        return None
    raise SystemExit(f"--model {name}: no runtime yet")
