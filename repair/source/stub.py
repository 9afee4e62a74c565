"""A function that is still to be written: its signature, docstring, and where its body goes."""

from __future__ import annotations

import ast
import contextlib
import doctest
import re
from dataclasses import dataclass, replace
from functools import cached_property

from analysis.lint.nearest import nearest
from analysis.program.outline import says_nothing
from analysis.text.files import read_text
from repair.errors import RepairError
from repair.source.file import OffsetEdit, Source

#: An example of a docstring: the prompt, its continuations and what it prints.
_EXAMPLE = re.compile(r"^\s*>>> .*(?:\n[ \t]*\S.*)*", re.M)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Stub:
    """A function without a body in ``source``.

    ``start`` and ``end`` are the offsets of what stands for the body; ``lead`` is what must be
    written in front of a body there: a line end and the indentation, or nothing.
    """

    source: Source
    node: FunctionNode
    name: str
    start: int
    end: int
    lead: str

    @cached_property
    def opened(self) -> tuple[str, int]:
        """The file with nothing where the body goes, and the offset at which it goes there.

        For a model: stubs that stand behind this one beside it are put in front of it. It reads
        what is behind a hole last, and would write the body of the next stub.
        """
        source = self.source
        moved = [_whole_lines(source, node) for node in self._later()]
        edits = [OffsetEdit(self.start, self.end, self.lead)]
        edits += [OffsetEdit(start, end, "") for start, end in moved]
        first, _ = _whole_lines(source, self.node)
        front = "".join(source.text[start:end] for start, end in moved)
        edits.append(OffsetEdit(first, first, front))
        return source.apply(edits), self.start + len(front) + len(self.lead)

    def _later(self) -> list[FunctionNode]:
        """The stubs behind this one in the same class or module."""
        for around in ast.walk(self.source.tree) if self.source.tree else ():
            body = getattr(around, "body", None)
            if isinstance(body, list) and self.node in body:
                behind = body[body.index(self.node) + 1 :]
                return [n for n in behind if isinstance(n, FunctionNode) and _is_stub(n)]
        return []

    @property
    def prose(self) -> str:
        """The docstring without its examples."""
        text = ast.get_docstring(self.node) or ""
        return _EXAMPLE.sub("", text)

    @property
    def has_examples(self) -> bool:
        """Whether the docstring shows what calls give."""
        return bool(_examples(self.node))

    def is_reached_by(self, lines: frozenset[int]) -> bool:
        """Whether a run of these lines (1-based) called the function."""
        node = self.node
        first = node.lineno + (node.end_lineno != node.lineno)
        return any(first <= line <= (node.end_lineno or first) for line in lines)

    def is_written(self, text: str) -> bool:
        """Whether ``text`` is the file with a body for this function, and nothing else in it
        changed: a model may go on behind the function, or write one more stub."""
        new, old = replace(self.source, text=text), self.source.tree
        if new.tree is None or old is None or _outline(new.tree) != _outline(old):
            return False
        node = find_function(new, self.name)
        return not _is_stub(node)

    def edit(self, body: str) -> OffsetEdit:
        """The edit that puts ``body`` there."""
        return OffsetEdit(self.start, self.end, self.lead + body)

    def realigned(self, body: str) -> str:
        """``body`` with the lines behind its first moved to where that one stands."""
        text, offset = self.opened
        return realigned(body, offset - (text.rfind("\n", 0, offset) + 1))


def realigned(body: str, column: int) -> str:
    """``body`` with the lines behind its first moved to ``column``, where that one stands.

    A model that was given the first line's indentation may count it wrongly in the next.
    """
    first, *rest = body.split("\n")
    depths = [len(line) - len(line.lstrip(" ")) for line in rest if line.strip()]
    shift = column - min(depths, default=column)
    return "\n".join([first, *(_moved(line, shift) for line in rest)])


def _moved(line: str, shift: int) -> str:
    return " " * shift + line if shift > 0 and line.strip() else line[max(0, -shift) :]


