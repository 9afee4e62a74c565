"""``pilotfish doctor``: check this installation, and say how to fix what is broken."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

from rich.markup import escape

from engine.settings.read import machine_settings, project_settings
from pilotfish.console import out, print_document
from pilotfish.health import CHECKS, Patient, Sign, State
from pilotfish.options import add_common, workspace_for

EXAMPLES = """\
  pilotfish doctor                      look at everything, for the project in this folder
  pilotfish doctor --workspace ../app   for another project
  pilotfish doctor --json               the same for programs
Exit code 0 when every part works, 1 when one does not; notes do not count."""

_MARKS = {State.OK: "[green]ok[/green]    ", State.NOTE: "[yellow]note[/yellow]  "}
_BROKEN = "[red]broken[/red]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document to standard output"
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Look at everything; 1 when something is broken."""
    machine, _ = machine_settings()
    if options.model:
        machine = replace(machine, model=options.model)
    patient = Patient(workspace_for(options, Path.cwd(), machine), machine)
    signs: list[Sign] = []
    for check in CHECKS:
        for sign in check(patient):
            signs.append(sign)
            if not options.json:
                _show(sign)
    broken = sum(sign.state is State.BROKEN for sign in signs)
    if options.json:
        print_document(_document(patient, signs))
    else:
        out().print(f"{broken} broken" if broken else "all checks passed", markup=False)
    return 1 if broken else 0


def _show(sign: Sign) -> None:
    mark = _MARKS.get(sign.state, _BROKEN)
    out().print(f"{mark}  [bold]{escape(sign.name)}[/bold]: {escape(sign.detail)}")
    if sign.help:
        out().print(f"        [cyan]fix[/cyan]: {escape(sign.help)}")


def _document(patient: Patient, signs: list[Sign]) -> dict[str, object]:
    project, _ = project_settings(Path(patient.workspace.root))
    return {
        "version": version("pilotfish"),
        "ok": not any(sign.state is State.BROKEN for sign in signs),
        "workspace": asdict(patient.workspace),
        "settings": {"machine": asdict(patient.machine), "project": asdict(project)},
        "checks": [asdict(sign) for sign in signs],
    }
