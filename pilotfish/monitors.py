"""What authors of monitors import: the names that a :class:`Monitor` speaks in.

This module is public and stays compatible; everything else below ``pilotfish`` may change. A
package registers its monitors through the entry point group ``pilotfish.monitors``;
``docs/monitors.md`` shows one from end to end.
"""

from __future__ import annotations

from analysis.names import Name, NameSet, Tier
from analysis.syntax.hole import Hole, HoleKind
from analysis.syntax.lexer import Lexer
from decoding.monitors.monitor import Monitor, Passage, Verdict
from decoding.vocabulary.tokens import Constraint, Names

__all__ = [
    "Constraint",
    "Hole",
    "HoleKind",
    "Lexer",
    "Monitor",
    "Name",
    "NameSet",
    "Names",
    "Passage",
    "Tier",
    "Verdict",
]
