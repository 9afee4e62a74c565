"""Whether a server that has worked for long is as it was: no error, no growth, no slower answer.

``python -m benchmarks.soak [--minutes 30] [--seed S] [--lines 50000]``. One server has a workspace
of installed packages (copies, so that they count as the user's own code). A person who types twenty
times as fast as people do writes functions of them again (``typing_session``), saves, closes
without saving and goes to another file, and at every few keys asks for diagnostics, members, hovers
and, where there is a model, ghost text. A repair that cannot succeed runs all the time. At the
end the answers are held against those of a new process (``editing_truth``).

Prints a table; exit status 1 where a limit is broken. Processes of one kind are taken together, for
the server replaces analysis workers that have grown. What they hold in the first five minutes (in a
shorter run: the first third) is what they need to become warm. Processes that end within a minute,
such as the indexer of each repair, give all they hold back: of these their number is judged.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import random
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.editing_truth import Question, Truth, parting, places
from benchmarks.editor import Editor, ServerEndedError, position
from benchmarks.report import quantile, save, show
from benchmarks.typing_session import session as typing_session

#: Five keys a second, as ``latency`` has it, at twenty times that speed.
KEY_S = 0.2 / 20
#: Copied until there are so many lines; all of them are installed with the development tools.
PACKAGES = ("pygls", "lsprotocol", "rich", "jedi", "parso", "_pytest", "hypothesis", "mypy",
            "pip", "pygments", "httpx", "httpcore", "anyio", "click", "setuptools")  # fmt: skip
_EVERY_S = 2.0
_REST_S = 10.0
#: Keys between two questions, and between two moves to another file.
_ASKED, _MOVED = 4, 160
_KINDS = ("diagnostics", "members", "members", "hover", "ghost text")
#: The longest pause between two files: a check of a large file in a busy machine.
_THINKING_S = 20.0
#: A mistake that no repair fixes: its test asks for two things at once.
_HOPELESS = "def twice(x):\n    return x + x * 3\n"
_TEST = (
    "from twice import twice\n\n\ndef test():\n    assert twice(2) == 4\n    assert twice(2) == 5\n"
)
#: Growth of resident memory that is let pass, in part of what was held when warm.
GROWTH = 0.05
#: Seconds; a kind of process none of which is seen for so long cannot grow from one to the next.
SHORT_LIFE = 60.0
#: Processor use at rest, of one core, of all processes together.
AT_REST = 0.01
#: How much slower the last third may answer than the second, p95 of members.
SLOWER = 1.25


@dataclass(slots=True)
class Watched:
    """What the processes of one role held together, sample by sample; seconds since the start."""

    #: When each process was first and last seen.
    lives: dict[int, tuple[float, float]] = field(default_factory=dict)
    at: list[float] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    @property
    def is_short_lived(self) -> bool:
        """Whether no process of this kind was seen for ``SHORT_LIFE`` seconds."""
        return all(last - first < SHORT_LIFE for first, last in self.lives.values())

    def growth(self, warm: float) -> float:
        """How much more was held in the last third of the time than when it was warm, in parts.

        Medians of a fifth of the samples each: an answer takes memory for a moment.
        """
        later = [r for at, r in zip(self.at, self.resident, strict=True) if at >= warm]
        part = max(1, len(later) // 5)
        before, after = _median(later[:part]), _median(later[-part:])
        return after / before - 1 if before else 0.0

    def more(self, values: list[int], warm: float) -> int:
        """How many more there were at the end than when it was warm."""
        later = [v for at, v in zip(self.at, values, strict=True) if at >= warm]
        part = max(1, len(later) // 5)
        return int(_median(later[-part:]) - _median(later[:part])) if later else 0


def _median(values: list[int]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0


class Watch:
    """The server and its children, by process id."""

    def __init__(self, pid: int) -> None:
        self._server = psutil.Process(pid)
        self._begin = time.perf_counter()
        self.known: dict[str, Watched] = defaultdict(Watched)

    def processes(self) -> list[psutil.Process]:
        """Those that live long; what a repair runs in a sandbox comes and goes."""
        found = [self._server, *self._server.children(recursive=True)]
        return [one for one in found if role_of(one)]

    def sample(self) -> None:
        """Note what they hold now."""
        now = time.perf_counter() - self._begin
        held: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                counts = process.memory_info().rss, process.num_fds(), process.num_threads()
                held[role_of(process)].append((process.pid, *counts))
        for role, found in held.items():
            watched = self.known[role]
            pids, resident, descriptors, threads = zip(*found, strict=True)
            for pid in pids:
                watched.lives[pid] = watched.lives.get(pid, (now, now))[0], now
            watched.counts.append(len(pids))
            watched.resident.append(sum(resident))
            watched.descriptors.append(sum(descriptors))
            watched.threads.append(sum(threads))
            watched.at.append(now)

    def used(self) -> dict[str, float]:
        """Seconds of processor time that the processes of each role have used."""
        total: dict[str, float] = defaultdict(float)
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total[role_of(process)] += times.user + times.system
        return total


def role_of(process: psutil.Process) -> str:
    """What a process of ours is; empty for one that runs the user's code."""
    try:
        line = " ".join(process.cmdline())
    except psutil.Error:
        return ""
    if "sandbox" in line or "bwrap" in line:
        return ""
    for part, role in (
        ("worker.main", "analysis worker"),
        ("graph.indexer", "graph indexer"),
        ("graph.reader", "graph reader"),
        ("engine.process", "engine"),
        ("pilotfish serve", "front door"),
    ):
        if part in line:
            return role
    return ""


