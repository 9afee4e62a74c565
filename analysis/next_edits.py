"""What an edit changed of a name that others use, and how a place that uses it must follow.

The symbolic half of next edits: pure functions on the text before and after an edit. Who asks
brings the uses (the code graph) and judges the outcome (lint). Nothing is said of an edit that does
more than rename one name, or than take one parameter out of a function: it may have made another
thing.
"""

from __future__ import annotations

import difflib
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from analysis.findings import Edit
from analysis.program.binders import parameters
from analysis.program.occurrences import local_occurrences
from analysis.program.scopes import Binding, BindingManner, Scope, ScopeKind, module_scope
from analysis.syntax.tree import SyntaxTree, parse
from analysis.text.document import LineIndex

#: 0-based line and code point.
Place = tuple[int, int]
_WORD = re.compile(r"\w+|[^\w\s]")
_FUNCTION = "function_definition"
#: What an import binds is another's name.
_IMPORTED = frozenset({BindingManner.MODULE, BindingManner.MEMBER, BindingManner.BROKEN})


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the function whose name stands at ``place`` (in the text before) that was
    renamed, or dropped (``new`` is ``""``). ``index`` counts arguments by position, from 0 and
    without a bound first one; negative where there is none."""

    old: str
    new: str
    place: Place
    index: int = -1


@dataclass(frozen=True, slots=True)
class Renamed:
    """A name that was replaced at ``places`` of the text before, and bound at one of them.

    ``local`` are all places of a local variable, in the text before. ``shared`` are those of the
    replaced ones that may bind a name which other code can use.
    """

    old: str
    new: str
    local: tuple[Place, ...] = ()
    shared: tuple[Place, ...] = ()


class EditReading:
    """What the edit from the text ``before`` to that ``after`` changed: at most one of ``renamed``
    and ``dropped``; with the first ``parameter``, where it is one. Nothing where a text does not
    parse."""

    def __init__(self, before: str, after: str) -> None:
        self._old, self._new = LineIndex(before), LineIndex(after)
        lines = [[index.line(n) for n in range(len(index))] for index in (self._old, self._new)]
        self._blocks, self._moved = _differences(*lines)
        self.renamed: Renamed | None = None
        self.parameter: Parameter | None = None
        self.dropped: Parameter | None = None
        replaced = self._replaced(*lines)
        if replaced is None and not self._in_a_header(lines[0]):
            return
        self._tree, self._tree_after = parse(before), parse(after)
        if self._tree.root.has_error or self._tree_after.root.has_error:
            return
        if replaced is not None:
            self._rename(*replaced)
        else:
            self._drop()

    def now(self, line: int) -> int | None:
        """Where an unchanged ``line`` of the text before is now."""
        return self._moved(line)

    # ------------------------------------------------------------------ a name

    def _replaced(self, old: list[str], new: list[str]) -> tuple[str, str, list[Place]] | None:
        """The name that another took the place of, that other, and where; if that is all."""
        pairs: set[tuple[str, str]] = set()
        places: list[Place] = []
        for first, last, begin, end in self._blocks:
            words = [
                ((line, match.start()), match[0])
                for line in range(first, last)
                for match in _WORD.finditer(old[line])
            ]
            others = [word for line in new[begin:end] for word in _WORD.findall(line)]
            if len(words) != len(others):
                return None
            for (place, word), other in zip(words, others, strict=True):
                if word != other:
                    pairs.add((word, other))
                    places.append(place)
        if len(pairs) != 1 or not all(
            word.isidentifier() and not keyword.iskeyword(word) for word in (*pairs,)[0]
        ):
            return None
        return (*(*pairs,)[0], places)

    def _rename(self, old: str, new: str, places: list[Place]) -> None:
        bytes_of = {self._tree.to_byte(self._old.start(line) + at) for line, at in places}
        scopes = list(module_scope(self._tree).walk())
        found = [
            (scope, binding)
            for scope in scopes
            for binding in scope.bindings.get(old, ())
            if binding.node.start_byte in bytes_of
        ]
        owners = {scope.owner(old) for scope, _ in found}
        if len(owners) > 1 or any(binding.manner in _IMPORTED for _, binding in found):
            return
        if not found:  # perhaps an attribute, which the graph knows
            self.renamed = Renamed(old, new, shared=tuple(places))
            return
        [owner] = owners
        if owner is None or owner.owner(new) is not None:
            return
        if not all(
            binding.node.start_byte in bytes_of
            for scope in scopes
            if scope.owner(old) is owner
            for binding in scope.bindings.get(old, ())
        ):
            return
        if owner.kind in (ScopeKind.MODULE, ScopeKind.CLASS):
            bound = tuple(self._place(binding.start) for _, binding in found)
            self.renamed = Renamed(old, new, shared=bound)
            return
        occurrences = local_occurrences(self._tree, found[0][1].start)
        self.renamed = Renamed(old, new, tuple(self._place(each.start) for each in occurrences))
        if found[0][1].manner is BindingManner.PARAMETER:
            self.parameter = self._parameter(owner, found[0][1], new)

    # ------------------------------------------------------------------ a parameter

    def _in_a_header(self, old: list[str]) -> bool:
        """Whether a parameter may have been taken away, at a glance."""
        return any(
            ("def " in line or line.strip()[:1].isidentifier())
            for first, last, _, _ in self._blocks
            for line in old[first:last]
        )

    def _drop(self) -> None:
        before, after = _functions(self._tree), _functions(self._tree_after)
        changed = [
            name
            for name, scope in before.items()
            if name in after and _declared(scope) != _declared(after[name])
        ]
        if len(changed) != 1:
            return
        scope, other = before[changed[0]], after[changed[0]]
        old, new = _declared(scope), _declared(other)
        gone = [name for name in old if name not in new]
        if len(gone) != 1 or [each for each in old.items() if each[0] != gone[0]] != [*new.items()]:
            return
        first, last = self._old.line_of(scope.start), self._old.line_of(scope.end)
        if all(first <= a and b <= last + 1 for a, b, _, _ in self._blocks):
            binding = scope.bindings[gone[0]][0]
            self.dropped = self._parameter(scope, binding, "")

    def _parameter(self, scope: Scope, binding: Binding, new: str) -> Parameter | None:
        name = scope.node.child_by_field_name("name")
        if scope.node.type != _FUNCTION or name is None:
            return None
        names: list[str] = []
        for each in parameters(scope.node.child_by_field_name("parameters")):
            if each.star or each.name == binding.node:
                break
            names.append(self._tree.slice(each.name))
        listed = scope.node.child_by_field_name("parameters")
        by_position = not _after_star(listed, binding.node)
        around = scope.around
        bound = around is not None and around.kind is ScopeKind.CLASS and not _static(scope.node)
        index = len(names) - bound if by_position else -1
        place = self._place(self._tree.to_offset(name.start_byte))
        return Parameter(binding.name, new, place, index)

    def _place(self, offset: int) -> Place:
        return self._old.position(offset)


def _differences(
    old: list[str], new: list[str]
) -> tuple[list[tuple[int, int, int, int]], Callable[[int], int | None]]:
    """The ranges of lines that differ, and where an equal line of ``old`` is in ``new``."""
    shorter = min(len(old), len(new))
    head = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    tails = range(1, shorter - head + 1)
    tail = next((n - 1 for n in tails if old[-n] != new[-n]), shorter - head)
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    matcher = difflib.SequenceMatcher(None, *middle, False)
    blocks: list[tuple[int, int, int, int]] = []
    moved: dict[int, int] = {}
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            moved.update(zip(range(head + a, head + b), range(head + c, head + d), strict=True))
        else:
            blocks.append((head + a, head + b, head + c, head + d))

    def now(line: int) -> int | None:
        if line < head:
            return line
        return line + len(new) - len(old) if line >= len(old) - tail else moved.get(line)

    return blocks, now


def _functions(tree: SyntaxTree) -> dict[str, Scope]:
    """The functions of the module and its classes that have a name of their own."""
    found: dict[str, Scope] = {}
    double = set()
    waiting = [(module_scope(tree), "")]
    while waiting:
        scope, outer = waiting.pop()
        for inner in scope.inner:
            name = inner.node.child_by_field_name("name")
            if name is None or inner.kind not in (ScopeKind.FUNCTION, ScopeKind.CLASS):
                continue
            qualified = f"{outer}{tree.slice(name)}"
            if inner.kind is ScopeKind.CLASS:
                waiting.append((inner, f"{qualified}."))
            elif qualified in found:
                double.add(qualified)
            else:
                found[qualified] = inner
    return {name: scope for name, scope in found.items() if name not in double}


def _declared(scope: Scope) -> dict[str, str]:
    """The parameters of a function, and how each is written."""
    slice_of = scope.tree.slice
    return {
        slice_of(each.name): each.star
        + "".join(f":{slice_of(part)}" for part in (each.annotation, each.default) if part)
        for each in parameters(scope.node.child_by_field_name("parameters"))
    }


def _after_star(listed: Node | None, name: Node) -> bool:
    return listed is not None and any(
        child.end_byte <= name.start_byte
        and child.type in ("keyword_separator", "list_splat_pattern", "*")
        for child in listed.children
    )


def _static(function: Node) -> bool:
    around = function.parent
    return around is not None and any(
        b"staticmethod" in (child.text or b"")
        for child in around.children
        if child.type == "decorator"
    )


# ---------------------------------------------------------------------- edits of a text


def rename_at(text: str, place: Place, old: str, new: str) -> Edit | None:
    """The edit that writes ``new`` at ``place``, where ``old`` stands there."""
    line, character = place
    held = LineIndex(text).line(line)
    match = _WORD.match(held, character)
    if match is None or match[0] != old or held[:character][-1:].isidentifier():
        return None
    return Edit(line, character, line, match.end(), new)


def exported(text: str, old: str, new: str) -> Iterator[Edit]:
    """The entries ``old`` of the text's ``__all__``, renamed."""
    tree = parse(text)
    for statement in tree.root.named_children:
        assigned = statement.named_children[0] if statement.named_children else statement
        target = assigned.child_by_field_name("left")
        if target is None or tree.slice(target) != "__all__":
            continue
        for node in _within(assigned):
            if node.type == "string_content" and tree.slice(node) == old:
                line, character = tree.lines.position(tree.to_offset(node.start_byte))
                yield Edit(line, character, line, character + len(old), new)


