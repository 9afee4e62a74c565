"""``OptimizeRequest``: a faster version of a function, measured."""

from __future__ import annotations

import ast

from analysis.deadline import Cancellation
from decoding.guidance.evidence import Evidence
from decoding.writer import Writer
from engine.handlers.fix import ReportProgress
from engine.handlers.tested import none_found, subject_of
from engine.messages import FasterPatch, OptimizeAnswer, OptimizeRequest
from repair.failure.discovery import find_tests_reaching
from repair.optimizing.rewriting import Faster, Optimizer
from repair.source.file import Source
from repair.source.stub import find_function


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
