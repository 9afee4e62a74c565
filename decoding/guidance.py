"""What monitors make of a text while it is written, and what is done about it.

Knows watches, their evidence and the search; the loop above asks it after every token. Invariant 8
is kept here: only a closed set rejects, a rejected name is replaced only where there is another,
and whatever else happens is an event.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict, Unpack

import numpy as np

from analysis.names import NameSet
from analysis.snapshot import Snapshot
from analysis.syntax.hole import HoleKind
from analysis.syntax.lexer import Lexer
from analysis.syntax.tree import SyntaxTree, parse, reparse
from decoding.completion import Event
from decoding.constraint import Constraint
from decoding.evidence import Evidence
from decoding.familiar import familiar
from decoding.manuscript import NotTextError
from decoding.monitors.monitor import Monitor, Passage, Verdict, unfamiliar_only
from decoding.page import Page
from decoding.sampling import log_total
from decoding.search import best_name
from decoding.trie import IDENTIFIER_BYTES
from decoding.watch import Watch, closed, may_begin, open_watches

if TYPE_CHECKING:
    import numpy.typing as npt

    Logits = npt.NDArray[np.float32]

#: Bytes that go on with a name, to be stripped.
IDENTIFIER = bytes(sorted(IDENTIFIER_BYTES))
#: A name that the model gives at least this probability stays even against a closed set: there
#: the model was right as often as analysis (the experiment of issue C).
SURE = 0.9
#: Names replaced in one line before the line is given up or let be.
PRUNES_PER_LINE = 2
#: Geometric mean of the token probabilities of a line that is let be rather than given up. Not
#: tuned: a line in which three names were wrong is rare.
LET_BE = 0.7


class Guidance:
    """The watches of one pass. ``waited`` is in seconds; ``given_up`` is the length of the text
    before a line that could not be made true; ``finished`` says that the model ended the text."""

    def __init__(
        self,
        page: Page,
        snapshot: Snapshot,
        offset: int,
        evidence: Evidence | None,
        monitors: tuple[Monitor, ...],
        seconds: float,
    ) -> None:
        self._page, self._script = page, page.script
        self._snapshot, self._offset = snapshot, offset
        self._evidence, self._seconds = evidence, seconds
        self._monitors = tuple(m for m in monitors if not unfamiliar_only(m))
        self._late = tuple(m for m in monitors if unfamiliar_only(m))
        self._watches: list[Watch] = []
        #: Lexers behind 0, 1, … tokens.
        self._lexers = [Lexer()]
        #: By where the name begins and what kind of hole it is in.
        self._events: dict[tuple[int, HoleKind], Event] = {}
        #: Of the text that was looked at last.
        self._tree: SyntaxTree | None = None
        self._replaced: list[int] = []
        #: A name that was completed without a choice and has to end now.
        self._must_end: Constraint | None = None
        #: Words that need not be looked up.
        self._familiar: Set[str] | None = None
        self.waited = 0.0
        self.given_up: int | None = None
        self.finished = False

    def events(self, kept: int) -> tuple[Event, ...]:
        """What happened in the first ``kept`` code points, in order, and what was rejected."""
        seen = sorted(self._events.items())
        return tuple(e for (start, _), e in seen if start < kept or start <= 0 or e.rejected)

    def close(self) -> None:
        """No answer is wanted any more."""
        for watch in self._watches:
            watch.query.drop()

    # -- watching -------------------------------------------------------------------------------

    def begin(self) -> None:
        """Look at the text before the cursor and ask about the hole at the cursor."""
        if self._evidence is not None:
            self._lexers[0] = Lexer().advance(self._snapshot.text[: self._offset])
            self._open(self._evidence, self._monitors, 0)

    def observe(self, text: str) -> None:
        """A token was written that completed ``text``: open the watches that begin in it."""
        if self._evidence is None:
            return
        lexer, at = self._lexers[-1], len(self._script.text) - len(text)
        for character in text:
            before, lexer, at = lexer, lexer.advance(character), at + 1
            if before.word and not lexer.word and character not in "'\"":
                self._look_back(self._evidence, before, at - 1)
            if may_begin(self._monitors, lexer):
                self._open(self._evidence, self._monitors, at)
        self._lexers.append(lexer)

    def _look_back(self, evidence: Evidence, lexer: Lexer, end: int) -> None:
        """A word ended at ``end``, where ``lexer`` stands: watch it if nobody knows it."""
        word = lexer.word
        if not self._late or lexer.number or not may_begin(self._late, replace(lexer, word="")):
            return
        if self._familiar is None:
            self._familiar = familiar(self._snapshot.text, self._offset)
        if word not in self._familiar:
            self._open(evidence, self._late, end - len(word))

    def _open(self, evidence: Evidence, monitors: Sequence[Monitor], at: int) -> None:
        # A name that was begun before the cursor is watched from the cursor on.
        at = max(at, 0)
        start = self._watches[-1].start if self._watches else -1
        if 0 <= start < at and not self._script.text[start:at].strip():
            # Blanks before the name: the hole is the same, it only begins later.
            for watch in self._watches:
                if watch.start == start:
                    self._move(watch, at)
            return
        written, offset = self._script.text[:at], self._offset
        text = self._snapshot.text[:offset] + written + self._snapshot.text[offset:]
        snapshot = self._snapshot.with_text(text) if written else self._snapshot
        self._tree = reparse(self._tree, text) if self._tree is not None else parse(text)
        known = self._events.keys() | {(watch.start, watch.hole.kind) for watch in self._watches}
        for watch in open_watches(
            monitors, evidence, snapshot, offset + at, at, self._seconds, self._tree
        ):
            if (watch.start, watch.hole.kind) in known:
                watch.query.drop()
                continue
            self._move(watch, watch.start)
            self._watches.append(watch)

    def _move(self, watch: Watch, start: int) -> None:
        watch.start = start
        watch.base, watch.literal = self._script.before(max(start, 0))
        watch.root, watch.joint = None, None

    def remember(self, logits: Logits, before: int = 0) -> None:
        """``logits`` stand behind all tokens but the last ``before``: keep a copy for the watches
        whose search would start there."""
        here = len(self._script.tokens) - before
        for watch in self._watches:
            if watch.base == here and watch.root is None:
                watch.root = logits.copy()

    # -- judging --------------------------------------------------------------------------------

    def check(self) -> None:
        """Judge what can be judged without waiting."""
        for watch in list(self._watches):
            if not watch.query.asked and not self._turned_out(watch, self._passage(watch)):
                continue
            names = watch.query.poll()
            if names is not None and self._judge(watch, names, self._passage(watch)):
                return

    def _turned_out(self, watch: Watch, passage: Passage) -> bool:
        """Whether a hole turned out to be what is watched for; it is asked about then, and not
        watched any longer if it did not."""
        so = watch.turned_out(passage)
        if so:
            watch.query.ask()
        elif so is False:
            self._watches.remove(watch)
        return bool(so)

    def settle(self, stopped: str, kept: int) -> bool:
        """The text is to end at ``kept``: judge all of it, waiting for what is still unanswered.

        Whether it may end; not so if a name was rejected, since then the text is another.
        """
        if self._evidence is not None and self._lexers[-1].word and kept == len(self._script.text):
            self._look_back(self._evidence, self._lexers[-1], kept)
        for watch in list(self._watches):
            if watch.start >= kept and watch.start > 0:
                continue
            passage = self._passage(watch, kept)
            if not watch.query.asked and not self._turned_out(watch, passage):
                continue
            names = self._last_answer(watch)
            if names is None:
                continue
            if stopped == "length" and _unfinished(names, passage):
                self._close(watch, names, passage.name)
            elif self._judge(watch, names, passage):
                return False
        return True

    def _last_answer(self, watch: Watch) -> NameSet | None:
        """What is said of a hole at the end. A question that came up late is not waited for."""
        if watch.waiting:
            return watch.query.poll()
        waiting = time.monotonic()
        names = watch.query.wait(self._page.cancellation)
        self.waited += time.monotonic() - waiting
        return names

    def _passage(self, watch: Watch, kept: int | None = None) -> Passage:
        written = self._script.text[:kept]
        return watch.passage(self._snapshot, self._offset, written, ended=kept is not None)

    def _judge(self, watch: Watch, names: NameSet, passage: Passage) -> bool:
        """Whether the name was rejected, so that the text is another now."""
        if not passage.ended and (passage.growing or not passage.written.strip()):
            return False
        if not closed(names) and (wrong := watch.impossible(passage)) is not False:
            return bool(wrong) and self._reject(watch, names, passage.name, sure=False)
        if closed(names):
            verdict, _ = watch.judge(names, passage)
            if verdict is Verdict.UNDECIDED:
                return False
            if verdict is Verdict.REJECTED:
                # Where no name is wrong but its absence, what stands there instead.
                name = passage.name or passage.written.strip()[:1]
                start, end = max(watch.start, 0), watch.start + len(name)
                sure = end > 0 and self._probability(start, end) > SURE
                return self._reject(watch, names, name, sure=sure)
        self._close(watch, names, passage.name)
        return False

    def _close(self, watch: Watch, names: NameSet, chosen: str, **seen: Unpack[_Seen]) -> None:
        """Nothing more is to be said of a hole; what was said becomes its event."""
        self._watches.remove(watch)
        if not chosen and not seen.get("rejected") and self._script.text:
            return
        fields: _Seen = {"reason": names.reason, **seen}
        self._events[watch.start, watch.hole.kind] = Event(
            monitor=watch.hole.kind.value,
            tier=names.tier.value,
            chosen=chosen,
            offset=watch.start,
            ms=watch.query.ms,
            **fields,
        )

    # -- replacing ------------------------------------------------------------------------------

    def _reject(self, watch: Watch, names: NameSet, name: str, *, sure: bool) -> bool:
        """Replace a name that cannot be, or let it stand and say why."""
        line = self._script.text.rfind("\n", 0, max(watch.start, 0)) + 1
        end = watch.start + len(name)
        constraint = watch.constraint(names)
        if constraint is None and end <= 0:
            self._close(watch, names, name, reason=f"{names.reason}; the name was typed")
            return False
        if constraint is None:
            dispute = "no name begins with what is typed"
        elif sure:
            dispute = "the model is sure of it"
        elif sum(line <= start for start in self._replaced) < PRUNES_PER_LINE:
            if self._replace(watch, names, name, constraint):
                return True
            dispute = "the vocabulary cannot spell another"
        elif self._mean(line, end) < LET_BE:
            self._close(watch, names, "", rejected=name, reason="the line is given up")
            self.given_up = max(line - 1, 0)
            return True
        else:
            dispute = "the line was mended often enough"
        self._close(
            watch, names, name, rejected=name, disputed=True, reason=f"{names.reason}; {dispute}"
        )
        return False

    def _replace(self, watch: Watch, names: NameSet, name: str, constraint: Constraint) -> bool:
        """Roll back to where the constraint began and write the best name instead."""
        page, script = self._page, self._script
        choice = best_name(page, constraint, kept=watch.base, root=watch.root)
        if choice is None:
            return False
        for other in self._watches:
            if other.start > watch.start:
                other.query.drop()
        self._watches = [other for other in self._watches if other.start <= watch.start]
        # The other readings of this hole are looked at anew, since its name is another now.
        self._events = {key: event for key, event in self._events.items() if key[0] < watch.start}
        self._replaced = [at for at in self._replaced if at <= watch.start] + [watch.start]
        self._must_end, self.given_up = None, None
        script.cut(watch.base)
        del self._lexers[watch.base + 1 :]
        # Not watched again: what is written now was chosen from the same evidence.
        self._events[watch.start, watch.hole.kind] = Event(watch.hole.kind.value, names.tier.value)
        self.finished = choice.ends
        try:
            for token, logprob in zip(choice.tokens, choice.logprobs, strict=True):
                self.observe(page.append(token, logprob))
        except NotTextError:
            # The name is whole; only what the last token says behind it is no text.
            self.finished = True
        chosen = self._passage(watch).name
        self._close(watch, names, chosen, rejected=name)
        return True

    def _probability(self, start: int, end: int) -> float:
        """How probable the model finds the tokens between two code points."""
        first, last = self._script.covering(start, end)
        return math.exp(sum(self._script.logprobs[first:last]))

    def _mean(self, start: int, end: int) -> float:
        """The geometric mean of their probabilities."""
        first, last = self._script.covering(start, end)
        return math.pow(self._probability(start, end), 1 / max(1, last - first))

    # -- hurrying -------------------------------------------------------------------------------

    def foresee(self, logits: Logits, token: int) -> bool:
        """If no name begins with what ``token`` would make of one, replace the name at once instead
        of letting it finish; whether something else was written."""
        found = self._growing()
        spelled = self._page.vocabulary.tokens[token]
        if found is None or not spelled or spelled[0] not in IDENTIFIER_BYTES:
            return False
        watch, names, state = found
        more = spelled[: len(spelled) - len(spelled.lstrip(IDENTIFIER))]
        if state.advance(more) is not None:
            return False
        passage = self._passage(watch)
        name = passage.name + more.decode("utf-8", "ignore")
        if any(known.startswith(name) for known in names.spellings()):
            return False  # one that is not to be chosen, but that the model may write
        # As if it were read: what may still turn out to be something else is left to finish.
        called = Passage(passage.before, f"{name}(", passage.after)
        if watch.judge(names, called)[0] is not Verdict.REJECTED:
            return False
        start = max(watch.start, 0)
        written = self._probability(start, len(self._script.text)) if passage.name else 1.0
        sure = written * math.exp(float(logits[token]) - log_total(logits)) > SURE
        # A sure model's name stays and is to be seen whole.
        return not sure and self._reject(watch, names, name, sure=False)

    def hurry(self, logits: Logits, token: int) -> bool:
        """If a name can only go on in one way, write all of it at once; whether that was so.

        ``token`` is what the sampler proposes. A model that is sure of something else is left to
        finish it, and judged then.
        """
        found = self._growing()
        if found is None or not self._passage(found[0]).name:
            return False
        state = found[2]
        rest = state.only()
        if not rest:
            return False
        page, spelled = self._page, self._page.vocabulary.tokens[token]
        total = log_total(logits)
        if state.advance(spelled or b"\n") is None and logits[token] - total > math.log(SURE):
            return False
        text = rest.decode("utf-8", errors="ignore")
        tokens = page.runtime.tokenize(text)
        if page.vocabulary.spelling(tokens) != rest or tokens == [token]:
            return False
        logprobs = [float(logits[tokens[0]]) - total]
        rows = page.evaluate(tokens)
        for row, following in zip(rows, tokens[1:], strict=False):
            logprobs.append(float(row[following]) - log_total(row))
        for one, logprob in zip(tokens, logprobs, strict=True):
            self.observe(page.append(one, logprob))
        self._must_end = state.advance(rest)
        return True

    def _growing(self) -> tuple[Watch, NameSet, Constraint] | None:
        """The name that is or may now be in progress, where evidence has closed it: its watch, the
        names, and the state of their constraint."""
        if self._must_end is not None or not self._watches:
            return None
        watch = self._watches[-1]
        may_be_new = "may_store" in watch.hole.guards and watch.hole.receiver_text in (
            "self",
            "cls",
        )
        if not watch.certain or may_be_new:
            return None
        names = watch.query.poll()
        if names is None or not closed(names):
            return None
        passage = self._passage(watch)
        if not passage.growing:
            return None
        constraint = watch.constraint(names)
        state = constraint and constraint.advance(self._script.spelled(watch.base))
        return (watch, names, state) if state else None

    def amend(self, logits: Logits, token: int) -> int:
        """``token``, or the most probable one that ends a name which was written in a hurry."""
        state, self._must_end = self._must_end, None
        spelled = self._page.vocabulary.tokens[token]
        if state is None or not spelled or spelled[0] not in IDENTIFIER_BYTES:
            return token
        ends = np.array(sorted(self._page.runtime.end_tokens()), np.int32)
        every = np.concatenate([state.ending(self._page.vocabulary), ends])
        return int(every[np.argmax(logits[every])])


class _Seen(TypedDict, total=False):
    """What an event says beyond its hole and its name."""

    reason: str
    rejected: str
    disputed: bool


def _unfinished(names: NameSet, passage: Passage) -> bool:
    """Whether a name that was cut by the limit on tokens could still become one of ``names``."""
    whole = passage.name == passage.written
    return whole and any(name.startswith(passage.name) for name in names.spellings())
