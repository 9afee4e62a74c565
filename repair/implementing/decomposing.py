"""A function written in parts: helpers are planned, each is written several times, and of what they
make together that is kept with which the tests pass.

After Parsel (Zelikman et al., NeurIPS 2023): the model first defines helper functions, each with a
line that says what it does, and the code that calls them. Every helper is then a stub like any
other, written by itself with the code that calls it before the model's eyes. Of three helpers with
four bodies each there are 64 programs for the price of twelve short texts, and running one takes
milliseconds. Helpers stand inside the function, so that nothing else in the file changes.

A small model writes bodies into its plan, asked for stubs or not, and copies the plan of an example
that it is shown. So it is asked for helper functions as such, and what it writes of them is one
body among those that are written then. Behind stubs with ``...`` it writes ``...``: a helper is
shown with those that are written already, and no others.

Asked so once, greedily, for functions of HumanEval drawn by chance, Qwen2.5-Coder 0.5B wrote a plan
for 2 of 5 and the 1.5B for 2 of 2; one plan of each came to a program that passes all tests. The
other answers were bodies without helpers, or ``...``.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from analysis.deadline import Cancellation, Deadline
from analysis.program.outline import says_nothing
from decoding.guidance.evidence import Evidence
from decoding.writer import InfillRequest, Writer
from repair.candidates.candidate import Candidate
from repair.components import Component
from repair.job import Job
from repair.search.trials import Kind, Trials
from repair.source.file import Source
from repair.source.stub import FunctionNode, Stub, find_function, find_stub

STRATEGY = "decomposed"
#: Helpers of a plan, at most, bodies that are written of each, and programs that are run.
_HELPERS, _BODIES, _PROGRAMS = 4, 4, 256
#: Programs of one plan that pass and are kept.
_KEPT = 8
#: Plans, the first greedily; a model that answers the first ones with something else does not plan.
_PLANS, _IN_VAIN = 8, 2
_PLAN_TOKENS, _BODY_TOKENS = 320, 200
_TEMPERATURE = 0.8
#: How a plan begins, in the place of the body.
_LEAD = "# The helper functions of {name}, each with a docstring:"
_TASK = (
    "Write the body of `{name}` in place of `...` with two or three small helper functions. First"
    " define the helper functions inside it, each with one line of docstring, then write the code"
    " that calls them."
)
_HELPER_TASK = (
    "Complete the helper function `{name}` in place of `...`. It must do what its name and its"
    " docstring say."
)


@dataclass(frozen=True)
class HelperPlan:
    """The ``helpers`` of a function by their names, as stubs with whatever body was planned, and
    ``calling``, the statements behind them; ``indent`` is what stands before each."""

    helpers: dict[str, FunctionNode]
    calling: tuple[str, ...]
    indent: str

    def body(self, helpers: Sequence[str]) -> str:
        """The body with these texts for helpers."""
        return f"\n{self.indent}".join([*helpers, *self.calling])

    def outline(self, name: str) -> str:
        """Signature and docstring of one helper."""
        node = self.helpers[name]
        told = node.body[: -len(_statements(node)) or None]
        empty: ast.stmt = ast.Expr(ast.Constant(...))
        return _inside(_with_body(node, [*told, empty]), self.indent)

    def planned(self, name: str) -> str:
        """One helper with the body that was planned; ``""`` where none was."""
        node = self.helpers[name]
        body = (ast.unparse(statement) for statement in _statements(node))
        return "" if all(map(says_nothing, body)) else _inside(node, self.indent)


def plan_of(stub: Stub, body: str) -> HelperPlan | None:
    """The plan that ``body`` is; ``None`` where it is none: nothing that it calls is planned.

    The code that calls helpers may stand in the function that is planned, written once more.
    """
    source = replace(stub.source, text=stub.source.apply([stub.edit(body)]))
    if not stub.is_written(source.text):
        return None
    node = find_function(source, stub.name)
    inner = _statements(node)
    helpers = {each.name: each for each in inner if isinstance(each, FunctionNode)}
    calling = [each for each in inner if not isinstance(each, FunctionNode)]
    again = helpers.get(node.name)
    if again is not None and _parameters(again) == _parameters(node):
        del helpers[node.name]
        calling = [each for each in calling if node.name not in _names(each)]
        calling += _statements(again)
    named = [_names(each) for each in calling]
    used = {name for name in helpers if any(name in names for names in named)}
    while more := {
        name
        for name in helpers.keys() - used
        if any(name in _names(helpers[other]) for other in used)
    }:
        used |= more
    if not 0 < len(used) <= _HELPERS:
        return None
    indent = source.indentation(inner[0].lineno)
    texts = tuple(_moved(source, each, indent) for each in calling)
    return HelperPlan({n: helpers[n] for n in helpers if n in used}, texts, indent)


@dataclass
class Decomposer:
    """Composes bodies of ``stub`` and runs them with ``trials``. ``told`` is what is said of the
    failing test; ``tokens`` are those that the model wrote."""

    stub: Stub
    job: Job
    trials: Trials
    told: str
    writer: Writer
    evidence: Evidence | None
    until: Deadline
    cancellation: Cancellation
    tokens: int = field(default=0, init=False)
    _plans: int = field(default=0, init=False)
    _usable: int = field(default=0, init=False)

    def can(self) -> bool:
        """Whether there is one more plan to be made."""
        most = _PLANS if self._usable else _IN_VAIN
        return Component.DECOMPOSITION not in self.job.without and self._plans < most

    def next(self) -> list[Candidate]:
        """What one more plan comes to: what was planned, where that is whole and passes; of what is
        made of it the programs that pass, worth one body together, or else the one with which the
        tests come furthest, to be edited; nothing where it was no plan.

        Raises :class:`~decoding.errors.DecodingError`, when cancelled too, and
        :class:`~repair.errors.SandboxDiedError`.
        """
        plan = self._plan()
        if plan is None:
            return []
        self._usable += 1
        whole = [text for name in plan.helpers if (text := plan.planned(name))]
        if len(whole) == len(plan.helpers):
            trial = self.trials.run(self._program(plan, whole))
            if trial.kind is Kind.PLAUSIBLE:
                return [trial.candidate]
        trials = list(self.trials.every(self._programs(plan)))
        passing = [t.candidate for t in trials if t.kind is Kind.PLAUSIBLE][:_KEPT]
        if passing:
            return [replace(each, value=1 / len(passing)) for each in passing]
        return [max(trials, key=lambda t: t.gained).candidate] if trials else []

    def _plan(self) -> HelperPlan | None:
        text, offset = self.stub.opened
        indent = text[text.rfind("\n", 0, offset) + 1 : offset]
        lead = _LEAD.format(name=self.stub.node.name) + self.stub.source.newline() + indent
        request = InfillRequest(
            self.job.snapshot.with_text(text[:offset] + lead + text[offset:]),
            offset + len(lead),
            max_tokens=_PLAN_TOKENS,
            multiline=True,
            temperature=_TEMPERATURE if self._plans else 0.0,
            seed=self._plans,
            preamble=self.told,
            task=_TASK.format(name=self.stub.node.name),
        )
        self._plans += 1
        written = self.writer.complete(
            request, self.evidence, deadline=self.until, cancellation=self.cancellation
        )
        self.tokens += written.tokens
        body = written.text.rstrip()
        return plan_of(self.stub, body) or plan_of(self.stub, self.stub.realigned(body))

    def _programs(self, plan: HelperPlan) -> Iterator[Candidate]:
        """All that the helpers' bodies make together, those first that were written first."""
        bodies: list[list[str]] = []
        for name in plan.helpers:
            shown = plan.body([*(texts[0] for texts in bodies), plan.outline(name)])
            source = replace(self.stub.source, text=self.stub.source.apply([self.stub.edit(shown)]))
            texts = self._bodies(source, name, plan) if source.tree is not None else []
            if not texts:
                return
            bodies.append(texts)
        ranked = itertools.product(*(list(enumerate(texts)) for texts in bodies))
        ordered = sorted(ranked, key=lambda parts: sum(rank for rank, _ in parts))
        for parts in ordered[:_PROGRAMS]:
            program = self._program(plan, [text for _, text in parts])
            if self.stub.is_written(self.stub.source.apply(program.edits)):
                yield program

    def _program(self, plan: HelperPlan, helpers: Sequence[str]) -> Candidate:
        edit = self.stub.edit(plan.body(helpers))
        return Candidate((edit,), STRATEGY, 1.0, self.stub.node.lineno)

    def _bodies(self, source: Source, name: str, plan: HelperPlan) -> list[str]:
        """The helper ``name``, a stub in ``source``, as it was planned, if it has a body there, and
        with each body that was written of it."""
        stub = find_stub(source, f"{self.stub.name}.{name}")
        found: dict[str, str] = {}
        if planned := plan.planned(name):
            found[_essence(plan.helpers[name])] = planned
        text, offset = stub.opened
        request = InfillRequest(
            self.job.snapshot.with_text(text),
            offset,
            max_tokens=_BODY_TOKENS,
            multiline=True,
            temperature=_TEMPERATURE,
            task=_HELPER_TASK.format(name=name),
        )
        stream = self.writer.stream(
            request,
            range(self._plans * _BODIES, (self._plans + 1) * _BODIES),
            self.evidence,
            deadline=self.until,
            cancellation=self.cancellation,
        )
        with contextlib.closing(stream):
            for _, written in stream:
                self.tokens += written.tokens
                for body in (written.text.rstrip(), stub.realigned(written.text.rstrip())):
                    new = replace(source, text=source.apply([stub.edit(body)]))
                    if body and stub.is_written(new.text):
                        node = find_function(new, stub.name)
                        found.setdefault(_essence(node), new.text[slice(*new.span(node))])
                        break
        return list(found.values())


def _statements(node: FunctionNode) -> list[ast.stmt]:
    """The body without the docstring."""
    return node.body[ast.get_docstring(node, clean=False) is not None :]


def _parameters(node: FunctionNode) -> list[str]:
    return [each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)]


def _essence(node: FunctionNode) -> str:
    """What two bodies that do the same word by word have in common."""
    return "\n".join(map(ast.dump, _statements(node)))


def _moved(source: Source, node: ast.stmt, indent: str) -> str:
    """A statement of ``source`` as it stands there, in a block of this indentation."""
    text = source.text[slice(*source.span(node))]
    return text.replace(f"\n{source.indentation(node.lineno)}", f"\n{indent}")


def _inside(node: ast.AST, indent: str) -> str:
    """The code of ``node``, in a block of this indentation."""
    return f"\n{indent}".join(ast.unparse(node).split("\n"))


def _names(node: ast.AST) -> frozenset[str]:
    return frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def _with_body(node: FunctionNode, body: list[ast.stmt]) -> FunctionNode:
    other = copy.copy(node)
    other.body = body
    return ast.fix_missing_locations(other)
