"""From what a model wrote to a completion: corrections, and how sure it is."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import tree_sitter

from analysis.syntax.tree import parse
from decoding.completion import Completion, Piece, Written
from decoding.postprocess.finish import finish
from decoding.postprocess.site import CursorSite
from decoding.writer import InfillRequest

# --------------------------------------------------------------------------------------------------
# How sure the model was of each part of what it wrote: token probabilities on syntax nodes.
#
# A token is no part of a program: a name may be three tokens, and one token may end a name and
# begin the next. A node's confidence is the geometric mean of the probabilities of the tokens
# that hold any of it, as in Vasconcelos et al., *Generation probabilities are not enough* (2023),
# who found that people read highlights of tokens only where they are parts that can be changed.
# --------------------------------------------------------------------------------------------------


#: Nodes that are marks, or that say no more than the one node they hold.
_DULL = frozenset({"comment", "string_start", "string_content", "string_end", "escape_sequence"})
#: Pieces tell their probability in four digits; none of them is impossible, having been written.
_LEAST = 0.00005


@dataclass(frozen=True, slots=True)
class NodeConfidence:
    """A node of the syntax tree that lies wholly in what was written.

    ``kind`` is tree-sitter's. ``start`` and ``end`` are code points from the cursor; ``text`` is
    what stands there. ``confidence`` is between 0 and 1.
    """

    kind: str
    start: int
    end: int
    text: str
    confidence: float


def of_nodes(
    text: str, offset: int, written: str, pieces: Sequence[Piece]
) -> tuple[NodeConfidence, ...]:
    """The nodes of ``written``, inserted at ``offset`` (code points) of ``text``, outer ones first.

    ``pieces`` are the tokens of ``written``. Nodes without a token, such as a bracket that was
    closed for the model, are left out; of nodes over the same text only the innermost is kept.
    """
    tree = parse(text[:offset] + written + text[offset:])
    end = offset + len(written)
    found: dict[tuple[int, int], NodeConfidence] = {}
    for node in _inside(tree.root, tree.to_byte(offset), tree.to_byte(end)):
        start, stop = (
            tree.to_offset(node.start_byte) - offset,
            tree.to_offset(node.end_byte) - offset,
        )
        logs = [
            math.log(max(p.probability, _LEAST)) for p in pieces if p.start < stop and start < p.end
        ]
        if logs and start < stop:
            mean = round(math.exp(sum(logs) / len(logs)), 4)
            found[start, stop] = NodeConfidence(node.type, start, stop, written[start:stop], mean)
    return tuple(found.values())


def _inside(node: tree_sitter.Node, start: int, end: int) -> Iterator[tree_sitter.Node]:
    """Named nodes between two bytes, in preorder, without going where there are none."""
    for child in node.named_children:
        if child.end_byte <= start or child.start_byte >= end:
            continue
        if child.start_byte >= start and child.end_byte <= end and child.type not in _DULL:
            yield child
        yield from _inside(child, start, end)


# --------------------------------------------------------------------------------------------------
# From what a loop wrote to what is inserted: corrected, with the tokens it came of.
# --------------------------------------------------------------------------------------------------


def filled(
    model: str,
    site: CursorSite,
    request: InfillRequest,
    written: Written,
    begun: float,
    preamble: str = "",
) -> Completion:
    """What ``model`` would have inserted at ``site``, asked at ``begun`` (``time.monotonic``): what
    forming the prompt took, and waiting for its hint, somebody waits for as well. The prompt began
    with ``preamble``."""
    done = finish(site, written.text, multiline=request.multiline, stopped=written.stopped)
    spans = written.within(done.start, done.end) if done.text else []
    mean = sum(span.logprob for span in spans) / len(spans) if spans else -math.inf
    # Line ends may be wider in the file than the one character that models write.
    wider = len(site.newline) - 1

    def shown(at: int) -> int:
        return at - done.start + written.text.count("\n", done.start, at) * wider

    return Completion(
        text=done.text,
        tokens=len(spans),
        confidence=math.exp(mean),
        events=written.events,
        ms=replace(written.timing, total=(time.monotonic() - begun) * 1e3).rounded(),
        model=model,
        prompt_tokens=written.prompt_tokens,
        reused_tokens=written.reused_tokens,
        stopped=written.stopped,
        pieces=tuple(
            Piece(shown(span.start), shown(span.end), round(math.exp(span.logprob), 4))
            for span in spans
        ),
        preamble=preamble,
    )
