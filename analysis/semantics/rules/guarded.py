"""Code that expects the attribute to be missing: ``hasattr``, ``except AttributeError``.

What a class asks of its own ``self`` says nothing about the class: the names it asks for are added.
"""

from __future__ import annotations

import re

from analysis.names import Tier
from analysis.semantics.receiver import Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

#: ``with_error`` is a ``with`` that expects an error, ``version`` code for another Python.
_GUARDS = frozenset({"hasattr", "try_attribute_error", "getattr", "with_error", "version"})

#: Of these ``self`` knows all that they may mean.
_ASKED = frozenset({"hasattr", "getattr"})

CASES = (
    Case(
        "class A:\n    x = 1\n    def f(self):\n        if hasattr(self, 'late'):\n"
        "            self.$0",
        Tier.CLOSED,
        has=("x", "late"),
    ),
    Case(
        "class A:\n    x = 1\n    def f(self):\n        try:\n            self.$0\n"
        "        except AttributeError:\n            pass",
        Tier.OPEN,
        has=("x",),
    ),
    Case("x = 'a'\nif hasattr(x, 'fly'):\n    x.$0", Tier.OPEN, has=("upper",)),
    Case("x = 'a'\ntry:\n    x.$0\nexcept AttributeError:\n    pass", Tier.OPEN, has=("upper",)),
    Case(
        "import sys\nx = 'a'\nif sys.version_info >= (3, 99):\n    x.$0", Tier.OPEN, has=("upper",)
    ),
    Case(
        "from sys import hexversion\nx = 'a'\nif hexversion < 0x03000000:\n    x.$0",
        Tier.OPEN,
        has=("upper",),
    ),
    Case("x = 'a'\ntry:\n    x.$0\nexcept ValueError:\n    pass", Tier.CLOSED, has=("upper",)),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where the hole stands under such a guard or its function asks by ``hasattr``."""
    own = receiver.text in ("self", "cls")
    for guard in receiver.hole.guards:
        if guard in _GUARDS and not (own and guard in _ASKED):
            return opened(f"the code here is guarded ({guard})")
    asks = re.compile(rf"\bhasattr\(\s*{re.escape(receiver.text)}\s*,")
    if receiver.text and not own and asks.search(receiver.scope):
        return opened("the code asks by hasattr what the receiver has")
    return None
