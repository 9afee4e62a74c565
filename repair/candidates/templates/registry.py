"""The families of templates, and how their proposals become candidates."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

from repair.candidates.candidate import Candidate
from repair.candidates.templates import (
    bounds,
    calls,
    classes,
    collections,
    constants,
    expressions,
    guards,
    names,
    neighbours,
    operators,
    results,
    sharing,
    statements,
    texts,
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
    collections.indices,
    collections.ranges,
    collections.order,
    collections.comprehensions,
    statements.results,
    statements.superfluous,
    statements.moved,
    statements.flow,
    statements.scopes,
    statements.branches,
    statements.removals,
    classes.resets,
    classes.resets_between,
    collections.elements,
    collections.counterparts,
    collections.quoted_names,
    collections.swapped_results,
    expressions.expressions,
    expressions.targets,
    expressions.terms,
    expressions.derived,
    expressions.assignments,
    guards.base_cases,
    guards.raises,
    guards.conditions,
    guards.permuted,
    guards.guarded,
    guards.null_guards,
    guards.steps,
    guards.progress,
    classes.parents,
    sharing.copies,
    sharing.whole_copies,
    sharing.changed_while_iterated,
    sharing.repeated,
    sharing.of_the_class,
    texts.wrapping,
    texts.zones,
    texts.spans,
    texts.fractions,
    bounds.rounded_upwards,
    bounds.rounding_placed,
    texts.encodings,
    texts.line_ends,
    texts.patterns,
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
    guards.fallbacks,
    guards.early_ends,
    guards.entries,
    neighbours.uncalled_steps,
    expressions.unread_given,
    expressions.unread_fields,
    expressions.unread_handed_on,
    expressions.unread_bound_late,
    expressions.unread_imports,
    expressions.unread_made,
    results.lost_exceptions,
    results.lost_results,
    results.lost_depths,
    results.lost_rests,
    classes.compared_fields,
    classes.other_kinds,
    classes.steps_back,
    classes.rows,
    classes.other_class,
    texts.unmarked,
    texts.dropped,
    texts.codes,
    texts.quoted,
    texts.dates,
    texts.joined,
    collections.orders_by_keys,
    calls.forgotten,
    calls.spans,
    calls.singles,
    calls.readings,
    classes.decorators_of_methods,
    classes.decorators_of_wrappers,
    results.in_place,
    results.printed,
    results.read_once,
    results.once_each,
    operators.distributed,
    operators.bound,
    operators.found,
    operators.asked_first,
    operators.by_rank,
    operators.of_something,
    operators.decided_late,
    bounds.from_the_end,
    bounds.last_ones,
    bounds.nothing_or_zero,
    bounds.capitals,
    bounds.elements_of_it,
    bounds.not_mine,
    bounds.not_what_may_fail,
    guards.missing_handlers,
    guards.missing_locks,
    collections.keys_of_caches,
    collections.gathered,
    bounds.extremes,
    bounds.wrapped,
    bounds.remainders,
    bounds.months,
    bounds.lengths,
    bounds.wholes,
    bounds.close,
    bounds.enough,
    bounds.otherwise,
    results.asked,
    results.converted,
    results.converted_each,
    results.paths,
    results.merged,
    results.kept_apart,
    waiting.pauses,
    waiting.tasks,
    waiting.locks,
    statements.in_any_case,
    texts.trimmed,
    results.assigned_back,
    results.added_to,
    collections.missing_filters,
    collections.present_filters,
    classes.resets_of_others,
    results.remembered,
    results.descents,
    neighbours.guarded_steps,
    statements.other_values,
    names.module_constants,
    names.module_sentinels,
    names.exceptions_as_arguments,
    expressions.compared_cases,
    texts.chained_steps,
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
