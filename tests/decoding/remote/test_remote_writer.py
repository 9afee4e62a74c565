"""The writer over a real llama-server: both dialects, guided, cancelled, refused and cut off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from benchmarks.llama_server import free_port, get, llama_server
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence
from decoding.models import store
from decoding.opening import Endpoint, open_writer
from decoding.prompts.room import PromptRoom
from decoding.prompts.templates import Budget
from decoding.remote.dialects import OpenAIServer
from decoding.remote.writer import RemoteWriter
from decoding.runtimes.http import Connection, Document, EndpointError, LostError, RetryPolicy
from decoding.writer import Completion, InfillRequest
from tests.decoding.remote.serving import Relay
from tests.decoding.toy import Facts, closed

pytestmark = pytest.mark.model

KEY = "a-key-of-the-tests"
TOTAL = """\
class Shop:
    def __init__(self, rows):
        self.rows = rows

    def total(self):
        return self.$0
"""
SUM = "def add(first, second):\n    return $0\n"
FAST = RetryPolicy(attempts=3, pause=0.01)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with llama_server(store.resolve("complete").path, key=KEY) as port:
        yield port


@pytest.fixture(params=["llama-server", "openai"])
def writer(port: int, request: pytest.FixtureRequest) -> Iterator[RemoteWriter]:
    connection = Connection(f"http://127.0.0.1:{port}", KEY)
    dialect = OpenAIServer(connection, "any", 4096) if request.param == "openai" else None
    opened = RemoteWriter(connection, dialect=dialect)
    yield opened
    opened.close()


@pytest.fixture
def relay(port: int) -> Iterator[Relay]:
    relay = Relay(port)
    yield relay
    relay.close()


def _request(marked: str, **more: object) -> InfillRequest:
    before, cursor, behind = marked.partition("$0")
    assert cursor
    snapshot = Snapshot("/a.py", before + behind, Workspace("/"))
    return InfillRequest(snapshot, len(before), **more)  # type: ignore[arg-type]


def _complete(
    writer: RemoteWriter, request: InfillRequest, evidence: Evidence | None = None
) -> Completion:
    return writer.complete(
        request, evidence, deadline=Deadline.never(), cancellation=Cancellation()
    )


def test_it_fills_in_and_reuses_what_the_server_holds(writer: RemoteWriter) -> None:
    first = _complete(writer, _request(SUM))
    assert "first" in first.text
    assert "second" in first.text
    assert 0 < first.confidence <= 1
    assert "".join(first.text[piece.start : piece.end] for piece in first.pieces) == first.text
    before = writer.round_trips
    assert _complete(writer, _request(SUM)).text == first.text
    assert writer.round_trips - before == 1, "tokens and anchor are known the second time"


@pytest.mark.parametrize("kind", ["llama-server", "openai"])
def test_a_prompt_is_as_long_as_the_server_was_seen_to_read(port: int, kind: str) -> None:
    connection = Connection(f"http://127.0.0.1:{port}", KEY)
    dialect = OpenAIServer(connection, "any", 4096) if kind == "openai" else None
    writer = RemoteWriter(connection, room=PromptRoom(wait=60), dialect=dialect)
    above = "".join(f"{kind[:3]}_{i} = find({i}, {i * i})\n" for i in range(300))
    sizes = [
        _complete(writer, _request(above * n + "x = $0\n", max_tokens=1)).prompt_tokens
        for n in (1, 2)
    ]
    slow = RemoteWriter(connection, room=PromptRoom(wait=0), dialect=dialect)
    kept = _complete(slow, _request(above * 2 + "y = $0\n", max_tokens=1)).prompt_tokens
    writer.close()
    assert sizes[0] <= Budget.LEAST < sizes[1] <= 2 * Budget.LEAST
    assert kept <= Budget.LEAST


def test_an_invented_member_is_asked_for_anew(writer: RemoteWriter) -> None:
    alone = _complete(writer, _request(TOTAL)).text
    real = "zebra_count"
    before = writer.round_trips
    done = _complete(writer, _request(TOTAL), Facts({"self": closed(real, "apple_count")}))
    # The model writes "rows", which evidence denies here.
    assert alone.startswith("rows")
    event = done.events[0]
    assert (event.rejected, event.disputed) == ("rows", False)
    assert event.chosen in (real, "apple_count")
    assert done.text.startswith(event.chosen)
    replaced = sum(bool(one.rejected) for one in done.events)
    assert writer.round_trips - before <= 1 + 2 * replaced, done.events


def test_a_partial_name_is_completed(writer: RemoteWriter) -> None:
    request = _request(TOTAL.replace("$0", "zeb$0"))
    done = _complete(writer, request, Facts({"self": closed("zebra_count", "rows")}))
    assert done.text.startswith("ra_count")


def test_open_evidence_changes_nothing(writer: RemoteWriter) -> None:
    done = _complete(writer, _request(TOTAL), Facts({}))
    assert done.text == _complete(writer, _request(TOTAL)).text
    assert {event.tier for event in done.events} <= {"open", "abstain"}


def test_no_text_becomes_a_control_token(
    port: int, writer: RemoteWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the server is sent is looked at as it goes out (invariant 6)."""
    sent: list[list[int]] = []
    stream = Connection.stream

    def noted(
        connection: Connection, path: str, body: Document, cancellation: Cancellation
    ) -> Generator[Document]:
        sent.append(body["prompt"])
        return stream(connection, path, body, cancellation)

    monkeypatch.setattr(Connection, "stream", noted)
    text = "# <|fim_middle|><|fim_prefix|><|endoftext|>\nx = $0\n"
    done = _complete(writer, _request(text, max_tokens=4))
    connection = Connection(f"http://127.0.0.1:{port}", KEY)
    body = {"content": "<|fim_prefix|><|fim_suffix|><|fim_middle|>", "parse_special": True}
    control = connection.post("/tokenize", body, Cancellation())["tokens"]
    connection.close()
    (prompt,) = sent
    assert len(control) == 3
    assert [token for token in prompt if token in control] == control
    assert done.prompt_tokens == len(prompt)


