"""The variants of ``dotprompts``: how each guides, and when one is known to write as another does.

Decoding is greedy, and every variant starts from nothing (:meth:`LocalWriter.forget`). So where
guidance told the model nothing and refused nothing it wrote what the model writes alone, where it
told nothing the monitors alone write the same, and where they refused nothing so does each of them.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.errors import AnalysisError
from decoding.local_writer import Guiding
from decoding.monitors.registry import monitors
from decoding.prompts.hint import HintRules, Part

#: A hint is formed whatever is in the cache, as where the cursor comes to rest in another place.
_FORMED = HintRules(patience=math.inf)
_NO_HINT = HintRules(kinds=frozenset())
_WITH, _ONLY = "with:", "only:"


def guiding(variant: str) -> Guiding:
    """How a variant guides. Raises :class:`~analysis.errors.AnalysisError` for an unknown one."""
    if variant in ("unguided", "guided"):
        return Guiding(hints=_FORMED)
    if variant.startswith(_WITH):
        return Guiding(hints=_hints(variant.removeprefix(_WITH)))
    if variant == "prune":
        return Guiding(hints=_NO_HINT)
    if variant == "hint":
        return Guiding(monitors=(), hints=_FORMED)
    alone = tuple(m for m in monitors() if variant == f"{_ONLY}{m.name}")
    if not alone:
        raise AnalysisError(
            f"there is no variant '{variant}'",
            where="--variants",
            help="use ablation, unguided, prune, hint, guided, with:PART or only:MONITOR, which is "
            + ", ".join(m.name for m in monitors()),
        )
    return Guiding(monitors=alone, hints=_NO_HINT)


def meant(name: str) -> tuple[str, ...]:
    """The variants that one word of ``--variants`` stands for."""
    if name != "ablation":
        return (name,)
    return ("unguided", "prune", "hint", "guided", *(f"{_ONLY}{m.name}" for m in monitors()))


def _hints(names: str) -> HintRules:
    """The shipped hint with more parts."""
    rules = _FORMED
    for name in names.split("+"):
        if name not in set(Part):
            raise AnalysisError(
                f"there is no part '{name}'",
                where="--variants",
                help=f"the parts are {', '.join(Part)}",
            )
        rules = replace(rules, parts=rules.parts | {Part(name)})
    return rules


def with_graph(variant: str) -> bool:
    """Whether a variant is told of the code graph."""
    return variant.startswith(_WITH)


def in_order(variants: Iterable[str]) -> list[str]:
    """Those first that tell what the others need not be run for, and those that share a prompt
    one after the other."""
    first = ("guided", "hint", "unguided", "prune")
    return sorted(variants, key=lambda v: first.index(v) if v in first else len(first))


def same_as(variant: str, done: Mapping[str, Mapping[str, Any]]) -> str:
    """The variant among ``done``, what has been written at a site, that wrote what ``variant``
    would write there; ``""`` if none is known to."""
    guided, prune = done.get("guided"), done.get("prune")
    untold = guided is not None and guided.get("preamble") == ""
    if variant == "prune" and untold:
        return "guided"
    if variant in ("unguided", "guided") or variant.startswith(_WITH):
        return "guided" if variant == "unguided" and untold and _idle(guided) else ""
    if variant == "hint":
        if guided is not None and _idle(guided):
            return "guided"
        return "unguided" if untold and "unguided" in done else ""
    return "unguided" if "unguided" in done and _idle(prune) else ""


def agreement(lines: Sequence[Mapping[str, Any]]) -> list[list[object]]:
    """Of each variant: the sites where it was taken from another, those where it was run although
    another told what it would write, and how many of these differ after all."""
    taken, run, differ = Counter[str](), Counter[str](), Counter[str]()
    done: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for line in lines:
        done[line["site"]][line["variant"]] = line
    for written in done.values():
        for variant, line in written.items():
            if "taken" in line:
                taken[variant] += 1
            elif same := same_as(variant, {k: v for k, v in written.items() if "taken" not in v}):
                run[variant] += 1
                differ[variant] += line["text"] != written[same]["text"]
    return [[v, taken[v], run[v], differ[v]] for v in sorted({*taken, *run})]


def _idle(line: Mapping[str, Any] | None) -> bool:
    """Whether monitors changed nothing: a name that was refused, or left standing, is an event."""
    return line is not None and not any(e["rejected"] or e["disputed"] for e in line["events"])
