"""llama.cpp in this process: the only module that imports llama_cpp."""

from __future__ import annotations

import contextlib
import ctypes
import logging
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
from decoding.models import store
from decoding.prompts.templates import looks_like_markup, plain_tokens
from decoding.runtimes.runtime import Growth
from decoding.threads import Threads

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

# --------------------------------------------------------------------------------------------------
# The bindings of llama.cpp, ready to use. The only importer of ``llama_cpp``.
#
# Of llama-cpp-python only the bindings are used: its high-level class keeps a copy of every logit
# and cannot be interrupted.
# --------------------------------------------------------------------------------------------------


threads.wait_quietly()
from llama_cpp import llama_cpp as native  # noqa: E402 - its OpenMP reads the environment on load

__all__ = ["LOG", "native"]

_log = logging.getLogger(__name__)
#: ``GGML_LOG_LEVEL_ERROR`` of ggml.h, which the bindings leave out.
_LOG_ERROR = 4


class _Log:
    """llama.cpp's own log: kept off the terminal, with the first error at hand."""

    def __init__(self) -> None:
        self.first_error = ""
        self.callback = native.llama_log_callback(self._take)
        native.llama_log_set(self.callback, ctypes.c_void_p(0))

    def _take(self, level: int, text: bytes, _: object) -> None:
        line = text.decode("utf-8", errors="replace").strip()
        if level == _LOG_ERROR:
            self.first_error = self.first_error or line
        if line and _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s", line)


#: Takes what llama.cpp says.
LOG = _Log()
native.llama_backend_init()


# --------------------------------------------------------------------------------------------------
# The vocabulary of a model file and its tokenizer, by llama.cpp.
# --------------------------------------------------------------------------------------------------


