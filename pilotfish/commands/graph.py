"""``pilotfish graph``: who calls, what uses, what a change reaches."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from analysis.errors import AnalysisError
from analysis.graph import Graph, has_graph
from analysis.snapshot import Workspace
from analysis.text.files import real_path
from engine.features.graph_rows import QUESTIONS, Row, rows
from pilotfish.console import err, out, print_document
from pilotfish.options import add_common, machine_for, workspace_for

EXAMPLES = """\
  pilotfish graph build .                        read a folder; later only what changed
  pilotfish graph callers Basket.total           who calls it, and where
  pilotfish graph impact store.save --json       what a change may reach, for a program
  pilotfish graph path app.main store.save       how one comes to call the other
  pilotfish graph query 'MATCH (c:CLASS)-[:HAS_METHOD]->(m) RETURN c.name, count(m)'"""

_NO_WIDTH = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_common(parser)
    parser.add_argument(
        "action",
        metavar="ACTION",
        choices=("build", *QUESTIONS),
        help="build DIR | query CYPHER | path A B | stats | "
        "callers, callees, subclasses, uses or impact NAME",
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="NAME",
        help="a qualified name, as shop.basket.Basket.total, or an end of one, as Basket.total",
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document: {rows: [...]}"
    )


def run(options: argparse.Namespace) -> int:
    """Answer, and return the exit code."""
    question, words = options.action, tuple(options.words)
    if question == "build":
        if len(words) != 1:
            raise AnalysisError(
                "graph build takes DIR",
                where=" ".join(["graph", question, *words]),
                help="pilotfish graph build DIR",
            )
        question, words = "stats", ()
    with ExitStack() as stack:
        graph = stack.enter_context(_opened(_workspace(options), stack))
        _refresh(graph)
        found = rows(graph, question, words)
    _show(found, options.json)
    return 0


def _opened(workspace: Workspace, stack: ExitStack) -> Graph:
    """The graph of ``workspace``; where it cannot be kept, one for this command alone."""
    try:
        return Graph(workspace)
    except (AnalysisError, OSError) as error:
        why = error.what if isinstance(error, AnalysisError) else error.strerror
        err().print(f"the graph is not kept: {why}", markup=False)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pilotfish-graph-"))
        return Graph(workspace, Path(folder))


def _workspace(options: argparse.Namespace) -> Workspace:
    if options.action == "build":
        folder = real_path(options.words[0])
        if not folder.is_dir():
            raise AnalysisError("no such folder", where=options.words[0])
        options.workspace = str(folder)
        return workspace_for(options, folder, machine_for(options))
    here = Path.cwd()
    if not options.workspace:
        built = next((f for f in (here, *here.parents) if has_graph(f)), None)
        options.workspace = str(built) if built is not None else None
    return workspace_for(options, here, machine_for(options))


def _refresh(graph: Graph) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = err()
    # Even an empty display leaves a line where it cannot be taken back.
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        tasks = {}

        def step(stage: str, done: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=of)
            bar.update(tasks[stage], completed=done, total=of)

        graph.refresh(progress=step)


def _show(found: list[Row], as_json: bool) -> None:
    if as_json:
        print_document({"rows": found})
        return
    if not found:
        err().print("nothing found")
        return
    console = out()
    if not console.is_terminal:
        # A pipe has no width: nothing is folded there, inside names least of all.
        console.width = _NO_WIDTH
    table = Table(box=None, pad_edge=False)
    hidden = {"end_line", "end_character", "character", "line"}
    columns = [column for column in found[0] if column not in hidden]
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in found:
        table.add_row(*(_cell(row, column) for column in columns))
    console.print(table)


def _cell(row: Row, column: str) -> str:
    if column == "path" and row["path"] and "line" in row:
        place = Path(str(row["path"]))
        if place.is_relative_to(Path.cwd()):
            place = place.relative_to(Path.cwd())
        return f"{place}:{int(str(row['line'])) + 1}"
    return str(row[column])
