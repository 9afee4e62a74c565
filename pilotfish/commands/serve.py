"""``pilotfish serve``: run the language server on standard input and output."""

from __future__ import annotations

import argparse

EXAMPLES = """\
  pilotfish serve                      what an editor starts; see docs/editors.md
  pilotfish serve --log-level debug    with every message on standard error (holds your source)"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--log-level",
        choices=("error", "warning", "info", "debug"),
        default="warning",
        help="what is logged to standard error (default: warning)",
    )
    parser.add_argument(
        "--stdio", action="store_true", help="accepted for clients that pass it; always the case"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until the client ends it."""
    from lsp_server.main import run as serve

    return serve(options.log_level)
