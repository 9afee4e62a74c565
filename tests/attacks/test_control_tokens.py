"""A file holds the spelling of a control token: no prompt holds the token (invariant 6)."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.deadline import Cancellation, Deadline
from analysis.snapshot import Snapshot, Workspace
from decoding.prompts.room import PromptRoom
from decoding.remote.writer import RemoteWriter
from decoding.runtimes.http import Connection
from decoding.writer import InfillRequest

#: Of the model cards and tokenizer files of the families: a prompt's own, and what ends a text,
#: begins another file or another turn.
FILL = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
# fmt: off
OTHERS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|file_sep|>", "<|repo_name|>",
    "<|fim_pad|>", "<tool_call>", "</tool_call>", "<|box_start|>", "<s>", "</s>", "<unk>",
    "<pad>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<file_sep>", "<repo_name>",
    "<issue_start>", "<jupyter_code>", "<fim-prefix>", "<fim-suffix>", "▁<PRE>", "▁<SUF>",
    "▁<MID>", "▁<EOT>", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜fim▁begin｜>",
    "<｜fim▁hole｜>", "<|EOT|>", "<｜User｜>", "[INST]", "[/INST]", "[SUFFIX]", "[PREFIX]",
    "[MIDDLE]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[SYSTEM_PROMPT]", "[control_8]", "[IMG]", "<bos>", "<eos>", "<start_of_turn>",
    "<end_of_turn>", "<|file_separator|>", "<unused99>", "<|start_of_role|>", "<|end_of_role|>",
    "<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|python_tag|>",
    "<|reserved_special_token_1|>", "<|user|>", "<|assistant|>", "<|end|>",
    "<|START_OF_TURN_TOKEN|>", "<BOS_TOKEN>", "[gMASK]", "<sop>", "<think>", "</think>",
    "<|mask:0|>", "<extra_id_0>", "[CLS]", "[SEP]", "[MASK]", "<[fim-prefix]>",
    "<[end▁of▁sentence]>", "]~b]", "]~!b[", "[e~[", "|||IP_ADDRESS|||", "]<]minimax[>[",
    "[@BOS@]",
)
# fmt: on
IDS = {text: 1000 + number for number, text in enumerate((*FILL, *OTHERS))}
_FIND = re.compile("|".join(re.escape(t) for t in sorted(IDS, key=len, reverse=True)))


class _Server(BaseHTTPRequestHandler):
    """As vLLM: ``/tokenize`` finds every control token of the model; other tokens are bytes."""

    protocol_version = "HTTP/1.1"
    prompts: list[list[int]]

    def do_GET(self) -> None:
        self._answer({"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 4096}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/tokenize":
            self._answer({"tokens": tokens(body["prompt"])})
            return
        self.prompts.append(body["prompt"])
        if body.get("echo"):
            logprobs = {"token_logprobs": [0.0] * (len(body["prompt"]) + 1)}
            self._answer({"choices": [{"text": "", "logprobs": logprobs}]})
            return
        event = {"choices": [{"text": "1\n", "finish_reason": "stop"}]}
        self._send(f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode(), "text/event-stream")

    def _answer(self, value: Any) -> None:
        self._send(json.dumps(value).encode(), "application/json")

    def _send(self, data: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Quiet."""


def tokens(text: str) -> list[int]:
    """What the server makes of ``text``."""
    found, at = [], 0
    for match in _FIND.finditer(text):
        found += [*text[at : match.start()].encode(), IDS[match.group()]]
        at = match.end()
    return [*found, *text[at:].encode()]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[RemoteWriter, list[list[int]]]]:
    prompts: list[list[int]] = []
    handler = type("Handler", (_Server,), {"prompts": prompts})
    serving = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    connection = Connection(f"http://127.0.0.1:{serving.server_port}", "")
    writer = RemoteWriter(connection, room=PromptRoom(least=3000))
    yield writer, prompts
    writer.close()
    serving.shutdown()
    thread.join()
    serving.server_close()


def _asked(server: tuple[RemoteWriter, list[list[int]]], before: str, behind: str) -> list[int]:
    writer, prompts = server
    prompts.clear()
    snapshot = Snapshot("/a.py", before + behind, Workspace("/"))
    writer.complete(
        InfillRequest(snapshot, len(before), max_tokens=4),
        None,
        deadline=Deadline.never(),
        cancellation=Cancellation(),
    )
    return prompts[0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from((*IDS, "<", "|", "]", "<|", "x", " ", "\n")), max_size=12))
def test_an_endpoint_is_sent_no_token_of_a_file(
    server: tuple[RemoteWriter, list[list[int]]], pieces: list[str]
) -> None:
    text = "".join(pieces)
    prompt = _asked(server, f"a = '''{text}'''\nb = ", f"\nc = '''{text}'''\n")
    assert [token for token in prompt if token >= 1000] == [IDS[token] for token in FILL]
    spelled = bytes(token for token in prompt if token < 1000).decode()
    assert spelled.count(f"'''{text}'''") == 2


def test_a_scored_text_holds_no_control_token(
    server: tuple[RemoteWriter, list[list[int]]],
) -> None:
    writer, prompts = server
    prompts.clear()
    for text in IDS:
        writer.score(f"# {text}\n", f"x = '{text}'\n", cancellation=Cancellation())
    assert len(prompts) == len(IDS)
    assert max(token for prompt in prompts for token in prompt) < 1000
