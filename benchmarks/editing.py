"""Whether answers stay true while files, settings and packages change: random editing sessions.

``python -m benchmarks.editing --sessions N [--seed S] [--steps K] [--workers W]``. Each worker
drives one long-lived server over the protocol through many sessions (``editing_world`` says what
happens in one). Now and then, and at the end of each session, the answers are compared with those
of a new process over the same texts (``editing_truth``); an answer that is not equal within
``PATIENCE_S`` is a divergence. After every few edits one answer is timed from the last key.

Prints the divergences by kind, each with its seed, and the times; exit status 1 where there is a
divergence. ``--shrink SEED`` plays one session in a new server and drops steps while it diverges.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.editing_truth import Answer, Question, Truth, parting, places
from benchmarks.editing_world import World, draw_steps
from benchmarks.editor import Editor, ServerEndedError
from benchmarks.report import quantile, save, show

#: How long an answer may be another one than the truth: a client that does not tell of a changed
#: file leaves it to a look at the disk.
PATIENCE_S = 5.0
_PAUSE_S = 0.03
#: After how many steps answers are compared, how many, and how many at the end of a session.
_EVERY, _FEW, _MANY = 10, 6, 24
#: The share of edits after which an answer is timed.
_TIMED = 0.2
_EDITS = frozenset({"add member", "rename name", "delete lines", "break text", "use", "undo"})
#: How soon after an edit the first true answer is to come, in milliseconds (95th percentile).
LIMITS = {"in the file": 150.0, "across files": 500.0}


@dataclass(slots=True)
class Divergence:
    """An answer that did not become true. ``after`` are the steps of the session until then."""

    seed: int
    after: list[str]
    question: Question
    said: Answer
    truth: Answer


@dataclass(slots=True)
class Outcome:
    """What came of sessions. ``lags`` are milliseconds from an edit to the first true answer."""

    sessions: int = 0
    steps: int = 0
    answers: int = 0
    divergences: list[Divergence] = field(default_factory=list)
    lags: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in LIMITS})
    #: Answers that were not true at first, by kind, and became so within the patience.
    late: Counter[str] = field(default_factory=Counter)
    deaths: list[int] = field(default_factory=list)


class Player:
    """Plays sessions in one server."""

    def __init__(
        self,
        truth: Truth,
        folder: Path,
        outcome: Outcome,
        *,
        trusted: bool = False,
        disturb: Callable[[World, random.Random], None] | None = None,
        patience: float = PATIENCE_S,
    ) -> None:
        self._truth, self._folder, self.outcome = truth, folder, outcome
        self._trusted = trusted
        #: What is done to the server after a step.
        self._disturb, self._patience = disturb, patience
        self._editor: Editor | None = None
        self._servers = 0
        self._seed = 0
        self._done: list[str] = []

    def play(self, seed: int, steps: Sequence[tuple[str, int]]) -> None:
        """Play one session and compare. A server that ends is a divergence; another is started."""
        self._seed, self._done = seed, []
        try:
            self._play(World(self._running()), seed, steps)
        except (ServerEndedError, TimeoutError, BrokenPipeError) as error:
            question = Question(f"server {type(error).__name__}", "")
            self._note(question, str(error), "an answer")
            self.close()
        self.outcome.sessions += 1

    def _play(self, world: World, seed: int, steps: Sequence[tuple[str, int]]) -> None:
        chance = random.Random(seed)
        world.begin(chance)
        for number, (kind, step) in enumerate(steps):
            world.step(kind, step)
            self._done.append(kind)
            self.outcome.steps += 1
            here = random.Random(step + 1)
            if self._disturb is not None:
                self._disturb(world, here)
            elif kind in _EDITS and world.edited in world.editor.buffers and here.random() < _TIMED:
                self._time(world, here)
            if number % _EVERY == _EVERY - 1:
                world.flush()
                self._compare(world, self._draw(world, here, _FEW))
        world.flush()
        for path in world.files():
            if path not in world.editor.buffers:
                world.editor.open(path, path.read_text(encoding="utf-8"))
        self._done.append("open all")
        self._compare(world, self._draw(world, chance, _MANY))

    # ------------------------------------------------------------------ questions

    def _draw(self, world: World, chance: random.Random, count: int) -> list[Question]:
        """Questions about open documents; at the end of a session each is checked."""
        shown = [
            (str(path.relative_to(world.root)), buffer.text)
            for path, buffer in sorted(world.editor.buffers.items())
        ]
        if not shown:
            return []
        checked = shown if count == _MANY else chance.sample(shown, min(2, len(shown)))
        found = [Question("diagnostics", name) for name, _ in checked]
        for _ in range(count):
            name, text = chance.choice(shown)
            by_kind: dict[str, list[int]] = {}
            for kind, offset in places(text):
                by_kind.setdefault(kind, []).append(offset)
            kinds = sorted(by_kind) if count == _MANY else sorted(by_kind.keys() - {"references"})
            if kinds:
                kind = chance.choice([*kinds, *(["completion"] * ("completion" in kinds))])
                found.append(Question(kind, name, chance.choice(by_kind[kind])))
        if count == _MANY:
            found.append(Question("symbols", "", query=chance.choice(["a", "st", "e_"])))
        return list(dict.fromkeys(found))

    def _compare(self, world: World, questions: list[Question]) -> None:
        """Hold the answers to ``questions`` against a new process's."""
        asked = self._truth.begin(world.root, _texts(world), questions)
        # One after the other: a newer completion in a document takes the place of an older one.
        found = [self._read(world, q, q.ask(world.editor)) for q in questions]
        truths = self._true(world, questions, asked.result())
        self.outcome.answers += len(questions)
        for question, said, truth in zip(questions, found, truths, strict=True):
            if said == truth:
                continue
            # In another order of questions jedi may know more or less: this one alone, then.
            alone = self._truth.begin(world.root, _texts(world), [question]).result()
            truths = [truth, *self._true(world, [question], alone)]
            end, first = time.perf_counter() + self._patience, said
            while said not in truths and time.perf_counter() < end:
                time.sleep(_PAUSE_S)
                said = self._read(world, question, question.ask(world.editor))
            if said in truths:
                self.outcome.late[f"{question.kind}: {_at_first(first)}"] += 1
            else:
                self._note(question, said, truths[-1])

    def _time(self, world: World, chance: random.Random) -> None:
        """Time one answer, in the edited document or in another."""
        begin = time.perf_counter()
        edited = world.edited
        names = sorted(world.editor.buffers)
        path = edited if chance.random() < 0.5 or len(names) == 1 else chance.choice(names)
        assert path is not None
        text = world.editor.buffers[path].text
        found = [(k, at) for k, at in places(text) if k not in ("references", "expected")]
        question = Question("diagnostics", str(path.relative_to(world.root)))
        if found and chance.random() < 0.8:
            kind, at = chance.choice(found)
            question = Question(kind, question.path, at)
        sent = time.perf_counter()
        said = self._read(world, question, question.ask(world.editor))
        came = time.perf_counter()
        asked = self._truth.begin(world.root, _texts(world), [question])
        truth = self._true(world, [question], asked.result())[0]
        apart = time.perf_counter() - came + sent - begin
        end = time.perf_counter() + PATIENCE_S
        while said != truth and time.perf_counter() < end:
            said = self._read(world, question, question.ask(world.editor))
            came = time.perf_counter() - apart
        if said != truth and world.pending:
            return  # of what the server was not told yet
        if said != truth:
            self._note(question, said, truth)
            return
        where = "in the file" if path == edited else "across files"
        self.outcome.lags[where].append((came - begin) * 1000)

    def _read(self, world: World, question: Question, number: int) -> Answer:
        return question.read(world.editor.wait(number), world.root)

    def _true(
        self, world: World, questions: Sequence[Question], truths: list[Answer]
    ) -> list[Answer]:
        """Truths under the settings that the editor said."""
        return [
            [] if question.kind == "diagnostics" and not world.diagnostics else truth
            for question, truth in zip(questions, truths, strict=True)
        ]

    def _note(self, question: Question, said: Answer, truth: Answer) -> None:
        found = Divergence(self._seed, list(self._done), question, said, truth)
        self.outcome.divergences.append(found)

    # ------------------------------------------------------------------ the server

    def _running(self) -> Editor:
        if self._editor is None:
            self._servers += 1
            home = self._folder / f"home{self._servers}"
            root = self._folder / f"workspace{self._servers}"
            home.mkdir(parents=True)
            root.mkdir()
            self._editor = Editor(root, home, options={"trusted": self._trusted})
            _warm(self._editor)
        return self._editor

    def close(self) -> None:
        """End the server; the next session starts another."""
        editor, self._editor = self._editor, None
        if editor is not None:
            editor.end()


