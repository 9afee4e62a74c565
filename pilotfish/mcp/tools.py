"""The six tools: what each takes (and so its schema), and its answer from the engine's.

Lines are 1-based here, as assistants read files. Every tool answers within its budget: with what is
known by then, and ``complete`` false.
"""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from analysis.environments.candidates import candidates
from analysis.environments.environment import module_name, package_root
from analysis.errors import AnalysisError
from analysis.findings import Finding
from analysis.names import Name
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.tree import parse as parse_tree
from analysis.text import read_file
from analysis.text.files import real_path
from engine.client import EngineClient, RequestFailedError
from engine.errors import EngineError
from engine.features.api import ApiRequest
from engine.features.error_report import ErrorReportRequest
from engine.features.fix import FixRequest
from engine.features.graph_rows import GraphRowsRequest
from engine.features.inspect import InspectRequest
from engine.features.trace import TraceRequest
from engine.request import Progress, Request
from engine.trust import is_trusted
from repair.failure.command import parse

Value = TypeVar("Value")
Answer = dict[str, Any]
#: So many names, rows and findings are told; the others are counted.
_MOST_NAMES, _MOST_ROWS, _MOST_FINDINGS = 300, 100, 50
#: Of a trace: calls, and steps of each.
_MOST_CALLS, _MOST_STEPS = 20, 40
#: Characters of a wrong path that are told.
_SHOWN = 200
#: Seconds that a repair may need to end after its time.
_GRACE_S = 5.0
#: The part of a budget that a repair may use itself.
_SHARE = 0.9

FilePath = Annotated[str, Meta(description="file, absolute or from the workspace's root")]
Line = Annotated[int, Meta(ge=1, description="from 1")]
Budget = Annotated[int, Meta(ge=50, le=3_600_000, description="answer within so many ms")]
Test = Annotated[str, Meta(description="shell command; default: the file's tests")]


class ApiArguments(msgspec.Struct, forbid_unknown_fields=True):
    """Whether a dotted name exists in the installed version: signature, version, place; otherwise
    the nearest real names. Ask before using an API you are not sure of."""

    name: Annotated[str, Meta(description="as pathlib.Path.read_text", max_length=500)]
    budget_ms: Budget = 5000


class MembersArguments(msgspec.Struct, forbid_unknown_fields=True):
    """Members of an expression before a line of a file. tier closed: the list is complete, others
    do not exist; open: others may exist; abstain: unknown."""

    path: FilePath
    line: Line
    expression: Annotated[str, Meta(description="as basket.items", max_length=500)]
    budget_ms: Budget = 5000


class CheckSnippetArguments(msgspec.Struct, forbid_unknown_fields=True):
    """New problems that code would add to a file, before it is written: names, members, arguments
    and imports that do not exist, and lint. Writes nothing."""

    path: FilePath
    code: Annotated[str, Meta(description="replaces the lines; without lines the whole file")]
    first_line: Line | None = None
    last_line: Annotated[int, Meta(description="first_line - 1 inserts")] | None = None
    budget_ms: Budget = 20_000


class FixArguments(msgspec.Struct, forbid_unknown_fields=True):
    """Repair a file until a failing test passes. Runs tests in a sandbox and answers with a diff;
    status verified: all tests were run. Writes nothing."""

    path: FilePath
    test: Test = ""
    budget_ms: Budget = 120_000


class TraceArguments(msgspec.Struct, forbid_unknown_fields=True):
    """Run a failing test, or a call of a function of the file, in a sandbox; answers with the
    blocks that ran, values of variables, and suspicious lines."""

    path: FilePath
    test: Test = ""
    call: Annotated[str, Meta(description="instead of a test, as gcd(4, 6)")] = ""
    budget_ms: Budget = 30_000