def lay_down(root: Path, lines: int) -> list[Path]:
    """Copy packages until there are so many lines; the files worth typing in."""
    count, found = 0, []
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if count >= lines or spec is None or spec.origin is None:
            continue
        source = Path(spec.origin).parent
        shutil.copytree(
            source, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.so", "_vendor")
        )
        for path in sorted((root / name).rglob("*.py")):
            text = path.read_text(encoding="utf-8", errors="replace")
            count += text.count("\n")
            if 100 < text.count("\n") < 1500 and text.isascii() and "\r" not in text:
                found.append(path)
    if count < lines:
        raise SystemExit(f"the installed packages have {count} lines, not {lines}")
    (root / "twice.py").write_text(_HOPELESS)
    (root / "test_twice.py").write_text(_TEST)
    (root / "pyproject.toml").write_text('[project]\nname = "soak"\nversion = "1"\n')
    return found


class Typist:
    """Types into files of the workspace, and asks."""

    def __init__(self, editor: Editor, files: list[Path], chance: random.Random) -> None:
        self._editor, self._files, self._chance = editor, files, chance
        self.keys = 0
        self.errors: list[str] = []
        #: Milliseconds of answers by kind, with the second at which they came.
        self.times: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self._begin = time.perf_counter()
        self._waiting: dict[int, tuple[str, float]] = {}
        self._repair = -1

    def type(self, seconds: float, watch: Watch) -> None:
        """Type for so long."""
        end, sampled = time.perf_counter() + seconds, 0.0
        while time.perf_counter() < end:
            path = self._chance.choice(self._files)
            offset = 0
            for offset in self._write(path):
                now = time.perf_counter()
                if now > sampled + _EVERY_S:
                    watch.sample()
                    sampled = now
                if self._repair not in self._waiting:
                    self._repair = self._begin_repair()
                if self.keys % _ASKED == 0:
                    self._ask(path, offset, self._chance.choice(_KINDS))
                self._take(now + KEY_S)
                if now > end:
                    break
            self._think(path, offset)
            self._leave(path)

    def _think(self, path: Path, offset: int) -> None:
        """Stop typing until everything is answered, as a person stops to look."""
        if path not in self._editor.buffers:
            return
        asked = set(self._waiting)
        for kind in dict.fromkeys(_KINDS):
            self._ask(path, offset, kind)
        asked = set(self._waiting) - asked
        end = time.perf_counter() + _THINKING_S
        while asked & self._waiting.keys() and time.perf_counter() < end:
            self._take(time.perf_counter() + KEY_S)

    def _write(self, path: Path) -> Iterator[int]:
        """Type some keys into a file; the offsets of the cursor."""
        text = path.read_text(encoding="utf-8")
        if path not in self._editor.buffers:
            self._editor.open(path, text)
        try:
            strokes = typing_session(text, self._chance.randrange(1 << 30))
            for number, stroke in enumerate(strokes):
                if number >= _MOVED:
                    return
                self._become(path, stroke.text)
                self.keys += 1
                yield stroke.offset
        except SyntaxError:
            return

    def _become(self, path: Path, text: str) -> None:
        """Send what differs between the document and ``text``, as an editor does."""
        before = self._editor.buffers[path].text
        start, least = 0, min(len(before), len(text))
        while start < least and before[start] == text[start]:
            start += 1
        end = 0
        while end < least - start and before[-1 - end] == text[-1 - end]:
            end += 1
        self._editor.edit(path, start, len(before) - end, text[start : len(text) - end])

    def _leave(self, path: Path) -> None:
        """Save now and then; keep some documents open."""
        if self._chance.random() < 0.3:
            whole = path.read_text(encoding="utf-8")
            path.write_text(whole + "\n", encoding="utf-8")
            self._editor.replace(path, whole + "\n")
            self._editor.saved(path)
        while len(self._editor.buffers) > 5:
            self._editor.close(self._chance.choice(sorted(self._editor.buffers)))

    def _ask(self, path: Path, offset: int, kind: str) -> None:
        text = self._editor.buffers[path].text
        document = {"textDocument": {"uri": path.as_uri()}}
        at = {**document, "position": position(text, offset)}
        if kind == "diagnostics":
            number = self._editor.begin("textDocument/diagnostic", document)
        elif kind == "ghost text":
            context = {"context": {"triggerKind": 2}}
            number = self._editor.begin("textDocument/inlineCompletion", {**at, **context})
        else:
            method = {"members": "completion"}.get(kind, kind)
            number = self._editor.begin(f"textDocument/{method}", at)
        self._waiting[number] = (kind, time.perf_counter())

    def _begin_repair(self) -> int:
        folder = self._editor.root
        order = {
            "uri": (folder / "twice.py").as_uri(),
            "test": "python -m pytest -q test_twice.py",
        }
        command = {"command": "pilotfish.repair", "arguments": [order]}
        number = self._editor.begin("workspace/executeCommand", command)
        self._waiting[number] = ("repair", time.perf_counter())
        return number

    def _take(self, until: float) -> None:
        """Read answers until the next key is due."""
        while (left := until - time.perf_counter()) > 0:
            self._editor.read(left)
        for number, (kind, sent) in list(self._waiting.items()):
            if self._editor.has(number):
                del self._waiting[number]
                self._note(kind, sent, self._editor.wait(number))

    def _note(self, kind: str, sent: float, answer: dict[str, Any]) -> None:
        now = time.perf_counter()
        error = answer.get("error")
        if error is None:
            self.times[kind].append((now - self._begin, (now - sent) * 1000))
        elif error["code"] not in (-32801, -32802, -32800):  # overtaken by the next key
            self.errors.append(f"{kind}: {error['message']}")

    def settle(self) -> None:
        """Wait for what is under way."""
        end = time.perf_counter() + 90
        while self._waiting and time.perf_counter() < end:
            self._take(time.perf_counter() + 0.1)
        self.errors += [f"{kind}: no answer" for kind, _ in self._waiting.values()]


