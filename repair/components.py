"""What a repair is made of, named so that a measurement can leave a part out."""

from __future__ import annotations

from enum import StrEnum


class Component(StrEnum):
    """A part of the repair. ``benchmarks/own_bugs.py`` says what each is worth, and
    ``docs/decisions.md`` of what the model does."""

    TRACE = "trace"
    """Tests tell which lines to suspect; without it all lines that ran are suspected alike."""
    MUTATION = "mutation"
    """Known edits, executed."""
    INFILL = "infill"
    """What the model writes in place of suspicious lines."""
    DIALOG = "dialog"
    """The function written anew by a model that is told what the failing run did in it."""
    DECOMPOSITION = "decomposition"
    """Helper functions, each written by itself, and what they make together."""
    DRAWING = "drawing"
    """Bodies that the model writes as a whole, but for the first."""
    REPAIR = "repair"
    """Bodies that fail are repaired; without it, others are written for as long."""
