"""Does a name ever get past a monitor? ``python -m benchmarks.leak``

On real vocabularies: (1) every token with a dot in it is written by the real decode loop, and each
dereference in it, as Python's own ``tokenize`` sees them, must have been asked about, under every
receiver; (2) random names at random splits into tokens: the automaton must accept exactly the
allowed strings, and its mask must say the same; (3) bytes round-trip through tokenizer and
vocabulary. Exits with 1 if anything is wrong.
"""

from __future__ import annotations

import io
import keyword
import random
import sys
import tokenize
from collections.abc import Sequence
from concurrent.futures import Future
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.deadline import Cancellation
from analysis.names import NameSet
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import Hole, HoleKind
from benchmarks import vocabularies
from benchmarks.report import save, show
from decoding.loop.decode_state import Greedy
from decoding.loop.loop import write
from decoding.runtimes.llama_cpp import LlamaTokens
from decoding.vocabulary import tokens as vocabulary
from decoding.vocabulary.tokens import IDENTIFIER_BYTES, Constraint, Names, Vocabulary

if TYPE_CHECKING:
    import numpy.typing as npt

    Logits = npt.NDArray[np.float32]

CASES = 5_000
KEYS = ("vocabulary", "tokens", "dot_name", "seen", "missed", "splits", "wrong", "mask", "torn")
_PAIRS = {")": "(", "]": "[", "}": "{"}
#: Texts before the cursor behind which a token is written: a name, a call, a string, a number.
RECEIVERS = ("y = value", "y = call(1)", "y = 'text'", "y = f(a, b")


class Dictated:
    """A runtime that writes given tokens and then ends: the loop under test, without a model."""

    name, family, context_size = "dictated", "none", 1 << 20

    def __init__(self, tokens: Sequence[bytes], ends: frozenset[int]) -> None:
        self._tokens, self._ends = tokens, ends
        self.vocabulary_size = len(tokens)
        self._held: list[int] = []
        self._row = np.full(len(tokens), -20.0, np.float32)
        self._last = min(ends)
        self.to_write: list[int] = []

    def token_bytes(self) -> Sequence[bytes]:
        return self._tokens

    def control_tokens(self) -> dict[str, int]:
        return {}

    def end_tokens(self) -> frozenset[int]:
        return self._ends

    def tokenize(self, text: str) -> list[int]:
        return []

    def evaluated(self) -> Sequence[int]:
        return self._held

    def truncate(self, length: int) -> None:
        del self._held[length:]

    def evaluate(self, tokens: Sequence[int], cancellation: Cancellation) -> None:
        self._held += tokens

    def evaluate_all(self, tokens: Sequence[int], cancellation: Cancellation) -> Logits:
        raise NotImplementedError

    def logits(self) -> Logits:
        written = len(self._held) - 1
        self._row[self._last] = -20.0
        self._last = self.to_write[written] if written < len(self.to_write) else min(self._ends)
        self._row[self._last] = 20.0
        return self._row

    def close(self) -> None:
        pass


class Listening:
    """Evidence that notes where it was asked about an attribute, and knows nothing."""

    def __init__(self) -> None:
        self.asked: set[int] = set()

    def start(self, snapshot: Snapshot, hole: Hole) -> Future[NameSet]:
        if hole.kind is HoleKind.ATTRIBUTE:
            self.asked.add(hole.start)
        future: Future[NameSet] = Future()
        future.set_result(NameSet.abstain(hole.kind.value, "only listening"))
        return future


class NeverStops:
    """A stop rule that lets the model end by itself."""

    def cut(self, text: str) -> int | None:
        return None


def dereferences(text: str) -> set[int] | None:
    """Where dereferencing dots end, by ``tokenize``; ``None`` if it can be no code."""
    found: set[int] = set()
    value, dot, opened = False, -1, ""
    lines = [0]
    for line in io.StringIO(text, newline=""):
        lines.append(lines[-1] + len(line))
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            kind, spelled = token.type, token.string
            if kind == tokenize.ERRORTOKEN and spelled.strip():
                return None
            if kind == tokenize.NAME and dot >= 0:
                found.add(dot)
            if kind in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
                continue
            if spelled == "..." and value:
                return None
            if kind == tokenize.OP and spelled in _PAIRS.values():
                opened += spelled
            elif kind == tokenize.OP and spelled in _PAIRS:
                if not opened.endswith(_PAIRS[spelled]):
                    return None
                opened = opened[:-1]
            behind_value = kind == tokenize.OP and spelled == "." and value
            dot = lines[token.end[0] - 1] + token.end[1] if behind_value else -1
            value = (
                (kind == tokenize.NAME and not _closes_no_value(spelled))
                or kind in (tokenize.NUMBER, tokenize.STRING)
                or spelled in (*_PAIRS, "...")
            )
    except (tokenize.TokenError, IndentationError):
        # An open bracket or a dedent at the end; what came before was seen.
        pass
    return found


def _closes_no_value(word: str) -> bool:
    return word in set(keyword.kwlist) - {"None", "True", "False"}


