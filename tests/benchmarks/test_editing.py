"""Answers hold while files change: a few of the sessions that ``benchmarks.editing`` plays."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.editing import Outcome, together
from benchmarks.editing_truth import Question, parting
from benchmarks.editing_world import STEPS, draw_steps, generate


def test_a_session_is_drawn_from_its_seed() -> None:
    assert draw_steps(random.Random(3), 40) == draw_steps(random.Random(3), 40)
    assert draw_steps(random.Random(3), 40) != draw_steps(random.Random(4), 40)
    drawn = {kind for seed in range(40) for kind, _ in draw_steps(random.Random(seed), 40)}
    assert drawn == set(STEPS)


@pytest.mark.parametrize("seed", range(20))
def test_the_modules_of_a_workspace_are_python(seed: int) -> None:
    files = generate(random.Random(seed))
    assert sum(name.endswith(".py") for name in files) >= 8
    for name, text in files.items():
        if name.endswith((".py", ".pyi")):
            compile(text, name, "exec")


def test_an_answer_of_the_server_is_read_without_the_place_of_the_workspace() -> None:
    found = {"uri": "file:///w/a.py", "range": {"start": {"line": 1, "character": 2},
                                               "end": {"line": 1, "character": 3}}}  # fmt: skip
    read = Question("references", "a.py").read({"result": [found, found]}, Path("/w"))
    assert read == [["file://<root>/a.py", 1, 2, 1, 3]]


def test_a_divergence_shows_what_only_one_answer_has() -> None:
    assert parting(["a", "b", "c"], ["a", "c", "d"]) == (["b"], ["d"])
    assert parting(["a", "b"], ["b", "a"]) == (["a", "b"], ["b", "a"])
    assert parting("no hover", None) == ("no hover", None)


def test_outcomes_of_workers_are_added() -> None:
    one, two = Outcome(sessions=1, steps=2), Outcome(sessions=3, steps=4)
    one.lags["in the file"].append(1.0)
    two.lags["in the file"].append(2.0)
    both = together([one, two])
    assert (both.sessions, both.steps, both.lags["in the file"]) == (4, 6, [1.0, 2.0])


@pytest.mark.process
def test_what_is_said_during_editing_is_what_a_new_process_says() -> None:
    # In a process of its own: the truth is forked, which wants one thread.
    order = [sys.executable, "-m", "benchmarks.editing"]
    options = ["--sessions", "2", "--steps", "25", "--workers", "1", "--seed", "1", "--untimed"]
    done = subprocess.run([*order, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