def _warm(editor: Editor) -> None:
    """Let the workers start: a first answer takes seconds, which is what ``latency`` measures."""
    path, text = editor.root / "warm.py", "import os\n\nos.getcwdz()\n"
    editor.open(path, text)
    question, end = Question("diagnostics", path.name), time.perf_counter() + PATIENCE_S * 12
    while not question.read(editor.wait(question.ask(editor)), editor.root):
        if time.perf_counter() > end:
            raise TimeoutError("the server does not find what is wrong in its first file")
        time.sleep(_PAUSE_S)
    editor.close(path)


def _at_first(said: Answer) -> str:
    """What an answer was that became true."""
    if isinstance(said, dict) and "error" in said:
        return str(said["error"].get("message"))
    return "nothing" if not said or "late" in str(said) else "another"


def _texts(world: World) -> dict[Path, str]:
    return {path: buffer.text for path, buffer in world.editor.buffers.items()}


@contextlib.contextmanager
def player(*, trusted: bool = False) -> Iterator[Player]:
    """A player in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="editing-")).resolve()
    truth = Truth(folder / "truth", trusted=trusted)
    playing = Player(truth, folder, Outcome(), trusted=trusted)
    try:
        yield playing
    finally:
        playing.close()
        shutil.rmtree(folder, ignore_errors=True)


def work(seeds: Sequence[int], steps: int, *, trusted: bool = False) -> Outcome:
    """Play the sessions of ``seeds`` in one server."""
    with player(trusted=trusted) as playing:
        known = playing.outcome
        for seed in seeds:
            before = len(known.divergences)
            playing.play(seed, draw_steps(random.Random(seed), steps))
            print(f"seed {seed}: {len(known.divergences)} divergences", file=sys.stderr)
            with contextlib.redirect_stdout(sys.stderr):  # now: a long run may be cut short
                for found in known.divergences[before:]:
                    _tell(found)
        return known


def shrink(seed: int, steps: int) -> list[str]:
    """The steps of session ``seed`` that are left when none can be dropped any more: each try in a
    new server. Empty where the session does not diverge by itself."""
    left = draw_steps(random.Random(seed), steps)

    def diverges(tried: list[tuple[str, int]]) -> Divergence | None:
        with player() as playing:
            playing.play(seed, tried)
            return next(iter(playing.outcome.divergences), None)

    found = diverges(left)
    if found is None:
        return []
    left = left[: len(found.after)]
    size = len(left) // 2
    while size:
        at = 0
        while at < len(left):
            tried = left[:at] + left[at + size :]
            again = diverges(tried)
            if again is not None and again.question.kind == found.question.kind:
                left, found = tried, again
            else:
                at += size
        size //= 2
    _tell(found)
    return [kind for kind, _ in left]


def _tell(found: Divergence) -> None:
    """One divergence, for a person."""
    print(f"\nseed {found.seed}, after {len(found.after)} steps: {found.question}")
    print("  steps: " + ", ".join(found.after[-8:]))
    said, truth = parting(found.said, found.truth)
    print(f"  said:  {json.dumps(said)[:600]}\n  truth: {json.dumps(truth)[:600]}")


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of many."""
    whole = Outcome()
    for one in outcomes:
        whole.sessions += one.sessions
        whole.steps += one.steps
        whole.answers += one.answers
        whole.divergences += one.divergences
        whole.late += one.late
        for name, lags in one.lags.items():
            whole.lags[name] += lags
    return whole


