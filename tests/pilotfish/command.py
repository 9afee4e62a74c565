"""The installed command, run in a folder as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PILOTFISH = str(Path(sys.executable).parent / "pilotfish")


def answered(
    root: Path, *words: str, inside: tuple[str, ...] = ()
) -> tuple[int, dict[str, Any], str]:
    """The exit code, the JSON document and what was said beside it, without a traceback; run by
    the command ``inside``."""
    done = subprocess.run(
        [*inside, PILOTFISH, *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert "Traceback" not in done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, document, done.stderr
