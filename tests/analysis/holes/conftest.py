"""The pool that answers in this process is that of the lint tests: the same workers answer both."""

from __future__ import annotations

from tests.analysis.lint.conftest import InProcess, pool, provider

__all__ = ["InProcess", "pool", "provider"]
