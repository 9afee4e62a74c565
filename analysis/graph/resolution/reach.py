"""Which bindings of a name may hold at a place: reaching definitions over the suites of a file.

Coarse on purpose, since it runs for every name of a project: a binding in a suite that encloses
the place hides those before it; one in another branch does not; one further down counts where both
stand in one loop. The flow graph of ``analysis/views`` is the exact answer, for one function.
"""

from __future__ import annotations

from analysis.graph.facts.file import Block, FactBinding

#: Behind everything, in the outermost suite: what a module offers when it has been run.
END = 1 << 60


def reaching(
    bindings: list[FactBinding], blocks: list[Block], at: int, block: int
) -> list[FactBinding]:
    """The bindings that may hold at byte ``at`` of suite ``block``, the nearest first."""
    if len(bindings) == 1:
        return bindings if bindings[0].how != "narrow" else []
    around = set()
    loops = set()
    walk = block
    while walk >= 0:
        around.add(walk)
        if blocks[walk].loop:
            loops.add(walk)
        walk = blocks[walk].parent
    found: list[FactBinding] = []
    for binding in sorted(bindings, key=lambda b: -b.at):
        holds = binding.block in around
        if binding.how == "narrow":
            if holds and binding.at <= at:
                return [*found, binding]
            continue
        if binding.at > at:
            if loops and _shares_loop(binding.block, blocks, loops):
                found.append(binding)
            continue
        if binding.how != "del":
            found.append(binding)
        if holds:
            break
    return found


def _shares_loop(block: int, blocks: list[Block], loops: set[int]) -> bool:
    while block >= 0:
        if block in loops:
            return True
        block = blocks[block].parent
    return False
