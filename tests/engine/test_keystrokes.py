"""A key costs what was typed, not the prompt: a session through a real engine and a real model."""

from __future__ import annotations

import inspect
import itertools
import statistics
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from analysis.snapshot import Snapshot, Workspace
from analysis.text.document import LineIndex
from benchmarks.typing_session import Keystroke, session
from decoding.prompts.templates import Budget
from engine.client import EngineClient, EngineProcess
from engine.features.complete import CompleteRequest
from engine.features.configure import ConfigureRequest
from engine.features.warm import WarmRequest
from tests.engine.conftest import PATIENCE

pytestmark = pytest.mark.model

#: Prompt tokens that a key may cost in the median.
LIMIT = 48


@dataclass(frozen=True, slots=True)
class Cost:
    """What one key cost: tokens of the prompt, and those of them that were evaluated."""

    kind: str
    prompt: int
    evaluated: int


def replay(engine: EngineClient, path: str, keys: Iterable[Keystroke]) -> list[Cost]:
    """Ask ``engine`` for a completion of one token behind every key."""
    workspace = Workspace(str(Path(path).parent))
    found = []
    for key in keys:
        line = key.text.count("\n", 0, key.offset)
        character = key.offset - LineIndex(key.text).start(line)
        snapshot = Snapshot(path, key.text, workspace)
        request = CompleteRequest(snapshot, line, character, max_tokens=1)
        done = engine.submit(request).future.result(PATIENCE).completion
        found.append(Cost(key.kind, done.prompt_tokens, done.prompt_tokens - done.reused_tokens))
    return found


#: What this machine reads in so many seconds is what a fast one reads in the default.
@pytest.mark.parametrize(("seconds", "least"), [(0.0, 4 * LIMIT), (60.0, Budget.LEAST + LIMIT)])
def test_most_keys_cost_less_than_48_prompt_tokens(
    engine: EngineProcess, tmp_path: Path, seconds: float, least: int
) -> None:
    engine.submit(ConfigureRequest({"promptSeconds": seconds})).future.result(PATIENCE)
    engine.submit(WarmRequest(Workspace(str(tmp_path)))).future.result(PATIENCE)
    text = inspect.getsource(textwrap)
    # How fast this machine reads shows in another file.
    replay(engine, str(tmp_path / "other.py"), [Keystroke(text, len(text) // 2, "moved")])
    keys = itertools.islice(session(text, 5), 60)
    costs = replay(engine, str(tmp_path / "wrapping.py"), keys)
    # The prompt is large, so that there is something to reuse.
    assert statistics.median(cost.prompt for cost in costs) > least
    assert statistics.median(cost.evaluated for cost in costs) <= LIMIT
    # A typed key alone: a few tokens, but for the keys at which a new anchor is set.
    typed = sorted(cost.evaluated for cost in costs if cost.kind == "typed")
    assert typed[len(typed) * 3 // 4] <= 8
