"""The loop over a server: stream, check, and at a violation ask again under a constraint."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field, replace

from analysis.deadline import Cancellation
from decoding.guidance.policy import Guidance
from decoding.remote.dialects import Dialect, ServerOrder
from decoding.remote.model import RemoteModel
from decoding.remote.server_text import AskingReplacer, ServerText
from decoding.runtimes.http import LostError
from decoding.writer import StopRule, Timing, Written

#: Times that a broken stream is taken up again where it broke off.
RESUMPTIONS = 2


@dataclass
class ServerLoop:
    """One text, written behind ``order.prompt`` into ``script``."""

    dialect: Dialect
    model: RemoteModel
    order: ServerOrder
    script: ServerText
    guidance: Guidance
    replacer: AskingReplacer
    stop: StopRule
    cancellation: Cancellation
    _first: float = field(default=0.0, init=False)
    #: Tokens of the prompt that the server had in its cache; ``None`` where it does not say.
    reused: int | None = field(default=None, init=False)
    #: How many pieces stood when the last name was asked for anew.
    _from: int = field(default=0, init=False)

    def run(self) -> Written:
        """Write until something stops it.

        Raises :class:`~decoding.errors.CancelledError` and
        :class:`~decoding.runtimes.http.EndpointError`.
        """
        begun = time.monotonic()
        ended, asked, lost = None, 0, 0
        while ended is None:
            try:
                ended = self._ask(asked)
            except LostError:
                lost += 1
                if lost > RESUMPTIONS:
                    raise
                if self.guidance.replacing:
                    self.script.keep(self._from)
                else:
                    self.replacer.wanted = None
            asked += 1
        stopped, kept = ended
        finished = time.monotonic()
        first = self._first or finished
        return Written(
            text=self.script.text[:kept],
            spans=tuple(self.script.spans(0, kept)),
            events=self.guidance.events(kept),
            timing=Timing(
                total=(finished - begun) * 1e3,
                prefill=(first - begun) * 1e3,
                decode=(finished - first) * 1e3,
                analysis=self.guidance.waited * 1e3,
            ),
            stopped=stopped,
            prompt_tokens=len(self.order.prompt),
            reused_tokens=self.reused or 0,
        )

    def _ask(self, asked: int) -> tuple[str, int] | None:
        """One request; why the text ended and what is kept, or ``None`` to ask again."""
        script, room = self.script, self.order.max_tokens - self.script.size
        if room <= 0 and self.replacer.wanted is None:
            return self._end("length", len(script.text))
        order = replace(
            self.order,
            prompt=(*self.order.prompt, *self._written()),
            # A name that is chosen anew may run a few tokens past the limit.
            max_tokens=max(room, 8),
            seed=self.order.seed + asked,
            choice=self.replacer.wanted,
        )
        with closing(self.dialect.stream(order, self.cancellation)) as pieces:
            for piece in pieces:
                self._first = self._first or time.monotonic()
                if not asked and self.reused is None:
                    self.reused = piece.reused
                script.append(piece)
                self.guidance.observe(piece.text)
                if self.guidance.check():
                    return self._again()
                cut = self.stop.cut(script.text) if script.text else None
                if cut is not None:
                    return self._end("rule", cut)
                if script.size >= self.order.max_tokens:
                    return self._end("length", len(script.text))
                if piece.stopped:
                    return self._end(piece.stopped, len(script.text))
        return self._end("end", len(script.text))

    def _end(self, stopped: str, kept: int) -> tuple[str, int] | None:
        """Nothing is given away before all of it was judged."""
        if not self.guidance.settle(stopped, kept, self.cancellation):
            return self._again()
        return stopped, kept

    def _again(self) -> tuple[str, int] | None:
        """The text is another now: why it ends there, or ``None`` to go on from there."""
        if self.guidance.ended is not None:
            return self.guidance.ended
        self._from = len(self.script.pieces)
        return None

    def _written(self) -> tuple[int, ...]:
        tokens = self.script.tokens
        return tokens if tokens is not None else tuple(self.model.tokenize(self.script.text))
