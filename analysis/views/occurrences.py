"""Where a local variable is read and written, by the scopes and the data flow around it."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import AnalysisError
from analysis.syntax.tree import SyntaxTree, parse
from analysis.views.data_flow import DefinitionKind, UseKind
from analysis.views.flow import Span
from analysis.views.program import Program, parse_program
from analysis.views.scopes import FunctionNode
from analysis.views.variables import Variable

_DEFINITIONS = ("function_definition", "class_definition", "decorated_definition")
#: What happens to an object that a variable holds, not to the variable.
_NOT_THE_NAME = (DefinitionKind.ATTRIBUTE, DefinitionKind.UPDATE)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place where the variable is written (given a value, or deleted) or read."""

    span: Span
    writes: bool


def local_occurrences(text: str, line: int, character: int) -> tuple[Occurrence, ...]:
    """All places of the local variable at a place (0-based line, code point; its end counts).

    Nothing for names of modules and classes, which other files may use too, and where the
    definition around does not parse; what is broken elsewhere in the file does not matter.
    """
    alone = _definition_alone(parse(text), line)
    if not alone:
        return ()
    try:
        program = parse_program(alone, "")
        variable = _variable_at(program, line, character)
    except AnalysisError:
        return ()
    if variable is None or not _is_local(program, variable):
        return ()
    found: dict[Span, bool] = {}
    for definition in program.data.definitions:
        named = definition.variable == variable and definition.kind not in _NOT_THE_NAME
        if named and definition.span is not None:
            found[definition.span] = True
    for use in program.data.uses:
        if use.variable == variable and use.kind is not UseKind.ATTRIBUTE:
            found.setdefault(use.span, use.kind is not UseKind.READ)
    ordered = sorted(found, key=lambda span: (span.line, span.character))
    return tuple(Occurrence(span, found[span]) for span in ordered)


def _definition_alone(tree: SyntaxTree, line: int) -> str:
    """The outermost function or class around ``line``, on its own lines, all others empty."""
    lines = tree.lines
    for node in tree.root.named_children:
        if node.type not in _DEFINITIONS:
            continue
        start = len(tree.data[: node.start_byte].decode("utf-8", "replace"))
        whole = tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace")
        first = lines.position(start)[0]
        if first <= line <= lines.position(start + len(whole))[0]:
            return "\n" * first + whole
    return ""


def _variable_at(program: Program, line: int, character: int) -> Variable | None:
    places = [
        (each.span, each.variable)
        for each in program.data.definitions
        if each.span is not None and each.kind not in _NOT_THE_NAME
    ]
    places += [
        (each.span, each.variable)
        for each in program.data.uses
        if each.kind is not UseKind.ATTRIBUTE
    ]
    for span, variable in places:
        if span.line == line and span.character <= character <= span.end_character:
            return variable
    return None


def _is_local(program: Program, variable: Variable) -> bool:
    """Whether a function, lambda or comprehension owns it."""
    if variable.owner >= len(program.flows):
        return True
    return isinstance(program.flows[variable.owner].scope, FunctionNode)
