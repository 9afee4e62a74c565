"""Compiled classes of another version of Python than the one Pilotfish runs on.

The members of a compiled class are listed from Pilotfish's own interpreter and from typeshed; for
a version typeshed does not know, or an older one than it still describes, that may be too few.
"""

from __future__ import annotations

from analysis.semantics.receiver import Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

#: The versions that the bundled typeshed describes.
_DESCRIBED = ((3, 9), (3, 14))

#: Its case needs another interpreter: ``tests/analysis/semantics/test_versions.py``.
CASES: tuple[Case, ...] = ()


def doubt(receiver: Receiver) -> Doubt | None:
    """Open for compiled union members under a version outside of what typeshed describes."""
    version = receiver.environment.version[:2]
    if _DESCRIBED[0] <= version <= _DESCRIBED[1]:
        return None
    for member in receiver.members:
        if any(facts.stub or not facts.path for facts in member.order):
            return opened(f"Python {version[0]}.{version[1]} is not described by typeshed")
    return None