def watch(words: Vocabulary, ends: frozenset[int]) -> tuple[int, int, list[str]]:
    """Dereferences in all tokens with a dot, those of them not asked about, and in what."""
    runtime = Dictated(words.tokens, ends)
    seen, missed, where = 0, 0, []
    for token, spelled in enumerate(words.tokens):
        if b"." not in spelled:
            continue
        try:
            text = spelled.decode()
        except UnicodeDecodeError:
            continue
        for receiver in RECEIVERS:
            # A name behind the token, since a dot may be its last byte.
            expected = dereferences(f"{receiver}{text}nom\n")
            if not expected:
                continue
            listening = Listening()
            runtime.truncate(0)
            runtime.to_write = [token]
            write(
                runtime,
                [0],
                vocabulary=words,
                snapshot=Snapshot("/a.py", receiver, Workspace("/")),
                offset=len(receiver),
                evidence=listening,
                sampler=Greedy(),
                stop=NeverStops(),
                max_tokens=4,
                cancellation=Cancellation(),
            )
            seen += len(expected)
            if leak := expected - listening.asked:
                missed += len(leak)
                where.append(f"{receiver!r} + {text!r}")
    return seen, missed, where


def split(words: Vocabulary, data: bytes, rng: random.Random) -> list[bytes]:
    """``data`` cut into tokens of the vocabulary at random."""
    pieces = []
    while data:
        fitting = [data[:n] for n in range(1, len(data) + 1) if words.spelled_as(data[:n])]
        if not fitting:
            raise ValueError(f"no token begins {data!r}")
        pieces.append(rng.choice(fitting))
        data = data[len(pieces[-1]) :]
    return pieces


def allowed(names: set[bytes], literal: bytes, text: bytes) -> bool:
    """The definition of what a constraint allows, by brute force."""
    wholes = [literal + name for name in names]
    return any(
        whole.startswith(text)
        or (text.startswith(whole) and text[len(whole)] not in IDENTIFIER_BYTES)
        for whole in wholes
    )


def split_randomly(words: Vocabulary, pool: Sequence[str], cases: int) -> tuple[int, int]:
    """Random strings at random splits: how many were judged wrong, by ``advance`` or the mask."""
    rng = random.Random(20)
    wrong_advance = wrong_mask = 0
    for case in range(cases):
        names = rng.sample(pool, rng.choice((1, 3, 30, 300)))
        literal = rng.choice((b"", b"", b".", b").", b"]."))
        text = literal + _mutated(rng.choice(names), rng).encode()
        text += rng.choice((b"", b"(", b".x", b" = 1", b"\n", "é".encode()))
        whole = Constraint.over(Names.of(names))
        assert whole is not None
        state: Constraint | None = whole.behind(literal)
        spelled = b""
        encoded = {name.encode() for name in names}
        for piece in split(words, text, rng):
            assert state is not None
            following = state.advance(piece)
            spelled += piece
            right = allowed(encoded, literal, spelled)
            wrong_advance += (following is not None) != right
            if case % 20 == 0:
                masked = bool(state.mask(words)[words.spelled_as(piece)[0]])
                wrong_mask += masked != right
            state = following
            if state is None:
                break
    return wrong_advance, wrong_mask


def _mutated(name: str, rng: random.Random) -> str:
    at = rng.randrange(len(name) + 1)
    other = rng.choice("abcdefghijklmnopqrstuvwxyz_0Zéñ")
    return rng.choice((name, name, name[:at], name[:at] + other + name[at:], name + other, other))


def round_trips(tokens: LlamaTokens, words: Vocabulary) -> int:
    """How many of this repository's own files do not come back byte by byte."""
    files = sorted(Path(__file__).parent.parent.glob("*/*.py"))
    texts = [file.read_text("utf-8") for file in files] + ["naïve – ﬁ 𝒳 \U0001f41f\x00\t\f\r\n "]
    return sum(words.spelling(tokens.tokenize(text)) != text.encode() for text in texts)


def pool() -> list[str]:
    """Identifiers as they come: of every module of the standard library that is loaded here."""
    names = {name for module in list(sys.modules.values()) for name in dir(module)}
    return sorted(names | {"größe", "naïve", "日本", "名前", "μ", "данные"})


def main() -> int:
    """Run all three on all vocabularies."""
    names = pool()
    rows: list[list[object]] = []
    results: list[dict[str, object]] = []
    for name, path in vocabularies.files().items():
        tokens = LlamaTokens(path)
        words = vocabulary.load(tokens.token_bytes())
        seen, missed, where = watch(words, tokens.end_tokens())
        wrong, masked = split_randomly(words, names, CASES)
        torn = round_trips(tokens, words)
        tokens.close()
        merged = sum(
            1
            for t in words.tokens
            if any(a == 46 and b in IDENTIFIER_BYTES for a, b in pairwise(t))
        )
        rows.append([name, words.size, merged, seen, missed, CASES, wrong, masked, torn])
        results.append({**dict(zip(KEYS, rows[-1], strict=True)), "examples": where[:10]})
        for leak in where[:5]:
            print(f"  {name}: not watched: {leak}", file=sys.stderr)
    show("Leaks", [key.replace("_", " ") for key in KEYS], rows)
    save("leak", {"vocabularies": results})
    return int(any(row[4] or row[6] or row[7] or row[8] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
