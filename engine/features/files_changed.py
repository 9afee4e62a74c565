"""The news that files have changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.request import Caller, Done, Lane, Request, Route

if TYPE_CHECKING:
    from engine.context import Context


@dataclass(frozen=True, slots=True)
class FilesChanged(Request[Done]):
    """Files (absolute paths) were written or removed: the code graphs that hold them look again."""

    paths: tuple[str, ...]


def _run(request: FilesChanged, context: Context, caller: Caller) -> Done:
    del caller
    context.graphs.changed(request.paths)
    return Done()


ROUTE = Route(FilesChanged, Done, _run, Lane.INLINE)
