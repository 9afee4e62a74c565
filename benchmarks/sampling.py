"""Long benchmarks in pieces: a sample with a fixed seed, a budget of time, results that are kept.

``--resume FILE`` appends each result to a JSON Lines file and leaves out what stands there, so that
a whole corpus accumulates over several runs; ``--budget`` ends a run early, and ``--sample`` takes
so many of the corpus, in an order that ``--seed`` fixes.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

Item = TypeVar("Item")


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="only so many, by seed")
    parser.add_argument("--seed", type=int, default=1, help="of the sample and its order")
    parser.add_argument("--budget", type=float, default=0.0, metavar="S", help="begin none later")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="JSON Lines of results so far")


class Sample:
    """What of a corpus to run now. ``known`` are the results that were there already."""

    def __init__(self, chosen: argparse.Namespace) -> None:
        self._chosen = chosen
        self._began = time.monotonic()
        self.known: list[dict[str, Any]] = []
        if chosen.resume is not None and chosen.resume.is_file():
            lines = chosen.resume.read_text(encoding="utf-8").splitlines()
            self.known = [json.loads(line) for line in lines]

    def of(self, items: Iterable[Item], name: Callable[[Item], str]) -> Iterator[Item]:
        """Those of ``items`` whose ``name`` is not among the known, until time is up."""
        chosen = self._chosen
        if chosen.sample:
            items = list(items)
            random.Random(chosen.seed).shuffle(items)
            items = items[: chosen.sample]
        done = {result.get("name") or result.get("bug") for result in self.known}
        for item in items:
            if chosen.budget and time.monotonic() - self._began > chosen.budget:
                return
            if name(item) not in done:
                yield item

    def keep(self, result: Mapping[str, Any]) -> None:
        """Append a result to the file, if there is one."""
        if self._chosen.resume is not None:
            self._chosen.resume.parent.mkdir(parents=True, exist_ok=True)
            with self._chosen.resume.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(result) + "\n")
