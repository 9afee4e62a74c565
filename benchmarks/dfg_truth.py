"""Data flow against runs and byte code: ``python -m benchmarks.dfg_truth``

Programs run under a tracer of instructions, which sees the store that each load reads: every such
pair must be one of the data flow. Pairs of one code object that the byte code's own reaching
definitions do not have are counted by kind. Every kind of definition must have been seen at work.
Exit code 1 where a figure misses its mark.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import CodeType

from analysis.views.data_flow import DefinitionKind, ValueDefinition, ValueUse
from analysis.views.flow import Span
from analysis.views.program import Program as Parsed
from analysis.views.program import parse_program
from benchmarks.byte_code import code_objects
from benchmarks.data_truth import DataTracer, Load, Range, Store, accesses, parameters_of, reaching
from benchmarks.flow_corpus import PARTS, Program, add_piece, programs
from benchmarks.report import save, show

#: Issue 6: this share of pairs may be beyond the byte code's reaching definitions.
MOST_SURPLUS = 0.05
#: Names that the compiler makes up.
IMPLICIT = frozenset({"__class__", "__classcell__", "__annotations__", "__name__", "__module__"})
NOT_IN_BYTE_CODE = (DefinitionKind.UPDATE, DefinitionKind.ATTRIBUTE, DefinitionKind.UNBOUND)


@dataclass
class Tally:
    """The figures of one part."""

    pairs: int = 0
    missing: list[str] = field(default_factory=list)
    by_kind: Counter[DefinitionKind] = field(default_factory=Counter)
    compared: int = 0
    surplus: Counter[str] = field(default_factory=Counter)
    example: dict[str, str] = field(default_factory=dict)


class Names:
    """Finds definitions and uses of a file by the places that instructions have."""

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        data = parsed.data
        self._definitions: dict[str, list[ValueDefinition]] = defaultdict(list)
        self._uses: dict[tuple[str, int, int], ValueUse] = {}
        for definition in data.definitions:
            if definition.kind not in NOT_IN_BYTE_CODE:
                self._definitions[definition.name].append(definition)
        for use in data.uses:
            if "." not in use.name:
                self._uses[use.name, use.span.line, use.span.character] = use
        self.pairs = {(pair.definition, pair.use) for pair in data.pairs}

    def definition(self, name: str, place: Range | None, code: CodeType) -> ValueDefinition | None:
        """The definition that a store is: the one at its place, else the first inside it."""
        every = self._definitions.get(name, [])
        if place is None:
            return self._parameter(code, every)
        start = self._point(place[0], place[1])
        end = self._point(place[2], place[3])
        inside = [d for d in every if d.span and start <= (d.span.line, d.span.character) < end]
        return min(inside, key=lambda d: _start(d.span), default=None)

    def _parameter(
        self, code: CodeType, every: Iterable[ValueDefinition]
    ) -> ValueDefinition | None:
        parameters = [d for d in every if d.kind is DefinitionKind.PARAMETER and d.span is not None]
        if code.co_name == "<lambda>":
            first = min((p for p in code.co_positions() if p[0]), default=None)
            line = first[0] if first and first[0] else code.co_firstlineno
            near = [d for d in parameters if d.node != 0 and _start(d.span)[0] + 1 <= line]
            return max(near, key=lambda d: _start(d.span), default=None) if len(near) == 1 else None
        for definition in parameters:
            graph = self._parsed.flows[definition.scope].graph
            around = graph.name == code.co_qualname and definition.node == 0
            if around and 0 <= graph.first_line + 1 - code.co_firstlineno < 30:
                return definition
        return None

    def use(self, name: str, place: Range) -> ValueUse | None:
        """The use that a load is."""
        return self._uses.get((name, *self._point(place[0], place[1])))

    def _point(self, line: int, byte: int) -> tuple[int, int]:
        return line - 1, self._parsed.places.column(line - 1, byte)


def _start(span: Span | None) -> tuple[int, int]:
    return (span.line, span.character) if span else (0, 0)


def hold_against_run(program: Program, names: dict[str, Names], tally: Tally) -> None:
    """Run a program; count the pairs seen, and those that the data flow lacks."""
    tracer = DataTracer(program.files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in program.calls:
            tracer.run(call)
    for load, stores in tracer.pairs.items():
        if load[1] in IMPLICIT or load[1].startswith("."):
            continue
        for store in stores:
            _judge(program, names, load, store, tally)


def _judge(
    program: Program, names: dict[str, Names], load: Load, store: Store, tally: Tally
) -> None:
    code, name, place = load
    found = names[code.co_filename]
    use = found.use(name, place)
    definition = names[store[0].co_filename].definition(store[1], store[2], store[0])
    if definition is None or (use is None and _is_made_up(program, load)):
        return
    if use is None and found.definition(name, place, code) is not None:
        # A handler's end unbinds its name; that has the place of the last statement, a store.
        return
    tally.pairs += 1
    tally.by_kind[definition.kind] += 1
    if use is None or (definition.id, use.id) not in found.pairs:
        line = definition.span.line + 1 if definition.span else 0
        said = "no use" if use is None else definition.kind.value
        where = f"{program.name}:{line}→{place[0]} {name} in {code.co_qualname} ({said})"
        tally.missing.append(where)


def _is_made_up(program: Program, load: Load) -> bool:
    """Whether a load is not of a name that is written at its place."""
    code, name, (line, byte, *_) = load
    text = program.files[code.co_filename].split("\n")[line - 1].encode()
    return not text[byte:].startswith(name.encode())


def hold_against_byte_code(
    program: Program, parsed: dict[str, Parsed], names: dict[str, Names], tally: Tally
) -> None:
    """Count the pairs within one code object that its own reaching definitions do not have."""
    for path, text in program.files.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = compile(text, path, "exec", dont_inherit=True)
        found = names[path]
        allowed: set[tuple[int, int]] = set()
        home: dict[tuple[str, int], set[CodeType]] = defaultdict(set)
        for code in code_objects(module):
            for access in accesses(code).values():
                if access.what == "store" and access.place:
                    if definition := found.definition(access.name, access.place, code):
                        home["definition", definition.id].add(code)
                elif access.place and (use := found.use(access.name, access.place)):
                    home["use", use.id].add(code)
            for name in parameters_of(code):
                if definition := found.definition(name, None, code):
                    home["definition", definition.id].add(code)
            for (name, place), stores in reaching(code).items():
                use = found.use(name, place)
                for stored, at in stores:
                    definition = found.definition(stored, at, code)
                    if use and definition:
                        allowed.add((definition.id, use.id))
        data = parsed[path].data
        for one, two in found.pairs:
            definition, use = data.definitions[one], data.uses[two]
            if definition.kind in NOT_IN_BYTE_CODE or "." in use.name or definition.name == "*":
                continue
            if not home["definition", one] & home["use", two]:
                continue
            tally.compared += 1
            if (one, two) not in allowed:
                kind = definition.kind.value
                tally.surplus[kind] += 1
                line = definition.span.line + 1 if definition.span else 0
                example = f"{program.name}:{line}→{use.span.line + 1} {use.name}"
                tally.example.setdefault(kind, example)


def main() -> int:
    """Run, hold against, print, save."""
    parser = argparse.ArgumentParser(prog="benchmarks.dfg_truth")
    parser.add_argument("--part", action="append", choices=PARTS, help="only these parts")
    parser.add_argument("--modules", type=int, default=40, help="generated, six functions each")
    parser.add_argument("--runs", type=int, default=30, help="of each generated function")
    parser.add_argument("--show", type=int, default=5, help="how many misses to print")
    add_piece(parser)
    options = parser.parse_args()
    began = time.monotonic()
    tallies: dict[str, Tally] = {}
    for part in options.part or PARTS:
        tally = tallies[part] = Tally()
        every = programs(part, modules=options.modules, times=options.runs, piece=options.piece)
        for program in every:
            parsed = {path: parse_program(text, path) for path, text in program.files.items()}
            names = {path: Names(each) for path, each in parsed.items()}
            hold_against_run(program, names, tally)
            hold_against_byte_code(program, parsed, names, tally)
    whole = options.part is None and options.piece == (1, 1)
    failed = _tell(tallies, options.show, whole)
    print(f"{time.monotonic() - began:.0f} s")
    save(
        "dfg_truth",
        {
            part: {
                "pairs": tally.pairs,
                "pairs_by_definition": dict(tally.by_kind),
                "missing": tally.missing,
                "compared_with_byte_code": tally.compared,
                "beyond_byte_code": dict(tally.surplus),
            }
            for part, tally in tallies.items()
        },
    )
    return 1 if failed else 0


def _tell(tallies: dict[str, Tally], most: int, whole: bool) -> bool:
    """Print the tables; whether a figure misses its mark. Only the ``whole`` has every kind."""
    rows = [
        (
            part,
            tally.pairs,
            len(tally.missing),
            tally.compared,
            f"{tally.surplus.total()} ({tally.surplus.total() / max(tally.compared, 1):.1%})",
        )
        for part, tally in tallies.items()
    ]
    heads = ("part", "pairs seen", "not in the flow", "pairs of one code", "beyond byte code")
    show("Data flow against runs and byte code", heads, rows)
    for tally in tallies.values():
        for line in tally.missing[:most]:
            print("  ", line)
    kinds = sum((tally.by_kind for tally in tallies.values()), Counter())
    beyond = sum((tally.surplus for tally in tallies.values()), Counter())
    examples = {kind: place for tally in tallies.values() for kind, place in tally.example.items()}
    show(
        "By the kind of definition",
        ("kind", "pairs seen", "beyond byte code", "such as"),
        [
            (kind.value, n, beyond[kind.value], examples.get(kind.value, ""))
            for kind, n in kinds.most_common()
        ],
    )
    compared = sum(tally.compared for tally in tallies.values())
    failed = any(tally.missing for tally in tallies.values())
    if whole:
        failed |= not set(DefinitionKind) - set(NOT_IN_BYTE_CODE) <= set(kinds)
    return failed or beyond.total() > MOST_SURPLUS * compared


if __name__ == "__main__":
    sys.exit(main())
