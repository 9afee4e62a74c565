"""``pilotfish mcp``: facts and repairs for assistants, over the Model Context Protocol."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.errors import AnalysisError
from engine.client import EngineProcess
from engine.features.warm import WarmRequest
from pilotfish.options import add_common, workspace_for

EXAMPLES = """\
  pilotfish mcp                        what an assistant starts; see docs/mcp.md
  pilotfish mcp --workspace ~/shop     the project in another folder
  pilotfish mcp --http 8123            any number of clients on 127.0.0.1, with a token
Exit code 0 when the client ends it, 2 when it cannot start. It needs the extra mcp."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--http",
        metavar="PORT",
        type=int,
        choices=range(65536),
        help="serve on 127.0.0.1 (0: any free port) instead of standard input and output; "
        "clients send the token of $PILOTFISH_MCP_TOKEN, or the one that is printed",
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until the client ends it."""
    workspace = workspace_for(options, Path.cwd() / "_")
    # The engine and its first worker start while the SDK is imported.
    engine = EngineProcess({"model": options.model} if options.model else None)
    try:
        engine.submit(WarmRequest(workspace, model=False))
        try:
            from pilotfish.mcp.serving import serve_http, serve_stdio
        except ImportError as error:
            raise AnalysisError(
                f"the protocol's SDK is not installed: {error.name}",
                where="pilotfish mcp",
                help="pip install '.[mcp]' in Pilotfish's folder",
            ) from None
        from pilotfish.mcp.tools import WorkspaceTools

        answering = WorkspaceTools(engine, workspace)
        return (
            serve_stdio(answering) if options.http is None else serve_http(answering, options.http)
        )
    finally:
        engine.close()
