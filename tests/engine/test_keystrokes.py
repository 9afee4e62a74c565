"""A key costs what was typed, not the prompt: a session through a real engine and a real model."""

from __future__ import annotations

import inspect
import itertools
import statistics
import textwrap
from pathlib import Path

import pytest

from benchmarks.keystrokes import LIMIT, replay
from benchmarks.typing_session import session
from engine.client import EngineProcess
from engine.messages import WarmRequest, Workspace
from tests.engine.conftest import PATIENCE

pytestmark = pytest.mark.model


def test_most_keys_cost_less_than_48_prompt_tokens(engine: EngineProcess, tmp_path: Path) -> None:
    engine.submit(WarmRequest(Workspace(str(tmp_path)))).future.result(PATIENCE)
    keys = itertools.islice(session(inspect.getsource(textwrap), 5), 60)
    costs = replay(engine, str(tmp_path / "wrapping.py"), keys, tokens=1)
    # The prompt is large, so that there is something to reuse.
    assert statistics.median(cost.prompt for cost in costs) > 4 * LIMIT
    assert statistics.median(cost.evaluated for cost in costs) <= LIMIT
    # A typed key alone: a few tokens, but for the keys at which a new anchor is set.
    typed = sorted(cost.evaluated for cost in costs if cost.kind == "typed")
    assert typed[len(typed) * 3 // 4] <= 8
