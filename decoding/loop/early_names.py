"""Names that need not be waited for: replaced before they are finished, or written in one batch.

Where evidence has closed the names of a hole while one of them is still growing, what its next
token makes of it is known: if no name begins so, the search for another starts at once; if only one
does, the rest of it costs one pass (*fast-forward*, docs/monitors.md).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.names import NameSet
from decoding.guidance.active_hole import ActiveHole, closed
from decoding.guidance.policy import Guidance
from decoding.loop.decode_state import DecodeState
from decoding.loop.sampling import log_total
from decoding.monitors.monitor import Passage, Verdict
from decoding.vocabulary.constraint import Constraint
from decoding.vocabulary.trie import IDENTIFIER_BYTES

if TYPE_CHECKING:
    from decoding.runtimes.runtime import Logits

#: A model that gives something else at least this probability is left to finish it.
_SURE = 0.9
#: Bytes that go on with a name, to be stripped.
IDENTIFIER = bytes(sorted(IDENTIFIER_BYTES))


class EarlyNames:
    """Looks at each proposed token before it is written."""

    def __init__(self, state: DecodeState, guidance: Guidance) -> None:
        self._state, self._guidance = state, guidance
        #: A text that ends with a name which was completed without a choice and has to end now.
        self._must_end: tuple[str, Constraint] | None = None

    def foresee(self, token: int) -> bool:
        """If no name begins with what ``token`` would make of one, replace the name at once instead
        of letting it finish; whether something else was written."""
        found = self._growing()
        spelled = self._state.vocabulary.tokens[token]
        if found is None or not spelled or spelled[0] not in IDENTIFIER_BYTES:
            return False
        active, names, state = found
        more = spelled[: len(spelled) - len(spelled.lstrip(IDENTIFIER))]
        if state.advance(more) is not None:
            return False
        passage = self._guidance.passage(active)
        name = passage.name + more.decode("utf-8", "ignore")
        if any(known.startswith(name) for known in names.spellings()):
            return False  # one that is not to be chosen, but that the model may write
        # As if it were read: what may still turn out to be something else is left to finish.
        called = Passage(passage.before, f"{name}(", passage.after)
        if active.judge(names, called)[0] is not Verdict.REJECTED:
            return False
        return self._guidance.reject(active, names, name)

    def forward(self, logits: Logits, token: int) -> bool:
        """If a name can only go on in one way, write all of it at once; whether that was so.

        ``token`` is what the sampler proposes. A model that is sure of something else is left to
        finish it, and judged then.
        """
        found = self._growing()
        if found is None or not self._guidance.passage(found[0]).name:
            return False
        allowed = found[2]
        rest = allowed.only()
        if not rest:
            return False
        state, spelled = self._state, self._state.vocabulary.tokens[token]
        total = log_total(logits)
        if allowed.advance(spelled or b"\n") is None and logits[token] - total > math.log(_SURE):
            return False
        text = rest.decode("utf-8", errors="ignore")
        tokens = state.runtime.tokenize(text)
        if state.vocabulary.spelling(tokens) != rest or tokens == [token]:
            return False
        logprobs = [float(logits[tokens[0]]) - total]
        rows = state.evaluate(tokens)
        for row, following in zip(rows, tokens[1:], strict=False):
            logprobs.append(float(row[following]) - log_total(row))
        for one, logprob in zip(tokens, logprobs, strict=True):
            self._guidance.observe(state.append(one, logprob))
        ended = allowed.advance(rest)
        self._must_end = (state.buffer.text, ended) if ended else None
        return True

    def amend(self, logits: Logits, token: int) -> int:
        """``token``, or the most probable one that ends a name which was written in advance."""
        forced, self._must_end = self._must_end, None
        spelled = self._state.vocabulary.tokens[token]
        if forced is None or forced[0] != self._state.buffer.text:
            return token
        if not spelled or spelled[0] not in IDENTIFIER_BYTES:
            return token
        allowed = forced[1]
        ends = np.array(sorted(self._state.runtime.end_tokens()), np.int32)
        every = np.concatenate([allowed.ending(self._state.vocabulary), ends])
        return int(every[np.argmax(logits[every])])

    def _growing(self) -> tuple[ActiveHole, NameSet, Constraint] | None:
        """The name that is or may now be in progress, where evidence has closed it: the hole, the
        names, and how far their constraint has come."""
        if self._must_end is not None or not self._guidance.active_holes:
            return None
        active = self._guidance.active_holes[-1]
        may_be_new = "may_store" in active.hole.guards and active.hole.receiver_text in (
            "self",
            "cls",
        )
        if not active.certain or may_be_new:
            return None
        names = active.query.poll()
        if names is None or not closed(names):
            return None
        passage = self._guidance.passage(active)
        if not passage.growing:
            return None
        constraint = active.constraint(names)
        allowed = constraint and constraint.advance(self._state.buffer.spelled(active.base))
        return (active, names, allowed) if allowed else None