class GraphArguments(msgspec.Struct, forbid_unknown_fields=True):
    """Code graph of the project. Each row has its place and evidence: exact, or by name."""

    question: Literal[
        "callers", "callees", "uses", "subclasses", "impact", "path", "query", "stats"
    ]
    name: Annotated[str, Meta(description="qualified name or its end; for query: Cypher")] = ""
    to: Annotated[str, Meta(description="end of a path")] = ""
    budget_ms: Budget = 20_000


def schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, without what only costs tokens."""
    (_,), components = msgspec.json.schema_components([kind])
    found: dict[str, Any] = components[kind.__name__]
    found.pop("title")
    found.pop("description")
    return found


@dataclass(frozen=True)
class TimedAnswer(Generic[Value]):
    """The engine's answer, ``None`` where it did not come in time, and what was found by then."""

    answer: Value | None
    found: tuple[Finding, ...]


class WorkspaceTools:
    """Answers tools of one workspace, which the user may trust while it runs."""

    def __init__(self, engine: EngineClient, workspace: Workspace) -> None:
        self._engine = engine
        self._given = workspace
        self._root = Path(workspace.root)

    async def answer(self, tool: str, arguments: Mapping[str, Any]) -> Answer:
        """What ``tool`` says.

        Raises :class:`~analysis.errors.ExplainedError` for wrong arguments and for what cannot be
        answered.
        """
        if tool not in TOOLS:
            raise AnalysisError(f"unknown tool {tool!r}", help=f"there are {', '.join(TOOLS)}")
        try:
            asked = msgspec.convert(arguments, TOOLS[tool].arguments)
        except msgspec.ValidationError as error:
            raise AnalysisError(str(error), where=tool) from None
        return await TOOLS[tool].run(self, asked)

    # ------------------------------------------------------------------ the tools

    async def api(self, asked: ApiArguments) -> Answer:
        """See :class:`ApiArguments`."""
        workspace = self._workspace()
        request = ApiRequest(workspace, asked.name, asked.budget_ms)
        timed = await self._ask(request, asked.budget_ms)
        answer = timed.answer
        if answer is None:
            return _late(exists=None)
        last = asked.name.rpartition(".")[2]
        told: Answer = {
            "exists": answer.exists,
            "kind": answer.kind,
            "signatures": [each.label(last)[0] for each in answer.signatures],
            "deprecated": answer.deprecated,
            "version": answer.version,
            "module": answer.module,
            "where": f"{answer.path}:{answer.line + 1}" if answer.path else "",
            "missing": answer.missing,
            "nearest": list(answer.nearest),
        }
        if answer.exists is None:
            told["reason"] = answer.reason
        return _without_empty(told)

    async def members(self, asked: MembersArguments) -> Answer:
        """See :class:`MembersArguments`."""
        snapshot = self._snapshot(asked.path)
        text, line = _with_line(snapshot.text, asked.line - 1, f"{asked.expression}.")
        written = text.split("\n")[line]
        request = InspectRequest(snapshot.with_text(text), line, len(written), asked.budget_ms)
        timed = await self._ask(request, asked.budget_ms)
        answer = timed.answer
        if answer is None or answer.late:
            return _late(tier="abstain")
        names = answer.names
        told: Answer = {
            "tier": names.tier.value,
            "reason": names.reason,
            "type": names.receiver_type,
            "version": names.looked_at,
        }
        shared, kept = _most([_member(each) for each in names.names], _MOST_NAMES)
        return _without_empty(told) | {"members": shared} | kept

    async def check_snippet(self, asked: CheckSnippetArguments) -> Answer:
        """See :class:`CheckSnippetArguments`."""
        snapshot = self._snapshot(asked.path, new=True)
        draft = _spliced(snapshot.text, asked)
        timed = await self._ask(ErrorReportRequest(snapshot, draft), asked.budget_ms)
        answer = timed.answer
        findings = answer.findings if answer is not None else timed.found
        told = [
            {
                "line": each.line + 1,
                "column": each.character + 1,
                "code": each.code,
                "severity": each.severity.value,
                "message": each.message,
            }
            | ({"fix": each.fixes[0].title} if each.fixes else {})
            for each in findings
        ]
        shared, kept = _most(told, _MOST_FINDINGS)
        return {"complete": answer is not None, "findings": shared} | kept

    async def fix(self, asked: FixArguments) -> Answer:
        """See :class:`FixArguments`."""
        snapshot = self._snapshot(asked.path, runs=True)
        self._refuse_interpreter(asked.test)
        seconds = asked.budget_ms / 1000 * _SHARE
        request = FixRequest(snapshot, asked.test, time_limit=seconds, questions=0)
        timed = await self._ask(request, asked.budget_ms, grace=_GRACE_S)
        answer = timed.answer
        if answer is None:
            return _late(status="none")
        ran = {
            "test": asked.test,
            "candidates": answer.candidates_run,
            "seconds": round(answer.seconds, 1),
            "model": answer.model if answer.model_tokens else "",
            "not_run": list(answer.not_run[:_MOST_NAMES]),
        }
        return _without_empty(
            {
                "status": answer.status,
                "reason": answer.reason,
                "diff": answer.patch,
                "confidence": answer.confidence,
                "notes": list(answer.notes),
                "alternatives": [each.patch for each in answer.alternatives[:3]],
                "ran": _without_empty(ran),
            }
        )

    async def trace(self, asked: TraceArguments) -> Answer:
        """See :class:`TraceArguments`."""
        snapshot = self._snapshot(asked.path, runs=True)
        self._refuse_interpreter(asked.test)
        test = _calling(Path(snapshot.path), asked.call) if asked.call else asked.test
        request = TraceRequest(snapshot, test, asked.budget_ms / 1000 * _SHARE)
        timed = await self._ask(request, asked.budget_ms, grace=_GRACE_S)
        answer = timed.answer
        if answer is None:
            return _late(status="error")
        return _story(answer.document, snapshot.text.split("\n"), call=asked.call)

    async def graph(self, asked: GraphArguments) -> Answer:
        """See :class:`GraphArguments`."""
        workspace = self._workspace()
        words = tuple(word for word in (asked.name, asked.to) if word)
        request = GraphRowsRequest(workspace, asked.question, words)
        timed = await self._ask(request, asked.budget_ms)
        answer = timed.answer
        if answer is None:
            return _late(rows=[])
        shared, kept = _most([self._row(row) for row in answer.rows], _MOST_ROWS)
        return {"rows": shared} | kept

    # ------------------------------------------------------------------ what they share

    async def _ask(
        self, request: Request[Value], budget_ms: int, *, grace: float = 0.0
    ) -> TimedAnswer[Value]:
        """The engine's answer. ``grace`` is the time that it may take to end with what it has."""
        found: list[tuple[Finding, ...]] = [()]

        def note(progress: Progress) -> None:
            if progress.found:
                found[0] = progress.found

        submission = self._engine.submit(request, on_progress=note)
        future = asyncio.wrap_future(submission.future)
        try:
            done, _ = await asyncio.wait({future}, timeout=budget_ms / 1000)
            if not done and grace:
                submission.cancel()
                done, _ = await asyncio.wait({future}, timeout=grace)
            if not done:
                return TimedAnswer(None, found[0])
            return TimedAnswer(future.result(), found[0])
        except RequestFailedError as error:
            if error.kind == "cancelled":
                return TimedAnswer(None, found[0])
            raise
        finally:
            future.cancel()

    def _workspace(self) -> Workspace:
        """The workspace as it is trusted now: somebody may have trusted it meanwhile."""
        given = self._given
        if given.trusted:
            return given
        with contextlib.suppress(EngineError):
            return replace(given, trusted=is_trusted(self._root))
        return given

    def _snapshot(self, path: str, *, new: bool = False, runs: bool = False) -> Snapshot:
        """The file at ``path`` as it is on the disk; ``new`` ones need not exist. ``runs`` says
        that code of the workspace will run, which needs trust."""
        workspace = self._workspace()
        if runs and not workspace.trusted:
            raise AnalysisError(
                "the workspace is not trusted, so none of its code is run",
                where=workspace.root,
                help=f"a person can trust it with: pilotfish trust {shlex.quote(workspace.root)}",
            )
        try:
            file = real_path(Path(self._root, path))
            absent = new and not file.exists()
        except (OSError, ValueError):  # a NUL, or longer than a name can be
            raise AnalysisError("not a path", where=path[:_SHOWN]) from None
        if not file.is_relative_to(self._root):
            raise AnalysisError(
                "outside of the workspace", where=path, help=f"its root is {self._root}"
            )
        text = "" if absent else read_file(file).text
        return Snapshot(str(file), text, workspace)

    def _refuse_interpreter(self, test: str) -> None:
        """An interpreter that a command names is asked about itself outside of the sandbox: a
        person may name any, an assistant those alone that are found without it."""
        workspace = self._workspace()
        named = parse(test, workspace.root).python
        known = {Path(each.executable).parent for each in candidates(workspace)}
        if named is not None and Path(named).parent not in known:
            raise AnalysisError(
                "an assistant cannot choose another Python than the project's",
                where=named,
                help="write pytest or python without a path",
            )

    def _row(self, row: Mapping[str, Any]) -> Answer:
        """A row of the graph with its place as one word, from the root where it lies there."""
        told = dict(row)
        if path := told.get("path"):
            place = Path(path)
            within = place.is_relative_to(self._root)
            shown_place = place.relative_to(self._root) if within else place
            at = f":{told['line'] + 1}" if isinstance(told.get("line"), int) else ""
            told["path"] = f"{shown_place}{at}"
            for column in ("line", "character", "end_line", "end_character"):
                told.pop(column, None)
        return told


