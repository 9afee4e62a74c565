"""Follow a piece of code with the probe under some interpreter, as the sandbox would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from analysis.views.plan import block_plan
from repair.trace.record import TestTrace, traces

_PROBE = Path(__file__).resolve().parents[3] / "repair" / "sandbox" / "probe"
_DRIVER = """
import importlib.util, json, sys
probe, target, plan, limits, calls = sys.argv[1:6]
spec = importlib.util.spec_from_file_location(
    "the_probe", probe + "/__init__.py", submodule_search_locations=[probe]
)
sys.modules["the_probe"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["the_probe"])
from the_probe import blocks

def write(event):
    sys.__stdout__.write(json.dumps(event) + "\\n")
    sys.__stdout__.flush()

trace = blocks.BlockTrace(target, json.load(open(plan)), json.loads(limits), write)
trace.start()
spec = importlib.util.spec_from_file_location("target", target)
module = importlib.util.module_from_spec(spec)
sys.modules["target"] = module
spec.loader.exec_module(module)
trace.begin("the test", True)
try:
    exec(calls, vars(module))
except BaseException as error:
    sys.stderr.write(type(error).__name__)
trace.end("the test")
"""


def interpreters() -> list[str]:
    """This Python, and those that pyenv keeps from 3.8 on."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = {}
    for path in sorted((root / "versions").glob("3.*/bin/python")):
        minor = path.parents[1].name.split(".")[1]
        if minor.isdigit() and int(minor) >= 8:
            found[minor] = str(path)
    found[str(sys.version_info.minor)] = sys.executable
    return [found[minor] for minor in sorted(found, key=int)]


def follow(
    python: str, folder: Path, source: str, calls: str, *, fails: str = "", **limits: float
) -> TestTrace:
    """The trace of ``calls`` into a module that is ``source``; they must end in ``fails``."""
    (folder / "target.py").write_text(source, encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps(block_plan(source).to_json()))
    words = [python, "-c", _DRIVER, str(_PROBE), str(folder / "target.py")]
    done = subprocess.run(
        [*words, str(folder / "plan.json"), json.dumps(limits), calls],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == fails, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    (trace,) = traces(events)
    return trace
