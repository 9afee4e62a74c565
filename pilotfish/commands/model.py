"""``pilotfish model list|pull|verify``: the models on this machine, Ollama's among them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from decoding.errors import ModelFileError
from decoding.models import ollama, store
from decoding.models.ollama import StoredModel
from decoding.models.pull import pull
from decoding.models.store import MODELS, FileState, Model, Report, find
from pilotfish.console import err, explain, out, print_document

EXAMPLES = """\
  pilotfish model list            what there is, what each is for, what is here
  pilotfish model pull            the model for completion (role: complete)
  pilotfish model pull repair     the larger model for repair
  pilotfish model verify --json   hash every model that is here"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("action", choices=("list", "pull", "verify"), help="the action")
    parser.add_argument("models", metavar="NAME|ROLE", nargs="*", help="models, by name or role")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document to standard output"
    )


def run(options: argparse.Namespace) -> int:
    """List, pull or verify; 1 when a model that was to be verified is not right."""
    chosen = [find(word) for word in options.models]
    match options.action:
        case "list":
            return _list(chosen or list(MODELS), [] if chosen else ollama.stored(), options.json)
        case "pull":
            return _pull(chosen or [find("complete")], options.json)
        case _:
            return _verify(chosen, options.json)


def _list(models: list[Model], others: list[StoredModel], as_json: bool) -> int:
    if as_json:
        print_document([*map(_row, models), *map(_row_of_ollama, others)])
        return 0
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("model", "for", "size", "licence", "here"):
        table.add_column(column, justify="right" if column == "size" else "left")
    for model in models:
        table.add_row(
            model.name,
            ", ".join(model.roles),
            f"{model.size / 1e6:.0f} MB",
            model.licence,
            store.state(model).value,
        )
    for other in others:
        size = f"{other.size / 1e6:.0f} MB" if other.size else ""
        here = "not usable" if other.reason else other.state.value
        table.add_row(other.name, other.architecture, size, "", here)
    out().print(table)
    for other in others:
        if other.reason:
            out().print(f"{other.name}: {other.reason}", markup=False)
    return 0


def _pull(models: list[Model], as_json: bool) -> int:
    rows = []
    for model in models:
        with _bar(model) as report:
            pulled = pull(model, report)
        rows.append({**_row(model), "source": pulled.source})
        if not as_json:
            how = f"pulled from {pulled.source}" if pulled.source else "here already"
            out().print(f"{model.name}: {how}, {pulled.path}", markup=False)
    if as_json:
        print_document(rows)
    return 0


def _verify(chosen: list[Model], as_json: bool) -> int:
    """Hash the chosen models, or every one that is here."""
    models = chosen or [m for m in MODELS if store.state(m) is not FileState.ABSENT]
    if not models:
        raise ModelFileError(
            "no model is on this machine",
            where=str(store.folder()),
            help="pilotfish model pull",
        )
    rows, wrong = [], 0
    for model in models:
        with _bar(model) as report:
            right = store.verify(model, report)
        wrong += not right
        rows.append({**_row(model), "verified": right})
        if right and not as_json:
            out().print(f"{model.name}: right", markup=False)
        elif not right:
            explain(
                f"the file is not {model.name}: its hash is wrong",
                where=str(store.path_of(model)),
                help=f"pilotfish model pull {model.name}",
            )
    if as_json:
        print_document(rows)
    return 1 if wrong else 0


def _row(model: Model) -> dict[str, object]:
    return {
        "name": model.name,
        "roles": model.roles,
        "size": model.size,
        "sha256": model.sha256,
        "licence": model.licence,
        "family": model.family,
        "path": str(store.path_of(model)),
        "state": store.state(model).value,
    }


def _row_of_ollama(model: StoredModel) -> dict[str, object]:
    return {
        "name": model.name,
        "roles": (),
        "size": model.size,
        "sha256": model.digest,
        "licence": "",
        "family": model.architecture,
        "path": str(model.path or ""),
        "state": model.state.value,
        "reason": model.reason,
    }


@contextmanager
def _bar(model: Model) -> Iterator[Report]:
    """A progress bar on standard error: bytes, rate and time left. On no terminal it says what
    it does in plain lines."""
    console = err()
    if not console.is_terminal:
        said: list[str] = []

        def say(stage: str, done: int, total: int) -> None:
            if stage not in said:
                said.append(stage)
                console.print(f"{model.name}: {stage}", markup=False)

        yield say
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                for finished in tasks.values():
                    progress.update(finished, visible=False)
                tasks[stage] = progress.add_task(f"{model.name}: {stage}", total=total or None)
            progress.update(tasks[stage], completed=done, total=total or None)

        yield report
