"""``pilotfish view``: the syntax, control flow, data flow and calls of a file, drawn or as data."""

from __future__ import annotations

import argparse
import sys

from analysis.lint.nearest import nearest
from analysis.text.files import read_file
from analysis.views.drawings import VIEWS, draw
from analysis.views.formats import FORMATS
from analysis.views.program import parse_program
from pilotfish.console import harmless
from pilotfish.options import split_place

EXAMPLES = """\
  pilotfish view cfg app.py:Basket.total                   where control goes, in the terminal
  pilotfish view dfg app.py:main --format svg > main.svg   which definition reaches which use
  pilotfish view calls app.py --format mermaid             who calls whom, for a Markdown page
  pilotfish view cfg+dfg app.py --format json              both, as one node-link document"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    names = ", ".join(VIEWS)
    parser.add_argument(
        "view",
        metavar="VIEW",
        type=view_names,
        help=f"what to show: {names}, or several on one another, as cfg+dfg",
    )
    parser.add_argument(
        "place",
        metavar="FILE[:FUNCTION]",
        help="a file, or a function or class of it by its qualified name, as app.py:Class.method",
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="text",
        help="text (default) for the terminal; json is node-link JSON; dot, mermaid, svg",
    )
    parser.add_argument(
        "--json", action="store_const", const="json", dest="format", help="same as --format json"
    )
    parser.add_argument(
        "--with",
        action="append",
        choices=VIEWS,
        default=[],
        dest="others",
        metavar="VIEW",
        help="lay another view over it; may be given several times",
    )


def run(options: argparse.Namespace) -> int:
    """Write the diagram to standard output."""
    path, function = split_place(options.place)
    program = parse_program(read_file(path).text, str(path.absolute()))
    diagram = draw(program, (*options.view, *options.others), function)
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    drawn = FORMATS[options.format](diagram)
    # Formats of files have escapes of their own.
    sys.stdout.write(drawn if options.format in ("json", "svg") else harmless(drawn))
    return 0


def view_names(text: str) -> tuple[str, ...]:
    """``cfg+dfg`` as names of views. Raises ``argparse.ArgumentTypeError`` with the nearest."""
    names = tuple(text.split("+"))
    for name in names:
        if name not in VIEWS:
            near = nearest(name, list(VIEWS))
            help = f"did you mean {near[0]}?" if near else f"there are {', '.join(VIEWS)}"
            raise argparse.ArgumentTypeError(f"unknown view {name!r}: {help}")
    return names
