"""A part of the receiver could not be inferred: an unknown import, parameter, branch or return."""

from __future__ import annotations

from analysis.names import Tier
from analysis.semantics.receiver import Receiver
from analysis.semantics.rules.rule import Case, Doubt, abstained, opened

CASES = (
    Case("import nowhere\nnowhere.$0", Tier.ABSTAIN),
    Case("def f(x):\n    x.$0", Tier.ABSTAIN),
    Case(
        "import nowhere\ndef f(c):\n    x = 'a' if c else nowhere.y\n    x.$0",
        Tier.OPEN,
        ("upper",),
    ),
    Case(
        "def g(c):\n    if c:\n        return 'a'\n    return c\nimport nowhere\ng(nowhere.x).$0",
        Tier.OPEN,
        has=("upper",),
    ),
    Case(
        "def g(c):\n    if c:\n        return 'a'\n    return b'b'\ng(1).$0",
        Tier.CLOSED,
        has=("upper", "encode", "decode"),
        lacks=("append",),
    ),
    Case("import ast\nast.parse('x').$0", Tier.CLOSED, has=("body",), lacks=("append",)),
    Case("from pathlib import Path\nPath('a').parent.$0", Tier.CLOSED, has=("mkdir",)),
    Case(
        "from typing import Self\nclass A:\n    def me(self) -> Self: ...\n"
        "class B(A):\n    x = 1\nB().me().$0",
        Tier.CLOSED,
        has=("x", "me"),
        lacks=("append",),
    ),
    Case(
        "from typing import Self\nclass A:\n    def f(self):\n"
        "        def g(other: Self):\n            other.$0",
        Tier.ABSTAIN,
    ),
    Case("def f(x='a'):\n    x.$0", Tier.OPEN, has=("upper",)),
    Case("def f(x: str = 'a'):\n    x.$0", Tier.CLOSED, has=("upper",), lacks=("append",)),
    Case("from typing import Any\ndef f(x: Any):\n    x.$0", Tier.ABSTAIN),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where some of it is known, abstained where nothing is."""
    if not receiver.members:
        what = "only None" if receiver.nulls else "nothing"
        return abstained(f"{what} is known about the receiver")
    if not receiver.complete:
        return opened("the receiver may also be something that could not be inferred")
    return None
