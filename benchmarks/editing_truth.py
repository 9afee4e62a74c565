"""What a new process says of the texts of a workspace: the truth that an old one is held against.

A process is made new by forking one that has jedi imported and the standard library's stubs parsed
and that has never seen a workspace. The texts lie in a tree of their own, open buffers written over
the disk, so nothing of the server's overlay, caches or paths takes part. The same handlers answer,
over one provider in the same process.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import shutil
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol.converters import get_converter

from analysis.deadline import Cancellation, Deadline
from analysis.graph import Graph
from analysis.holes.query import HoleQuery
from analysis.names import Tier
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.symbols import Link
from analysis.text import Document, Encoding
from analysis.worker.queries import PositionQuery, WarmQuery
from benchmarks.editor import Editor, position
from engine.features import graph as graph_handler
from engine.features.check import CheckRequest, check
from engine.features.graph import GraphQuestion, GraphRequest
from engine.features.inspect import InspectAnswer
from lsp_server.features.completion import MOST_ITEMS, item, ranked
from lsp_server.features.diagnostics import to_diagnostics
from lsp_server.features.holes import expected
from lsp_server.features.hover import describe
from lsp_server.positions import word_at

#: An answer as JSON; equal answers are equal values.
Answer = Any
_CONVERTER = get_converter()
_ATTRIBUTE = re.compile(r"[\w)\]]\.(?=\w)")
_WORD = re.compile(r"\b[^\W\d]\w+")
_CALL = re.compile(r"\w\((?=\w)")
_IMPORT = re.compile(r"^from [\w.]+ import (?=\w)", re.MULTILINE)
_DEFINED = re.compile(r"^(?: *(?:def|class) |)(?=[^\W\d]\w*(?:\(|:| =))", re.MULTILINE)
_GRAPH = frozenset({"references", "symbols"})
_RECURSION = 3000


@dataclass(frozen=True, slots=True)
class Question:
    """What may be asked: ``kind`` is ``diagnostics``, ``completion``, ``hover``, ``expected``,
    ``references`` or ``symbols``; ``path`` is relative to the workspace, ``offset`` in code points.
    """

    kind: str
    path: str
    offset: int = 0
    #: The query of ``symbols``.
    query: str = ""

    def ask(self, editor: Editor) -> int:
        """Send it; the number of the request."""
        path = editor.root / self.path
        document = {"textDocument": {"uri": path.as_uri()}}
        if self.kind == "symbols":
            return editor.begin("workspace/symbol", {"query": self.query})
        if self.kind == "diagnostics":
            return editor.begin("textDocument/diagnostic", document)
        at = {**document, "position": position(editor.buffers[path].text, self.offset)}
        if self.kind == "references":
            at["context"] = {"includeDeclaration": True}
        method = {"expected": "pilotfish/expectedType"}.get(self.kind, f"textDocument/{self.kind}")
        return editor.begin(method, at)

    def read(self, message: dict[str, Any], root: Path) -> Answer:
        """An answer of the server in the form of the truth's."""
        if "error" in message:
            return {"error": message["error"]}
        result = message["result"]
        found: Answer = result
        if self.kind == "diagnostics":
            found = [_diagnostic(one) for one in (result or {}).get("items", ())]
        elif self.kind == "completion":
            # An empty list that is incomplete is late: nothing is said.
            said = result is not None and (result["items"] or not result["isIncomplete"])
            found = [_item(one) for one in result["items"]] if said else None
        elif self.kind == "hover":
            found = None if result is None else result["contents"]["value"]
        elif self.kind == "references":
            found = sorted({(one["uri"], *_range(one["range"])) for one in result})
        elif self.kind == "symbols":
            found = sorted(
                [s["name"], s.get("containerName"), s["location"]["uri"]] for s in result
            )
        return _without(found, root)


def places(text: str) -> list[tuple[str, int]]:
    """The kinds of questions that make sense in ``text``, and where."""
    found = [("completion", match.end()) for match in _ATTRIBUTE.finditer(text)]
    found += [("completion", match.end()) for match in _IMPORT.finditer(text)]
    found += [(kind, m.end()) for m in _CALL.finditer(text) for kind in ("completion", "expected")]
    found += [("hover", match.start()) for match in _WORD.finditer(text)]
    found += [("references", match.end()) for match in _DEFINED.finditer(text)]
    return found


