"""Prompts: the family's layout, the budget, and what a keystroke costs."""

from __future__ import annotations

import random
import re
import statistics
from collections.abc import Sequence

import pytest

from decoding.errors import DecodingError
from decoding.prompts.templates import (
    FAMILIES,
    Budget,
    Prompter,
    fitting_before,
    fitting_behind,
    layout_for,
)

QWEN = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")


class WordModel:
    """A model whose tokens are words and single characters, by their spelling."""

    name = "words"

    def __init__(
        self,
        control: Sequence[str] = QWEN,
        start: tuple[int, ...] = (),
        fill: dict[str, int] | None = None,
    ) -> None:
        self.control = {text: -index for index, text in enumerate(control, 1)}
        self.start = start
        self.fill = fill or {}
        self.ids: dict[str, int] = {}
        self.characters = 0

    def control_tokens(self) -> dict[str, int]:
        return self.control

    def start_tokens(self) -> tuple[int, ...]:
        return self.start

    def fill_tokens(self) -> dict[str, int]:
        return self.fill

    def tokenize(self, text: str) -> list[int]:
        self.characters += len(text)
        words = re.findall(r" ?\w+|\n|.", text, re.DOTALL)
        return [self.ids.setdefault(word, len(self.ids)) for word in words]

    def spell(self, tokens: Sequence[int]) -> str:
        names = {token: word for word, token in self.ids.items()}
        names |= {token: f"«{word}»" for word, token in self.control.items()}
        names |= {token: f"«{token}»" for token in (*self.start, *self.fill.values())}
        return "".join(names[token] for token in tokens)


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )


def test_both_sides_are_put_where_the_family_wants_them() -> None:
    model = WordModel()
    prompt = Prompter(model).prompt("/a.py", "x = \ny = 2\n", 4)
    assert (
        model.spell(prompt.tokens)
        == "«<|fim_prefix|>»x = «<|fim_suffix|>»\ny = 2\n«<|fim_middle|>»"
    )
    assert prompt.family == "qwen"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_is_known_by_its_control_tokens(family: object) -> None:
    assert family in FAMILIES
    (chosen,) = [f for f in FAMILIES if f is family]
    texts = [part for part in chosen.parts if isinstance(part, str)]
    model = WordModel([*texts, "<|endoftext|>"], start=(-99,))
    layout = layout_for(model)
    assert layout.family == chosen.name
    filled = layout.fill(model.tokenize("before"), model.tokenize("behind"))
    assert filled[0] == -99
    assert {model.control[text] for text in texts} <= set(filled)
    assert set(model.tokenize("before") + model.tokenize("behind")) <= set(filled)


def test_codestral_reads_the_suffix_first_and_writes_behind_the_prefix() -> None:
    model = WordModel(["[PREFIX]", "[SUFFIX]"])
    prompt = Prompter(model).prompt("/a.py", "before|behind", 7)
    assert model.spell(prompt.tokens) == "«[SUFFIX]»behind«[PREFIX]»before|"


def test_what_the_file_declares_is_used_where_no_family_is_known() -> None:
    model = WordModel([], fill={"prefix": -7, "suffix": -8, "middle": -9})
    prompt = Prompter(model).prompt("/a.py", "ab cd", 2)
    assert model.spell(prompt.tokens) == "«-7»ab«-8» cd«-9»"


def test_a_model_without_such_tokens_is_refused_with_what_to_use() -> None:
    with pytest.raises(DecodingError, match="no fill-in-the-middle tokens") as caught:
        Prompter(WordModel(["<|endoftext|>"]))
    assert "pilotfish model pull complete" in caught.value.help


def test_typing_on_keeps_the_prompt_and_feeds_what_was_typed() -> None:
    model = WordModel()
    prompter = Prompter(model)
    before, behind = "import os\nx = ", "\nprint(x)\n"
    rest = prompter.prompt("/a.py", before + behind, len(before))
    typed = prompter.prompt("/a.py", before + "os.pa" + behind, len(before) + 5)
    assert typed.tokens[: rest.anchored] == rest.tokens
    assert model.spell(typed.tokens[typed.anchored :]) == "os.pa"
    back = prompter.prompt("/a.py", before + "os" + behind, len(before) + 2)
    assert model.spell(back.tokens[back.anchored :]) == "os"


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("import os\ny = \nprint(x)\n", 14),
        ("import os\nx = \nprint(y)\n", 14),
        ("import os\nx = 1\n\n\n\nprint(x)\n", 18),
    ],
    ids=["edited before", "edited behind", "gone on"],
)
def test_another_change_sets_another_anchor(text: str, offset: int) -> None:
    prompter = Prompter(WordModel())
    prompter.prompt("/a.py", "import os\nx = \nprint(x)\n", 14)
    prompt = prompter.prompt("/a.py", text, offset)
    assert prompt.anchored == len(prompt.tokens)


