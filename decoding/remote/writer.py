"""The writer over a server: prompt, loop, corrections, confidence.

A name that cannot be costs one further request: the stream is closed, and the same prompt with
what was good of the text goes out again together with the names that may follow. The server finds
both in its prefix cache, so what is paid is a round trip, not a prefill.
"""

from __future__ import annotations

import time
from collections import deque
from itertools import takewhile
from pathlib import PurePath

from analysis.deadline import Cancellation, Deadline, bounded
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence
from decoding.guidance.policy import Guidance
from decoding.guidance.text_around import BlockEnding, CursorSite, OneLine, plain_line_ends
from decoding.monitors.registry import monitors
from decoding.prompts.hint import HintRules, MemoizedEvidence, preamble
from decoding.prompts.room import PromptRoom
from decoding.prompts.templates import Prompter
from decoding.remote.dialects import Dialect, ServerOrder
from decoding.remote.loop import ServerLoop
from decoding.remote.model import RemoteModel
from decoding.remote.recognition import recognize
from decoding.remote.server_text import AskingReplacer, ServerText
from decoding.runtimes.http import Connection
from decoding.writer import Completion, InfillRequest, Writer, filled

#: Tokens of context in front of a scored text.
_SCORE_CONTEXT = 384
#: Characters that a token of code spells, and how many more lines are asked about beforehand.
_CHARACTERS_A_TOKEN, _MORE = 4, 1280
#: Prompts that are remembered; what a new one begins with as one of them the server may still have
#: in its cache.
_REMEMBERED = 32


class RemoteWriter(Writer):
    """A :class:`~decoding.writer.Writer` over one server. One call at a time; not thread-safe."""

    def __init__(
        self,
        connection: Connection,
        model: str = "",
        *,
        room: PromptRoom | None = None,
        hints: HintRules | None = None,
        dialect: Dialect | None = None,
    ) -> None:
        """Asks the server what it serves, unless ``dialect`` says so; ``room`` says how long
        prompts may be.

        Raises :class:`~decoding.runtimes.http.EndpointError` when it is not there or does not
        serve ``model``, and :class:`~decoding.errors.DecodingError` when that cannot fill in.
        """
        stop = Cancellation()
        self._connection = connection
        self._dialect = dialect or recognize(connection, model, stop)
        self._model = RemoteModel(self._dialect, stop)
        self._room, self._hints = room or PromptRoom(), hints or HintRules()
        self._prompter = Prompter(self._model)
        self._sent: deque[tuple[int, ...]] = deque(maxlen=_REMEMBERED)
        # llama-server names a file of its own machine.
        name = self._dialect.name
        self.name = PurePath(name).stem if name.endswith(".gguf") else name

    @property
    def round_trips(self) -> int:
        """How many requests went out."""
        return self._connection.round_trips

    def complete(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Completion:
        """Fill one hole; ``evidence`` ``None`` is unguided.

        A ``deadline`` that passes ends it in silence. Raises
        :class:`~decoding.errors.CancelledError`, and
        :class:`~decoding.runtimes.http.EndpointError` when the server fails for good.
        """
        snapshot, begun = request.snapshot, time.monotonic()
        offset = min(max(request.offset, 0), len(snapshot.text))
        evidence = MemoizedEvidence(evidence) if evidence is not None else None
        site = CursorSite.at(snapshot.text, offset)
        seconds = min(request.query_ms / 1000, deadline.remaining())
        script = ServerText()
        replacer = AskingReplacer(script)
        guidance = Guidance(script, replacer, snapshot, offset, evidence, monitors(), seconds)
        with bounded(deadline, cancellation) as inner:
            try:
                # The hole at the cursor is asked about first: analysis works meanwhile.
                guidance.begin()
                prompt = self._prompt(request, offset, evidence, deadline, inner)
                loop = ServerLoop(
                    self._dialect,
                    self._model,
                    ServerOrder(prompt, request.max_tokens, request.temperature, request.seed),
                    script,
                    guidance,
                    replacer,
                    BlockEnding(site) if request.multiline else OneLine(site),
                    inner,
                )
                written = loop.run()
            except CancelledError:
                if cancellation.cancelled:
                    raise
                return Completion("", model=self.name, stopped="deadline")
            finally:
                guidance.close()
        known = loop.reused
        if known is None:
            known = max((_alike(prompt, sent) for sent in self._sent), default=0)
        self._room.rate.note(len(prompt) - known, written.timing.prefill / 1000)
        self._room.writing.note(len(written.spans), written.timing.decode / 1000)
        self._sent.append(prompt)
        preamble = self._prompter.last(snapshot.path)
        return filled(self.name, site, request, written, begun, preamble)

    def tokens_within(self, seconds: float) -> int:
        """See :class:`~decoding.writer.Writer`."""
        return self._room.writing.within(seconds)

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        """Sum of the log-probabilities (nats) of ``text``'s tokens behind the end of ``before``.

        Raises as :meth:`complete`.
        """
        if not text:
            return 0.0
        context = self._model.tokenize(before)[-_SCORE_CONTEXT:]
        begin = [*self._model.start_tokens(), *context]
        return self._dialect.score(begin, text, self._model.tokenize(text), cancellation)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def _prompt(
        self,
        request: InfillRequest,
        offset: int,
        evidence: Evidence | None,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> tuple[int, ...]:
        text = request.snapshot.text
        budget = self._room.budget(self._dialect.context - request.max_tokens)
        self._prompter.budget = budget
        most = budget.before, budget.room_behind(0)
        before, behind = (n * _CHARACTERS_A_TOKEN + _MORE for n in most)
        near = text[max(0, offset - before) : offset], text[offset : offset + behind]
        # Asked for side by side beforehand: one by one, each line would be a round trip.
        lines = [line for part in near for line in plain_line_ends(part).split("\n")]
        self._model.prefetch([f"{line}\n" for line in lines] + lines[-1:], cancellation)
        # What a hint costs the server's cache is not known here: servers read fast.
        begins = preamble(
            request,
            evidence,
            self._hints,
            self._prompter,
            self._model.tokenize,
            deadline=deadline,
            cancellation=cancellation,
        )
        return self._prompter.prompt(request.snapshot.path, text, offset, begins).tokens


def _alike(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many tokens both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
