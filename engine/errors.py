"""The error family of the engine."""

from __future__ import annotations

from analysis.errors import ExplainedError


class EngineError(ExplainedError):
    """The engine could not do what was asked, for a reason a person can act on."""


class SettingsError(EngineError):
    """A setting is unknown, of the wrong kind, or not for the place it stands in.

    ``others`` are what else is wrong with the settings.
    """

    others: tuple[SettingsError, ...] = ()
