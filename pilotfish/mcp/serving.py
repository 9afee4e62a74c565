"""The tools over the official SDK: one server on standard input and output, or on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import socket
from importlib.metadata import version
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from analysis.errors import AnalysisError, ExplainedError
from engine.scheduler import bug
from pilotfish.console import err
from pilotfish.mcp.tools import TOOLS, WorkspaceTools, schema

#: Where a client finds its token, and where one may be set.
TOKEN_VARIABLE = "PILOTFISH_MCP_TOKEN"
HOST = "127.0.0.1"
_INSTRUCTIONS = (
    "Facts about this Python project and its installed packages. Before you write code that uses "
    "an API you are not sure of, ask api or members; check what you wrote with check_snippet "
    "before you save it."
)
#: Tools that run code in a sandbox; the others only read.
_RUNS = ("fix", "trace")


def tools() -> list[types.Tool]:
    """The tools as a client sees them."""
    return [
        types.Tool(
            name=name,
            description=tool.description,
            input_schema=schema(tool.arguments),
            annotations=types.ToolAnnotations(read_only_hint=name not in _RUNS),
        )
        for name, tool in TOOLS.items()
    ]


def server(answering: WorkspaceTools) -> Server[Any]:
    """The server that answers with ``answering``; for any number of sessions."""

    async def listed(context: Any, params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=tools())

    async def called(context: Any, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            told = await answering.answer(params.name, params.arguments or {})
        except ExplainedError as error:
            return _said(str(error), wrong=True)
        except Exception as error:  # noqa: BLE001 - invariant 10: this call fails alone
            failure = bug(error, f"mcp {params.name}")
            return _said(f"{failure.what} ({failure.help})", wrong=True)
        return _said(_json(told))

    return Server(
        "pilotfish",
        version=version("pilotfish"),
        instructions=_INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )


def _json(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _said(text: str, *, wrong: bool = False) -> types.CallToolResult:
    # A file's name or a patch may hold what UTF-8 cannot say.
    text = text.encode("utf-8", "backslashreplace").decode()
    return types.CallToolResult(content=[types.TextContent(text=text)], is_error=wrong)


def serve_stdio(answering: WorkspaceTools) -> int:
    """Serve one client until its end of the pipe is closed."""

    async def serve() -> None:
        serving = server(answering)
        async with stdio_server() as (reader, writer):
            await serving.run(reader, writer, serving.create_initialization_options())

    asyncio.run(serve())
    return 0


def serve_http(answering: WorkspaceTools, port: int) -> int:
    """Serve any number of clients on ``127.0.0.1`` until interrupted; ``port`` 0 takes a free one.

    Raises :class:`~analysis.errors.AnalysisError` where the port is taken.
    """
    import uvicorn

    token = os.environ.get(TOKEN_VARIABLE) or secrets.token_urlsafe(24)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as error:
            raise AnalysisError(
                f"cannot listen: {error.strerror}", where=f"--http {port}", help="name another port"
            ) from None
        url = f"http://{HOST}:{listening.getsockname()[1]}/mcp"
        err().print(f"{url}\nAuthorization: Bearer {token}", markup=False)
        app = _Guard(server(answering).streamable_http_app(host=HOST), token)
        serving = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        # Ctrl-C is how it ends: uvicorn closes the sessions first, then raises.
        with contextlib.suppress(KeyboardInterrupt):
            serving.run(sockets=[listening])
    return 0


class _Guard:
    """Lets only those in who know the token; the SDK itself refuses other hosts and origins."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not secrets.compare_digest(given, self._expected):
                refused = PlainTextResponse(
                    "the token is missing or wrong\n", 401, {"WWW-Authenticate": "Bearer"}
                )
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)