def main() -> int:
    """Play, print, save; 1 when an answer diverged or came too late."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--trusted", action="store_true", help="start the workspace's Python")
    parser.add_argument("--untimed", action="store_true", help="late answers are no failure")
    parser.add_argument("--shrink", type=int, metavar="SEED")
    options = parser.parse_args()
    if options.shrink is not None:
        left = shrink(options.shrink, options.steps)
        print("\n".join(left) or "the session does not diverge by itself")
        return int(bool(left))
    seeds = range(options.seed, options.seed + options.sessions)
    shares = [seeds[n :: options.workers] for n in range(options.workers)]
    begin = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=context) as executor:
        parts = [
            executor.submit(work, share, options.steps, trusted=options.trusted)
            for share in shares
            if share
        ]
        found = together([part.result() for part in parts])
    seconds = time.perf_counter() - begin
    for divergence in found.divergences[:30]:
        _tell(divergence)
    slow = _report(found, seconds, options.seed)
    return int(bool(found.divergences) or (slow and not options.untimed))


def _report(found: Outcome, seconds: float, seed: int) -> bool:
    """Print and save; whether true answers came later than they may."""
    kinds = Counter(divergence.question.kind for divergence in found.divergences)
    show(
        f"{found.sessions} sessions from seed {seed}, {found.steps} steps, {seconds:.0f} s",
        ["", "divergences", "late, then true"],
        [[kind, kinds[kind], found.late[kind]] for kind in sorted({*kinds, *found.late})]
        + [["of answers", len(found.divergences), found.answers]],
    )
    rows: list[list[Any]] = []
    slow = False
    for name, lags in found.lags.items():
        if lags:
            p95 = quantile(lags, 0.95)
            slow = slow or p95 > LIMITS[name]
            rows.append([name, len(lags), f"{quantile(lags, 0.5):.0f}", f"{p95:.0f}", LIMITS[name]])
    show("from an edit to the first true answer", ["", "edits", "p50 ms", "p95", "limit"], rows)
    save(
        "editing",
        {
            "sessions": found.sessions,
            "steps": found.steps,
            "answers": found.answers,
            "seconds": seconds,
            "seed": seed,
            "divergences": [asdict(one) for one in found.divergences],
            "late": dict(found.late),
            "lags_ms": found.lags,
        },
    )
    return slow


if __name__ == "__main__":
    sys.exit(main())