def test_documents_have_anchors_of_their_own() -> None:
    model = WordModel()
    prompter = Prompter(model)
    prompter.prompt("/a.py", "a = \n", 4)
    prompter.prompt("/b.py", "b = \n", 4)
    typed = prompter.prompt("/a.py", "a = 1\n", 5)
    assert model.spell(typed.tokens[typed.anchored :]) == "1"


def test_a_preamble_is_a_comment_in_front() -> None:
    model = WordModel()
    prompt = Prompter(model).prompt("/a.py", "x = \n", 4, "it fails:\n\nassert x\n")
    head = "«<|fim_prefix|>»# it fails:\n#\n# assert x\nx = «<|fim_suffix|>»"
    assert model.spell(prompt.tokens).startswith(head)


@pytest.mark.parametrize("offset", [-5, 0, 3, 999])
@pytest.mark.parametrize("text", ["", "\n", "x = 1", "\r\n\r", "\ufeffx\x00\u2028\f\n"])
def test_any_cursor_in_any_text_has_a_prompt(text: str, offset: int) -> None:
    prompt = Prompter(WordModel()).prompt("", text, offset)
    assert len(prompt.tokens) >= 3


def test_line_ends_are_what_models_have_seen() -> None:
    model = WordModel()
    prompt = Prompter(model).prompt("/a.py", "a\r\nb\rc\r\nd", 5)
    assert "\r" not in model.spell(prompt.tokens)


def _code(lines: int, seed: int) -> str:
    chance = random.Random(seed)
    words = ["return", "value", "self.items", "x = f(y)", "", "    if x:", "# " + "long " * 30]
    return "".join(chance.choice(words) + "\n" for _ in range(lines))


@pytest.mark.parametrize("seed", range(40))
def test_the_budget_holds_and_cuts_are_at_line_ends(seed: int) -> None:
    chance = random.Random(seed)
    text = _code(chance.randint(0, 300), seed)
    offset = chance.randint(0, len(text))
    budget = Budget(before=chance.randint(8, 120), behind=chance.randint(8, 60))
    model = WordModel()
    preamble = _code(chance.randint(0, 30), seed + 1)
    prompt = Prompter(model, budget).prompt("/a.py", text, offset, preamble)
    assert len(prompt.tokens) <= budget.before + budget.behind + len(QWEN)
    before = fitting_before(text[:offset], budget.before, model.tokenize)
    behind = fitting_behind(text[offset:], budget.behind, model.tokenize)
    assert text[:offset].endswith(before)
    assert text[offset:].startswith(behind)
    start, stop = offset - len(before), offset + len(behind)
    one_line = "\n" not in before
    assert start == 0 or text[start - 1] == "\n" or one_line
    assert stop == len(text) or behind.endswith("\n") or "\n" not in behind


def test_a_line_longer_than_the_budget_is_cut_within() -> None:
    model = WordModel()
    line = "x + " * 5_000
    kept = fitting_before(line, 50, model.tokenize)
    assert 0 < len(model.tokenize(kept)) <= 50
    assert line.endswith(kept)


def test_a_file_of_fifty_thousand_lines_costs_no_more_than_a_short_one() -> None:
    text = "value = compute(other)\n" * 50_000
    model = WordModel()
    Prompter(model).prompt("/a.py", text, len(text) // 2)
    assert model.characters < 40_000


def test_a_recorded_session_evaluates_few_tokens_a_keystroke() -> None:
    model = WordModel()
    prompter = Prompter(model)
    text = _code(60, 3) + "def work(items):\n    \n\n" + _code(60, 4)
    cursor = text.index("    \n\n") + 4
    typing = (
        "total = 0\n    for item in items:\n        total += item.price\n"
        "    average = total / len(items)\n    report = {'total': total, 'average': average}\n"
        "    log.info('done with this: %s', report)\n    return report\n"
    )
    held: tuple[int, ...] = ()
    costs = []
    for character in typing:
        text = text[:cursor] + character + text[cursor:]
        cursor += 1
        prompt = prompter.prompt("/a.py", text, cursor)
        costs.append(len(prompt.tokens) - _common(held, prompt.tokens))
        held = prompt.tokens
    assert len(costs) >= 200
    assert statistics.median(costs[1:]) <= 48
    moved = Budget().behind + 2 * Budget().typed + len(QWEN)
    assert sum(cost > moved for cost in costs[1:]) <= 1, "the window moved too often"
