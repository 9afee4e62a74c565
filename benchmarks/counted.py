"""A runtime that counts what it is made to compute: figures that no other work on the machine can
disturb."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.deadline import Cancellation
from decoding.runtimes.llama_cpp import LlamaCpp

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits


class Counted(LlamaCpp):
    """``sizes`` are how many tokens each pass computed since :meth:`restart`."""

    def __init__(self, path: Path) -> None:
        """Load ``path``; raises :class:`~decoding.errors.ModelFileError` when it cannot be."""
        super().__init__(path)
        self.sizes: list[int] = []

    def restart(self) -> None:
        """Count from nothing."""
        self.sizes = []

    @property
    def passes(self) -> int:
        """How often the model was run."""
        return len(self.sizes)

    @property
    def tokens(self) -> int:
        """How many tokens it computed."""
        return sum(self.sizes)

    @property
    def batches(self) -> int:
        """How often it computed several at once."""
        return sum(size > 1 for size in self.sizes)

    def evaluate(self, tokens: Sequence[int], cancellation: Cancellation) -> None:
        """As the runtime does."""
        self.sizes.append(len(tokens))
        super().evaluate(tokens, cancellation)

    def evaluate_all(self, tokens: Sequence[int], cancellation: Cancellation) -> Logits:
        """As the runtime does."""
        self.sizes.append(len(tokens))
        return super().evaluate_all(tokens, cancellation)
