"""The writer with the real 0.5B model: what it fills in, and what it leaves usable behind it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from decoding.errors import CancelledError, DecodingError
from decoding.models import store
from decoding.opening import OpenWriter, open_writer
from decoding.prompts.templates import Prompter
from decoding.runtimes.llama_cpp import LlamaTokens
from decoding.writer import Completion, InfillRequest

pytestmark = pytest.mark.model

PARENT = "import os\n\n\ndef parent(path):\n    return os.path.$0\n"


@pytest.fixture(scope="module")
def writer() -> Iterator[OpenWriter]:
    opened = open_writer(store.resolve("complete"))
    yield opened
    opened.close()


def _request(
    marked: str, *, path: str = "/a b%20/x.py", **more: int | bool | float
) -> InfillRequest:
    before, cursor, behind = marked.partition("$0")
    assert cursor
    snapshot = Snapshot(path, before + behind, Workspace("/"))
    return InfillRequest(snapshot, len(before), **more)  # type: ignore[arg-type]


def _complete(writer: OpenWriter, request: InfillRequest) -> Completion:
    return writer.complete(request, None, deadline=Deadline.never(), cancellation=Cancellation())


def _draw(writer: OpenWriter, request: InfillRequest, count: int) -> list[Completion]:
    return list(
        writer.samples(request, count, None, deadline=Deadline.never(), cancellation=Cancellation())
    )


def test_one_line_is_filled_in(writer: OpenWriter) -> None:
    done = _complete(writer, _request(PARENT))
    assert done.text
    assert "\n" not in done.text
    assert not done.text.startswith(("path.", "os."))
    assert 0 < done.confidence <= 1
    assert 0 < done.tokens <= 48
    assert done.ms.total >= done.ms.prefill > 0
    assert done.model == "qwen2.5-coder-0.5b-instruct-q4_k_m"
    compile(PARENT.replace("$0", done.text), "x.py", "exec")


def test_a_block_is_filled_in(writer: OpenWriter) -> None:
    marked = "def double(items):\n    result = []\n    $0\n\n\nprint(double([1]))\n"
    done = _complete(writer, _request(marked, multiline=True, max_tokens=64))
    assert done.text
    compile(marked.replace("$0", done.text), "x.py", "exec")


def test_the_same_request_again_reuses_its_prompt(writer: OpenWriter) -> None:
    _complete(writer, _request(PARENT, path="/reuse.py"))
    again = _complete(writer, _request(PARENT, path="/reuse.py"))
    assert again.text == _complete(writer, _request(PARENT, path="/reuse.py")).text
    assert again.reused_tokens == again.prompt_tokens - 1


def test_typing_on_reuses_all_but_what_was_typed(writer: OpenWriter) -> None:
    _complete(writer, _request(PARENT, path="/typing.py"))
    typed = _complete(writer, _request(PARENT.replace("$0", "di$0"), path="/typing.py"))
    assert typed.prompt_tokens - typed.reused_tokens <= 3


def test_samples_are_repeatable_and_share_the_prompt(writer: OpenWriter) -> None:
    body = "def area(width, height):\n    $0\n\n\nprint(area(2, 3))\n"
    for request in (
        _request(PARENT, temperature=1.2, seed=5),
        _request(body, temperature=1.2, seed=5, multiline=True, max_tokens=40),
    ):
        # How a prompt is split into batches changes the last bits of its logits, so both runs are
        # to find it in the cache.
        _complete(writer, request)
        runs = []
        for _ in range(2):
            drawn = _draw(writer, request, 6)
            assert len(drawn) == 6
            assert all(one.reused_tokens >= one.prompt_tokens - 1 for one in drawn)
            runs.append([one.text for one in drawn])
        assert runs[0] == runs[1]
        assert len(set(runs[0])) > 2


def test_a_completion_behind_samples_finds_its_prompt_and_says_the_same(writer: OpenWriter) -> None:
    request = _request(PARENT, path="/samples.py")
    before = _complete(writer, request)
    first, *others = _draw(writer, _request(PARENT, path="/other.py", temperature=0.8), 4)
    assert first.reused_tokens <= others[0].reused_tokens == others[0].prompt_tokens - 1
    _draw(writer, _request(PARENT, path="/samples.py", temperature=0.8), 4)
    after = _complete(writer, request)
    assert after.text == before.text
    assert after.reused_tokens == after.prompt_tokens - 1


def test_cancelled_samples_raise_and_the_next_ones_work(writer: OpenWriter) -> None:
    request = _request("value = 1\n" * 60 + "$0", multiline=True, max_tokens=400, temperature=0.8)
    stop = Cancellation()
    timer = threading.Timer(0.4, stop.cancel)
    timer.start()
    with pytest.raises(CancelledError):
        list(writer.samples(request, 4, None, deadline=Deadline.never(), cancellation=stop))
    timer.join()
    assert all(one.text for one in _draw(writer, _request(PARENT, path="/after.py"), 2))


def test_a_likelier_text_scores_higher_and_parts_add_up(writer: OpenWriter) -> None:
    before = "def add(first, second):\n    return "
    stop = Cancellation()
    right = writer.score(before, "first + second\n", cancellation=stop)
    wrong = writer.score(before, "banana / seven\n", cancellation=stop)
    assert wrong < right < 0
    parts = writer.score(before, "first", cancellation=stop) + writer.score(
        before + "first", " + second\n", cancellation=stop
    )
    assert parts == pytest.approx(right, abs=0.2)
    assert writer.score(before, "", cancellation=stop) == 0.0
    assert writer.score("", "import os\n", cancellation=stop) < 0
    long = writer.score("x = 1\n" * 2_000, "x = 1\n" * 40, cancellation=stop)
    assert long > -40


def test_what_begins_as_the_last_text_scores_as_if_it_were_read_alone(writer: OpenWriter) -> None:
    before = "def add(first, second):\n    return "
    texts = [f"first {sign} second\n\n\ndef sub(one, other):\n" for sign in "+-*"]
    stop = Cancellation()
    behind = [writer.score(before, text, cancellation=stop) for text in texts]
    for text, known in zip(texts, behind, strict=True):
        writer.score("x = ", "1", cancellation=stop)
        assert writer.score(before, text, cancellation=stop) == pytest.approx(known, abs=0.5)


def test_a_cancelled_request_raises_and_the_next_one_works(writer: OpenWriter) -> None:
    cancellation = Cancellation()
    timer = threading.Timer(0.1, cancellation.cancel)
    timer.start()
    request = _request("value = 1\n" * 60 + "$0", multiline=True, max_tokens=400)
    with pytest.raises(CancelledError):
        writer.complete(request, None, deadline=Deadline.never(), cancellation=cancellation)
    timer.join()
    done = _complete(writer, _request(PARENT, path="/after.py"))
    compile(PARENT.replace("$0", done.text), "x.py", "exec")


def test_a_deadline_that_passes_ends_in_silence(writer: OpenWriter) -> None:
    request = _request("value = 2\n" * 60 + "$0", multiline=True, max_tokens=400)
    done = writer.complete(
        request, None, deadline=Deadline.after(0.05), cancellation=Cancellation()
    )
    assert (done.text, done.stopped) == ("", "deadline")


@pytest.mark.parametrize(
    "marked",
    [
        "$0",
        "\ufeff$0",
        "x = '\x00'$0",
        "x = 1\r\ny = $0\r\n",
        "a\rb\nc\r\n$0",
        "x = '\u2028\f'\ny = $0",
        "naïve_名前 = 🐟$0",
        "def broken(:\n  ]]] $0 (((",
        "'''<|fim_middle|> <|endoftext|>\n$0",
        "\udcff = $0",
    ],
)
def test_any_text_is_answered(writer: OpenWriter, marked: str) -> None:
    done = _complete(writer, _request(marked, max_tokens=6))
    assert done.prompt_tokens >= 3


def test_no_text_of_a_file_becomes_a_control_token() -> None:
    tokens = LlamaTokens(store.resolve("complete").path)
    try:
        hostile = "".join(tokens.control_tokens())
        prompt = Prompter(tokens).prompt("/x.py", f"{hostile}\n{hostile}", len(hostile), hostile)
        special = set(tokens.control_tokens().values()) | tokens.end_tokens()
        assert len([token for token in prompt.tokens if token in special]) == 3
    finally:
        tokens.close()


def test_a_model_that_cannot_fill_in_is_refused() -> None:
    with pytest.raises(DecodingError, match=r"smollm2.* has no fill-in-the-middle tokens"):
        open_writer(store.resolve("quick"))
