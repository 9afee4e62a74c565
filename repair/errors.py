"""The error family of repair."""

from __future__ import annotations

from analysis.errors import ExplainedError


class RepairError(ExplainedError):
    """A repair could not begin or go on, for a reason a person can act on."""


class SandboxUnavailableError(RepairError):
    """Bubblewrap does not work here, so user code is not run."""
