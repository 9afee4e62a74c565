"""The sandboxes of one repair: one in which tests are held collected, one that imports afresh, and
one in which patches are validated, which another thread may use meanwhile."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Self, TypeVar

from analysis.deadline import Cancellation
from decoding.errors import CancelledError
from repair.sandbox.cores import MOST
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.policy import Policy
from repair.sandbox.run import Plan, Preload, Run, Terms

T = TypeVar("T")

#: Sandboxes that user code may bring down before the work is given up.
_MAX_DEATHS = 5


class Workbench:
    """Starts sandboxes for one file when they are first needed, and ends them all at the end."""

    def __init__(
        self,
        policy: Policy,
        target: str,
        lines: int,
        base: Mapping[str, bytes],
        cancellation: Cancellation,
    ) -> None:
        self.policy = policy
        #: Texts that stand for files of the disk in every run.
        self.base = dict(base)
        self.warm: ForkServer | None = None
        self.held: tuple[str, ...] = ()
        #: Seconds that holding them took.
        self.held_in = 0.0
        self._holding: tuple[Plan, frozenset[int]] | None = None
        #: The name of the file's module, where it is to be loaded beside held tests.
        self._module = ""
        self._target = target
        self._lines = lines
        self._cancellation = cancellation
        self._cold: ForkServer | None = None
        self._preload: Preload | None = None
        self._deaths = 0
        #: How many sandboxes that are used for candidates came to an end so far.
        self.ended = 0
        #: How many candidates may run at once (``spread``).
        self.lanes = 1
        self._lanes_in_use = 0
        self._alone = False
        self._turn = threading.Condition()
        self._runners: ThreadPoolExecutor | None = None
        self._starting = threading.Lock()
        self._closed = False
        self._apart: Future[ForkServer] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._stop = Cancellation()
        self._forget: Callable[[], None] = lambda: None
        self._changing = threading.Lock()

    def fresh(self) -> ForkServer:
        """A new sandbox that the caller closes."""
        return self._new(self._cancellation, MOST)

    def _new(self, cancellation: Cancellation, most_lanes: int = 1) -> ForkServer:
        return ForkServer(
            self.policy,
            self._target,
            self._lines,
            cancellation=cancellation,
            most_lanes=most_lanes,
        )

    def cold(self) -> ForkServer:
        """The sandbox whose forks import everything themselves. Any thread may ask.

        Raises :class:`~decoding.errors.CancelledError` once the bench is closed.
        """
        with self._starting:
            if self._closed:
                raise CancelledError
            if self._cold is None:
                self._cold = self._loaded(self.fresh(), self._cancellation)
                self._cold.spread(self.lanes)
            return self._cold

    def spread(self, lanes: int) -> None:
        """Let up to ``lanes`` candidates run at once, which each have a process of their own."""
        self.lanes = lanes
        for server in (self.warm, self._cold):
            if server is not None:
                server.spread(lanes)

    def begin(self, work: Callable[[], T], limit: Callable[[], int]) -> Future[T]:
        """Do ``work``, which runs a candidate, in a thread, when fewer than ``limit`` are at it.

        What is begun first gets there first. Ends with
        :class:`~decoding.errors.CancelledError` once the bench is closed.
        """
        if self._runners is None:
            self._runners = ThreadPoolExecutor(self.lanes, "candidate")

        def turn() -> T:
            with self._turn:
                self._turn.wait_for(
                    lambda: self._closed or (not self._alone and self._lanes_in_use < limit())
                )
                if self._closed:
                    raise CancelledError
                self._lanes_in_use += 1
            try:
                return work()
            finally:
                with self._turn:
                    self._lanes_in_use -= 1
                    self._turn.notify_all()

        return self._runners.submit(turn)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nothing that was begun runs inside; what runs is waited for. One thread at a time."""
        with self._turn:
            self._turn.wait_for(lambda: not self._alone)
            self._alone = True
            self._turn.wait_for(lambda: not self._lanes_in_use)
        try:
            yield
        finally:
            with self._turn:
                self._alone = False
                self._turn.notify_all()

    def _loaded(self, server: ForkServer, cancellation: Cancellation) -> ForkServer:
        """``server`` with what is known imported early, or another one where that cannot be: with
        pytest alone, or with nothing, since that may use what is the workspace's itself."""
        try:
            known = self._preload
            if known is None or server.preload(known):
                return server
            self._preload = replace(known, modules=()) if known.modules else None
        except BaseException:
            server.close()
            raise
        server.close()
        return self._loaded(self._new(cancellation, MOST), cancellation)

    def prepare(self) -> Cancellation:
        """Start the sandbox that is kept ``apart`` in the background, unless it is there; what
        ends it (:meth:`abandon`) cancels what is returned."""
        with self._changing:
            self._prepare()
            return self._stop

    def _prepare(self) -> Future[ForkServer]:
        if self._apart is None:
            self._stop = Cancellation()
            self._forget = self._cancellation.on_cancel(self._stop.cancel)
            self._thread = ThreadPoolExecutor(1, "sandbox")
            self._apart = self._thread.submit(self._prepared, self._stop)
        return self._apart

    def _prepared(self, stop: Cancellation) -> ForkServer:
        server = self._loaded(self._new(stop, MOST), stop)
        server.spread(self.lanes)
        return server

    def apart(self) -> ForkServer:
        """The sandbox in which the search runs nothing: each of its runs imports what is the
        workspace's afresh.

        Waits for it to be ready. Raises what starting it raises, and then forgets it.
        """
        with self._changing:
            starting = self._prepare()
        try:
            return starting.result()
        except BaseException:
            self.abandon()
            raise

    def by_itself(
        self, plan: Plan, files: Mapping[str, bytes], terms: Terms, stop: Cancellation
    ) -> Run:
        """Run ``plan`` in a sandbox of its own until ``stop`` is cancelled.

        Raises as starting a sandbox and :meth:`~repair.sandbox.forkserver.ForkServer.run` do.
        """
        with self._new(stop) as server:
            return server.run(plan, files, terms)

    def abandon(self) -> None:
        """End the sandbox kept ``apart``; whatever runs there ends with
        :class:`~decoding.errors.CancelledError`, and the next one is a new one."""
        with self._changing:
            waiting, thread = self._apart, self._thread
            self._apart = self._thread = None
            self._forget()
            self._stop.cancel()
        if waiting is not None and thread is not None:
            thread.shutdown()
            if waiting.exception() is None:
                waiting.result().close()

    def preload(self, what: Preload) -> None:
        """Have ``what`` done before forking, in the sandboxes of now and of later."""
        self._preload = what
        if self.warm is not None:
            self.warm.preload(what)
        if self._cold is not None:
            self._cold = self._loaded(self._cold, self._cancellation)

    def hold(self, plan: Plan, wall: float, wanted: Collection[str] = ()) -> frozenset[int] | None:
        """Collect ``plan``'s tests in a warm sandbox, kept as ``warm`` in place of another one;
        ``held`` are their ids. Those that are held already stay.

        Returns the lines of the file that ran while importing, or ``None`` where that fails or
        not all of the ``wanted`` tests are among them; then ``warm`` is what it was.
        """
        if self.warm is not None and self._holding is not None and self._holding[0] == plan:
            return self._holding[1] if set(wanted) <= set(self.held) else None
        began = time.monotonic()
        server = self.fresh()
        try:
            held = server.hold(plan, wall=wall, files=self.base)
            if held is not None and self._preload is not None:
                server.preload(self._preload)
            if held is not None and self._module and not held[1]:
                held = held[0], server.load(self._module, wall=wall)
            server.spread(self.lanes)
        except BaseException:
            server.close()
            raise
        if held is None or not held[0] or not set(wanted) <= set(held[0]):
            server.close()
            return None
        if self.warm is not None:
            self.warm.close()
        self.warm = server
        self.held, imported = held
        self._holding, self.held_in = (plan, imported), time.monotonic() - began
        return imported

    def load(self, name: str, wall: float) -> frozenset[int]:
        """Import the file, as the module ``name``, where tests are held that do not import it as
        they are collected, now and later; which of its lines run by that.

        Raises :class:`~repair.errors.SandboxDiedError`.
        """
        assert self.warm is not None
        assert self._holding is not None
        imported = self.warm.load(name, wall=wall)
        self._module, self._holding = name, (self._holding[0], imported)
        return imported

    def unload(self) -> None:
        """Hold the tests no more: they are not the same with the file loaded."""
        self._module = ""
        if self.warm is not None:
            self.warm.close()
            self.warm = None

    def died(self) -> bool:
        """Note that a sandbox died under a candidate; whether to go on with new ones.

        The warm state is not collected again: its loss may be what the candidates do to it.
        """
        self.renew()
        self._deaths += 1
        return self._deaths <= _MAX_DEATHS

    def close(self) -> None:
        """End all sandboxes."""
        self.abandon()
        self.renew()

    def renew(self) -> None:
        """End the sandboxes in which candidates run; whatever runs there ends with
        :class:`~repair.errors.SandboxDiedError`."""
        with self._starting:
            servers, self.warm, self._cold = (self.warm, self._cold), None, None
            self.ended += 1
        for server in servers:
            if server is not None:
                server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._turn:
            self._closed = True
            self._turn.notify_all()
        self.close()
        if self._runners is not None:
            self._runners.shutdown(cancel_futures=True)
