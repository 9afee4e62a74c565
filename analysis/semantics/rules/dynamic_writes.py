"""A class that writes attributes by computed names: ``setattr(self, …)``, ``self.__dict__``.

Names that are literals are not in doubt; listing adds them.
"""

from __future__ import annotations

import re

from analysis.names import Tier
from analysis.semantics.receiver import ArmKind, ClassFacts, Receiver
from analysis.semantics.rules.rule import Case, Doubt, opened

_WRITES = re.compile(
    r"""\bsetattr\(\s*(?:self|cls|klass|type\(self\)|self\.__class__)
        \s*,\s*(?!["'][A-Za-z_]\w*["']\s*,)
    | \b__setattr__\(\s*(?:self\s*,\s*)?(?!\s*self\b)(?!["'][A-Za-z_]\w*["']\s*,)[a-z]
    | \b(?:self|cls)\.__dict__\s*
        (?:\.\s*(?:update|setdefault|__setitem__)\b|\[[^\]]*\]\s*=[^=]|=[^=])
    | \bvars\(\s*(?:self|cls)\s*\)\s*(?:\.\s*update\b|\[)
    | \blocals\(\)\s*(?:\.\s*update\b|\[[^\]]*\]\s*=[^=])
    """,
    re.VERBOSE,
)

CASES = (
    Case(
        "class A:\n    def __init__(self, **k):\n        for n, v in k.items():\n"
        "            setattr(self, n, v)\nA().$0",
        Tier.OPEN,
        has=("__init__",),
    ),
    Case(
        "class A:\n    def __init__(self, **k):\n        self.__dict__.update(k)\nA().$0", Tier.OPEN
    ),
    Case(
        "class A:\n    def __init__(self):\n        setattr(self, 'size', 1)\nA().$0",
        Tier.CLOSED,
        has=("size",),
    ),
    Case("class A:\n    locals()['x'] = 1\nA.$0", Tier.OPEN),
)


def doubt(receiver: Receiver) -> Doubt | None:
    """Open where a class of the resolution order, or its metaclass, writes that way."""
    for arm in receiver.arms:
        if arm.kind in (ArmKind.INSTANCE, ArmKind.CLASS):
            for facts in (*arm.order, *arm.metaclasses):
                if writes_dynamically(facts):
                    return opened(f"{facts.name} writes attributes by computed names")
    return None


def writes_dynamically(facts: ClassFacts) -> bool:
    """Whether the source of a class gives attributes to itself by computed names."""
    if not facts.code or facts.module in ("builtins", "abc"):
        return False
    return _WRITES.search(facts.code) is not None
