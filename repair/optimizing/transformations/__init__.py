"""Known transformations that keep what a function does and change how long it takes.

One a file, listed in :data:`TRANSFORMATIONS`. Each is a function from a source and one of its
functions to edits, or none where it does not apply. What it cannot see (is everything hashable?)
the runs decide: same results on the tests and on larger inputs.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from repair.optimizing.transformations import (
    caching,
    comprehending,
    counting,
    growing,
    hoisting,
    inserting,
    joining,
    membership,
    queueing,
)
from repair.source.file import OffsetEdit, Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Transformation = Callable[[Source, FunctionNode], Iterator[tuple[OffsetEdit, ...]]]

#: By the name that the answer shows.
TRANSFORMATIONS: Mapping[str, Transformation] = {
    "membership in a set": membership.edits,
    "a set beside the list": growing.edits,
    "counted once": counting.edits,
    "a deque for the queue": queueing.edits,
    "inserted in order": inserting.edits,
    "join instead of concatenation": joining.edits,
    "remembered results": caching.edits,
    "computed once before the loop": hoisting.edits,
    "a comprehension": comprehending.edits,
}
