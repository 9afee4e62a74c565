"""A faster version of a function, measured."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from analysis.errors import ExplainedError
from analysis.snapshot import Snapshot
from engine.features.fix import ReportProgress
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.deadline import Cancellation
    from decoding.guidance.evidence import Evidence
    from decoding.writer import Writer
    from engine.context import Context
    from repair.optimizing.rewriting import Faster
    from repair.source.file import Source


@dataclass(frozen=True, slots=True)
class FasterPatch:
    """A patch with how many times faster it was measured to be, and the 95 % interval."""

    patch: str
    strategy: str
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OptimizeAnswer:
    """The outcome; ``status`` as in :class:`FixAnswer`.

    ``calls`` of the tests were noted, on ``inputs`` calls (those and larger ones) the answers were
    compared. ``rejected`` says why other versions were not offered. ``hot`` are the lines of the
    file that take most of the time, 0-based, with their shares.
    """

    status: str
    reason: str = ""
    best: FasterPatch | None = None
    alternatives: tuple[FasterPatch, ...] = ()
    rejected: tuple[str, ...] = ()
    calls: int = 0
    inputs: int = 0
    candidates_run: int = 0
    seconds: float = 0.0
    model_tokens: int = 0
    model: str = ""
    hot: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class OptimizeRequest(Request[OptimizeAnswer]):
    """Write ``function`` of ``snapshot``'s file anew so that it is faster and ``test`` passes."""

    repeatable: ClassVar[bool] = False

    snapshot: Snapshot
    function: str
    test: str = ""
    time_limit: float = 120.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()
    use_model: bool = True


def optimize(
    request: OptimizeRequest,
    writer: Writer | None,
    evidence: Evidence | None,
    progress: ReportProgress,
    cancellation: Cancellation,
) -> OptimizeAnswer:
    """Look for a faster version of ``request.function``; ``progress`` is told how far it is.

    Raises :class:`~analysis.errors.ExplainedError` for a function that is not there, and when
    nothing could be tried: no sandbox, no interpreter.
    """
    from engine.tested import none_found, subject_of
    from repair.failure.discovery import find_tests_reaching
    from repair.optimizing.rewriting import Optimizer
    from repair.source.stub import find_function

    snapshot = request.snapshot

    def find(source: Source, root: str, has_pytest: bool) -> str:
        node = find_function(source, request.function)
        documented = ">>> " in (ast.get_docstring(node, clean=False) or "")
        return find_tests_reaching(source, request.function, documented, root, has_pytest)

    about = subject_of(
        snapshot, request.test, sandbox=request.sandbox, allow=request.allow, find=find
    )
    if about is None:
        return OptimizeAnswer("error", none_found(snapshot, request.function))
    if about.found:
        progress(f"no --test was given: using {about.test}", 0.0)
    job = about.job(snapshot, request.time_limit)
    used = writer if request.use_model else None
    found = Optimizer(request.function, job, used, evidence, progress, cancellation).run()
    return OptimizeAnswer(
        status=found.status,
        reason=found.reason,
        best=_patch(found.best) if found.best else None,
        alternatives=tuple(map(_patch, found.others)),
        rejected=found.rejected,
        calls=found.calls,
        inputs=found.inputs,
        candidates_run=found.candidates,
        seconds=round(found.seconds, 3),
        model_tokens=found.model_tokens,
        model=used.name if used else "",
        hot=tuple((line - 1, share) for line, share in found.hot),
    )


def _patch(faster: Faster) -> FasterPatch:
    ratio = faster.ratio
    low, high = round(ratio.low, 3), round(ratio.high, 3)
    return FasterPatch(faster.diff, faster.strategy, round(ratio.times, 3), low, high)


def _run(request: OptimizeRequest, context: Context, caller: Caller) -> OptimizeAnswer:
    writer = None
    if request.use_model:
        try:
            writer = context.writers.repairing()
        except ExplainedError as error:
            caller.progress(f"without a model: {error}")
    evidence = context.pool().background() if writer is not None else None
    return optimize(request, writer, evidence, caller.progress, caller.cancellation)


ROUTE = Route(OptimizeRequest, OptimizeAnswer, _run, Lane.REPAIR, partial_result=True)