@dataclass(frozen=True)
class Tool:
    """What a tool takes, and what answers it."""

    arguments: type[msgspec.Struct]
    run: Callable[[WorkspaceTools, Any], Awaitable[Answer]]

    @property
    def description(self) -> str:
        """For the assistant."""
        return " ".join((self.arguments.__doc__ or "").split())


TOOLS: dict[str, Tool] = {
    "api": Tool(ApiArguments, WorkspaceTools.api),
    "members": Tool(MembersArguments, WorkspaceTools.members),
    "check_snippet": Tool(CheckSnippetArguments, WorkspaceTools.check_snippet),
    "fix": Tool(FixArguments, WorkspaceTools.fix),
    "trace": Tool(TraceArguments, WorkspaceTools.trace),
    "graph": Tool(GraphArguments, WorkspaceTools.graph),
}


def _late(**told: object) -> Answer:
    return {**told, "complete": False, "reason": "not known within the budget; ask again"}


def _most(values: list[Value], most: int) -> tuple[list[Value], Answer]:
    left = len(values) - most
    return values[:most], {"left_out": left} if left > 0 else {}


def _without_empty(told: Answer) -> Answer:
    return {
        key: value for key, value in told.items() if value not in ("", [], {}) or key == "exists"
    }


def _member(name: Name) -> str:
    return f"{name.name}: {name.type or name.kind}" if name.type or name.kind else name.name


