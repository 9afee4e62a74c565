"""A doubt that came up while a union member's names were listed: a module that makes names at run
time."""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

CASES = (
    Case("import json\njson.$0", Tier.CLOSED, has=("dumps",), lacks=("append",)),
    Case("import math\nmath.$0", Tier.CLOSED, has=("sqrt",), lacks=("append",)),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open with the listing's own reason."""
    for member in receiver.members:
        if member.doubt:
            return opened(member.doubt)
    return None
