"""The writer over a model in this process: prompt, decode loop, corrections, confidence."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from analysis.deadline import Cancellation, Deadline, bounded
from analysis.snapshot import Snapshot
from decoding.errors import CancelledError
from decoding.guidance.evidence import Evidence
from decoding.guidance.text_around import BlockEnding, CursorSite, OneLine
from decoding.loop.decode_state import log_total, sampler, shared
from decoding.loop.drafts import SpeculationCost
from decoding.loop.lanes import refilled
from decoding.loop.loop import write
from decoding.monitors.monitor import Monitor
from decoding.prompts.hint import HintRules, MemoizedEvidence, preamble
from decoding.prompts.room import PromptRoom
from decoding.prompts.templates import ChatModel, Prompter, chat_for
from decoding.runtimes.runtime import Branching, Runtime
from decoding.vocabulary import tokens as vocabulary
from decoding.writer import Completion, InfillRequest, Writer, Written, filled

#: Rows of logits taken at once by :meth:`LocalWriter.score`: each is as long as the vocabulary.
_SCORED_AT_ONCE = 32
#: Tokens that one of several samples may need past its ``max_tokens``, while a name is searched.
_SPARE = 64
#: Tokens of context in front of a scored text; more changes little and costs prefill.
_SCORE_CONTEXT = 384

#: Tokens before and behind the hole that a question shows, and its answer begins with.
_ASKED = (480, 96)


@dataclass(frozen=True, slots=True)
class Guiding:
    """How completions are guided and hurried: by which monitors (``None``: all that are installed),
    with which hints, and whether drafts guess ahead."""

    monitors: tuple[Monitor, ...] | None = None
    hints: HintRules = field(default=HintRules())
    drafts: bool = True


@dataclass(frozen=True, slots=True)
class _Scored:
    """A text that was scored, and the log-probability of each of its tokens."""

    context: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    nats: list[float] = field(default_factory=list)


class FillingRuntime(Runtime, ChatModel, Protocol):
    """A runtime that also says how it wants its prompts."""


class LocalWriter(Writer):
    """A :class:`~decoding.writer.Writer` over one runtime. One call at a time; not thread-safe."""

    def __init__(
        self,
        runtime: FillingRuntime,
        *,
        room: PromptRoom | None = None,
        cache: Path | None = None,
        guiding: Guiding | None = None,
    ) -> None:
        """``room`` says how long prompts may be; ``cache`` is a folder for what is computed of the
        vocabulary once, or ``None``.

        Raises :class:`~decoding.errors.DecodingError` when the model cannot fill in the middle.
        """
        self.name = runtime.name
        self._runtime = runtime
        self._prompter = Prompter(runtime)
        self._chat = chat_for(runtime)
        self._vocabulary = vocabulary.load(runtime.token_bytes(), cache)
        self._guiding = guiding or Guiding()
        self._room, self._price = room or PromptRoom(), SpeculationCost()
        self._pace = self._room.rate
        self._scored = _Scored()

    def complete(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Completion:
        """Fill one hole; ``evidence`` ``None`` is unguided.

        A ``deadline`` that passes ends it in silence (``stopped`` is ``deadline``). Raises
        :class:`~decoding.errors.CancelledError` when cancelled.
        """
        begun = time.monotonic()
        evidence = MemoizedEvidence(evidence) if evidence is not None else None
        drafts = self._price if self._guiding.drafts else None
        with bounded(deadline, cancellation) as inner:
            try:
                prompt = self._prompt(request, evidence, deadline, inner)
                written = self._written(
                    self._runtime, prompt, request, evidence, deadline, inner, drafts
                )
            except CancelledError:
                if cancellation.cancelled:
                    raise
                return self._late()
        self._pace.note(
            written.prompt_tokens - written.reused_tokens, written.timing.prefill / 1000
        )
        self._room.writing.note(len(written.tokens), written.timing.decode / 1000)
        return self._filled(request, written, begun)

    def tokens_within(self, seconds: float) -> int:
        """See :class:`~decoding.writer.Writer`."""
        return self._room.writing.within(seconds)

    def samples(
        self,
        request: InfillRequest,
        count: int,
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Iterator[Completion]:
        """Fill the same hole ``count`` times with seeds ``request.seed + i``, in their order.

        Several are written side by side where the runtime can: as many as it has branches at once,
        and none is under way when one is yielded, so the writer may be used for other things in
        between. A ``deadline`` that passes ends in silence what is not written yet, and no more are
        begun. Raises :class:`~decoding.errors.CancelledError` when cancelled, behind those that
        were ready, as it does whatever one of them raised.
        """
        runtime, done = self._runtime, 0
        while done < count and not deadline.expired():
            again = replace(request, seed=request.seed + done)
            found: list[Completion | Exception] = []
            if isinstance(runtime, Branching) and count - done > 1:
                found = self._together(
                    runtime, again, count - done, evidence, deadline, cancellation
                )
            if not found:
                found.append(
                    self.complete(again, evidence, deadline=deadline, cancellation=cancellation)
                )
            for one in found:
                if isinstance(one, Exception):
                    raise one
                yield one
            done += len(found)

    def stream(
        self,
        request: InfillRequest,
        seeds: Sequence[int],
        evidence: Evidence | None,
        *,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> Generator[tuple[int, Completion], None, None]:
        """Fill the same hole once with each of ``seeds``, each told as soon as it is written.

        Several are written side by side where the runtime can, and where one has ended the next is
        begun. Raises :class:`~decoding.errors.CancelledError` when cancelled, and whatever one of
        them raised.
        """
        runtime, told = self._runtime, False
        if isinstance(runtime, Branching) and len(seeds) > 1:
            found = self._abreast(
                runtime, request, seeds, evidence, deadline, cancellation, refill=True
            )
            with contextlib.closing(found):
                for seed, one in found:
                    told = True
                    if isinstance(one, Exception):
                        raise one
                    yield seed, one
        if not told:
            yield from super().stream(
                request, seeds, evidence, deadline=deadline, cancellation=cancellation
            )

    def _together(
        self,
        runtime: Branching,
        request: InfillRequest,
        most: int,
        evidence: Evidence | None,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> list[Completion | Exception]:
        """What as many samples as fit became, up to ``most``; nothing where no two fit."""
        seeds = range(request.seed, request.seed + most)
        found = self._abreast(
            runtime, request, seeds, evidence, deadline, cancellation, refill=False
        )
        return [one for _, one in sorted(found, key=lambda each: each[0])]

    def _abreast(
        self,
        runtime: Branching,
        request: InfillRequest,
        seeds: Sequence[int],
        evidence: Evidence | None,
        deadline: Deadline,
        cancellation: Cancellation,
        *,
        refill: bool,
    ) -> Generator[tuple[int, Completion | Exception], None, None]:
        """What the sample with each of ``seeds`` became, in the order in which they are ready: of
        as many as there is room for at once, or with ``refill`` of all for which there is time.
        Nothing where no room for two."""
        begun = time.monotonic()
        first = MemoizedEvidence(evidence) if evidence is not None else None
        with bounded(deadline, cancellation) as inner:
            try:
                prompt = self._prompt(request, first, deadline, inner)
                room = request.max_tokens + _SPARE
                fitting = (runtime.context_size - len(prompt)) // room
                count = min(len(seeds), runtime.most_branches, fitting)
                if count < 2:
                    return
                read = self._read(prompt[:-1], inner)
            except CancelledError:
                if cancellation.cancelled:
                    raise
                yield seeds[0], self._late()
                return
            longest = 0.0

            def sample(index: int, lane: Runtime) -> Completion:
                nonlocal longest
                start = time.monotonic()
                asked = first.answered() if first is not None and index else first
                again = replace(request, seed=seeds[index])
                # Without drafts: how far they look ahead depends on the time that passes take.
                written = self._written(lane, prompt, again, asked, deadline, inner, None)
                if not index:
                    written = replace(written, reused_tokens=written.reused_tokens - read)
                longest = max(longest, time.monotonic() - start)
                return self._filled(request, written, begun)

            def works() -> Iterator[Callable[[Runtime], Completion]]:
                for index in range(len(seeds) if refill else count):
                    # One that is begun too late takes time from those that would be ready.
                    if index < count or deadline.remaining() > longest:
                        yield partial(sample, index)

            found = refilled(runtime, works(), count, room, inner)
            with contextlib.closing(found):
                for index, one in found:
                    late = isinstance(one, CancelledError) and not cancellation.cancelled
                    yield seeds[index], self._late() if late else one

    def _read(self, tokens: Sequence[int], cancellation: Cancellation) -> int:
        """Let the cache hold ``tokens`` and nothing else; how many it lacked."""
        begun, held = time.monotonic(), shared(self._runtime.evaluated(), tokens)
        self._runtime.truncate(held)
        self._runtime.evaluate(tokens[held:], cancellation)
        self._pace.note(len(tokens) - held, time.monotonic() - begun)
        return len(tokens) - held

    def _written(
        self,
        runtime: Runtime,
        prompt: Sequence[int],
        request: InfillRequest,
        evidence: Evidence | None,
        deadline: Deadline,
        cancellation: Cancellation,
        drafts: SpeculationCost | None,
    ) -> Written:
        """What the loop writes for ``request`` behind ``prompt``."""
        site = CursorSite.at(request.snapshot.text, request.offset)
        return write(
            runtime,
            prompt,
            vocabulary=self._vocabulary,
            snapshot=request.snapshot,
            offset=min(max(request.offset, 0), len(request.snapshot.text)),
            evidence=evidence,
            sampler=sampler(request.temperature, request.seed),
            stop=BlockEnding(site) if request.multiline else OneLine(site),
            max_tokens=request.max_tokens,
            cancellation=cancellation,
            query_deadline=min(request.query_ms / 1000, deadline.remaining()),
            monitors=self._guiding.monitors,
            drafts=drafts,
        )

    def _filled(self, request: InfillRequest, written: Written, begun: float) -> Completion:
        site = CursorSite.at(request.snapshot.text, request.offset)
        return filled(self.name, site, request, written, begun, self._told(request))

    def _late(self) -> Completion:
        """What a deadline that passes leaves."""
        return Completion("", model=self.name, stopped="deadline")

    def _prompt(
        self,
        request: InfillRequest,
        evidence: Evidence | None,
        deadline: Deadline,
        cancellation: Cancellation,
    ) -> tuple[int, ...]:
        """The prompt's tokens: a question where a task is given and the model answers any."""
        text = request.snapshot.text
        offset = min(max(request.offset, 0), len(text))
        if request.task and self._chat is not None:
            task = f"{request.task}\n{request.preamble}".strip()
            return self._chat.ask(task, text[:offset], text[offset:], _ASKED)
        # Several samples may be written side by side behind it.
        lanes = self._runtime.most_branches if isinstance(self._runtime, Branching) else 1
        written = lanes * (request.max_tokens + _SPARE)
        self._prompter.budget = self._room.budget(self._runtime.context_size - written)
        begins = preamble(
            request,
            evidence,
            self._guiding.hints,
            self._prompter,
            self._runtime.tokenize,
            deadline=deadline,
            cancellation=cancellation,
            cheap=lambda: self._cheap(request.snapshot, offset),
        )
        return self._prompter.prompt(request.snapshot.path, text, offset, begins).tokens

    def _told(self, request: InfillRequest) -> str:
        """What the prompt just made for ``request`` began with."""
        asks = request.task and self._chat is not None
        return request.preamble if asks else self._prompter.last(request.snapshot.path)

    def _cheap(self, snapshot: Snapshot, offset: int) -> bool:
        """Whether a prompt that begins with another hint is read in the time that it may take."""
        last = self._prompter.last(snapshot.path)
        plain = self._prompter.preview(snapshot.path, snapshot.text, offset, last)
        # A hint of another place gives way in any case; what counts is the file behind it.
        cached = shared(self._runtime.evaluated(), plain) - len(self._runtime.tokenize(last))
        return cached * self._pace.seconds <= self._guiding.hints.patience

    def score(self, before: str, text: str, *, cancellation: Cancellation) -> float:
        """Sum of the log-probabilities (nats) of ``text``'s tokens behind ``before``.

        Only the end of ``before`` is read. Raises :class:`~decoding.errors.CancelledError`.
        """
        tokens = self._runtime.tokenize(text)
        if not tokens:
            return 0.0
        start = self._runtime.start_tokens()
        context = [*start, *self._runtime.tokenize(before)[-_SCORE_CONTEXT:]]
        if not context:
            # Nothing stands before the text, so its first token cannot be judged.
            context, tokens = tokens[:1], tokens[1:]
        room = self._runtime.context_size - len(context)
        return self._sum(context, tokens[:room], cancellation)

    def forget(self, *, cache: bool = True) -> None:
        """Be as if nothing had been written before: without the places where the cursor rested,
        which prompts follow, and, if the ``cache`` is to go as well, without that."""
        if cache:
            self._runtime.truncate(0)
        self._prompter.forget()

    def close(self) -> None:
        """Free the model."""
        self._runtime.close()

    def _sum(self, context: Sequence[int], tokens: Sequence[int], stop: Cancellation) -> float:
        """The log-probability of ``tokens`` behind ``context``; what they begin with as those did
        that were scored last is known."""
        runtime, last = self._runtime, self._scored
        known = shared(last.tokens, tokens) if last.context == context else 0
        # The last known token is evaluated in any case: its logits judge the one behind it.
        text, begin = [*context, *tokens], len(context) - 1 + known
        held = min(shared(runtime.evaluated(), text), begin)
        runtime.truncate(held)
        runtime.evaluate(text[held:begin], stop)
        nats = last.nats[:known]
        while len(nats) < len(tokens):
            part = tokens[len(nats) : len(nats) + _SCORED_AT_ONCE]
            start = len(context) - 1 + len(nats)
            rows = runtime.evaluate_all(text[start : start + len(part)], stop)
            nats += [float(row[t]) - log_total(row) for row, t in zip(rows, part, strict=True)]
        self._scored = _Scored(list(context), list(tokens), nats)
        return sum(nats)