def _with_line(text: str, line: int, code: str) -> tuple[str, int]:
    """``text`` with ``code`` before the statement that holds ``line``; and the line of ``code``."""
    lines = text.split("\n")
    if line > len(lines):
        raise AnalysisError(f"line {line + 1} is outside of the file, which has {len(lines)} lines")
    held = lines[line] if line < len(lines) else ""
    indent = len(held) - len(held.lstrip())
    node = parse_tree(text).root.descendant_for_point_range((line, indent), (line, indent))
    while node is not None and node.parent is not None:
        if node.parent.type in ("module", "block") and node.start_point[0] <= line:
            line, indent = node.start_point[0], node.start_point[1]
            break
        node = node.parent
    margin = lines[line][:indent] if line < len(lines) else ""
    return "\n".join([*lines[:line], margin + code, *lines[line:]]), line


def _spliced(text: str, asked: CheckSnippetArguments) -> str:
    """The whole text that the snippet would make."""
    if asked.first_line is None:
        if asked.last_line is not None:
            raise AnalysisError("last_line needs first_line", where="check_snippet")
        return asked.code
    lines = text.splitlines(keepends=True)
    first = asked.first_line - 1
    last = first + 1 if asked.last_line is None else asked.last_line
    if not (first <= len(lines) and first <= last <= len(lines)):
        raise AnalysisError(
            f"lines {first + 1} to {last} are outside of the file, which has {len(lines)}",
            where=asked.path,
        )
    code = asked.code if not asked.code or asked.code.endswith("\n") else f"{asked.code}\n"
    return "".join([*lines[:first], code, *lines[last:]])


