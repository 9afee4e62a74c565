"""What prompts need of a model behind HTTP: its tokens, asked for as seldom as can be.

A prompt is sent as token ids, so no text of a workspace can become a control token (invariant 6)
whatever the server would make of it. Some servers (vLLM) find control tokens in every text whose
tokens they are asked for, so they are only asked about parts that hold the spelling of none.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from analysis.deadline import Cancellation
from decoding.prompts.templates import FAMILIES, plain_tokens, without_control
from decoding.remote.dialects import Dialect

#: Texts whose tokens are remembered; most are lines of the files at hand.
_REMEMBERED = 20_000


class RemoteModel:
    """A :class:`~decoding.prompts.templates.PromptModel` over a dialect. Control tokens are those
    that some prompt family knows; which others a server has, it does not tell."""

    def __init__(self, dialect: Dialect, cancellation: Cancellation) -> None:
        """Asks the server for its control tokens; raises what the dialect raises."""
        self.name = dialect.name
        self._dialect = dialect
        self._known: OrderedDict[str, list[int]] = OrderedDict()
        self._start = dialect.start_tokens(cancellation)
        self._control: dict[str, int] = {}
        texts = {part for family in FAMILIES for part in family.parts if isinstance(part, str)}
        for text in sorted(texts):
            tokens = dialect.tokenize(text, special=True, cancellation=cancellation)
            if len(tokens) == 1:
                self._control[text] = tokens[0]
        self._texts = {token: text for text, token in self._control.items()}

    def control_tokens(self) -> dict[str, int]:
        """See :class:`~decoding.prompts.templates.PromptModel`."""
        return self._control

    def start_tokens(self) -> tuple[int, ...]:
        """See :class:`~decoding.prompts.templates.PromptModel`."""
        return self._start

    def fill_tokens(self) -> dict[str, int]:
        """What a file declares cannot be asked for."""
        return {}

    def tokenize(self, text: str) -> list[int]:
        """Tokens of content. Raises what the dialect raises."""
        return [token for part in without_control(text) for token in self._tokens_of(part)]

    def prefetch(self, texts: Iterable[str], cancellation: Cancellation) -> None:
        """Ask for the tokens of ``texts`` side by side, so that :meth:`tokenize` knows them."""
        parts = dict.fromkeys(part for text in texts for part in without_control(text))
        missing = [part for part in parts if part not in self._known]
        if not missing:
            return
        for part, tokens in zip(
            missing, self._dialect.tokenize_all(missing, cancellation), strict=True
        ):
            if self._texts.keys().isdisjoint(tokens):
                self._remember(part, tokens)

    def _tokens_of(self, part: str) -> list[int]:
        found = self._known.get(part)
        if found is None:
            found = plain_tokens(part, self._ask, self._texts, self._texts.__getitem__)
            self._remember(part, found)
        return found

    def _ask(self, text: str) -> list[int]:
        if not text:
            return []
        return self._dialect.tokenize(text, special=False, cancellation=Cancellation())

    def _remember(self, text: str, tokens: list[int]) -> None:
        self._known[text] = tokens
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
