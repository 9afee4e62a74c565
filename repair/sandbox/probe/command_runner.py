"""Running a shell command: its exit code is all there is to know."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from . import describe
from .reporter import Reporter


def run(plan: dict[str, Any], reporter: Reporter, hold: Any) -> int:
    """Run the plan's ``command`` with ``sh``; its exit code (128 + n for a signal n).

    The whole command is one test. ``hold`` is not used.
    """
    name = plan["command"]
    reporter.note(collected=[name])
    reporter.start(name)
    begun = time.perf_counter()
    code = subprocess.call(["/bin/sh", "-c", name], stdin=subprocess.DEVNULL)
    if code < 0:
        code = 128 - code
    detail = describe.describe_text("ExitStatus", str(code)) if code else None
    reporter.finish(name, "failed" if code else "passed", time.perf_counter() - begun, detail)
    return code