def _calling(path: Path, call: str) -> str:
    """A command that makes ``call`` with the names of the file ``path``, and fails, so that it is
    traced."""
    folder = str(package_root(path))
    module = ".".join(module_name(path, (folder,)))
    program = (
        f"import sys; sys.path.insert(0, {folder!r}); from importlib import import_module; "
        f"names = vars(import_module({module!r})); print(repr(eval({call!r}, names))); "
        "sys.exit(1)"
    )
    return f"python -c {shlex.quote(program)}"


def _lines(first: int, last: int) -> str:
    return f"{first + 1}" if first == last else f"{first + 1}-{last + 1}"


def _story(document: Mapping[str, Any], lines: list[str], *, call: str) -> Answer:
    """A trace in few words: the tests, the most suspicious lines, and what ran with its values."""
    codes, blocks = document["codes"], document["blocks"]
    ways = {(each["code"], each["id"]): each for each in blocks}

    def step(code: int, visit: Mapping[str, Any]) -> str:
        block = ways.get((code, visit["block"]))
        place = _lines(block["first_line"], block["last_line"]) if block else "?"
        values = ", ".join(f"{name}={value}" for name, value in visit["exit"].items())
        raised = f" raised {visit['raised']}" if visit.get("raised") else ""
        return f"{place} {values}{raised}".rstrip()

    told: list[Answer] = []
    for run in document["runs"]:
        calls, kept = _most(run["calls"], _MOST_CALLS)
        shared = []
        for each in calls:
            steps, cut = _most([step(each["code"], v) for v in each["visits"]], _MOST_STEPS)
            named = {
                "function": codes[each["code"]]["name"],
                "arguments": each["arguments"],
                "value": each["value"] or "",
                "exception": each["exception"] or "",
                "steps": steps,
            }
            shared.append(_without_empty(named) | cut)
        told.append({"test": run["test"], "outcome": run["outcome"], "calls": shared} | kept)
    suspicious = [
        {"line": each["line"] + 1, "code": lines[each["line"]].strip()}
        for each in document["lines"][:10]
        if each["line"] < len(lines)
    ]
    tests = [
        _without_empty(
            {
                "id": each["id"],
                "outcome": each["outcome"],
                "error": ": ".join(filter(None, (each.get("exception"), each.get("message")))),
            }
        )
        for each in document["tests"]
        if each["outcome"] != "passed"
    ][:_MOST_CALLS]
    if call:
        # The command fails by itself after a call that came to its end.
        raised = [each["error"] for each in tests if "SystemExit" not in each.get("error", "")]
        told = [{"call": call, "calls": run["calls"]} for run in told]
        return _without_empty({"status": "called", "raised": raised, "runs": told})
    return _without_empty(
        {
            "status": document["status"],
            "reason": document["reason"],
            "ran": document["test"],
            "failing": tests,
            "suspicious": suspicious,
            "runs": told,
        }
    )