class LlamaTokens:
    """The vocabulary of one model file and its tokenizer."""

    def __init__(self, path: Path, *, name: str = "", vocabulary_only: bool = True) -> None:
        """Open ``path``; raises :class:`~decoding.errors.ModelFileError` when it cannot be."""
        self.file = store.read_header(path)
        self.name = name or path.stem
        self.family = self.file.text("general.architecture")
        parameters = native.llama_model_default_params()
        parameters.vocab_only = vocabulary_only
        parameters.n_gpu_layers = 0
        # Content is tokenized in pieces, so no piece may get a space put in front of it.
        overrides = _no_added_space()
        parameters.kv_overrides = overrides
        LOG.first_error = ""
        self.model: Any = native.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.model:
            raise _unloadable(self.file, LOG.first_error)
        self.vocab = native.llama_model_get_vocab(self.model)
        self.vocabulary_size = int(native.llama_vocab_n_tokens(self.vocab))
        attribute_of, every = native.llama_vocab_get_attr, range(self.vocabulary_size)
        attributes = [attribute_of(self.vocab, token) for token in every]
        self._control = self._find_control(attributes)
        self._spellings = {token: text for text, token in self._control.items()}
        self._bytes = self._spell(attributes)
        self._ends = self._find_ends()

    def token_bytes(self) -> Sequence[bytes]:
        """The raw bytes of every token; ``b""`` for control tokens."""
        return self._bytes

    def control_tokens(self) -> dict[str, int]:
        """Control tokens by their text."""
        return dict(self._control)

    def start_tokens(self) -> tuple[int, ...]:
        """What the model wants in front of every prompt: its begin-of-sequence token or nothing."""
        wanted = bool(native.llama_vocab_get_add_bos(self.vocab))
        token = int(native.llama_vocab_bos(self.vocab))
        return (token,) if wanted and token >= 0 else ()

    def fill_tokens(self) -> dict[str, int]:
        """What the file itself declares for filling in the middle: ``prefix``, ``suffix`` and
        ``middle``, each where it has one."""
        asked = {
            "prefix": native.llama_vocab_fim_pre,
            "suffix": native.llama_vocab_fim_suf,
            "middle": native.llama_vocab_fim_mid,
        }
        found = {role: int(ask(self.vocab)) for role, ask in asked.items()}
        return {role: token for role, token in found.items() if token >= 0}

    def last_token(self) -> int:
        """The token that the file declares as the end of what the model writes; -1 for none."""
        return int(native.llama_vocab_eos(self.vocab))

    def end_tokens(self) -> frozenset[int]:
        """Tokens that end generation."""
        return self._ends

    def tokenize(self, text: str) -> list[int]:
        """Canonical tokens of ``text``, content only: nothing in it becomes a control token."""
        return plain_tokens(text, self._tokenize, self._spellings, self._spellings.__getitem__)

    def close(self) -> None:
        """Free the model; further calls do nothing."""
        if self.model:
            native.llama_model_free(self.model)
            self.model = None

    def _tokenize(self, text: str) -> list[int]:
        data = text.encode("utf-8", errors="surrogatepass")
        # A token spells at least one byte, but for what a tokenizer puts in front.
        room = len(data) + 8
        tokens = (native.llama_token * room)()
        count = native.llama_tokenize(self.vocab, data, len(data), tokens, room, False, False)
        if count < 0:
            raise DecodingError("the text could not be tokenized", where=self.name)
        return list(tokens[:count])

    def _find_control(self, attributes: list[int]) -> dict[str, int]:
        special = native.LLAMA_TOKEN_ATTR_CONTROL | native.LLAMA_TOKEN_ATTR_UNKNOWN
        added = native.LLAMA_TOKEN_ATTR_USER_DEFINED
        found = {}
        for token, attribute in enumerate(attributes):
            if not attribute & (special | added):
                continue
            text = native.llama_vocab_get_text(self.vocab, token).decode("utf-8", "replace")
            if attribute & special or looks_like_markup(text):
                found[text] = token
        return found

    def _spell(self, attributes: list[int]) -> tuple[bytes, ...]:
        room = 512
        buffer = ctypes.create_string_buffer(room)
        spell, cut, vocab = native.llama_token_to_piece, ctypes.string_at, self.vocab
        silent = native.LLAMA_TOKEN_ATTR_UNUSED
        spelled = []
        for token, attribute in enumerate(attributes):
            if attribute & silent or token in self._spellings:
                spelled.append(b"")
                continue
            size = spell(vocab, token, buffer, room, 0, False)
            if size < 0:
                room = -size
                buffer = ctypes.create_string_buffer(room)
                size = spell(vocab, token, buffer, room, 0, False)
            spelled.append(cut(buffer, size))
        return tuple(spelled)

    def _find_ends(self) -> frozenset[int]:
        ends = {t for t in self._spellings if native.llama_vocab_is_eog(self.vocab, t)}
        # A middle ends where the model goes on to pad, to a repository or to another file.
        asked = (native.llama_vocab_fim_pad, native.llama_vocab_fim_rep, native.llama_vocab_fim_sep)
        ends.update(int(ask(self.vocab)) for ask in asked)
        ends.add(int(native.llama_vocab_eos(self.vocab)))
        ends.discard(-1)
        return frozenset(ends)


def _no_added_space() -> Any:
    """Overrides of the metadata, ended by an empty key, by which content is spelled exactly."""
    overrides: Any = (native.llama_model_kv_override * 2)()
    overrides[0].tag = native.LLAMA_KV_OVERRIDE_TYPE_BOOL
    overrides[0].key = b"tokenizer.ggml.add_space_prefix"
    overrides[0].value.val_bool = False
    return overrides


def _unloadable(file: store.GgufFile, reason: str) -> ModelFileError:
    architecture = file.text("general.architecture")
    if "unknown model architecture" in reason:
        reason = f"the architecture '{architecture}' is not supported by this llama.cpp"
    return ModelFileError(
        f"llama.cpp cannot load it: {reason or 'no reason given'}",
        where=str(file.path),
        help="pull it again, or give another file with --model PATH.gguf",
    )


# --------------------------------------------------------------------------------------------------
# llama.cpp in this process, on its low-level interface.
#
# Computing releases the interpreter lock (``ctypes`` does), and a cancellation is seen by the
# computing thread itself, between two operations of the graph.
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a model is run.

    ``context`` is in tokens. A prompt is computed ``microbatch`` tokens at a time: small, since
    a cancellation is seen between operations and an operation over many tokens takes long, and
    since the scratch memory grows with it (``docs/decisions.md``).

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
    """A :class:`~decoding.runtimes.runtime.Branching` runtime over llama.cpp in this process.

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
