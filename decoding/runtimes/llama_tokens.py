"""The vocabulary of a model file and its tokenizer, by llama.cpp."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from decoding.errors import DecodingError, ModelFileError
from decoding.runtimes import gguf
from decoding.runtimes.control import looks_like_markup, plain_tokens
from decoding.runtimes.native import LOG, native


class LlamaTokens:
    """The vocabulary of one model file and its tokenizer."""

    def __init__(self, path: Path, *, name: str = "", vocabulary_only: bool = True) -> None:
        """Open ``path``; raises :class:`~decoding.errors.ModelFileError` when it cannot be."""
        self.file = gguf.read(path)
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


def _unloadable(file: gguf.GgufFile, reason: str) -> ModelFileError:
    architecture = file.text("general.architecture")
    if "unknown model architecture" in reason:
        reason = f"the architecture '{architecture}' is not supported by this llama.cpp"
    return ModelFileError(
        f"llama.cpp cannot load it: {reason or 'no reason given'}",
        where=str(file.path),
        help="pull it again, or give another file with --model PATH.gguf",
    )
