"""llama.cpp in this process, on its low-level interface.

Computing releases the interpreter lock (``ctypes`` does), and a cancellation is seen by the
computing thread itself, between two operations of the graph.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.deadline import Cancellation
from decoding import threads
from decoding.errors import CancelledError, DecodingError, ModelFileError
from decoding.runtimes.branching import Growth
from decoding.runtimes.llama_tokens import LlamaTokens
from decoding.runtimes.native import LOG, native
from decoding.threads import Threads

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a model is run.

    ``context`` is in tokens. A prompt is computed ``microbatch`` tokens at a time: small, since
    a cancellation is seen between operations and an operation over many tokens takes long, and
    since the scratch memory grows with it (``docs/decisions.md``, ``benchmarks.memory``).

    ``flash_attention`` halves the cache (12 KiB less a token of the 0.5B), but a processor computes
    it token by token and in half precision: behind a prompt of the usual size one token of the 0.5B
    takes a sixth longer and a batch of twelve three quarters (``docs/decisions.md``).

    ``branches`` are how many texts may be written at once (:meth:`LlamaCpp.branch`): twice as many
    are still written at a higher rate (``docs/decisions.md``), but have half the room each.
    """

    context: int = 4096
    batch: int = 512
    microbatch: int = 64
    flash_attention: bool = False
    branches: int = 8
    threads: Threads | None = None


