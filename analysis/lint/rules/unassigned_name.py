"""A name that is read before it has a value.

**What it does.** Reports a local name that is read where no path through its scope has given it a
value: before its first assignment, behind `del`, or behind the handler that named its exception.

**Why it matters.** Reading it raises `UnboundLocalError` or `NameError`: an assignment anywhere in
a function makes the name local everywhere in it, and `except … as e` deletes `e` at its end.

**When it is silent.** Where some path gives it a value, since the conditions of branches may hang
together in ways that no analysis sees; under `except NameError`; in code that is never reached.

**Quick fix.** None: which value was meant cannot be guessed.
"""

from __future__ import annotations

from analysis.lint.rules.rule import ELSEWHERE, Example, NameVerdict, Site
from analysis.names import NameSet
from analysis.syntax.hole import HoleKind

CODE = "PF107"
NAME = "unassigned-name"
KINDS = frozenset({HoleKind.NAME})
EXAMPLES = (
    Example("count = 0\n\n\ndef add():\n    count += 1\n", ("count",)),
    Example("try:\n    print()\nexcept OSError as e:\n    pass\nprint(e)\n", ("e",)),
    Example("def f(x):\n    del x\n    return x\n", ("x",)),
    Example("def f(c):\n    if c:\n        x = 1\n    return x\n"),
    Example("def f():\n    while True:\n        try:\n            print(x)\n"
            "        except NameError:\n            x = 1\n"),
)  # fmt: skip
_EXPECTED = frozenset({"try_name_error", "try_any", "with_error"})


def judge(site: Site, names: NameSet) -> NameVerdict | None:
    """Reported for every site that the data flow shows to be reached without a value."""
    del names  # the name exists; what it lacks is a value
    if not site.unassigned or (ELSEWHERE | _EXPECTED).intersection(site.hole.guards):
        return None
    return NameVerdict(f"`{site.name}` has no value here: it is not assigned yet", replace=False)
