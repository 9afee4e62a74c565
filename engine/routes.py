"""Which handler answers a request, in which lane, and with what of the context.

The registry of requests: to add one, write its values in ``messages``, its handler as one file in
``handlers``, and its row here. Handlers are imported when first needed, which keeps the start of
the engine short.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Protocol

from analysis.deadline import Cancellation
from analysis.errors import ExplainedError
from analysis.findings import Finding
from engine import messages
from engine.context import Context
from engine.messages import Request


class Lane(Enum):
    """Where a request runs."""

    INLINE = "inline"
    """At once, on the thread it arrived on: only what neither computes nor waits."""
    FORWARD = "forward"
    """Beside others: what a person waits for and other processes or files answer."""
    BACKGROUND = "background"
    """Beside others of its kind: checks, downloads and warming, which may wait for long."""
    GRAPH = "graph"
    """Beside others of its kind: what may wait until a whole project has been read."""
    MODEL = "model"
    """One at a time: completions."""
    REPAIR = "repair"
    """One at a time: what takes minutes."""


class Asked(Protocol):
    """What a handler may use of the job it runs for."""

    cancellation: Cancellation

    def waiting(self) -> int:
        """How many requests are not yet answered, this one among them."""
        ...

    def progress(self, message: str, fraction: float = -1.0) -> None:
        """Say how far it is."""
        ...

    def found(self, findings: tuple[Finding, ...]) -> None:
        """Say what a check has found so far."""
        ...


@dataclass(frozen=True, slots=True)
class Route:
    """How one kind of request runs. ``document`` names what a newer request of the same kind
    makes pointless, ``None`` where nothing is. ``keeps_what_it_has`` ones answer after being
    cancelled with what they found until then."""

    run: Callable[[Any, Context, Asked], object]
    lane: Lane
    document: Callable[[Any], object | None] = lambda request: None
    keeps_what_it_has: bool = False


def _inspect(request: messages.InspectRequest, context: Context, job: Asked) -> object:
    from engine.handlers.inspect import inspect

    return inspect(request, context.pool(), job.cancellation)


def _hole(request: messages.HoleRequest, context: Context, job: Asked) -> object:
    from engine.handlers.holes import hole

    return hole(request, context.knowledge())


def _error_report(request: messages.ErrorReportRequest, context: Context, job: Asked) -> object:
    from engine.handlers.holes import report

    return report(request, context.pool(), job.cancellation)


def _tutorial(request: messages.TutorialRequest, context: Context, job: Asked) -> object:
    from engine.handlers.holes import tutorial

    return tutorial()


def _complete(request: messages.CompleteRequest, context: Context, job: Asked) -> object:
    from engine.handlers.complete import complete

    evidence = context.knowledge() if request.guidance else None
    with context.writers.completing(job.cancellation) as writer:
        answer = complete(request, writer, evidence, job.cancellation)
    return _sure_enough(answer, context.machine.confidence_threshold)


def _sure_enough(answer: messages.CompleteAnswer, threshold: float) -> messages.CompleteAnswer:
    """Silence instead of what is less sure than the user wants to see."""
    completion = answer.completion
    if not completion.text or completion.confidence >= threshold:
        return answer
    return messages.CompleteAnswer(replace(completion, text="", stopped="unsure"))


def _check(request: messages.CheckRequest, context: Context, job: Asked) -> object:
    from engine.handlers.check import check

    return check(request, context.pool(), job.cancellation, job.found)


def _files(request: messages.FilesRequest, context: Context, job: Asked) -> object:
    from engine.handlers.files import files

    return files(request)


def _fix(request: messages.FixRequest, context: Context, job: Asked) -> object:
    from engine.handlers.fix import fix

    request = replace(request, test=request.test or context.machine.test_command)
    writer = None
    if request.use_model:
        try:
            writer = context.writers.repairing()
        except ExplainedError as error:
            job.progress(f"repairing without a model: {error}")
    evidence = context.pool().background() if writer is not None else None
    return fix(request, writer, evidence, job.progress, job.cancellation)


def _implement(request: messages.ImplementRequest, context: Context, job: Asked) -> object:
    from engine.handlers.implement import implement

    writer = context.writers.repairing()
    return implement(request, writer, context.pool().background(), job.progress, job.cancellation)


def _optimize(request: messages.OptimizeRequest, context: Context, job: Asked) -> object:
    from engine.handlers.optimize import optimize

    writer = None
    if request.use_model:
        try:
            writer = context.writers.repairing()
        except ExplainedError as error:
            job.progress(f"without a model: {error}")
    evidence = context.pool().background() if writer is not None else None
    return optimize(request, writer, evidence, job.progress, job.cancellation)


def _trace(request: messages.TraceRequest, context: Context, job: Asked) -> object:
    from engine.handlers.trace import trace

    request = replace(request, test=request.test or context.machine.test_command)
    writer = context.writers.repairing() if request.verdicts else None
    return trace(request, writer, job.progress, job.cancellation)


def _graph(request: messages.GraphRequest, context: Context, job: Asked) -> object:
    from engine.handlers.graph import graph

    return graph(request, context.graphs, job.progress)


def _local(request: messages.LocalRequest, context: Context, job: Asked) -> object:
    from engine.handlers.local import local

    return local(request)


def _files_changed(request: messages.FilesChanged, context: Context, job: Asked) -> object:
    context.graphs.changed(request.paths)
    return messages.Done()


def _pull(request: messages.PullRequest, context: Context, job: Asked) -> object:
    from engine.handlers.pull import pull_model

    return pull_model(request, job)


def _warm(request: messages.WarmRequest, context: Context, job: Asked) -> object:
    from engine.handlers.warm import warm

    return warm(request, context, job.cancellation)


def _status(request: messages.StatusRequest, context: Context, job: Asked) -> object:
    from engine.handlers.status import status

    return status(request, context, job.waiting())


def _configure(request: messages.ConfigureRequest, context: Context, job: Asked) -> object:
    from engine.handlers.configure import configure

    return configure(request, context)


def _project(request: messages.ProjectRequest, context: Context, job: Asked) -> object:
    from engine.handlers.project import project

    return project(request, context)


def _trust(request: messages.TrustRequest, context: Context, job: Asked) -> object:
    from engine.handlers.project import remember_trust

    return remember_trust(request, context)


def _document(request: messages.CompleteRequest) -> object:
    snapshot = request.snapshot
    return (snapshot.workspace.root, snapshot.path or snapshot.buffer)


ROUTES: dict[type[Request[Any]], Route] = {
    messages.StatusRequest: Route(_status, Lane.INLINE),
    messages.ConfigureRequest: Route(_configure, Lane.INLINE),
    messages.ProjectRequest: Route(_project, Lane.FORWARD),
    messages.TrustRequest: Route(_trust, Lane.FORWARD),
    messages.InspectRequest: Route(_inspect, Lane.FORWARD),
    messages.HoleRequest: Route(_hole, Lane.FORWARD),
    messages.ErrorReportRequest: Route(_error_report, Lane.BACKGROUND),
    messages.TutorialRequest: Route(_tutorial, Lane.INLINE),
    messages.CompleteRequest: Route(_complete, Lane.MODEL, document=_document),
    messages.CheckRequest: Route(_check, Lane.BACKGROUND),
    messages.FilesRequest: Route(_files, Lane.FORWARD),
    messages.FixRequest: Route(_fix, Lane.REPAIR, keeps_what_it_has=True),
    messages.ImplementRequest: Route(_implement, Lane.REPAIR, keeps_what_it_has=True),
    messages.OptimizeRequest: Route(_optimize, Lane.REPAIR, keeps_what_it_has=True),
    messages.TraceRequest: Route(_trace, Lane.REPAIR, keeps_what_it_has=True),
    messages.GraphRequest: Route(_graph, Lane.GRAPH),
    messages.LocalRequest: Route(_local, Lane.FORWARD),
    messages.FilesChanged: Route(_files_changed, Lane.INLINE),
    messages.PullRequest: Route(_pull, Lane.BACKGROUND),
    messages.WarmRequest: Route(_warm, Lane.BACKGROUND),
}