class LlamaCpp(LlamaTokens):
    """A :class:`~decoding.runtimes.branching.Branching` runtime over llama.cpp in this process.

    It is sequence 0 of llama.cpp's context, and branch *n* the sequence *n* + 1: all in one cache,
    whose cells a common beginning shares.
    """

    def __init__(self, path: Path, *, name: str = "", tuning: Tuning | None = None) -> None:
        """Load ``path``; raises :class:`~decoding.errors.ModelFileError` when it cannot be."""
        super().__init__(path, name=name, vocabulary_only=False)
        how = tuning or Tuning()
        self._context: Any = None
        self._batch: Any = None
        if native.llama_model_is_recurrent(self.model) or native.llama_model_is_hybrid(self.model):
            self.close()
            raise ModelFileError(
                f"a {self.family} model cannot take back what it has read, which guidance needs",
                where=str(path),
                help="choose a transformer, such as one of pilotfish model list",
            )
        trained = int(native.llama_model_n_ctx_train(self.model))
        parameters = native.llama_context_default_params()
        parameters.n_ctx = min(how.context, trained) if trained > 0 else how.context
        parameters.n_batch = how.batch
        parameters.n_ubatch = min(how.microbatch, how.batch)
        if not how.flash_attention:
            parameters.flash_attn_type = native.LLAMA_FLASH_ATTN_TYPE_DISABLED
            parameters.type_k = parameters.type_v = native.GGML_TYPE_F32
        parameters.swa_full = True
        parameters.n_seq_max = 1 + how.branches
        parameters.kv_unified = True
        parameters.no_perf = True
        counts = how.threads or threads.choose()
        parameters.n_threads = counts.decode
        parameters.n_threads_batch = counts.prefill
        self._flag = ctypes.create_string_buffer(1)
        parameters.abort_callback = _IS_SET
        parameters.abort_callback_data = ctypes.cast(self._flag, ctypes.c_void_p)
        self._context = native.llama_init_from_model(self.model, parameters)
        if not self._context:
            self.close()
            raise ModelFileError(
                f"llama.cpp cannot make room for the model's context: {LOG.first_error}",
                where=str(path),
                help="close other programs, or use a smaller model",
            )
        self._memory = native.llama_get_memory(self._context)
        self._batch = native.llama_batch_init(how.batch, 0, 1)
        self._batch_size = how.batch
        self._fields = _fields(self._batch, how.batch)
        self.context_size = int(native.llama_n_ctx(self._context))
        self.most_branches = how.branches
        self._evaluated: list[int] = []
        self._ready = False
        self._current: Cancellation | None = None
        self._lock = threading.Lock()

    def evaluated(self) -> Sequence[int]:
        """The tokens in the KV cache, in order."""
        return self._evaluated

    def truncate(self, length: int) -> None:
        """Keep the first ``length`` evaluated tokens. Afterwards ``logits`` needs an evaluate."""
        if length >= len(self._evaluated):
            return
        native.llama_memory_seq_rm(self._memory, 0, length, -1)
        del self._evaluated[length:]
        self._ready = False

    def evaluate(self, tokens: Sequence[int], cancellation: Cancellation) -> None:
        """Append ``tokens`` to the cache in batches, computing logits for the last one.

        Raises :class:`~decoding.errors.CancelledError`, keeping what was evaluated until then, and
        :class:`~decoding.errors.DecodingError` when the context is full.
        """
        self._need_room(len(tokens))
        for start in range(0, len(tokens), self._batch_size):
            part = tokens[start : start + self._batch_size]
            self._decode(part, cancellation, last=start + len(part) == len(tokens), every=False)

    def evaluate_all(self, tokens: Sequence[int], cancellation: Cancellation) -> Logits:
        """As ``evaluate`` in one batch, with logits at every position: ``(len(tokens), vocab)``."""
        if not 0 < len(tokens) <= self._batch_size:
            raise ValueError(f"1 to {self._batch_size} tokens at a time, not {len(tokens)}")
        self._need_room(len(tokens))
        self._decode(tokens, cancellation, last=True, every=True)
        rows = native.llama_get_logits(self._context)
        return np.ctypeslib.as_array(rows, shape=(len(tokens), self.vocabulary_size))

    def logits(self) -> Logits:
        """Logits behind the last evaluated token: a view into llama.cpp's own memory, valid until
        the next call that evaluates."""
        if not self._ready:
            raise RuntimeError("logits are there only behind an evaluate that finished")
        row = native.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(row, shape=(self.vocabulary_size,))

    def branch(self, count: int) -> None:
        """Let the branches from 0 to ``count`` hold what is evaluated, in the same cells."""
        if not 0 < count <= self.most_branches:
            raise ValueError(f"1 to {self.most_branches} branches, not {count}")
        self.unbranch()
        for sequence in range(1, count + 1):
            native.llama_memory_seq_cp(self._memory, 0, sequence, 0, len(self._evaluated))

    def grow(self, growths: Sequence[Growth], cancellation: Cancellation) -> list[Logits]:
        """Compute what branches want in as few passes as the batch has room for.

        Raises as :meth:`evaluate`.
        """
        fed = []
        for growth in growths:
            sequence, last = growth.branch + 1, len(growth.tokens) - 1
            native.llama_memory_seq_rm(self._memory, sequence, growth.kept, -1)
            fed += [
                (token, growth.kept + i, growth.every or i == last, sequence)
                for i, token in enumerate(growth.tokens)
            ]
        parts = range(0, len(fed), self._batch_size)
        rows = [self._feed(fed[at : at + self._batch_size], cancellation) for at in parts]
        together = rows[0] if len(rows) == 1 else np.concatenate(rows)
        counts = [len(growth.tokens) if growth.every else 1 for growth in growths]
        return np.split(together, np.cumsum(counts)[:-1])

    def unbranch(self) -> None:
        """Give the cells of the branches back."""
        for sequence in range(1, self.most_branches + 1):
            native.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def close(self) -> None:
        """Free everything; further calls do nothing."""
        if self._batch is not None:
            native.llama_batch_free(self._batch)
            self._batch = None
        if self._context:
            native.llama_free(self._context)
            self._context = None
        super().close()

    def _need_room(self, count: int) -> None:
        total = len(self._evaluated) + count
        if total > self.context_size:
            raise DecodingError(
                f"{total} tokens do not fit the context of {self.context_size}",
                where=self.name,
                help="shorten the prompt",
            )

    def _decode(
        self, tokens: Sequence[int], cancellation: Cancellation, *, last: bool, every: bool
    ) -> None:
        begun, count = len(self._evaluated), len(tokens)
        token, position, wanted = self._fields
        token[:count] = tokens
        position[:count] = np.arange(begun, begun + count)
        wanted[:count] = every
        wanted[count - 1] = last
        try:
            self._run(count, cancellation)
        except (DecodingError, CancelledError):
            # Whole microbatches that were done before it stopped are in the cache and stay valid.
            done = int(native.llama_memory_seq_pos_max(self._memory, 0)) + 1 - begun
            self._evaluated.extend(tokens[: max(0, done)])
            raise
        self._evaluated.extend(tokens)
        self._ready = last

    def _feed(self, fed: Sequence[tuple[int, int, bool, int]], stop: Cancellation) -> Logits:
        """Compute tokens, each with its position, whether its logits are wanted, and its sequence;
        a copy of the wanted logits, ``(wanted, vocab)``."""
        count, wanted = len(fed), sum(each[2] for each in fed)
        for field, values in zip(self._fields, zip(*fed, strict=True), strict=False):
            field[:count] = values
        # All but this is of sequence 0.
        for at, (_, _, _, sequence) in enumerate(fed):
            self._batch.seq_id[at][0] = sequence
        try:
            self._run(count, stop)
        finally:
            for at in range(count):
                self._batch.seq_id[at][0] = 0
        if not wanted:
            return np.empty((0, self.vocabulary_size), np.float32)
        rows = native.llama_get_logits(self._context)
        return np.ctypeslib.as_array(rows, shape=(wanted, self.vocabulary_size)).copy()

    def _run(self, count: int, cancellation: Cancellation) -> None:
        """Compute the first ``count`` tokens of the batch."""
        if cancellation.cancelled:
            raise CancelledError
        self._ready = False
        self._batch.n_tokens = count
        with self._armed(cancellation):
            code = native.llama_decode(self._context, self._batch)
        if code == 0:
            return
        if cancellation.cancelled:
            raise CancelledError
        raise DecodingError(
            f"llama.cpp could not evaluate {count} tokens (code {code})",
            where=self.name,
            help="restart; if it happens again, report it with this line",
        )

    @contextlib.contextmanager
    def _armed(self, cancellation: Cancellation) -> Iterator[None]:
        """Let ``cancellation``, and no earlier one, stop what is computed in the block."""
        with self._lock:
            self._current = cancellation
            self._flag[0] = b"\0"
        forget = cancellation.on_cancel(lambda: self._stop(cancellation))
        try:
            yield
        finally:
            forget()

    def _stop(self, cancellation: Cancellation) -> None:
        with self._lock:
            if cancellation is self._current:
                self._flag[0] = b"\1"


def _is_set() -> Any:
    """A C function that says whether the byte at a pointer is set: ``strlen``.

    Over one byte and the zero behind it, it gives 0 or 1. llama.cpp calls it between any two
    operations of the graph, hundreds of times a token; a Python function there would have to take
    the interpreter lock each time, and wait for whoever holds it.
    """
    libc = ctypes.cdll.msvcrt if sys.platform == "win32" else ctypes.CDLL(None)
    return ctypes.cast(libc.strlen, native.ggml_abort_callback)


_IS_SET = _is_set()


def _fields(batch: Any, size: int) -> tuple[Any, Any, Any]:
    """Views of a batch's tokens, positions and wanted logits, all of it of sequence 0 at first."""
    sequences = np.ctypeslib.as_array(batch.n_seq_id, shape=(size,))
    sequences[:] = 1
    for i in range(size):
        batch.seq_id[i][0] = 0
    return (
        np.ctypeslib.as_array(batch.token, shape=(size,)),
        np.ctypeslib.as_array(batch.pos, shape=(size,)),
        np.ctypeslib.as_array(batch.logits, shape=(size,)),
    )
