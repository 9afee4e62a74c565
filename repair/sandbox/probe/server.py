"""The fork-server: one request a line in, one answer a line out, each run in a fresh fork.

Requests (JSON objects with ``op``):

``setup``   ``workspace``, ``target``, ``lines``, ``limits``, ``private``, ``shown`` (paths)
``preload`` ``names`` of modules, ``pytest``, ``patterns`` (regular expressions), ``own`` names
``run``     ``plan``, ``files`` (path → text in latin-1), ``wall``, ``cpu``, ``idle``,
            ``importing``, ``early``, ``trace``, ``steps``, ``places``, ``blocks`` (``plan``,
            ``limits``), ``stop``, ``leading``, ``modules``
``hold``    ``plan``, ``files`` as for ``run``: collect the tests once and serve ``patch`` requests
            from there
``load``    ``name``: import the target into the held state, whose tests import it as they run
``patch``   like ``run``, with ``units`` (new code for loaded functions) instead of ``files``
``behave``  ``plan``, ``variants`` (lists of ``units``), ``seconds`` for each, ``asked``: what they
            answer to the calls asked for, those that the plan's tests make, and calls like those
``spread``  ``lanes``: answer at so many of them from now on, each in a process of its own
``release`` leave the held state

Every answer repeats ``id``. The answer of a run has ``ended`` (``done``, ``timeout``, ``early``,
``crash``), ``events`` of the :class:`~.reporting.Reporter`, ``code``, ``output`` (the tail),
``seconds``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from . import behaviour, blocks, forking, isolation, lines, plans, replacing, reporting
from .isolation import Lanes

#: How long it may take to see whether something is allowed here.
_TRIED_S = 10.0


class Server:
    """State of one process that forks: what was set up, and what is held collected."""

    def __init__(self, requests: Any, answers: Any, lanes: Lanes) -> None:
        self.requests = requests
        self.answers = answers
        self.lanes = lanes
        self.settings: dict[Any, Any] = {}
        self.counts = lines.LineCounts(1)
        self.private = True
        self.run_selected: Any = None
        self.live: Any = None

    def serve(self) -> None:
        """Answer requests until the stream ends or the held state is released."""
        while True:
            line = self.requests.readline()
            if not line:
                return
            request = json.loads(line)
            op = request["op"]
            if op == "release":
                self.answer(request, {})
                return
            try:
                body = getattr(self, "op_" + op)(request)
            except Exception as error:
                body = {"error": f"{type(error).__name__}: {error}"}
            if body is not None:
                self.answer(request, body)

    def answer(self, request: dict[str, Any], body: dict[str, Any]) -> None:
        """Send one answer."""
        body["id"] = request["id"]
        self.answers.write(json.dumps(body).encode() + b"\n")
        self.answers.flush()

    def op_setup(self, request: dict[str, Any]) -> dict[str, Any]:
        """Remember the settings and try the private world."""
        self.settings = request
        self.counts = lines.LineCounts(max(1, request["lines"]))
        self.private = bool(request.get("private", True))
        why = ""
        if self.private:
            outcome = forking.in_fork(self.apart(lambda emit: 0, 0.0, private=True), _TRIED_S)
            if outcome["ended"] != "done" or outcome["code"] != 0:
                why = outcome["output"] or "no private mounts here"
                self.private = False
        return {
            "python": sys.version.split()[0],
            "executable": sys.executable,
            "private": self.private,
            "why": why,
        }

    def op_preload(self, request: dict[str, Any]) -> dict[str, Any]:
        """Import and compile what every run does anyway, so that forks find it there."""
        replacing.early(request["names"], request["pytest"])
        replacing.compile_all(request["patterns"])
        forking.settle(often=self.run_selected is not None)
        return {"clean": not replacing.any_of(self.settings["workspace"], request["own"])}

    def op_run(self, request: dict[str, Any]) -> dict[str, Any]:
        """One cold run: a fork that imports everything itself."""
        plan = request["plan"]

        def work(emit: Callable[[dict[str, Any]], None]) -> int:
            replacing.write_all(request["files"])
            plans.enter(plan)
            told = self.reporter(emit, request)
            run = plans.runner(plan)
            with Tracing(self, request.get("trace", False), told.steps):
                code = int(run(plan, told, None))
            if request.get("modules"):
                self.tell_loaded(emit)
            return code

        return self.forked(work, request)

    def op_load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Import the target here, and tell which of its lines run by that."""
        target = self.settings["target"]
        self.counts.clear()
        self.counts.start(target)
        replacing.early([request["name"]], False)
        self.counts.stop()
        self.live = replacing.LiveCode(target)
        forking.settle(often=True)
        return {"imported": sorted(self.counts.hits())}

    def op_patch(self, request: dict[str, Any]) -> dict[str, Any]:
        """One warm run: a fork of the held state with new code in live functions."""

        try:
            # Compiled here and not in the fork: a fork pays for each page that it touches.
            target = self.settings["target"]
            planned = [r for unit in request["units"] for r in self.live.plan(target, unit)]
        except replacing.CannotReplaceError as error:
            return forking.nothing_run(str(error))

        def work(emit: Callable[[dict[str, Any]], None]) -> int:
            for replacement in planned:
                replacement.put()
            told = self.reporter(emit, request)
            with Tracing(self, request.get("trace", False), told.steps):
                self.run_selected(request["plan"].get("select"), told)
            if request.get("modules"):
                self.tell_loaded(emit)
            return 0

        return self.forked(work, request)

    def tell_loaded(self, emit: Callable[[dict[str, Any]], None]) -> None:
        """What a run has loaded and left, at its end."""
        wrote = isolation.wrote_anything()
        entered = sorted({os.path.realpath(name) for name in list(self.counts.entered)})
        known = {"modules": replacing.modules(), "patterns": replacing.patterns()}
        emit({**known, "entered": entered, "wrote": wrote})

    def op_behave(self, request: dict[str, Any]) -> dict[str, Any]:
        """What variants of loaded functions answer to the same calls."""
        target = self.settings["target"]
        variants: list[Any] = [[]]
        known = []
        for units in request["variants"]:
            try:
                variants.append([p for unit in units for p in self.live.plan(target, unit)])
                known.append(True)
            except replacing.CannotReplaceError:
                known.append(False)

        def work(emit: Callable[[dict[str, Any]], None]) -> int:
            told = reporting.Reporter(lambda event: None, target)
            select_only = request["plan"].get("select")
            emit(
                behaviour.observe(
                    lambda: self.run_selected(select_only, told),
                    self.live,
                    target,
                    variants,
                    request["seconds"],
                    request["asked"],
                )
            )
            return 0

        body = self.forked(work, request)
        return {"known": known, **(body["events"][0] if body["events"] else {})}

    def op_hold(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """Fork once; the fork collects, then serves in this process' place until released."""
        before = {} if self.private else replacing.replace_files(request.get("files", {}))
        pid = os.fork()
        if pid == 0:
            self.held(request)
            os._exit(0)
        # They are the fork's from now on.
        self.lanes.close()
        _, status = os.waitpid(pid, 0)
        isolation.end_children()
        replacing.replace_files(before)
        if status == 0:
            return None
        # It died before or while it served: whoever waits for an answer must hear of it.
        return {"lost": True, "id": request["id"]}

    def op_spread(self, request: dict[str, Any]) -> None:
        """Fork once for each lane; this process only waits, and ends with the first of them.

        Not where lanes would get into each other's way, or lose what this process speaks to. None
        of them runs more than one candidate at a time: what that leaves behind is its own.
        """
        if isolation.speaks_to_others() or not self.has_own_network():
            self.lanes.close()
            self.answer(request, {"lanes": 1})
            return
        self.lanes.keep(request["lanes"] - 1)

        def serve(streams: Any) -> None:
            self.counts = lines.LineCounts(self.counts.size)
            if streams is None:
                self.answer(request, {"lanes": 1 + len(self.lanes)})
            else:
                self.requests.close()
                self.answers.close()
                self.requests, self.answers = streams
            self.lanes.close()
            self.serve()

        os._exit(self.lanes.spread(serve))

    def has_own_network(self) -> bool:
        """Whether a fork can have a network of its own here."""

        def work(emit: Callable[[dict[str, Any]], None]) -> int:
            isolation.enter_own_network()
            return 0

        outcome = forking.in_fork(self.apart(work, 0.0, private=False), _TRIED_S)
        return bool(outcome["code"] == 0)

    def held(self, request: dict[str, Any]) -> None:
        plan = request["plan"]
        served = []

        def hold(run_selected: Any) -> None:
            served.append(True)
            self.run_selected = run_selected
            imported = self.counts.hits()
            self.live = replacing.LiveCode(self.settings["target"])
            forking.settle(often=True)
            self.answer(request, {"held": True, "tests": tests, "imported": sorted(imported)})
            self.serve()

        tests: list[Any] = []

        def emit(event: dict[str, Any]) -> None:
            tests.extend(event.get("collected", ()))

        isolation.silence()
        isolation.become_subreaper()
        try:
            if self.private and request.get("files"):
                # A world for all that is held; runs that write get theirs on top of it.
                self.enter_private_world()
                replacing.write_all(request["files"])
            plans.enter(plan)
            self.counts.clear()
            run = plans.runner(plan)
            with Tracing(self, True):
                told = reporting.Reporter(emit, self.settings["target"])
                run(plan, told, lambda run_selected: self.stop_and(hold, run_selected))
        except BaseException as error:
            if not served:
                self.answer(request, {"held": False, "why": repr(error)[:400]})
            os._exit(0)
        if not served:
            self.answer(request, {"held": False, "why": "nothing was collected"})

    def stop_and(self, hold: Any, run_selected: Any) -> None:
        self.counts.stop()
        hold(run_selected)

    def reporter(self, emit: Callable[[dict[str, Any]], None], request: dict[str, Any]) -> Any:
        return reporting.Reporter(
            emit,
            self.settings["target"],
            stop=request.get("stop", False),
            leading=request.get("leading", 1),
            counts=self.counts if request.get("trace") else None,
            caps=request.get("caps"),
            blocks=self.followed(emit, request),
            places=self.places(request),
            steps=lines.Steps(request["steps"]) if request.get("steps") else None,
        )

    def places(self, request: dict[str, Any]) -> Any:
        """What notes the expressions of the target that run, or ``None`` if nobody asked."""
        if not request.get("places"):
            return None
        noted = lines.RunPlaces(self.settings["target"])
        noted.start()
        return noted

    def followed(self, emit: Callable[[dict[str, Any]], None], request: dict[str, Any]) -> Any:
        """What follows the target block by block from now on, or ``None`` if nobody asked."""
        wanted = request.get("blocks")
        if wanted is None:
            return None
        target = self.settings["target"]
        trace = blocks.BlockTrace(target, wanted["plan"], wanted.get("limits"), emit)
        trace.start()
        return trace

    def enter_private_world(self) -> None:
        settings = self.settings
        isolation.enter_private_world(
            settings["workspace"], settings["limits"]["tmp_bytes"], settings["shown"]
        )

    def forked(self, work: Any, request: dict[str, Any]) -> dict[str, Any]:
        """Run ``work(emit)`` in a fork within the request's limits, and gather what it said."""
        if request.get("trace"):
            self.counts.clear()
        restore: dict[str, Any] = {}
        if not self.private:
            restore = {path: replacing.read(path) for path in request.get("files", {})}
        body = forking.in_fork(
            self.apart(work, request.get("cpu", 0.0), request.get("private", True)),
            request["wall"],
            request.get("idle", 0.0),
            request.get("importing", 0.0),
            blocks.TELL if request.get("blocks") else 0,
            request.get("early", ()),
        )
        replacing.write_all(restore)
        if request.get("trace"):
            body["hits"] = sorted(self.counts.hits().items())
            body["last"] = self.counts.last()
        return body

    def apart(self, work: Any, cpu: float, private: bool) -> Any:
        """``work`` as it is done in a fork: without what this process hears and answers by, in a
        private world if it is to have one, within the limits and ``cpu`` seconds."""

        def confined(emit: Callable[[dict[str, Any]], None]) -> Any:
            self.lanes.close()
            os.close(self.requests.fileno())
            os.close(self.answers.fileno())
            if self.private and private:
                self.enter_private_world()
            isolation.limit_self(dict(self.settings["limits"], cpu_seconds=cpu))
            return work(emit)

        return confined


class Tracing:
    """Counts lines of the target while inside, if asked to."""

    def __init__(self, server: Server, wanted: bool, told: Any = None) -> None:
        self.server = server
        self.wanted = wanted
        self.steps = told

    def __enter__(self) -> None:
        if self.wanted:
            self.server.counts.start(self.server.settings["target"], self.steps)

    def __exit__(self, *_exc: Any) -> None:
        if self.wanted and self.server.run_selected is None:
            self.server.counts.stop()


def main(lanes: Any = ()) -> None:
    """Serve on standard input and output, which user code never sees.

    ``lanes`` are pairs of descriptors at which more can be asked at once, if that is wanted.
    """
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    isolation.become_subreaper()
    Server(requests, answers, Lanes(lanes)).serve()
