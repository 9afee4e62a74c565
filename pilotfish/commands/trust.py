"""``pilotfish trust DIR``: allow the interpreter that belongs to a workspace to be started."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.text.files import real_path
from engine.trust import distrust, trust, trusted_folders, trusting_folder
from pilotfish.console import explain, out

EXAMPLES = """\
  pilotfish trust .            trust this project and everything below it
  pilotfish trust --list       what is trusted
  pilotfish trust --remove .   take it back"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("dir", metavar="DIR", nargs="?", type=Path, help="the workspace")
    parser.add_argument("--list", action="store_true", help="print the trusted folders")
    parser.add_argument("--remove", action="store_true", help="stop trusting DIR")


def run(options: argparse.Namespace) -> int:
    """Trust, list or remove."""
    if options.list:
        for folder in trusted_folders():
            out().print(str(folder), markup=False)
        return 0
    if options.dir is None or not options.dir.is_dir():
        raise AnalysisError(
            "no such folder" if options.dir else "no folder given",
            where=str(options.dir or "pilotfish trust"),
            help="name an existing folder, as in: pilotfish trust .",
        )
    if options.remove:
        removed = distrust(options.dir)
        out().print("no longer trusted" if removed else "it was not trusted", markup=False)
        above = trusting_folder(options.dir)
        if above is not None:
            explain(
                f"it lies in {above}, which is trusted",
                where=str(options.dir),
                help=f"pilotfish trust --remove {above}",
            )
        return 0 if removed and above is None else 1
    trust(options.dir)
    out().print(f"trusted: {real_path(options.dir)}", markup=False)
    return 0
