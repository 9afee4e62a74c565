"""The families of templates, and how their proposals become candidates."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from repair.candidates.candidate import Candidate
from repair.candidates.templates import (
    absent,
    asked,
    bounds,
    calls,
    cases,
    chained,
    cleanup,
    conditions,
    constants,
    decorations,
    edges,
    files,
    filters,
    formats,
    handlers,
    ingredients,
    inheritance,
    insertions,
    kept,
    keys,
    kinds,
    literals,
    lost,
    moments,
    names,
    neighbours,
    operators,
    options,
    otherwise,
    pairs,
    parts,
    precision,
    procedures,
    replaced,
    sequences,
    sharing,
    state,
    statements,
    symmetry,
    top_level,
    twins,
    uncalled,
    unless,
    unread,
    waiting,
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
    operators.grouping,
    operators.both_sides,
    operators.absences,
    operators.signs,
    operators.signs_of_all,
    constants.numbers,
    constants.one_off,
    constants.truths,
    constants.strings,
    constants.defaults,
    names.variables,
    names.imported,
    names.attributes,
    names.targets,
    names.keywords,
    names.exceptions,
    names.renamed_everywhere,
    calls.arguments,
    calls.wrappers,
    calls.access,
    calls.awaits,
    sequences.indices,
    sequences.ranges,
    sequences.order,
    sequences.comprehensions,
    statements.results,
    statements.superfluous,
    statements.moved,
    statements.flow,
    statements.scopes,
    statements.branches,
    statements.removals,
    state.resets,
    state.resets_between,
    literals.elements,
    literals.counterparts,
    literals.quoted_names,
    literals.swapped_results,
    ingredients.expressions,
    ingredients.targets,
    ingredients.terms,
    ingredients.derived,
    ingredients.assignments,
    insertions.base_cases,
    insertions.raises,
    insertions.conditions,
    insertions.permuted,
    insertions.guarded,
    insertions.null_guards,
    insertions.steps,
    insertions.progress,
    insertions.guards_of_others,
    insertions.accumulated,
    inheritance.parents,
    sharing.copies,
    sharing.whole_copies,
    sharing.changed_while_iterated,
    sharing.repeated,
    sharing.of_the_class,
    moments.wrapping,
    moments.zones,
    moments.spans,
    moments.fractions,
    precision.upwards,
    precision.placed,
    files.encodings,
    files.line_ends,
    files.patterns,
    neighbours.own_wrappers,
    neighbours.normalized,
    neighbours.named_arguments,
    neighbours.extremes,
    neighbours.jumps,
    neighbours.leaves,
    neighbours.accumulators,
    neighbours.fields_of_others,
    neighbours.better_ones,
    neighbours.missing_elements,
    absent.fallbacks,
    absent.early_ends,
    absent.entries,
    uncalled.steps,
    unread.given,
    unread.fields,
    unread.handed_on,
    unread.bound_late,
    unread.imports,
    unread.made,
    unread.flags,
    lost.exceptions,
    lost.results,
    lost.depths,
    lost.rests,
    symmetry.compared_fields,
    symmetry.other_kinds,
    symmetry.steps_back,
    symmetry.rows,
    symmetry.other_class,
    formats.unmarked,
    formats.dropped,
    formats.codes,
    formats.quoted,
    formats.dates,
    formats.joined,
    keys.orders,
    options.forgotten,
    options.spans,
    options.singles,
    options.readings,
    decorations.of_methods,
    decorations.of_wrappers,
    procedures.in_place,
    procedures.printed,
    procedures.read_once,
    procedures.once_each,
    conditions.distributed,
    conditions.bound,
    conditions.found,
    conditions.asked_first,
    conditions.by_rank,
    conditions.of_something,
    conditions.decided_late,
    edges.from_the_end,
    edges.last_ones,
    edges.nothing_or_zero,
    edges.capitals,
    edges.elements_of_it,
    edges.not_mine,
    edges.not_what_may_fail,
    handlers.missing,
    handlers.locks,
    pairs.keys,
    pairs.gathered,
    bounds.extremes,
    bounds.wrapped,
    bounds.remainders,
    bounds.months,
    bounds.lengths,
    bounds.wholes,
    bounds.close,
    bounds.enough,
    bounds.otherwise,
    kinds.asked,
    kinds.converted,
    kinds.converted_each,
    kinds.paths,
    kinds.merged,
    kinds.kept_apart,
    waiting.pauses,
    waiting.tasks,
    waiting.locks,
    cleanup.in_any_case,
    parts.trimmed,
    replaced.assigned_back,
    replaced.added_to,
    filters.missing,
    filters.present,
    state.resets_of_others,
    kept.remembered,
    kept.descents,
    twins.guarded_steps,
    otherwise.other_values,
    top_level.constants,
    top_level.sentinels,
    top_level.exceptions,
    cases.compared,
    chained.steps,
    asked.elsewhere,
    asked.there,
    unless.runs,
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
