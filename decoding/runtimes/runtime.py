"""What the decode loop needs of a model that computes: tokens in, logits out, a KV cache to cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from analysis.deadline import Cancellation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Logits = npt.NDArray[np.float32]

# --------------------------------------------------------------------------------------------------
# What a model computes for the decode loop: tokens in, logits out, and a KV cache it can cut.
# --------------------------------------------------------------------------------------------------


class Runtime(Protocol):
    """One loaded model and one sequence of evaluated tokens (its KV cache). Not thread-safe.

    ``evaluate`` raises :class:`~decoding.errors.CancelledError` when cancelled; the tokens that
    were evaluated until then stay valid, and ``evaluated`` says which.
    """

    #: Name for people: the manifest's, or the file's stem.
    name: str
    #: Prompt family from the model's metadata (``qwen2``, ``llama``, ``starcoder2``, …).
    family: str
    #: Size of the vocabulary; ``token_bytes`` has as many entries.
    vocabulary_size: int
    #: Tokens the context holds.
    context_size: int

    def token_bytes(self) -> Sequence[bytes]:
        """The raw bytes of every token; ``b""`` for control tokens."""
        ...

    def control_tokens(self) -> dict[str, int]:
        """Control tokens by their text, such as ``<|fim_prefix|>``."""
        ...

    def end_tokens(self) -> frozenset[int]:
        """Tokens that end generation (end of text, of turn, of file, padding of a middle)."""
        ...

    def tokenize(self, text: str) -> list[int]:
        """Canonical tokens of ``text``, content only: nothing in it becomes a control token."""
        ...

    def evaluated(self) -> Sequence[int]:
        """The tokens in the KV cache, in order."""
        ...

    def truncate(self, length: int) -> None:
        """Keep the first ``length`` evaluated tokens. Afterwards ``logits`` needs an evaluate."""
        ...

    def evaluate(self, tokens: Sequence[int], cancellation: Cancellation) -> None:
        """Append ``tokens`` to the cache in batches, computing logits for the last one."""
        ...

    def evaluate_all(self, tokens: Sequence[int], cancellation: Cancellation) -> Logits:
        """As ``evaluate`` in one batch, with logits at every position: ``(len(tokens), vocab)``."""
        ...

    def logits(self) -> Logits:
        """Logits behind the last evaluated token: a ``(vocab,)`` float32 view into the runtime's
        own memory, valid until the next call that evaluates."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


# --------------------------------------------------------------------------------------------------
# What a runtime offers that goes on from one cache in several ways at once.
#
# A pass over a token of each of several texts takes much less time than as many passes: a single
# token waits for the memory that holds the model's weights, and those are read once a pass.
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Growth:
    """What one branch wants: its first ``kept`` tokens, the shared ones included, and ``tokens``
    behind them; logits behind ``every`` one of these, or behind the last."""

    branch: int
    kept: int
    tokens: tuple[int, ...]
    every: bool = False


@runtime_checkable
class Branching(Runtime, Protocol):
    """A :class:`~decoding.runtimes.runtime.Runtime` that also grows branches. What it holds as a
    runtime stays as it is meanwhile."""

    #: How many branches there may be at once.
    most_branches: int

    def branch(self, count: int) -> None:
        """Let the branches from 0 to ``count`` hold what is evaluated, sharing its memory; all
        together they have what room there is left."""
        ...

    def grow(self, growths: Sequence[Growth], cancellation: Cancellation) -> list[Logits]:
        """Compute what the branches want, of each one thing at most, in one pass where it fits:
        ``(len(tokens) or 1, vocab)`` for each, which stay as they are.

        Raises :class:`~decoding.errors.CancelledError`, after which what the branches hold is what
        the next growth says that they keep, and :class:`~decoding.errors.DecodingError`.
        """
        ...

    def unbranch(self) -> None:
        """There are no branches any more."""
        ...