def differing(editor: Editor, truth: Truth, chance: random.Random) -> list[str]:
    """Questions that the server answers otherwise than a new process; of each open document."""
    # ruff keeps nothing, so the truth leaves it out.
    editor.configure({"diagnostics": {"ruff": False, "debounceMs": 0}})
    questions = []
    for path, buffer in sorted(editor.buffers.items()):
        name = str(path.relative_to(editor.root))
        questions.append(Question("diagnostics", name))
        asked = [(k, at) for k, at in places(buffer.text) if k in ("completion", "hover")]
        chosen = chance.sample(asked, min(10, len(asked)))
        questions += [Question(kind, name, at) for kind, at in chosen]
    texts = {path: buffer.text for path, buffer in editor.buffers.items()}
    truths = truth.begin(editor.root, texts, questions).result()
    found = []
    for question, true in zip(questions, truths, strict=True):
        end = time.perf_counter() + 15
        while True:
            said = question.read(editor.wait(question.ask(editor)), editor.root)
            if said == true or time.perf_counter() > end:
                break
            time.sleep(0.2)
        if said != true:
            said, true = parting(said, true)
            found.append(f"{question}: said {str(said)[:200]}, truth {str(true)[:200]}")
    return found


def main() -> int:
    """Type, print, save; 1 when a limit is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=20260101)
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--no-model", action="store_true", help="ask for no ghost text")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-")).resolve()
    try:
        return _soak(folder, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _soak(folder: Path, options: argparse.Namespace) -> int:
    chance = random.Random(options.seed)
    root, home = folder / "workspace", folder / "home"
    root.mkdir()
    home.mkdir()
    files = lay_down(root, options.lines)
    truth = Truth(folder / "truth")
    seconds = options.minutes * 60
    warm = min(300.0, seconds / 3)
    editor = Editor(
        root,
        home,
        options={
            "trusted": True,
            "diagnostics": {"ruff": True},
            "inlineCompletion": {"enabled": not options.no_model},
            "repair": {"timeLimit": 20},
        },
    )
    watch = Watch(editor.process.pid)
    typist = Typist(editor, files, chance)
    wrong: list[str] = []
    at_rest: dict[str, float] = {}
    try:
        typist.type(seconds, watch)
        typist.settle()
        wrong = differing(editor, truth, chance)
        time.sleep(5)
        before = watch.used()
        time.sleep(_REST_S)
        after = watch.used()
        at_rest = {role: (after[role] - before.get(role, 0)) / _REST_S for role in after}
    except (ServerEndedError, BrokenPipeError, TimeoutError) as error:
        typist.errors.append(f"the server: {type(error).__name__}")
    finally:
        editor.end()
    return _report(typist, watch, wrong, at_rest, warm, options)


def _report(
    typist: Typist,
    watch: Watch,
    wrong: list[str],
    at_rest: dict[str, float],
    warm: float,
    options: argparse.Namespace,
) -> int:
    broken: list[str] = [*typist.errors[:20], *wrong[:20]]
    end = max((one.at[-1] for one in watch.known.values() if one.at), default=0.0)
    rows: list[list[object]] = []
    for role, one in watch.known.items():
        if sum(at >= warm for at in one.at) < 5:
            continue
        growth = one.growth(warm)
        fds, threads = one.more(one.descriptors, warm), one.more(one.threads, warm)
        rows.append(
            [role, len(one.lives), f"{one.resident[-1] >> 20}", f"{max(one.resident) >> 20}",
             f"{growth:+.1%}", f"{one.descriptors[-1]} ({fds:+})",
             f"{one.threads[-1]} ({threads:+})"]
        )  # fmt: skip
        if one.is_short_lived:
            if one.more(one.counts, warm) > 0:
                broken.append(f"{role}: more at once at the end than when warm")
            continue
        if growth >= GROWTH:
            broken.append(f"{role} grew by {growth:.1%}")
        if fds > 2 or threads > 2:
            broken.append(f"{role} has {fds:+} descriptors, {threads:+} threads")
    show(
        f"{options.minutes:g} minutes, {typist.keys} keys, seed {options.seed}",
        ["role", "started", "MiB", "most", "growth", "descriptors", "threads"],
        rows,
    )
    rows = []
    half = warm + (end - warm) / 2
    for kind, found in sorted(typist.times.items()):
        early = [ms for at, ms in found if warm <= at < half]
        late = [ms for at, ms in found if at >= half]
        if len(early) < 20 or len(late) < 20:
            rows.append([kind, len(found), "-", "-"])
            continue
        first, last = quantile(early, 0.95), quantile(late, 0.95)
        rows.append([kind, len(found), f"{first:.0f}", f"{last:.0f}"])
        if kind == "members" and last > first * SLOWER + 20:
            broken.append(f"members: p95 {first:.0f} ms, then {last:.0f} ms")
    show("answers, p95 ms", ["", "answers", "first half", "second half"], rows)
    whole = sum(at_rest.values())
    if whole >= AT_REST:
        by_role = ", ".join(f"{role} {part:.1%}" for role, part in sorted(at_rest.items()))
        broken.append(f"{whole:.1%} of a core at rest: {by_role}")
    if not typist.times["repair"]:
        broken.append("no repair ended: it needs a sandbox (bubblewrap) and half a minute")
    print(f"errors: {len(typist.errors)}, divergences: {len(wrong)}, at rest: {whole:.2%}")
    for one_broken in broken:
        print(f"broken: {one_broken}")
    save("soak", {
        "minutes": options.minutes, "seed": options.seed, "keys": typist.keys,
        "errors": typist.errors, "divergences": wrong, "at_rest": at_rest,
        "processes": [{"role": role, "started": len(one.lives),
                       "short_lived": one.is_short_lived, "resident": one.resident[-1],
                       "most": max(one.resident), "growth": one.growth(warm)}
                      for role, one in watch.known.items()],
        "times_ms": dict(typist.times), "broken": broken,
    })  # fmt: skip
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
