"""A runtime whose model is a table, and evidence that a test answers by hand.

The table gives next-token probabilities by what the text ends with; the longest ending wins. All
single bytes are tokens, as in every real vocabulary with byte fallback.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np

from analysis.deadline import Cancellation
from analysis.names import Name, NameSet, Tier
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole
from decoding.errors import CancelledError
from decoding.loop.decode_state import Greedy
from decoding.loop.loop import write
from decoding.monitors.monitor import Monitor
from decoding.runtimes.runtime import Growth
from decoding.vocabulary import tokens as vocabulary
from decoding.writer import Event, Written

if TYPE_CHECKING:
    import numpy.typing as npt

    Logits = npt.NDArray[np.float32]

Table = Mapping[str, Mapping[str, float]]
END = ""


class Toy:
    """Implements :class:`~decoding.runtimes.runtime.Runtime`. ``computed`` counts the tokens it was
    made to evaluate, ``passes`` the calls."""

    name, family, context_size = "toy", "toy", 4096

    def __init__(self, table: Table) -> None:
        merged = sorted({piece for row in table.values() for piece in row if piece != END})
        self._tokens = [bytes([b]) for b in range(256)]
        self._tokens += [p.encode() for p in merged if len(p.encode()) > 1]
        self._end = len(self._tokens)
        self._tokens.append(b"")
        self.vocabulary_size = len(self._tokens)
        self._ids = {spelled: i for i, spelled in enumerate(self._tokens)} | {b"": self._end}
        self._table = sorted(table.items(), key=lambda item: -len(item[0]))
        self._held: list[int] = []
        self._logits: list[Logits] = []
        self.computed = self.passes = 0

    def token_bytes(self) -> Sequence[bytes]:
        return self._tokens

    def control_tokens(self) -> dict[str, int]:
        return {}

    def end_tokens(self) -> frozenset[int]:
        return frozenset({self._end})

    def tokenize(self, text: str) -> list[int]:
        """Greedy longest match: canonical enough for a table."""
        data, tokens = text.encode(), []
        while data:
            size = next(n for n in range(len(data), 0, -1) if data[:n] in self._ids)
            tokens.append(self._ids[data[:size]])
            data = data[size:]
        return tokens

    def evaluated(self) -> Sequence[int]:
        return self._held

    def truncate(self, length: int) -> None:
        del self._held[length:]
        self._logits = []

    def evaluate(self, tokens: Sequence[int], cancellation: Cancellation) -> None:
        if tokens:
            self.evaluate_all(tokens, cancellation)

    def evaluate_all(self, tokens: Sequence[int], cancellation: Cancellation) -> Logits:
        if cancellation.cancelled:
            raise CancelledError
        self.passes += 1
        self.computed += len(tokens)
        self._logits = []
        for token in tokens:
            self._held.append(token)
            self._logits.append(self._row(self._held))
        return np.stack(self._logits)

    def logits(self) -> Logits:
        assert self._logits, "logits are asked for behind a truncate"
        return self._logits[-1]

    def close(self) -> None:
        pass

    def start_tokens(self) -> tuple[int, ...]:
        return ()

    def last_token(self) -> int:
        return self._end

    def fill_tokens(self) -> dict[str, int]:
        """A prompt ends with ``\\x03``."""
        return {"prefix": 1, "suffix": 2, "middle": 3}

    def _row(self, held: Sequence[int]) -> Logits:
        text = b"".join(self._tokens[token] for token in held).decode("utf-8", "replace")
        row = np.full(self.vocabulary_size, -30.0, np.float32)
        for ending, following in self._table:
            if text.endswith(ending):
                for piece, probability in following.items():
                    row[self._ids[piece.encode()]] = math.log(probability)
                return row
        row[self._end] = 0.0
        return row


class Branches(Toy):
    """Implements :class:`~decoding.runtimes.runtime.Branching`. ``rounds`` are the branches of
    each pass and how many tokens each wanted; ``before`` a pass of this number something else
    happens once."""

    most_branches = 4

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self.branches: list[list[int]] = []
        self.rounds: list[list[tuple[int, int]]] = []
        self.before: dict[int, Callable[[Cancellation], None]] = {}

    def branch(self, count: int) -> None:
        assert 0 < count <= self.most_branches
        self.branches = [list(self._held) for _ in range(count)]

    def grow(self, growths: Sequence[Growth], cancellation: Cancellation) -> list[Logits]:
        if before := self.before.pop(len(self.rounds), None):
            before(cancellation)
        if cancellation.cancelled:
            raise CancelledError
        self.rounds.append([(growth.branch, len(growth.tokens)) for growth in growths])
        return [self._grown(growth) for growth in growths]

    def unbranch(self) -> None:
        self.branches = []

    def _grown(self, growth: Growth) -> Logits:
        held = self.branches[growth.branch]
        assert growth.kept <= len(held)
        del held[growth.kept :]
        rows = []
        for token in growth.tokens:
            held.append(token)
            rows.append(self._row(held))
        return np.stack(rows if growth.every else rows[-1:])


class Facts:
    """Evidence by receiver text; names that it does not know are abstained from.

    What is listed in ``late`` is answered when the test says so, by :meth:`answer`.
    """

    def __init__(self, known: Mapping[str, NameSet], late: Sequence[str] = ()) -> None:
        self._known, self._late = known, late
        self.asked: list[tuple[str, Hole]] = []
        self.futures: list[Future[NameSet]] = []

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        self.asked.append((snapshot.text, hole))
        future: Future[NameSet] = Future()
        self.futures.append(future)
        if hole.receiver_text not in self._late:
            future.set_result(self.answer_to(hole))
        return future

    def answer_to(self, hole: Hole) -> NameSet:
        unknown = NameSet.abstain(hole.kind.value, "unknown")
        return self._known.get(hole.receiver_text, unknown)


def closed(*names: str, tier: Tier = Tier.CLOSED) -> NameSet:
    return NameSet("attribute", tier, "a class", tuple(Name(name) for name in names))


#: What a receiver of most tests has.
LIST = closed("append", "extend", "pop", "popitem")


def only(events: tuple[Event, ...]) -> Event:
    assert len(events) == 1, events
    return events[0]


class OneLine:
    """Stops behind the first line."""

    def cut(self, text: str) -> int | None:
        at = text.find("\n")
        return at if at >= 0 else None


def written(
    text: str,
    table: Table,
    evidence: Facts | None,
    *,
    max_tokens: int = 40,
    query_deadline: float = 30.0,
    cancellation: Cancellation | None = None,
    runtime: Toy | None = None,
    monitors: Sequence[Monitor] | None = None,
) -> Written:
    """What the table's model writes at ``$0`` of ``text``."""
    before, after = text.split("$0")
    toy = runtime or Toy(table)
    return write(
        toy,
        toy.tokenize(before),
        vocabulary=vocabulary.load(toy.token_bytes()),
        snapshot=Snapshot("/a.py", before + after, Workspace("/")),
        offset=len(before),
        evidence=evidence,
        sampler=Greedy(),
        stop=OneLine(),
        max_tokens=max_tokens,
        cancellation=cancellation or Cancellation(),
        query_deadline=query_deadline,
        monitors=monitors,
    )
