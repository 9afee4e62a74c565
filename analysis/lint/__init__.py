"""Hallucination diagnostics and ruff beside them, as :class:`~analysis.findings.Finding` values."""
