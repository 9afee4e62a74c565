"""What waits, what is shared and what is dropped while the engine has not answered yet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from lsprotocol import types

from analysis.findings import Finding, Severity
from decoding.writer import Completion, Event
from engine.features.check import CheckAnswer, CheckRequest
from engine.features.complete import CompleteAnswer, CompleteRequest
from engine.features.project import ProjectAnswer, ProjectRequest
from engine.request import Progress
from engine.settings.values import ProjectSettings
from lsp_server.client import Client
from lsp_server.failures import CONTENT_MODIFIED, SERVER_CANCELLED, FeatureError
from lsp_server.features.diagnostics import pull, push
from lsp_server.features.inline_completion import Place, Suggestions, suggest
from lsp_server.handshake import Greeting
from lsp_server.server import Server
from lsp_server.session import Session
from tests.lsp_server.silent_engine import SilentEngine

URI = "untitled:a"


class Bench:
    """A server over an engine that answers when the test says so."""

    def __init__(self, client: Client | None = None) -> None:
        self.engine = SilentEngine()
        self.server = Server(Greeting(client or Client()), lambda: self.engine)
        self.sent: list[bytes] = []
        self.server.protocol.set_writer(self)
        self.session: Session = self.server.session
        self.session.configure(
            {"inlineCompletion": {"debounceMs": 0}, "diagnostics": {"debounceMs": 0}}
        )

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None:
        pass

    def open(self, text: str) -> None:
        now = asyncio.get_running_loop().time()
        self.session.documents.open(types.TextDocumentItem(URI, "python", 1, text), now)

    def change(self, text: str) -> None:
        document = self.session.documents.get(URI)
        assert document is not None
        change = types.TextDocumentContentChangeWholeDocument(text)
        now = asyncio.get_running_loop().time()
        self.session.documents.change(URI, document.version + 1, [change], now)

    async def asked(self, kind: type[Any], count: int = 1) -> list[asyncio.Future[Any]]:
        """Let everything run that can until the engine was asked so often; answers projects."""
        for _ in range(1000):
            for request, future in self.engine.asked:
                if isinstance(request, ProjectRequest) and not future.done():
                    future.set_result(ProjectAnswer(ProjectSettings()))
            found = [f for request, f in self.engine.asked if isinstance(request, kind)]
            if len(found) >= count:
                return found  # type: ignore[return-value]
            await asyncio.sleep(0)
        raise AssertionError(f"the engine was not asked {count} × {kind.__name__}")

    def found(self, *findings: Finding) -> None:
        """Let the newest check tell what it has found so far."""
        asked = zip(self.engine.asked, self.engine.listeners, strict=True)
        *_, tell = (told for (request, _), told in asked if isinstance(request, CheckRequest))
        assert tell is not None
        tell(Progress("checking", found=findings))

    def suggest(
        self,
        character: int,
        suggestions: Suggestions,
        kind: types.InlineCompletionTriggerKind = types.InlineCompletionTriggerKind.Automatic,
    ) -> asyncio.Task[Any]:
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(kind),
            types.TextDocumentIdentifier(URI),
            types.Position(0, character),
        )
        view = self.session.view(URI)
        work = suggest(self.session, suggestions, view, params)
        return asyncio.ensure_future(self.session.latest("suggest", URI, work))


def _complete(text: str) -> CompleteAnswer:
    return CompleteAnswer(Completion(text))


async def _code(task: asyncio.Future[Any]) -> int:
    with pytest.raises(FeatureError) as caught:
        await task
    return caught.value.code


async def test_a_newer_request_stops_the_older_one() -> None:
    bench, kept = Bench(), Suggestions()
    bench.open("os.")
    first = bench.suggest(3, kept)
    (asked,) = await bench.asked(CompleteRequest)
    second = bench.suggest(2, kept)
    _, again = await bench.asked(CompleteRequest, 2)
    assert await _code(first) == CONTENT_MODIFIED
    assert asked.cancelled()  # and so the engine was told
    again.set_result(_complete("s"))
    assert (await second).items[0].insert_text == "s"


async def test_an_answer_about_an_older_text_is_not_delivered() -> None:
    bench, kept = Bench(), Suggestions()
    bench.open("os.")
    task = bench.suggest(3, kept)
    (asked,) = await bench.asked(CompleteRequest)
    bench.change("sys.")
    asked.set_result(_complete("getcwd()"))
    assert await _code(task) == CONTENT_MODIFIED


async def test_cancelling_the_request_cancels_what_the_engine_does() -> None:
    bench, kept = Bench(), Suggestions()
    bench.open("os.")
    task = bench.suggest(3, kept)
    (asked,) = await bench.asked(CompleteRequest)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asked.cancelled()


async def test_typing_a_suggestion_asks_nothing_of_the_engine() -> None:
    bench, kept = Bench(), Suggestions()
    bench.open("os.")
    task = bench.suggest(3, kept)
    (asked,) = await bench.asked(CompleteRequest)
    asked.set_result(_complete("getcwd()"))
    await task
    bench.change("os.getc")
    rest = await bench.suggest(7, kept)
    assert rest.items[0].insert_text == "wd()"
    bench.change("os.getx")
    other = bench.suggest(7, kept)
    await bench.asked(CompleteRequest, 2)
    other.cancel()


async def test_alternatives_come_where_they_are_asked_for() -> None:
    bench, kept = Bench(), Suggestions()
    bench.open("os.")

    async def texts(work: asyncio.Task[Any]) -> list[str]:
        return [item.insert_text for item in (await work).items]

    task = bench.suggest(3, kept)
    (asked,) = await bench.asked(CompleteRequest)
    asked.set_result(_complete("getcwd()"))
    assert await texts(task) == ["getcwd()"]
    invoked = types.InlineCompletionTriggerKind.Invoked
    task = bench.suggest(3, kept, invoked)
    asked = (await bench.asked(CompleteRequest, 2))[-1]
    others = (Completion("getpid()"), Completion("getcwd()"), Completion("listdir()"))
    asked.set_result(CompleteAnswer(Completion("getpid()"), others))
    assert await texts(task) == ["getcwd()", "getpid()", "listdir()"]
    wanted = [r.alternatives > 0 for r, _ in bench.engine.asked if isinstance(r, CompleteRequest)]
    assert wanted == [False, True]
    # All are remembered, while the beginning of one of them is typed.
    bench.change("os.get")
    assert await texts(bench.suggest(6, kept, invoked)) == ["cwd()", "pid()"]
    bench.change("os.getp")
    assert await texts(bench.suggest(7, kept)) == ["id()"]


async def test_a_suggestion_that_was_late_is_checked_and_withdrawn() -> None:
    bench, kept = Bench(Client(withdrawals=True)), Suggestions()
    bench.open("os.")
    late = Event("attribute", "abstain", "no answer within 300 ms", chosen="getwd")

    async def shown(count: int, text: str, *events: Event) -> list[types.InlineCompletionItem]:
        task = bench.suggest(3, kept)
        asked = await bench.asked(CompleteRequest, count)
        asked[-1].set_result(CompleteAnswer(Completion(text, events=events)))
        return list((await task).items)

    def withdrawn() -> list[Any]:
        return [json.loads(body)["params"] for body in bench.sent if b"/withdrawn" in body]

    # In time: not looked at again.
    assert await shown(1, "getcwd()")
    bench.change("os. ")
    bench.change("os.")
    assert not [r for r, _ in bench.engine.asked if isinstance(r, CheckRequest)]
    # Late: looked at with what is around it; a finding elsewhere is none of its business.
    kept.forget(URI)
    assert await shown(2, "getwd()", late)
    (check,) = await bench.asked(CheckRequest)
    (request,) = [r for r, _ in bench.engine.asked if isinstance(r, CheckRequest)]
    assert (request.snapshot.text, request.ruff) == ("os.getwd()", False)
    elsewhere = Finding("a", 1, 0, 1, 2, "PF101", Severity.ERROR, "elsewhere", "pilotfish")
    check.set_result(CheckAnswer((elsewhere,)))
    await asyncio.sleep(0.01)
    assert withdrawn() == []
    kept.forget(URI)
    assert await shown(3, "getwd()", late)
    check = (await bench.asked(CheckRequest, 2))[-1]
    here = Finding("a", 0, 3, 0, 8, "PF101", Severity.ERROR, "os has no getwd", "pilotfish")
    check.set_result(CheckAnswer((here,)))
    await asyncio.sleep(0.01)
    assert withdrawn() == [{"uri": URI, "text": "getwd()", "reason": "os has no getwd"}]
    # It is not shown there again, nor is the rest of it while it is typed.
    assert await shown(4, "getwd()", late) == []
    assert kept.recall(URI, Place("os.g", 4, (4, 4))) == []


async def test_a_pause_gives_nothing() -> None:
    bench = Bench()
    bench.open("os.")
    bench.session.pauses.pause()
    assert (await bench.suggest(3, Suggestions())).items == []


async def test_one_check_answers_all_who_ask() -> None:
    bench = Bench()
    bench.open("x\n")
    view = bench.session.view(URI)
    tasks = [asyncio.ensure_future(bench.server.checks.findings(view)) for _ in range(3)]
    (asked,) = await bench.asked(CheckRequest)
    tasks[0].cancel()
    await asyncio.sleep(0)
    assert not asked.cancelled()
    asked.set_result(CheckAnswer(()))
    assert await tasks[1] == await tasks[2] == ()
    assert await bench.server.checks.findings(view) == ()
    assert len(await bench.asked(CheckRequest)) == 1
    bench.server.outdate()
    again = asyncio.ensure_future(bench.server.checks.findings(view))
    await bench.asked(CheckRequest, 2)
    again.cancel()


async def test_a_pull_that_was_overtaken_is_cancelled_by_the_server() -> None:
    bench = Bench()
    bench.open("x\n")
    task = asyncio.ensure_future(pull(bench.server, bench.session.view(URI), None))
    (asked,) = await bench.asked(CheckRequest)
    bench.change("y\n")
    asked.set_result(CheckAnswer(()))
    with pytest.raises(FeatureError) as caught:
        await task
    assert caught.value.code == SERVER_CANCELLED
    assert caught.value.data == {"retriggerRequest": False}


async def test_a_pull_whose_check_is_replaced_answers_with_the_other() -> None:
    bench = Bench()
    bench.open("x\n")
    view = bench.session.view(URI)
    first = asyncio.ensure_future(bench.server.checks.findings(view))
    (asked,) = await bench.asked(CheckRequest)
    asked.set_result(CheckAnswer(()))
    await first
    bench.server.outdate()
    task = asyncio.ensure_future(pull(bench.server, view, None))
    await bench.asked(CheckRequest, 2)
    bench.server.outdate()
    other = asyncio.ensure_future(bench.server.checks.findings(bench.session.view(URI)))
    newest = (await bench.asked(CheckRequest, 3))[-1]
    newest.set_result(CheckAnswer((_finding("PF101"),)))
    answer = await task
    assert isinstance(answer, types.RelatedFullDocumentDiagnosticReport)
    assert [item.code for item in answer.items] == ["PF101"]
    assert await other == (_finding("PF101"),)


def _finding(code: str) -> Finding:
    return Finding("", 0, 0, 0, 1, code, Severity.ERROR, code, "test")


def _published(bench: Bench) -> list[list[str]]:
    """The codes of each push so far."""
    pushes = [json.loads(body)["params"] for body in bench.sent if b"publishDiagnostics" in body]
    return [[one["code"] for one in push["diagnostics"]] for push in pushes]


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


async def test_the_first_findings_of_an_opened_document_are_pushed_as_they_come() -> None:
    bench = Bench()
    bench.open("x\n")
    task = asyncio.ensure_future(push(bench.server, bench.session.view(URI)))
    (asked,) = await bench.asked(CheckRequest)
    bench.found(_finding("F401"))
    await _until(lambda: _published(bench) == [["F401"]])
    asked.set_result(CheckAnswer((_finding("F401"), _finding("PF101"))))
    await task
    assert _published(bench) == [["F401"], ["F401", "PF101"]]

    # Later the older findings are of more use than half of the new ones.
    bench.change("y\n")
    task = asyncio.ensure_future(push(bench.server, bench.session.view(URI)))
    _, again = await bench.asked(CheckRequest, 2)
    bench.found(_finding("F402"))
    again.set_result(CheckAnswer((_finding("F403"),)))
    await task
    assert _published(bench)[2:] == [["F403"]]


async def test_a_first_pull_is_answered_early_and_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lsp_server.features.diagnostics.FIRST_AFTER_S", 0.0)
    bench = Bench(Client(pull_diagnostics=True, refresh_diagnostics=True))
    bench.open("x\n")
    task = asyncio.ensure_future(pull(bench.server, bench.session.view(URI), None))
    (asked,) = await bench.asked(CheckRequest)
    bench.found(_finding("F401"))
    first = await task
    assert isinstance(first, types.RelatedFullDocumentDiagnosticReport)
    assert [one.code for one in first.items] == ["F401"]
    asked.set_result(CheckAnswer((_finding("F401"), _finding("PF101"))))
    await _until(lambda: any(b"workspace/diagnostic/refresh" in body for body in bench.sent))
    then = await pull(bench.server, bench.session.view(URI), first.result_id)
    assert isinstance(then, types.RelatedFullDocumentDiagnosticReport)
    assert [one.code for one in then.items] == ["F401", "PF101"]


async def test_a_pull_that_cannot_be_asked_for_again_waits_for_everything() -> None:
    bench = Bench(Client(pull_diagnostics=True))
    bench.open("x\n")
    task = asyncio.ensure_future(pull(bench.server, bench.session.view(URI), None))
    (asked,) = await bench.asked(CheckRequest)
    bench.found(_finding("F401"))
    await asyncio.wait([task], timeout=0.05)
    assert not task.done()
    asked.set_result(CheckAnswer((_finding("F401"), _finding("PF101"))))
    report = await task
    assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
    assert len(report.items) == 2


async def test_a_newer_check_stops_the_older_one() -> None:
    bench = Bench()
    bench.open("x\n")
    first = asyncio.ensure_future(bench.server.checks.findings(bench.session.view(URI)))
    (asked,) = await bench.asked(CheckRequest)
    bench.change("y\n")
    second = asyncio.ensure_future(bench.server.checks.findings(bench.session.view(URI)))
    _, again = await bench.asked(CheckRequest, 2)
    assert await _code(first) == CONTENT_MODIFIED
    assert asked.cancelled()
    again.set_result(CheckAnswer(()))
    assert await second == ()


async def test_a_suggestion_waits_for_rest_unless_asked_for_by_hand() -> None:
    bench = Bench()
    bench.session.configure({"inlineCompletion": {"debounceMs": 3_600_000}})
    bench.open("os.")
    waiting = bench.suggest(3, Suggestions())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not any(isinstance(r, CompleteRequest) for r, _ in bench.engine.asked)
    waiting.cancel()
    params = types.InlineCompletionParams(
        types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
        types.TextDocumentIdentifier(URI),
        types.Position(0, 3),
    )
    work = suggest(bench.session, Suggestions(), bench.session.view(URI), params)
    invoked = asyncio.ensure_future(work)
    await bench.asked(CompleteRequest)
    invoked.cancel()


async def test_problems_of_the_options_are_told_once() -> None:
    bench = Bench()
    for _ in range(2):
        bench.session.configure({"inlineCompletion": {"enable": True}})
    told = [m for m in bench.sent if b"did you mean enabled?" in m]
    assert len(told) == 1
