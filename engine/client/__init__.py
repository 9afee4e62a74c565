"""How front doors reach the engine: ask with a value of :mod:`engine.messages`, get a future.

``EngineProcess`` is the engine as a child process that comes back by itself, for the language
server. ``engine.client.local.LocalEngine`` runs the same handlers in this process, for one-shot
commands; it is imported apart, since it brings the rooms below with it.
"""

from analysis.errors import ExplainedError
from engine.client.process import EngineProcess
from engine.client.submission import (
    EngineClient,
    EngineState,
    Phase,
    RequestFailedError,
    Submission,
)

__all__ = [
    "EngineClient",
    "EngineProcess",
    "EngineState",
    "ExplainedError",
    "Phase",
    "RequestFailedError",
    "Submission",
]