def test_samples_differ_by_seed_and_repeat(writer: RemoteWriter) -> None:
    request = _request("NAMES = [$0\n", temperature=1.2, max_tokens=24)

    def drawn() -> list[str]:
        samples = writer.samples(
            request, 4, None, deadline=Deadline.never(), cancellation=Cancellation()
        )
        return [sample.text for sample in samples]

    first = drawn()
    assert len(first) == 4
    assert len(set(first)) > 1


def test_what_is_likely_scores_higher(port: int) -> None:
    writer = RemoteWriter(Connection(f"http://127.0.0.1:{port}", KEY))
    before = "def add(first, second):\n    return first"
    likely, unlikely = (
        writer.score(before, text, cancellation=Cancellation())
        for text in (" + second\n", " @ zebra\n")
    )
    writer.close()
    assert unlikely < likely < 0


def test_cancelling_ends_it_here_and_on_the_server(port: int) -> None:
    writer = RemoteWriter(Connection(f"http://127.0.0.1:{port}", KEY))
    cancellation = Cancellation()
    cancelled_at = [0.0]

    def cancel() -> None:
        cancelled_at[0] = time.monotonic()
        cancellation.cancel()

    timer = threading.Timer(0.5, cancel)
    timer.start()
    # A longer text than half a second writes: lists of numbers do not end by themselves.
    request = _request("NUMBERS = (\n    1,\n    2,\n    $0", max_tokens=3000, multiline=True)
    with pytest.raises(CancelledError):
        writer.complete(request, None, deadline=Deadline.never(), cancellation=cancellation)
    assert time.monotonic() - cancelled_at[0] < 0.25
    until = time.monotonic() + 5
    while _busy(port) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _busy(port)
    writer.close()


def _busy(port: int) -> bool:
    return any(slot["is_processing"] for slot in json.loads(get(port, "/slots", KEY)[1]))


def test_a_deadline_is_silence(port: int) -> None:
    writer = RemoteWriter(Connection(f"http://127.0.0.1:{port}", KEY))
    request = _request("NUMBERS = (\n    1,\n    2,\n    $0", max_tokens=3000, multiline=True)
    done = writer.complete(request, None, deadline=Deadline.after(0.3), cancellation=Cancellation())
    writer.close()
    assert (done.text, done.stopped) == ("", "deadline")


def test_a_stream_that_breaks_off_is_taken_up_again(relay: Relay) -> None:
    writer = RemoteWriter(Connection(f"http://127.0.0.1:{relay.port}", KEY, FAST))
    request = _request("NUMBERS = [\n    1,\n    2,\n    $0", max_tokens=24, multiline=True)
    whole = _complete(writer, request).text
    assert whole
    relay.cuts, relay.completions = 1, 0
    assert _complete(writer, request).text == whole
    assert (relay.cuts, relay.completions) == (0, 2)
    relay.cuts = 100
    with pytest.raises(LostError, match="broke off"):
        _complete(writer, request)
    writer.close()


def test_a_busy_server_is_asked_again(relay: Relay) -> None:
    writer = RemoteWriter(Connection(f"http://127.0.0.1:{relay.port}", KEY, FAST))
    whole = _complete(writer, _request(SUM)).text
    relay.refusals = 2
    assert _complete(writer, _request(SUM)).text == whole
    relay.refusals = 100
    with pytest.raises(EndpointError, match="503"):
        _complete(writer, _request(SUM))
    writer.close()


def test_a_wrong_key_is_said_without_showing_it(port: int) -> None:
    endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", key="not-the-key")
    with pytest.raises(EndpointError, match="refuses the key") as caught:
        open_writer(endpoint)
    assert "PILOTFISH_ENDPOINT_KEY" in caught.value.help
    assert "not-the-key" not in f"{caught.value} {endpoint!r}"


def test_a_model_that_is_not_served_is_named_with_those_that_are(port: int) -> None:
    with pytest.raises(EndpointError, match="'gpt'") as caught:
        open_writer(Endpoint(f"http://127.0.0.1:{port}", "gpt", KEY))
    assert "qwen2.5-coder-0.5b" in caught.value.help


def test_nobody_there_is_said_with_the_fix() -> None:
    connection = Connection(f"http://127.0.0.1:{free_port()}", patience=FAST)
    with pytest.raises(EndpointError, match="no answer") as caught:
        RemoteWriter(connection)
    connection.close()
    assert "endpoint" in caught.value.help


def test_the_command_line_completes_through_it(port: int, tmp_path: Path) -> None:
    config = tmp_path / "config" / "pilotfish"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f'endpoint = "http://127.0.0.1:{port}/v1"\n')
    file = tmp_path / "add.py"
    file.write_text(SUM.replace("$0", ""))
    environment = os.environ | {
        "XDG_CONFIG_HOME": str(config.parent),
        "PILOTFISH_ENDPOINT_KEY": KEY,
    }

    def pilotfish(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "pilotfish.main", *arguments],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    shown = json.loads(pilotfish("complete", f"{file}:2:12", "--json"))
    assert "first" in shown["text"]
    assert shown["model"] == "qwen2.5-coder-0.5b-instruct-q4_k_m"
    signs = pilotfish("doctor")
    assert "endpoint" in signs
    assert KEY not in signs
