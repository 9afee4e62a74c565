"""The families of templates, and how their proposals become candidates."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from repair.candidates.candidate import Candidate
from repair.candidates.templates import (
    calls,
    classes,
    collections,
    constants,
    expressions,
    guards,
    names,
    neighbours,
    operators,
    quantities,
    sharing,
    statements,
)
from repair.candidates.templates.site import REPEATED, Proposal, SuspectProgram, Template
from repair.errors import Dropped
from repair.localization import Suspicion
from repair.source.file import OffsetEdit, Source

#: To add a template, write it in its family's file (or a new one) and name it here.
TEMPLATES: tuple[Template, ...] = (
    operators.comparisons,
    operators.arithmetic,
    operators.booleans,
    operators.both_sides,
    constants.numbers,
    constants.one_off,
    constants.truths,
    constants.strings,
    names.variables,
    names.imported,
    names.attributes,
    names.targets,
    names.exceptions,
    calls.arguments,
    calls.wrappers,
    calls.awaits,
    collections.indices,
    collections.ranges,
    collections.order,
    collections.comprehensions,
    statements.results,
    statements.superfluous,
    statements.moved,
    statements.flow,
    classes.resets,
    collections.elements,
    collections.counterparts,
    collections.swapped_results,
    expressions.expressions,
    expressions.targets,
    expressions.terms,
    expressions.derived,
    expressions.assignments,
    guards.base_cases,
    guards.conditions,
    guards.guarded,
    guards.null_guards,
    guards.steps,
    guards.progress,
    classes.parents,
    sharing.copies,
    sharing.changed_while_iterated,
    quantities.zones,
    quantities.spans,
    quantities.rounding_placed,
    neighbours.own_wrappers,
    neighbours.normalized,
    neighbours.named_arguments,
    neighbours.extremes,
    neighbours.jumps,
    neighbours.leaves,
    neighbours.accumulators,
    neighbours.better_ones,
    neighbours.missing_elements,
    expressions.unread_given,
    calls.lost_depths,
    calls.forgotten,
    calls.readings,
    operators.by_rank,
    quantities.wholes,
    operators.elsewhere,
    operators.there,
    statements.conditional_runs,
)
#: The same edit at all like places of a function is this likely, compared with one place.
_EVERYWHERE = 0.3


def mutations(
    source: Source,
    suspicion: Suspicion,
    likelier: Mapping[str, float],
    most: int,
    dropped: Dropped | None = None,
) -> Iterator[Candidate]:
    """Every template's candidates for ``source``, those at the most suspicious places of a large
    file before the others; of kinds in ``likelier`` worth so much more. Where they are more than
    ``most``, what is worth less than half of those found so far is left out from there on: a large
    file has a million."""
    program = SuspectProgram(source, suspicion, likelier)
    alike: dict[tuple[object, ...], list[Proposal]] = {}
    values: list[float] = []
    for proposal in _proposals(program, dropped or Dropped()):
        value = program.worth(proposal.node, proposal.name, proposal.prior)
        if value <= 0:
            continue
        if value >= program.floor:
            line = source.line_of(proposal.edits[0].start)
            yield Candidate(proposal.edits, f"template: {proposal.name}", value, line)
            values.append(value)
            if len(values) > most:
                values = heapq.nlargest(most // 2, values)
                program.floor = values[-1]
        if proposal.name in REPEATED and len(proposal.edits) == 1:
            edit = proposal.edits[0]
            function = program.function(proposal.node)
            old = source.text[edit.start : edit.end]
            if function is not None and old:
                alike.setdefault((proposal.name, function, old, edit.new), []).append(proposal)
    yield from _everywhere(source, program, alike)


def _proposals(program: SuspectProgram, dropped: Dropped) -> Iterator[Proposal]:
    for window in program.windows():
        program.look_at(window)
        for template in TEMPLATES:
            with dropped.guard("writing"):
                yield from template(program)


def _everywhere(
    source: Source, program: SuspectProgram, alike: dict[tuple[object, ...], list[Proposal]]
) -> Iterator[Candidate]:
    for (_name, *_rest), proposals in alike.items():
        name = proposals[0].name
        edits: list[OffsetEdit] = []
        for proposal in proposals:
            edit = proposal.edits[0]
            if not edits or all(edit.start >= e.end or edit.end <= e.start for e in edits):
                edits.append(edit)
        if len(edits) > 1:
            value = max(program.worth(p.node, name, p.prior) for p in proposals) * _EVERYWHERE
            edits.sort(key=lambda e: e.start)
            line = source.line_of(edits[0].start)
            yield Candidate(tuple(edits), f"template: {name} everywhere", value, line)
