"""Stand-ins for Ollama and LM Studio over a real llama-server, since no registry has the programs.

Ollama's is written from its sources (commit fb30760, August 2026: ``server/routes.go`` and
``llm/llama_server.go``, which hands a raw prompt to a llama-server as text and passes on pieces and
log-probabilities); LM Studio's from its documentation (REST API v0). **Neither program was run.**
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

MODEL = "qwen2.5-coder:0.5b"


class Program(BaseHTTPRequestHandler):
    """What both have in common. ``sent`` is what was asked for, body by body."""

    server_port: ClassVar[int]
    vocabulary: ClassVar[dict[str, list[Any]]] = {}
    tells: ClassVar[bool] = True
    sent: ClassVar[list[dict[str, Any]]]

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing is printed."""

    def answer(self, document: object, status: int = 200) -> None:
        """One JSON document."""
        data = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def body(self) -> dict[str, Any]:
        """What was sent."""
        read: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.sent.append(read)
        return read

    @contextmanager
    def asked(self, path: str, body: dict[str, Any]) -> Iterator[http.client.HTTPResponse]:
        """The answer of the llama-server, for as long as whoever asked listens."""
        asked = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=60)
        with closing(asked), suppress(BrokenPipeError, ConnectionResetError):
            asked.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            with closing(asked.getresponse()) as answer:
                yield answer


def events(answer: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    """The events of a streamed answer."""
    for line in answer:
        if line.startswith(b"data: ") and not line.startswith(b"data: [DONE]"):
            yield json.loads(line[6:])


class OllamaProgram(Program):
    """Ollama."""

    def do_GET(self) -> None:
        """Lists."""
        one = {"name": MODEL, "model": MODEL, "capabilities": ["completion", "insert"]}
        other = {"name": "llama3.2:latest", "model": "llama3.2:latest"}
        answers: dict[str, object] = {
            "/v1/models": {"data": [{"id": MODEL, "object": "model", "owned_by": "library"}]},
            "/api/version": {"version": "0.30.0"},
            "/api/tags": {"models": [other, one]},
            "/api/ps": {"models": [{"model": MODEL, "context_length": 4096}]},
        }
        self.answer(
            answers.get(self.path, {"error": "not found"}), 200 if self.path in answers else 404
        )

    def do_POST(self) -> None:
        """``/api/show`` and ``/api/generate``."""
        body = self.body()
        if self.path == "/api/show":
            known = body["model"] == MODEL and body.get("verbose")
            self.answer({"model_info": self.vocabulary if known else {}})
            return
        options = body["options"]
        asked = {
            "prompt": body["prompt"],
            "n_predict": options["num_predict"],
            **{key: options[key] for key in ("temperature", "seed", "top_k", "top_p", "min_p")},
            "repeat_penalty": options["repeat_penalty"],
            "cache_prompt": True,
            "stream": True,
        }
        if body.get("logprobs") and self.tells:
            asked["n_probs"] = max(body["top_logprobs"], 1)
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.end_headers()
        with self.asked("/completion", asked) as answer:
            for event in events(answer):
                if event.get("stop"):
                    reason = "length" if event.get("stop_type") == "limit" else "stop"
                    self._line({"response": event["content"], "done": True, "done_reason": reason})
                elif event["content"]:
                    told = event.get("completion_probabilities") or ()
                    self._line({"response": event["content"], "done": False, **_told(told, body)})

    def _line(self, document: dict[str, Any]) -> None:
        self.wfile.write(json.dumps({"model": MODEL, **document}).encode() + b"\n")


class LMStudioProgram(Program):
    """LM Studio."""

    def do_GET(self) -> None:
        """Lists."""
        one = {"id": MODEL, "object": "model", "type": "llm", "state": "loaded"}
        embeds = {"id": "nomic-embed", "object": "model", "type": "embeddings", "state": "loaded"}
        listed = {"data": [embeds, {**one, "arch": "qwen2", "loaded_context_length": 4096}]}
        owned = {"data": [{"id": MODEL, "object": "model", "owned_by": "organization_owner"}]}
        answers: dict[str, object] = {"/v1/models": owned, "/api/v0/models": listed}
        self.answer(
            answers.get(self.path, {"error": "not found"}), 200 if self.path in answers else 404
        )

    def do_POST(self) -> None:
        """``/v1/completions``, without probabilities."""
        body = self.body()
        if not body.get("stream"):
            with self.asked("/v1/completions", body) as answer:
                self.answer(json.loads(answer.read()))
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        with self.asked("/v1/completions", body) as answer:
            for event in events(answer):
                for choice in event.get("choices") or ():
                    choice.pop("logprobs", None)
                self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")


@contextmanager
def program(
    kind: type[Program], llama: int, vocabulary: dict[str, list[Any]], *, tells: bool = True
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """A stand-in over the llama-server at port ``llama``: its port, and what it was sent."""
    sent: list[dict[str, Any]] = []
    made = {"server_port": llama, "vocabulary": vocabulary, "tells": tells, "sent": sent}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (kind,), made))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], sent
    finally:
        server.shutdown()
        server.server_close()


def _told(probabilities: Any, body: dict[str, Any]) -> dict[str, Any]:
    if not probabilities:
        return {}
    told = []
    for each in probabilities:
        entry = {"token": each["token"], "logprob": each["logprob"]}
        if body["top_logprobs"]:
            top = [{"token": o["token"], "logprob": o["logprob"]} for o in each["top_logprobs"]]
            entry["top_logprobs"] = top
        told.append(entry)
    return {"logprobs": told}
