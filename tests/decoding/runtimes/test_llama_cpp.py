"""llama.cpp in process: exact bytes, a cache that can be cut, and cancellation at any moment."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.deadline import Cancellation
from decoding.errors import CancelledError, DecodingError, ModelFileError
from decoding.models import store
from decoding.runtimes.llama_cpp import LlamaCpp, LlamaTokens, Tuning
from decoding.runtimes.runtime import Growth

pytestmark = pytest.mark.model

TUNING = Tuning(context=1024, batch=256, microbatch=16)


@pytest.fixture(scope="module")
def quick() -> Iterator[LlamaCpp]:
    runtime = LlamaCpp(store.resolve("quick").path, tuning=TUNING)
    yield runtime
    runtime.close()


@pytest.fixture(scope="module")
def coder() -> Iterator[LlamaTokens]:
    tokens = LlamaTokens(store.resolve("complete").path)
    yield tokens
    tokens.close()


@pytest.fixture
def fresh(quick: LlamaCpp) -> LlamaCpp:
    quick.truncate(0)
    return quick


def _text(size: int, seed: int = 1) -> str:
    words = ["def ", "self", ".", "name", "\n    ", "return ", "(", ")", "value", " = ", "é", "漢"]
    chance = random.Random(seed)
    return "".join(chance.choice(words) for _ in range(size))


HOSTILE = [
    "",
    " ",
    "  leading",
    "\r\n\r\n\tx\f\u2028y",
    "\x00\x01\x7f",
    "naïve_名前 = '🐟👩‍👩‍👧'",
    "<|fim_middle|><|fim_prefix|><|endoftext|><|im_end|>",
    "<tool_call></tool_call><|file_sep|><|repo_name|>",
    "<file_sep><repo_name>\ufeff",
    "    " * 40,
]


@pytest.mark.parametrize("text", [*HOSTILE, _text(500)])
def test_tokens_spell_their_text_and_none_is_a_control_token(
    text: str, quick: LlamaCpp, coder: LlamaTokens
) -> None:
    for tokens in (quick, coder):
        found = tokens.tokenize(text)
        spelled = tokens.token_bytes()
        assert b"".join(spelled[token] for token in found) == text.encode()
        assert not set(found) & (set(tokens.control_tokens().values()) | tokens.end_tokens())


def test_what_the_file_says_of_its_tokens(quick: LlamaCpp, coder: LlamaTokens) -> None:
    control = coder.control_tokens()
    assert coder.family == "qwen2"
    assert coder.vocabulary_size == len(coder.token_bytes()) == 151_936
    assert coder.fill_tokens() == {
        "prefix": control["<|fim_prefix|>"],
        "suffix": control["<|fim_suffix|>"],
        "middle": control["<|fim_middle|>"],
    }
    assert {control["<|endoftext|>"], control["<|file_sep|>"]} <= coder.end_tokens()
    assert all(coder.token_bytes()[token] == b"" for token in control.values())
    assert quick.family == "llama"
    assert quick.fill_tokens() == {}
    assert quick.start_tokens() == ()


def test_cutting_the_cache_and_going_on_changes_nothing(fresh: LlamaCpp) -> None:
    prompt = fresh.tokenize(_text(200))
    fresh.evaluate(prompt, Cancellation())
    straight = fresh.logits().copy()
    fresh.evaluate(fresh.tokenize("something else entirely"), Cancellation())
    fresh.truncate(len(prompt) - 20)
    assert list(fresh.evaluated()) == prompt[:-20]
    fresh.evaluate(prompt[-20:], Cancellation())
    assert list(fresh.evaluated()) == prompt
    np.testing.assert_allclose(fresh.logits(), straight, atol=0.15)
    assert np.argmax(fresh.logits()) == np.argmax(straight)


def test_logits_of_many_positions_are_those_of_one_at_a_time(fresh: LlamaCpp) -> None:
    prompt, more = fresh.tokenize(_text(60)), fresh.tokenize(_text(12, seed=2))
    fresh.evaluate(prompt, Cancellation())
    together = fresh.evaluate_all(more, Cancellation()).copy()
    assert together.shape == (len(more), fresh.vocabulary_size)
    fresh.truncate(len(prompt))
    # The last bits of a sum depend on how many are computed at once, and rounding to the eight bits
    # of an activation makes more of them; two positions differ by far more.
    apart = np.abs(np.diff(together, axis=0)).max(axis=1).min()
    for row, token in zip(together, more, strict=True):
        fresh.evaluate([token], Cancellation())
        assert np.abs(fresh.logits() - row).max() < min(1.0, apart / 4)
        assert np.argmax(fresh.logits()) == np.argmax(row)


@pytest.mark.parametrize("flash_attention", [False, True])
def test_both_ways_of_attention_say_the_same(fresh: LlamaCpp, flash_attention: bool) -> None:
    prompt = fresh.tokenize(_text(300))
    fresh.evaluate(prompt, Cancellation())
    tuning = replace(TUNING, flash_attention=flash_attention)
    other = LlamaCpp(store.resolve("quick").path, tuning=tuning)
    try:
        other.evaluate(prompt, Cancellation())
        assert np.abs(fresh.logits() - other.logits()).max() < 1.0
        assert np.argmax(fresh.logits()) == np.argmax(other.logits())
    finally:
        other.close()


def test_logits_are_a_view_and_only_there_after_an_evaluate(fresh: LlamaCpp) -> None:
    fresh.evaluate(fresh.tokenize("import os"), Cancellation())
    first, again = fresh.logits(), fresh.logits()
    assert first.shape == (fresh.vocabulary_size,)
    assert first.dtype == np.float32
    assert np.shares_memory(first, again)
    fresh.truncate(1)
    with pytest.raises(RuntimeError, match="behind an evaluate"):
        fresh.logits()


def test_a_cut_at_any_moment_leaves_a_state_that_goes_on_right(fresh: LlamaCpp) -> None:
    prompt = fresh.tokenize(_text(300))[:128]
    begun = time.monotonic()
    fresh.evaluate(prompt, Cancellation())
    whole = time.monotonic() - begun
    straight = fresh.logits().copy()
    cuts, between = 0, 0
    for step in range(8):
        fresh.truncate(0)
        cancellation = Cancellation()
        timer = threading.Timer(whole * step / 9, cancellation.cancel)
        timer.start()
        try:
            fresh.evaluate(prompt, cancellation)
        except CancelledError:
            cuts += 1
        timer.join()
        held = list(fresh.evaluated())
        between += 0 < len(held) < len(prompt)
        assert held == prompt[: len(held)]
        fresh.evaluate(prompt[len(held) :] or prompt[:1], Cancellation())
        if held == prompt:
            continue
        assert list(fresh.evaluated()) == prompt
        np.testing.assert_allclose(fresh.logits(), straight, atol=0.15)
        assert np.argmax(fresh.logits()) == np.argmax(straight)
    assert cuts > 0
    assert between > 0, "no cut fell into the middle of the prompt"


def test_a_runtime_keeps_no_callback_of_what_it_was_asked(fresh: LlamaCpp) -> None:
    requests = [Cancellation(), Cancellation()]
    for cancellation in requests * 2:
        fresh.evaluate(fresh.tokenize("x = 1"), cancellation)
        assert not any(each.registered for each in requests)


def test_an_earlier_cancellation_does_not_stop_a_later_request(fresh: LlamaCpp) -> None:
    earlier, later = Cancellation(), Cancellation()
    fresh.evaluate(fresh.tokenize("one"), earlier)
    fresh.evaluate(fresh.tokenize("two"), later)
    earlier.cancel()
    fresh.evaluate(fresh.tokenize("three"), later)
    later.cancel()
    with pytest.raises(CancelledError):
        fresh.evaluate(fresh.tokenize("four"), later)
    fresh.evaluate(fresh.tokenize("five"), Cancellation())


def test_more_than_the_context_holds_is_refused_and_harmless(fresh: LlamaCpp) -> None:
    with pytest.raises(DecodingError, match="do not fit the context"):
        fresh.evaluate([10] * (fresh.context_size + 1), Cancellation())
    fresh.truncate(0)
    fresh.evaluate(fresh.tokenize("still works"), Cancellation())
    assert np.isfinite(fresh.logits()).all()


def test_branches_go_on_from_one_cache_each_for_itself(fresh: LlamaCpp) -> None:
    prompt = fresh.tokenize(_text(120))
    ways = [fresh.tokenize(_text(6, seed=seed)) for seed in (2, 3, 4)]
    fresh.evaluate(prompt, Cancellation())
    fresh.branch(3)
    kept = [len(prompt)] * 3
    grown = [
        Growth(branch, kept[branch], tuple(way), every=branch != 1)
        for branch, way in enumerate(ways)
    ]
    first = fresh.grow(grown, Cancellation())
    assert [len(rows) for rows in first] == [len(ways[0]), 1, len(ways[2])]
    # One of them takes back what it wrote, and another part of the prompt.
    again = Growth(2, len(prompt) - 5, (*prompt[-5:], *ways[1]))
    second = fresh.grow([again], Cancellation())[0]
    held = list(fresh.evaluated())
    fresh.unbranch()
    assert held == prompt
    alone = []
    for way in ways:
        fresh.truncate(len(prompt))
        alone.append(fresh.evaluate_all(way, Cancellation()).copy())
    apart = min(np.abs(a[-1] - b[-1]).max() for a, b in itertools.pairwise(alone))
    for rows, others in zip([*first, second], [*alone, alone[1]], strict=True):
        assert np.abs(rows - others[-len(rows) :]).max() < min(1.0, apart / 4)
        assert np.argmax(rows[-1]) == np.argmax(others[-1])


def test_branches_have_all_the_room_that_is_left_and_give_it_back(fresh: LlamaCpp) -> None:
    prompt = fresh.tokenize(_text(300))[:200]
    room = (fresh.context_size - len(prompt)) // 4
    fresh.evaluate(prompt, Cancellation())
    for _ in range(2):
        fresh.branch(4)
        for at in range(0, room, 100):
            more = tuple(prompt[:1]) * min(100, room - at)
            grown = [Growth(branch, len(prompt) + at, more) for branch in range(4)]
            assert len(fresh.grow(grown, Cancellation())) == 4
        with pytest.raises(DecodingError, match="could not evaluate"):
            fresh.grow([Growth(0, len(prompt) + room, (10,) * 8)], Cancellation())
        fresh.unbranch()
    fresh.evaluate(prompt, Cancellation())
    assert np.isfinite(fresh.logits()).all()
    with pytest.raises(ValueError, match="1 to 8 branches"):
        fresh.branch(9)


def test_branches_that_are_cut_in_a_pass_leave_the_rest_as_it_was(fresh: LlamaCpp) -> None:
    prompt, more = fresh.tokenize(_text(300))[:100], fresh.tokenize(_text(300, seed=5))[:100]
    fresh.evaluate(prompt, Cancellation())
    fresh.branch(2)
    grown = [Growth(branch, len(prompt), tuple(more)) for branch in range(2)]
    begun = time.monotonic()
    straight = [rows.copy() for rows in fresh.grow(grown, Cancellation())]
    whole = time.monotonic() - begun
    cuts = 0
    for step in range(6):
        stop = Cancellation()
        timer = threading.Timer(whole * step / 7, stop.cancel)
        timer.start()
        try:
            fresh.grow(grown, stop)
        except CancelledError:
            cuts += 1
        timer.join()
        assert list(fresh.evaluated()) == prompt
        for rows, others in zip(fresh.grow(grown, Cancellation()), straight, strict=True):
            np.testing.assert_allclose(rows, others, atol=0.15)
    assert cuts > 0
    fresh.unbranch()
    fresh.evaluate(more, Cancellation())
    assert np.abs(fresh.logits() - straight[0][-1]).max() < 1.0


def test_an_unknown_architecture_is_named(tmp_path: Path) -> None:
    data = store.resolve("quick").path.read_bytes()
    strange = tmp_path / "strange.gguf"
    strange.write_bytes(data.replace(b"\x05\0\0\0\0\0\0\0llama", b"\x05\0\0\0\0\0\0\0lemma", 1))
    with pytest.raises(ModelFileError, match="architecture 'lemma' is not supported"):
        LlamaCpp(strange)


def test_a_file_without_what_a_model_needs_is_refused(tmp_path: Path) -> None:
    data = store.resolve("quick").path.read_bytes()
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(data.replace(b"blk.0.attn_q.weight", b"blk.0.attn_Z.weight", 1))
    with pytest.raises(ModelFileError, match=r"attn_q") as caught:
        LlamaCpp(broken)
    assert caught.value.where == str(broken)


def test_a_process_that_forgets_to_close_ends_in_silence() -> None:
    script = (
        "from analysis.deadline import Cancellation\n"
        "from decoding.models import store\n"
        "from decoding.runtimes.llama_cpp import LlamaCpp\n"
        "runtime = LlamaCpp(store.resolve('quick').path)\n"
        "runtime.evaluate(runtime.tokenize('x = '), Cancellation())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_closing_twice_is_nothing() -> None:
    tokens = LlamaTokens(store.resolve("quick").path)
    tokens.close()
    tokens.close()
