"""Ollama and LM Studio by stand-ins over a real llama-server (see ``standing_in``), over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from benchmarks.llama_server import llama_server
from decoding.errors import DecodingError
from decoding.guidance.evidence import Evidence
from decoding.models import store
from decoding.opening import Endpoint, open_writer
from decoding.remote import recognition
from decoding.remote.forms import NameForm
from decoding.remote.text_servers import Ollama, _step
from decoding.remote.writer import RemoteWriter
from decoding.runtimes.http import Connection, EndpointError
from decoding.runtimes.llama_cpp import LlamaTokens
from decoding.vocabulary.tokens import ANY_END
from decoding.writer import Completion, InfillRequest
from engine.settings.values import MachineSettings
from pilotfish import health
from tests.decoding.remote.standing_in import (
    MODEL,
    LMStudioProgram,
    OllamaProgram,
    Program,
    program,
)
from tests.decoding.toy import Facts, closed

TOTAL = """\
class Shop:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return self.$0
"""
SUM = "def add(first, second):\n    return $0\n"
Sent = list[dict[str, Any]]
PATIENT = health.Patient(Workspace("/"), MachineSettings())


@pytest.fixture(scope="module")
def llama() -> Iterator[int]:
    with llama_server(store.resolve("complete").path) as port:
        yield port


@pytest.fixture(scope="module")
def vocabulary() -> dict[str, list[Any]]:
    """The tokens of the 0.5B as its file has them, which ``/api/show`` tells."""
    tokens = LlamaTokens(store.resolve("complete").path)
    control = {number: text for text, number in tokens.control_tokens().items()}
    spelled = tokens.token_bytes()
    texts = [control.get(n, data.decode("utf-8", "replace")) for n, data in enumerate(spelled)]
    kinds = [3 if n in control else 1 for n in range(len(texts))]
    return {"tokenizer.ggml.tokens": texts, "tokenizer.ggml.token_type": kinds}


@pytest.fixture(params=[OllamaProgram, LMStudioProgram], ids=["ollama", "lmstudio"])
def server(
    request: pytest.FixtureRequest, llama: int, vocabulary: dict[str, list[Any]]
) -> Iterator[tuple[int, Sent]]:
    kind: type[Program] = request.param
    with program(kind, llama, vocabulary) as (port, sent):
        yield port, sent


@pytest.fixture
def writer(server: tuple[int, Sent]) -> Iterator[RemoteWriter]:
    opened = RemoteWriter(Connection(f"http://127.0.0.1:{server[0]}"))
    yield opened
    opened.close()


def _request(marked: str, **more: Any) -> InfillRequest:
    before, _, behind = marked.partition("$0")
    return InfillRequest(Snapshot("/a.py", before + behind, Workspace("/")), len(before), **more)


def _complete(
    writer: RemoteWriter, request: InfillRequest, evidence: Evidence | None = None
) -> Completion:
    return writer.complete(
        request, evidence, deadline=Deadline.never(), cancellation=Cancellation()
    )


@pytest.mark.model
def test_it_fills_in(writer: RemoteWriter) -> None:
    done = _complete(writer, _request(SUM))
    assert "first" in done.text
    assert "second" in done.text
    assert done.model == MODEL


@pytest.mark.model
def test_an_invented_member_is_replaced(writer: RemoteWriter) -> None:
    alone = _complete(writer, _request(TOTAL)).text
    assert alone.startswith("rows")
    done = _complete(writer, _request(TOTAL), Facts({"self": closed("row_count", "zebra")}))
    (event, *_) = done.events
    assert (event.rejected, event.disputed) == ("rows", False)
    # The stand-in for LM Studio tells no probabilities: a drawn name, or nothing.
    assert event.chosen in ("row_count", "zebra", "")
    assert done.text.startswith(event.chosen)
    assert "rows" not in done.text


@pytest.mark.model
def test_the_most_probable_of_the_names_is_written(
    llama: int, vocabulary: dict[str, list[Any]]
) -> None:
    names = [f"{letter}zzz_nothing" for letter in "abcdefgh"] + ["total_rows", "row_count"]
    with program(OllamaProgram, llama, vocabulary) as (port, sent):
        writer = RemoteWriter(Connection(f"http://127.0.0.1:{port}"))
        done = _complete(writer, _request(TOTAL), Facts({"self": closed(*names)}))
        asked = [body["top_logprobs"] for body in sent if "top_logprobs" in body]
        writer.close()
    assert done.events[0].chosen in ("total_rows", "row_count")
    assert asked[0] == 0
    assert 20 in asked


@pytest.mark.model
def test_a_version_without_probabilities_writes_the_only_name(
    llama: int, vocabulary: dict[str, list[Any]]
) -> None:
    with program(OllamaProgram, llama, vocabulary, tells=False) as (port, _):
        writer = RemoteWriter(Connection(f"http://127.0.0.1:{port}"))
        done = _complete(writer, _request(TOTAL), Facts({"self": closed("zebra_count")}))
        writer.close()
    assert done.text.startswith("zebra_count")


@pytest.mark.model
def test_no_text_becomes_a_control_token(server: tuple[int, Sent], writer: RemoteWriter) -> None:
    text = "# <|fim_middle|><|fim_prefix|><|endoftext|><|im_end|>\nx = $0\n"
    _complete(writer, _request(text, max_tokens=4))
    prompt = server[1][-1]["prompt"]
    marks = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
    assert [prompt.count(mark) for mark in marks] == [1, 1, 1]
    assert "<|im_end|>" not in prompt
    assert "<|endoftext|>" not in prompt
    assert "< |im_end|>" in prompt


@pytest.mark.model
def test_a_model_that_is_not_served_is_named_with_those_that_are(
    server: tuple[int, Sent],
) -> None:
    with pytest.raises(EndpointError, match="'gpt'") as caught:
        open_writer(Endpoint(f"http://127.0.0.1:{server[0]}", "gpt"))
    assert MODEL in caught.value.help


@pytest.mark.model
def test_a_model_that_cannot_fill_in_is_said(llama: int, vocabulary: dict[str, list[Any]]) -> None:
    with program(OllamaProgram, llama, vocabulary) as (port, _):
        endpoint = Endpoint(f"http://127.0.0.1:{port}", "llama3.2")
        with pytest.raises(DecodingError, match=r"llama3.2:latest has no fill-in-the-middle"):
            open_writer(endpoint)


def test_doctor_says_what_listens_here_and_how_to_use_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with program(OllamaProgram, 0, {}) as (port, sent):
        monkeypatch.setenv("OLLAMA_HOST", f"http://127.0.0.1:{port}")
        (found,) = [each for each in recognition.listening() if each.title == "Ollama"]
        assert found.models == ("llama3.2:latest", MODEL)
        assert not sent
        signs = {sign.name: sign for sign in health.servers(PATIENT)}
    assert MODEL in signs["Ollama"].detail
    assert f'endpoint = "http://127.0.0.1:{port}"' in signs["Ollama"].help
    configured = MachineSettings(endpoint="http://127.0.0.1:1")
    assert not list(health.servers(health.Patient(PATIENT.workspace, configured)))


def test_a_server_elsewhere_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "198.51.100.7:11434")
    assert recognition._host() == "127.0.0.1:11434"


@pytest.mark.parametrize(
    "text", ["x = 1\n", "  é€ \N{PILE OF POO}\0\ud800", "    return self.rows", ""]
)
def test_pieces_spell_their_text(text: str) -> None:
    server = Ollama(Connection("http://127.0.0.1:1"), "any", 4096)
    tokens = server.tokenize(text, special=False, cancellation=Cancellation())
    assert server.text(tokens) == text
    assert all(token > 0 for token in tokens)


def test_the_most_probable_part_of_a_name_is_chosen() -> None:
    choice = NameForm("", ("row", "row_count", "total"), ANY_END)
    alternatives = [("s", -0.1), ("zebra", -0.2), ("tot", -0.4), ("row", -0.3), ("row(", -0.25)]
    # "s" and "zebra" begin no name; "row(" is one with its end.
    assert _step(alternatives, "", choice.names, choice) == ("row", -0.25)
    assert _step([("_count", -1.0), (")", -0.5)], "row", ("row", "row_count"), choice) == ("", -0.5)
    assert _step([("s", -0.5), ("_c", -1.0)], "row", ("row", "row_count"), choice) == ("_c", -1.0)
    assert _step([("s", -0.5)], "", ("row", "total"), choice) is None
