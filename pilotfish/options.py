"""Options that several commands share, and the workspace they amount to."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.snapshot import Workspace
from analysis.text import find_root
from analysis.text.files import real_path
from engine.settings.read import machine_settings, refuse
from engine.settings.values import MachineSettings
from engine.trust import is_trusted


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options known everywhere."""
    group = parser.add_argument_group("common options")
    group.add_argument("--python", metavar="PATH", help="Python interpreter of your project")
    group.add_argument("--model", metavar="NAME|PATH.gguf", help="a model by name or file")
    group.add_argument(
        "--workspace",
        metavar="DIR",
        help="root of the project (default: nearest folder with pyproject.toml, setup.cfg or .git)",
    )
    group.add_argument(
        "--trust",
        action="store_true",
        help="allow starting the interpreter that belongs to the workspace",
    )


def add_sandbox(parser: argparse.ArgumentParser) -> None:
    """Add the options of commands that run tests."""
    parser.add_argument(
        "--no-sandbox",
        action="store_true",
        help="run tests without bubblewrap, on a copy; the patch is then never called verified",
    )
    parser.add_argument(
        "--sandbox-allow",
        metavar="net,PATH",
        action="append",
        default=[],
        help="let the tests use the network, or read a file or folder",
    )


def seconds(text: str) -> float:
    """The value of an option that bounds time."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 1 <= seconds <= 86400:
        raise argparse.ArgumentTypeError("expected seconds from 1 to 86400")
    return seconds


def machine_for(options: argparse.Namespace) -> MachineSettings:
    """The user's settings under the common options: what the command line says goes first.

    Raises :class:`~engine.errors.SettingsError` for the first thing wrong with them.
    """
    machine, problems = machine_settings()
    refuse(problems)
    if not options.model:
        return machine
    return replace(machine, model=options.model, repair_model=options.model, endpoint="")


def workspace_for(
    options: argparse.Namespace, path: Path, machine: MachineSettings | None = None
) -> Workspace:
    """The workspace of ``path`` under the common options and the user's settings (``machine``,
    or as :func:`machine_for` reads them).

    Raises :class:`~analysis.errors.AnalysisError` when ``--workspace`` or ``--python`` is not
    there.
    """
    machine = machine or machine_for(options)
    if options.workspace:
        root = real_path(options.workspace)
        if not root.is_dir():
            raise AnalysisError("no such folder", where=f"--workspace {options.workspace}")
    else:
        file = real_path(path)
        folder = file if file.is_dir() else file.parent
        root = find_root(folder, [Path.cwd()], above=True)
    python = machine.python or None
    if options.python:
        interpreter = Path(options.python).expanduser().absolute()
        if not interpreter.is_file():
            raise AnalysisError(
                "no such interpreter",
                where=f"--python {options.python}",
                help="give the path of a python executable, as .venv/bin/python",
            )
        python = str(interpreter)
    return Workspace(str(root), trusted=options.trust or is_trusted(root), python=python)


_LOCATION = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+)$")


def parse_location(text: str) -> tuple[Path, int, int]:
    """``FILE:LINE:COL`` (1-based, as editors show it) as a path and 0-based line and column.

    Raises :class:`~analysis.errors.AnalysisError` when it is not of that form.
    """
    match = _LOCATION.match(text)
    if match is None or int(match["line"]) < 1 or int(match["column"]) < 1:
        raise AnalysisError(
            "expected FILE:LINE:COL, counted from 1", where=text, help="as in app.py:12:5"
        )
    return Path(match["file"]), int(match["line"]) - 1, int(match["column"]) - 1


def split_place(text: str) -> tuple[Path, str]:
    """``FILE`` or ``FILE:FUNCTION`` as a path and a qualified name (``""`` for the file).

    A colon may be part of a file's name: what exists as it is written is a file. Raises
    :class:`~analysis.errors.AnalysisError` where nothing is written behind the colon.
    """
    if Path(text).exists() or ":" not in text:
        return Path(text), ""
    file, _, name = text.rpartition(":")
    if len(file) == 1 and name[:1] in "/\\":  # C:\app.py
        return Path(text), ""
    if not file or not name:
        raise AnalysisError(
            "expected FILE or FILE:FUNCTION", where=text, help="as in app.py:Basket.total"
        )
    return Path(file), name