def find_function(source: Source, name: str) -> FunctionNode:
    """The function of qualified name ``name``, with or without ``<locals>``.

    Raises :class:`~repair.errors.RepairError` with the nearest names where there is none.
    """
    if source.tree is None:
        raise RepairError(
            f"the file does not parse: {source.problem}", where=source.path, help="fix that first"
        )
    found: dict[str, FunctionNode] = {}

    def gather(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, FunctionNode):
                found.setdefault(prefix + child.name, child)
            if isinstance(child, FunctionNode | ast.ClassDef):
                gather(child, f"{prefix}{child.name}.")
            else:
                gather(child, prefix)

    gather(source.tree, "")
    wanted = name.replace(".<locals>.", ".")
    if wanted in found:
        return found[wanted]
    near = [each for each in found if each.rpartition(".")[2] == wanted]
    near = near or list(nearest(wanted, list(found)))
    help = f"did you mean {', '.join(near[:3])}?" if near else ""
    raise RepairError(f"no function named '{name}'", where=source.path, help=help)


def find_stub(source: Source, name: str) -> Stub:
    """The function ``name`` as a stub.

    Raises :class:`~repair.errors.RepairError` where it is not there or has a body already.
    """
    node = find_function(source, name)
    if not _is_stub(node):
        raise RepairError(
            f"'{name}' has a body already",
            where=source.path,
            help="`pilotfish fix` repairs one; to have it written anew replace it with `...`",
        )
    documented = ast.get_docstring(node, clean=False) is not None
    body = node.body[documented:]
    indentation = source.newline() + source.indentation(node.lineno) + _step(source)
    end = source.span(node)[1]
    if not body:
        # Behind the docstring, with its own indentation.
        own = source.newline() + source.indentation(node.body[0].lineno)
        if node.body[0].lineno == node.lineno:
            raise RepairError(
                f"'{name}' has its docstring on one line with `def`",
                where=source.path,
                help="put the docstring on a line of its own",
            )
        return Stub(source, node, name, end, end, own)
    start = source.span(body[0])[0]
    line = source.line_of(start)
    before = source.text[source.line_starts[line - 1] : start]
    if before.strip():
        # ``def f(): ...`` on one line.
        start -= len(before) - len(before.rstrip())
        return Stub(source, node, name, start, end, indentation)
    return Stub(source, node, name, start, end, "")


def _step(source: Source) -> str:
    """One level of indentation as the file has it."""
    for node in ast.walk(source.tree) if source.tree else ():
        if isinstance(node, FunctionNode | ast.ClassDef) and node.body[0].lineno > node.lineno:
            outer, inner = source.indentation(node.lineno), source.indentation(node.body[0].lineno)
            if inner.startswith(outer) and inner != outer:
                return inner[len(outer) :]
    return "    "


def _outline(tree: ast.Module) -> list[str]:
    """What stands at the top of the file, in order: a body changes none of it."""
    named = ast.ClassDef | FunctionNode
    return [each.name if isinstance(each, named) else ast.dump(each) for each in tree.body]


def _is_stub(node: FunctionNode) -> bool:
    documented = ast.get_docstring(node, clean=False) is not None
    return all(says_nothing(ast.unparse(statement)) for statement in node.body[documented:])


def _whole_lines(source: Source, node: FunctionNode) -> tuple[int, int]:
    """Where the lines of a function begin and end, decorators and line end included."""
    line = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
    last = node.end_lineno or node.lineno
    starts = source.line_starts
    end = starts[last] if last < len(starts) else len(source.text)
    return starts[line - 1], end


def example_inputs(stub: Stub, files: tuple[str, ...]) -> frozenset[object]:
    """The constants that test files and the docstring's examples hand to the function."""
    texts = [example.source for example in _examples(stub.node)]
    for path in files:
        with contextlib.suppress(OSError):
            texts.append(read_text(path))
    found: set[object] = set()
    for text in texts:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _last(call.func) == stub.node.name:
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                found |= {each.value for each in given if isinstance(each, ast.Constant)}
    return frozenset(found)


def _examples(node: FunctionNode) -> list[doctest.Example]:
    try:
        return doctest.DocTestParser().get_examples(ast.get_docstring(node) or "")
    except ValueError:
        return []


def _last(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""
