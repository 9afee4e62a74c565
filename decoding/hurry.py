"""Names that need not be waited for: replaced before they are finished, or written in one batch.

Where evidence has closed the names of a hole while one of them is still growing, what its next
token makes of it is known: if no name begins so, the search for another starts at once; if only one
does, the rest of it costs one pass (*fast-forward*, design.md §3).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.names import NameSet
from decoding.constraint import Constraint
from decoding.guidance import Guidance
from decoding.monitors.monitor import Passage, Verdict
from decoding.page import Page
from decoding.sampling import log_total
from decoding.trie import IDENTIFIER_BYTES
from decoding.watch import Watch, closed

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

#: A model that gives something else at least this probability is left to finish it.
_SURE = 0.9
#: Bytes that go on with a name, to be stripped.
IDENTIFIER = bytes(sorted(IDENTIFIER_BYTES))


class Hurry:
    """Looks at each proposed token before it is written."""

    def __init__(self, page: Page, guidance: Guidance) -> None:
        self._page, self._guidance = page, guidance
        #: A text that ends with a name which was completed without a choice and has to end now.
        self._must_end: tuple[str, Constraint] | None = None

    def foresee(self, token: int) -> bool:
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
        passage = self._guidance.passage(watch)
        name = passage.name + more.decode("utf-8", "ignore")
        if any(known.startswith(name) for known in names.spellings()):
            return False  # one that is not to be chosen, but that the model may write
        # As if it were read: what may still turn out to be something else is left to finish.
        called = Passage(passage.before, f"{name}(", passage.after)
        if watch.judge(names, called)[0] is not Verdict.REJECTED:
            return False
        return self._guidance.reject(watch, names, name)

    def forward(self, logits: Logits, token: int) -> bool:
        """If a name can only go on in one way, write all of it at once; whether that was so.

        ``token`` is what the sampler proposes. A model that is sure of something else is left to
        finish it, and judged then.
        """
        found = self._growing()
        if found is None or not self._guidance.passage(found[0]).name:
            return False
        state = found[2]
        rest = state.only()
        if not rest:
            return False
        page, spelled = self._page, self._page.vocabulary.tokens[token]
        total = log_total(logits)
        if state.advance(spelled or b"\n") is None and logits[token] - total > math.log(_SURE):
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
            self._guidance.observe(page.append(one, logprob))
        ended = state.advance(rest)
        self._must_end = (page.script.text, ended) if ended else None
        return True

    def amend(self, logits: Logits, token: int) -> int:
        """``token``, or the most probable one that ends a name which was written in a hurry."""
        hurried, self._must_end = self._must_end, None
        spelled = self._page.vocabulary.tokens[token]
        if hurried is None or hurried[0] != self._page.script.text:
            return token
        if not spelled or spelled[0] not in IDENTIFIER_BYTES:
            return token
        state = hurried[1]
        ends = np.array(sorted(self._page.runtime.end_tokens()), np.int32)
        every = np.concatenate([state.ending(self._page.vocabulary), ends])
        return int(every[np.argmax(logits[every])])

    def _growing(self) -> tuple[Watch, NameSet, Constraint] | None:
        """The name that is or may now be in progress, where evidence has closed it: its watch, the
        names, and the state of their constraint."""
        if self._must_end is not None or not self._guidance.watches:
            return None
        watch = self._guidance.watches[-1]
        may_be_new = "may_store" in watch.hole.guards and watch.hole.receiver_text in (
            "self",
            "cls",
        )
        if not watch.certain or may_be_new:
            return None
        names = watch.query.poll()
        if names is None or not closed(names):
            return None
        passage = self._guidance.passage(watch)
        if not passage.growing:
            return None
        constraint = watch.constraint(names)
        state = constraint and constraint.advance(self._page.script.spelled(watch.base))
        return (watch, names, state) if state else None
