"""A hole as a question to a model that was trained to answer: its answer begins with the file.

Small models trained for chat write much better bodies when they are asked than when they fill in
(``benchmarks/own_bugs.py``). The answer is opened for them up to the hole, so what they write goes
exactly there, and everything that guides or checks a completion works as ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from decoding.prompts import window
from decoding.prompts.templates import PromptModel

#: The turns of ChatML (OpenAI, 2023), which Qwen, SmolLM, Yi and others were trained on.
_OPEN, _CLOSE = "<|im_start|>", "<|im_end|>"
_HOLE = "..."


class ChatModel(PromptModel, Protocol):
    """What a question needs of a model besides."""

    def last_token(self) -> int:
        """The token that ends what the model writes, as its file declares it."""
        ...


@dataclass(frozen=True, slots=True)
class Chat:
    """The turns of one model."""

    model: ChatModel
    opening: int
    closing: int

    def ask(self, task: str, before: str, behind: str, budget: tuple[int, int]) -> tuple[int, ...]:
        """The tokens of a question: do ``task`` at the hole between ``before`` and ``behind``, cut
        to ``budget`` tokens each; then the answer, begun with what stands before the hole.

        Nothing of the texts becomes a control token.
        """
        tokenize = self.model.tokenize
        head = window.before(window.plain_line_ends(before), budget[0], tokenize)
        tail = window.behind(window.plain_line_ends(behind), budget[1], tokenize)
        shown = f"```python\n{head}{_HOLE}{tail.rstrip()}\n```"
        return (
            *self.model.start_tokens(),
            *self._turn("system", "You are a helpful assistant."),
            *self._turn("user", f"{task}\n\n{shown}"),
            self.opening,
            *tokenize(f"assistant\n```python\n{head}"),
        )

    def _turn(self, role: str, text: str) -> Sequence[int]:
        tokenize = self.model.tokenize
        return self.opening, *tokenize(f"{role}\n{text}"), self.closing, *tokenize("\n")


def chat_for(model: ChatModel) -> Chat | None:
    """The turns of ``model``; ``None`` where its file does not say that it was trained on them.

    Base models of a family know the same tokens, but end with another one.
    """
    control = model.control_tokens()
    if _OPEN not in control or control.get(_CLOSE) != model.last_token():
        return None
    return Chat(model, control[_OPEN], control[_CLOSE])
