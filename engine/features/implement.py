"""The body of a function, written from its docstring, examples and tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from analysis.snapshot import Snapshot
from engine.features.fix import FixAnswer, ReportProgress, answer_of
from engine.request import Caller, Lane, Request, Route

if TYPE_CHECKING:
    from analysis.deadline import Cancellation
    from decoding.guidance.evidence import Evidence
    from decoding.writer import Writer
    from engine.context import Context
    from repair.source.file import Source


@dataclass(frozen=True, slots=True)
class ImplementRequest(Request[FixAnswer]):
    """Write the body of ``function``, a stub of ``snapshot``'s file, so that ``test`` passes.

    Without ``test`` its tests or its docstring's examples are found.
    """

    repeatable: ClassVar[bool] = False

    snapshot: Snapshot
    function: str
    test: str = ""
    suite: str = ""
    time_limit: float = 90.0
    sandbox: bool = True
    allow: tuple[str, ...] = ()


def implement(
    request: ImplementRequest,
    writer: Writer,
    evidence: Evidence | None,
    progress: ReportProgress,
    cancellation: Cancellation,
) -> FixAnswer:
    """Write the body of ``request.function``; ``progress`` is told a message and a fraction.

    A cancelled request answers with what it has. Raises
    :class:`~analysis.errors.ExplainedError` for a function that is not there or has a body, and
    when nothing could be tried: no sandbox, no interpreter, no model.
    """
    from engine.tested import on_disk, subject_of, untested
    from repair.failure.discovery import find_tests_of
    from repair.implementing.implementer import Implementer
    from repair.source.stub import find_stub

    snapshot = request.snapshot
    stub = find_stub(on_disk(snapshot)[0], request.function)

    def find(source: Source, root: str, has_pytest: bool) -> str:
        documented = stub.has_examples
        return find_tests_of(source, stub.name, documented, root, has_pytest)

    about = subject_of(
        snapshot, request.test, sandbox=request.sandbox, allow=request.allow, find=find
    )
    checked = about is not None
    if about is None:
        about = untested(snapshot)
    job = about.job(snapshot, request.time_limit, request.suite)
    implementer = Implementer(
        stub, job, writer, evidence, progress, cancellation, narrow=about.found
    )
    if not checked:
        none = "no test and no example was found, so nothing was run: name a test with --test"
        return answer_of(implementer.unchecked(none), writer)
    if about.found:
        progress(f"no --test was given: using {about.test}", 0.0)
    answer = answer_of(implementer.run(), writer)
    return replace(answer, reason=f"{answer.reason}; test: {about.test}") if about.found else answer


def _run(request: ImplementRequest, context: Context, caller: Caller) -> FixAnswer:
    writer = context.writers.repairing()
    evidence = context.pool().background()
    return implement(request, writer, evidence, caller.progress, caller.cancellation)


ROUTE = Route(ImplementRequest, FixAnswer, _run, Lane.REPAIR, partial_result=True)
