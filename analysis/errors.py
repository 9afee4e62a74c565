"""The shape every error of Pilotfish has: what happened, where, and how to fix it."""

from __future__ import annotations


class ExplainedError(Exception):
    """An error meant for a person.

    ``what`` is one sentence without a trailing stop, ``where`` names the file, option or process,
    ``help`` says what to do. The command line prints these three and no traceback.
    """

    def __init__(self, what: str, *, where: str = "", help: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.help = help

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} ({self.help})" if self.help else text


class AnalysisError(ExplainedError):
    """Analysis could not answer, for a reason a person can act on."""
