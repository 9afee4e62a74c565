"""A name that nothing defines.

**What it does.** Reports a bare name that no scope around it binds, that no star import brings, and
that is no builtin of the version of Python in use.

**Why it matters.** Reading it raises `NameError`. Models use helpers and modules that they meant to
import or to write.

**When it is silent.** Under `except NameError` and tests of `sys.version_info`, `sys.platform` or
`PY2`, and in files where names may be bound that the text does not show: `exec`, a star import
whose module is not known whole, writes to `globals()`. What ruff reports at the same place as
`F821` is left out; `# noqa: F821` silences both.

**Quick fix.** The nearest names that can be seen there. Safe where the spelling is unmistakable.
"""

from __future__ import annotations

from analysis.lint.rules.rule import Example, NameVerdict, Site, absent
from analysis.names import NameSet
from analysis.syntax.hole import HoleKind

CODE = "PF106"
NAME = "undefined-name"
KINDS = frozenset({HoleKind.NAME})
EXAMPLES = (
    Example("def total(prices):\n    return sum(price)\n", ("price",)),
    Example("class A:\n    size = 1\n    def f(self):\n        return size\n", ("size",)),
    Example("print([x for x in range(3)], x)\n", ("x",)),
    Example("from os.path import *\nprint(join('a', 'b'))\n"),
    Example("try:\n    text = unicode\nexcept NameError:\n    text = str\n"),
    Example("def f():\n    return later\n\n\nlater = 1\n"),
)
_EXPECTED = frozenset({"try_name_error", "try_any", "with_error"})


def judge(site: Site, names: NameSet) -> NameVerdict | None:
    """Reported where every name that can be seen is known, and this is none of them."""
    if site.unassigned or not absent(site, names, _EXPECTED):
        return None
    return NameVerdict(f"`{site.name}` is not defined")
