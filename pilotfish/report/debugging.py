"""The report of ``pilotfish debug`` for a terminal: source, suspicion, and blocks with values."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from pilotfish.console import explain, out


def show(document: dict[str, Any], text: str) -> None:
    """Print ``document`` (docs/debug.md) about the file whose text is ``text``."""
    if document["status"] == "error":
        explain(document["reason"])
        return
    console = out()
    lines = text.splitlines()
    suspicion = {entry["line"]: entry["suspicion"] for entry in document["lines"]}
    table = Table.grid(padding=(0, 1))
    for number, line in enumerate(lines):
        table.add_row(f"{number + 1}", f"{suspicion.get(number, 0):.2f}", Text(line))
    console.print(table)
    for run in document["runs"]:
        console.print(Text(f"{run['test']} {run['outcome']}", "bold"))
        for call in run["calls"]:
            code = document["codes"][call["code"]]
            console.print(f"  {code['name']}", markup=False)
            for visit in call["visits"]:
                console.print(f"    block {visit['block']} {visit['entry']}", markup=False)
