"""The loop with the real 0.5B model: what it invents on real code, and what guidance makes of it.

Evidence here is what the interpreter itself says of the receivers: ``dir`` of the real class.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import json
import pathlib
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import pytest

from analysis.deadline import Cancellation
from analysis.names import Name, NameSet, Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole
from decoding.loop.decode_state import Greedy, sampler
from decoding.loop.loop import write
from decoding.models import store
from decoding.runtimes.llama_cpp import LlamaCpp, Tuning
from decoding.vocabulary import tokens as vocabulary
from decoding.vocabulary.tokens import Vocabulary
from decoding.writer import Written
from tests.decoding.toy import OneLine

pytestmark = pytest.mark.model

CODE = """\
import argparse
from collections import deque
from pathlib import Path

parser = argparse.ArgumentParser()
queue = deque([1, 2, 3])


def read(path: Path) -> str:
    return path.read_text()


"""
RECEIVERS = {
    "parser": argparse.ArgumentParser,
    "now": datetime.datetime,
    "queue": collections.deque,
    "path": pathlib.Path,
    "json": json,
}


class Interpreter:
    """Evidence by ``dir``."""

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        future: Future[NameSet] = Future()
        thing = RECEIVERS.get(hole.receiver_text)
        if thing is None:
            future.set_result(NameSet.abstain(hole.kind.value, "unknown"))
        else:
            names = tuple(Name(name) for name in dir(thing))
            future.set_result(NameSet(hole.kind.value, Tier.CLOSED, "dir", names))
        return future


@dataclass(frozen=True)
class Model:
    runtime: LlamaCpp
    words: Vocabulary

    def fill(self, code: str, evidence: Interpreter | None, seed: int | None = None) -> Written:
        before, after = code.split("$0")
        control, content = self.runtime.control_tokens(), self.runtime.tokenize
        prompt = [
            control["<|fim_prefix|>"],
            *content(before),
            control["<|fim_suffix|>"],
            *content(after),
            control["<|fim_middle|>"],
        ]
        return write(
            self.runtime,
            prompt,
            vocabulary=self.words,
            snapshot=Snapshot("/a.py", before + after, Workspace("/")),
            offset=len(before),
            evidence=evidence,
            sampler=Greedy() if seed is None else sampler(0.9, seed),
            stop=OneLine(),
            max_tokens=24,
            cancellation=Cancellation(),
        )


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    runtime = LlamaCpp(store.resolve("complete").path, tuning=Tuning(context=1024))
    yield Model(runtime, vocabulary.load(runtime.token_bytes()))
    runtime.close()


#: Code in which the model invents a member of the class, and the class.
INVENTED = [
    (
        "from datetime import datetime\n\nnow = datetime.now()\nmillis = now.$0\n"
        "# milliseconds since epoch\nprint(millis)\n",
        datetime.datetime,
    ),
    (
        "import argparse\n\nparser = argparse.ArgumentParser()\nparser.add_$0\n"
        "args = parser.parse_args()\n",
        argparse.ArgumentParser,
    ),
]


@pytest.mark.parametrize(("code", "owner"), INVENTED)
def test_an_invented_member_is_pruned_on_real_code(model: Model, code: str, owner: type) -> None:
    free, guided = model.fill(code, None), model.fill(code, Interpreter())
    event = guided.events[0]
    typed = code.split("$0", maxsplit=1)[0].rpartition(".")[2]
    assert not hasattr(owner, event.rejected)
    assert (typed + free.text).startswith(event.rejected)
    assert hasattr(owner, event.chosen)
    assert (typed + guided.text).startswith(event.chosen)


@pytest.mark.parametrize(
    "code", ["queue.$0\n", "print(queue.$0)\n", "x = $0\n", "def f(path: Path):\n    path.$0\n"]
)
def test_every_member_it_writes_of_a_known_receiver_exists(model: Model, code: str) -> None:
    for seed in range(4):
        out = model.fill(CODE + code, Interpreter(), seed)
        for event in out.events:
            if event.tier == "closed" and not event.disputed:
                assert any(hasattr(thing, event.chosen) for thing in RECEIVERS.values()), out


def test_where_nothing_is_wrong_guidance_changes_nothing(model: Model) -> None:
    code = "def size(path: Path) -> int:\n    # in bytes\n    return $0\n"
    free, guided = model.fill(CODE + code, None), model.fill(CODE + code, Interpreter())
    assert not any(event.rejected for event in guided.events)
    assert guided.text == free.text
    assert guided.tokens == free.tokens


def test_the_prompt_is_not_evaluated_again(model: Model) -> None:
    first = model.fill(INVENTED[0][0], Interpreter())
    again = model.fill(INVENTED[0][0], Interpreter())
    assert again.reused_tokens == again.prompt_tokens - 1
    assert again.text == first.text