def at_calls(text: str, callees: Iterable[Place], change: Parameter) -> Iterator[Edit]:
    """The edits of arguments in the calls whose callees' names begin at ``callees``."""
    tree = parse(text)
    for line, character in set(callees):
        node: Node | None = tree.node_at(tree.lines.offset(line, character))
        while node is not None and node.type in ("identifier", "attribute"):
            callee, node = node, node.parent
            if node is None or node.type != "call":
                continue
            listed = node.child_by_field_name("arguments")
            if node.child_by_field_name("function") == callee and listed is not None:
                yield from _at_call(tree, listed, change)


def _at_call(tree: SyntaxTree, listed: Node, change: Parameter) -> Iterator[Edit]:
    arguments = [each for each in listed.named_children if each.type != "comment"]
    if listed.type != "argument_list" or any("splat" in each.type for each in arguments):
        return
    named = {
        tree.slice(name): each
        for each in arguments
        if each.type == "keyword_argument" and (name := each.child_by_field_name("name"))
    }
    if change.old in named and change.new not in named:
        start = tree.lines.position(tree.to_offset(named[change.old].start_byte))
        if change.new:
            yield Edit(*start, start[0], start[1] + len(change.old), change.new)
        else:
            yield _without(tree, arguments, arguments.index(named[change.old]))
    elif not change.new and 0 <= change.index < len(arguments) - len(named):
        yield _without(tree, arguments, change.index)