def parting(said: Answer, truth: Answer) -> tuple[Answer, Answer]:
    """What only one of two answers has; both whole where they are no lists or differ in order."""
    if not isinstance(said, list) or not isinstance(truth, list):
        return said, truth
    more = [one for one in said if one not in truth]
    less = [one for one in truth if one not in said]
    return (more, less) if more or less else (said, truth)


class Truth:
    """Forks new processes that answer. Made once, before the process has threads.

    ``folder`` is where the trees are laid down; no tree lies where another has been. ``trusted``
    tells whether the workspace's interpreter may be started.
    """

    def __init__(self, folder: Path, *, trusted: bool = False) -> None:
        self._folder, self._trusted = folder, trusted
        self._count = 0
        sys.setrecursionlimit(_RECURSION)
        warnings.simplefilter("ignore")
        self._provider = ReferenceProvider(str(folder / "cache"))
        nowhere = folder / "nowhere"
        nowhere.mkdir(parents=True)
        WarmQuery(Workspace(str(nowhere))).answer(self._provider, Deadline.never())
        stubs = "import enum, dataclasses, typing, abc, collections, functools\n"
        text = f"{stubs}@dataclasses.dataclass\nclass A(abc.ABC):\n    a: int = 0\n\nA()."
        snapshot = Snapshot(str(nowhere / "a.py"), text, Workspace(str(nowhere)))
        line = text.count("\n")
        PositionQuery(snapshot, line, 4).answer(self._provider, Deadline.never())
        gc.collect()
        gc.freeze()

    def begin(
        self, root: Path, buffers: Mapping[Path, str], questions: Sequence[Question]
    ) -> Asked:
        """Copy ``root`` with ``buffers`` over it and let a new process answer."""
        self._count += 1
        tree = self._folder / f"{self._count}" / root.name
        shutil.copytree(root, tree, symlinks=True)
        for path, text in buffers.items():
            copy = tree / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(text.encode("utf-8", "replace"))
        reading, writing = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            status = 1
            with contextlib.suppress(BaseException):
                os.close(reading)
                told = json.dumps(self._answer(tree, questions)).encode()
                with os.fdopen(writing, "wb") as stream:
                    stream.write(told)
                status = 0
            os._exit(status)
        os.close(writing)
        return Asked(pid, reading, tree.parent)

    def _answer(self, tree: Path, questions: Sequence[Question]) -> list[Answer]:
        answering = _Answering(Workspace(str(tree), self._trusted), self._provider)
        found = []
        for question in questions:
            try:
                answer = getattr(answering, question.kind)(question)
            except Exception as error:  # noqa: BLE001 - the truth is wrong then, which is told
                traceback.print_exc()
                answer = {"broken": f"{type(error).__name__}: {error}"}
            found.append(_without(answer, tree))
        return found


@dataclass(slots=True)
class Asked:
    """A process that answers."""

    pid: int
    pipe: int
    tree: Path

    def result(self) -> list[Answer]:
        """The answers, in the order of the questions."""
        with os.fdopen(self.pipe, "rb") as stream:
            data = stream.read()
        os.waitpid(self.pid, 0)
        shutil.rmtree(self.tree)
        answers: list[Answer] = json.loads(data)
        return answers


