"""The requests of the engine, one file each: the values, the handler, and the lane it runs in.

To add a request, write ``engine/features/NAME.py`` and add its line to ``_FEATURES``. The file
defines the request, its answer, and ``ROUTE``. Front doors import the values from there, so a file
imports models, jedi and the sandbox inside its handler only.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from engine.request import CancelRequest, Done, Failure, Hello, Progress, Request, Route

_FEATURES = (
    "api",
    "check",
    "complete",
    "configure",
    "error_report",
    "files",
    "files_changed",
    "fix",
    "graph",
    "graph_rows",
    "hole",
    "implement",
    "inspect",
    "next_edits",
    "optimize",
    "project",
    "pull",
    "status",
    "trace",
    "trust",
    "tutorial",
    "warm",
)
_routes: tuple[Route[Any], ...] = tuple(
    import_module(f"{__name__}.{name}").ROUTE for name in _FEATURES
)
#: How each request runs.
ROUTES: dict[type[Request[Any]], Route[Any]] = {route.request: route for route in _routes}
#: Every message by the name that the wire gives it.
MESSAGES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(CancelRequest, Done, Failure, Hello, Progress),
        *(kind for route in _routes for kind in (route.request, route.answer)),
    )
}