def _without(tree: SyntaxTree, arguments: list[Node], number: int) -> Edit:
    """The edit that takes an argument out of a call, with the comma that came with it."""
    start, end = arguments[number].start_byte, arguments[number].end_byte
    if number + 1 < len(arguments):
        end = arguments[number + 1].start_byte
    elif number:
        start = arguments[number - 1].end_byte
    first, last = (tree.lines.position(tree.to_offset(byte)) for byte in (start, end))
    return Edit(*first, *last, "")


def _within(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(reversed(each.named_children))


def applied(text: str, edits: Iterable[Edit]) -> str:
    """``text`` after ``edits``, which do not overlap."""
    lines = LineIndex(text)
    ordered = sorted(edits, key=lambda e: (e.line, e.character), reverse=True)
    for edit in ordered:
        start = lines.offset(edit.line, edit.character)
        end = lines.offset(edit.end_line, edit.end_character)
        text = text[:start] + edit.text + text[end:]
    return text


def without_overlaps(edits: Mapping[str, Iterable[Edit]]) -> dict[str, list[Edit]]:
    """The edits of each file in order, each place once."""
    found: dict[str, list[Edit]] = {}
    for path, several in edits.items():
        kept: list[Edit] = []
        for edit in sorted(set(several), key=lambda e: (e.line, e.character)):
            start = (edit.line, edit.character)
            if not kept or (kept[-1].end_line, kept[-1].end_character) <= start:
                kept.append(edit)
        if kept:
            found[path] = kept
    return found