class _Answering:
    """What a server would answer of the files of a workspace."""

    def __init__(self, workspace: Workspace, provider: ReferenceProvider) -> None:
        self._tree, self._provider = Path(workspace.root), provider
        self._workspace = workspace
        self._graph: Graph | None = None
        self._texts: dict[str, str] = {}

    def ask(self, query: Any, deadline: Deadline) -> Future[Any]:
        """The pool that handlers ask."""
        future: Future[Any] = Future()
        future.set_result(query.answer(self._provider, Deadline.never()))
        return future

    def text(self, path: str) -> str:
        """The text of a file, by its path below the tree or absolute."""
        if path not in self._texts:
            self._texts[path] = (self._tree / path).read_text(encoding="utf-8")
        return self._texts[path]

    def _snapshot(self, question: Question) -> Snapshot:
        path = str(self._tree / question.path)
        return Snapshot(path, self.text(question.path), self._workspace)

    def _inspect(self, question: Question, offset: int) -> InspectAnswer:
        snapshot = self._snapshot(question)
        line, character = Document(snapshot.text).lines.position(offset)
        query = PositionQuery(snapshot, line, character)
        return InspectAnswer(query.answer(self._provider, Deadline.never()), 0.0)

    def diagnostics(self, question: Question) -> Answer:
        """The findings as a client is shown them."""
        snapshot = self._snapshot(question)
        found = check(CheckRequest(snapshot, ruff=False), self, Cancellation()).findings
        document = Document(snapshot.text, snapshot.path)
        shown = to_diagnostics(document, found, Encoding.UTF32)
        return [_diagnostic(_CONVERTER.unstructure(one)) for one in shown]

    def completion(self, question: Question) -> Answer:
        """The list, which is the set of names that guidance uses."""
        names = self._inspect(question, question.offset).names
        if names.tier is Tier.ABSTAIN:
            return None
        text = self.text(question.path)
        start, _ = word_at(Document(text), question.offset) or (question.offset, 0)
        found = ranked(names, text[start : question.offset])[:MOST_ITEMS]
        made = [item(name, names, order) for order, name in enumerate(found)]
        return [_item(_CONVERTER.unstructure(one)) for one in made]

    def hover(self, question: Question) -> Answer:
        """The text."""
        text = self.text(question.path)
        word = word_at(Document(text), question.offset)
        if word is None:
            return None
        return describe(text[slice(*word)], self._inspect(question, word[1])) or None

    def expected(self, question: Question) -> Answer:
        """The type that is expected, which prompts hold."""
        query = HoleQuery(self._snapshot(question), question.offset)
        return expected(query.answer(self._provider, Deadline.after(60)))

    def _asked(self, kind: GraphQuestion, question: Question) -> Any:
        if self._graph is None:
            self._graph = Graph(self._workspace, self._tree.parent / "graph")
            self._graph.refresh()
        path = str(self._tree / question.path)
        line, character = 0, 0
        if question.path:
            line, character = Document(self.text(question.path)).lines.position(question.offset)
        request = GraphRequest(self._workspace, kind, path, line, character, question.query)
        return graph_handler.answer(request, self._graph)

    def references(self, question: Question) -> Answer:
        """Uses and definition; a place without the name is left out, as the server does."""
        answer = self._asked(GraphQuestion.REFERENCES, question)
        if answer.symbol is None:
            return []
        symbol = answer.symbol
        links = [*answer.links, Link(symbol, "", "exact", symbol.path, symbol.name_span)]
        found = [self._place(link.path, link.span, symbol.name) for link in links if link.path]
        return sorted({tuple(one) for one in found if one})

    def symbols(self, question: Question) -> Answer:
        """Names, containers and files."""
        links = self._asked(GraphQuestion.SYMBOLS, question).links
        found = {
            (s.path, s.name_span): [s.name, s.qualified_name.rpartition(".")[0] or None,
                                    Path(s.path).as_uri()]
            for s in (link.symbol for link in links)
            if self._place(s.path, s.name_span, s.name)
        }  # fmt: skip
        return sorted(found.values())

    def _place(self, path: str, span: tuple[int, int, int, int], name: str) -> list[Any] | None:
        lines = Document(self.text(path)).lines
        start, end = lines.offset(span[0], span[1]), lines.offset(span[2], span[3])
        said = self.text(path)[start:end]
        if said.endswith(name):
            start = end - len(name)
        elif name not in said:
            return None
        return [Path(path).as_uri(), *lines.position(start), *lines.position(end)]


def _range(found: dict[str, Any]) -> list[int]:
    return [found[end][part] for end in ("start", "end") for part in ("line", "character")]


def _diagnostic(one: dict[str, Any]) -> list[Any]:
    return [*_range(one["range"]), one.get("code"), one.get("severity"), one["message"]]


def _item(one: dict[str, Any]) -> list[Any]:
    return [one["label"], one.get("kind"), one.get("detail")]


def _without(answer: Answer, root: Path) -> Answer:
    """``answer`` as JSON without the place of the workspace."""
    return json.loads(json.dumps(answer).replace(json.dumps(str(root))[1:-1], "<root>"))
