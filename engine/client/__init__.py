"""How front doors reach the engine: ask with a value of :mod:`engine.features`, get a future.

``EngineProcess`` is the engine as a child process that comes back by itself, for the language
server. One-shot commands need none: they call the handlers.
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
