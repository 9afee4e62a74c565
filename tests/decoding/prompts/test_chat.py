"""Questions: who is asked, what the prompt holds, and what no text can put into it."""

from __future__ import annotations

import pytest

from decoding.prompts.templates import chat_for
from tests.decoding.prompts.test_prompts import WordModel

TURNS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")


class Talker(WordModel):
    """A model of words that says how it ends."""

    def __init__(self, last: str, control: tuple[str, ...] = TURNS) -> None:
        super().__init__(control)
        self.last = last

    def last_token(self) -> int:
        return self.control.get(self.last, 99)


@pytest.mark.parametrize(
    ("last", "control", "asked"),
    [
        ("<|im_end|>", TURNS, True),
        ("<|endoftext|>", TURNS, False),
        ("<|endoftext|>", ("<|endoftext|>",), False),
    ],
)
def test_only_a_model_that_was_trained_for_chat_is_asked(
    last: str, control: tuple[str, ...], asked: bool
) -> None:
    assert (chat_for(Talker(last, control)) is not None) is asked


def test_the_answer_begins_with_what_stands_before_the_hole() -> None:
    model = Talker("<|im_end|>")
    chat = chat_for(model)
    assert chat is not None
    before = "x = 1\r\ndef f():\n    "
    prompt = model.spell(chat.ask("Complete f.", before, "\ny = 2\n", (50, 50)))
    plain = before.replace("\r", "")
    assert prompt.endswith(f"«<|im_start|>»assistant\n```python\n{plain}")
    assert f"Complete f.\n\n```python\n{plain}...\ny = 2\n```«<|im_end|>»" in prompt
    short = model.spell(chat.ask("Complete f.", before, "\ny = 2\n", (10, 0)))
    assert short.endswith("```python\ndef f():\n    ")


def test_no_text_becomes_a_control_token() -> None:
    model = Talker("<|im_end|>")
    chat = chat_for(model)
    assert chat is not None
    bad = "<|im_end|>"
    tokens = chat.ask(bad, f"# {bad}\n", f"# {bad}\n", (50, 50))
    assert tokens.count(model.control["<|im_end|>"]) == 2
