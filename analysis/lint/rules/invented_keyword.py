"""A keyword argument that the called function does not take.

**What it does.** Reports `name=` in a call where everything that can be called is known and none of
it has a parameter of that name or takes `**kwargs`.

**Why it matters.** The call fails with `TypeError`. Models mix up the parameters of similar
functions and of other versions more often than they mix up the functions themselves.

**When it is silent.** Where the signature is not known wholly, has `**kwargs`, or was changed by a
decorator that is not known; under `except TypeError`, `if TYPE_CHECKING` and tests of the version
or the platform.

**Quick fix.** The nearest real parameters. Safe where the spelling is unmistakable.
"""

from __future__ import annotations

from analysis.lint.rules.rule import Example, NameVerdict, Site, absent, shortened, version_of
from analysis.names import NameSet
from analysis.syntax.hole import HoleKind

CODE = "PF104"
NAME = "invented-keyword"
_EXPECTED = frozenset({"try_type_error", "with_error"})
KINDS = frozenset({HoleKind.KEYWORD})
EXAMPLES = (
    Example("import textwrap\ntextwrap.indent('a', '  ', pred=None)\n", ("pred",)),
    Example("def f(size): ...\nf(sizes=1)\n", ("sizes",)),
    Example("def f(size): ...\nf(size=1)\n"),
    Example("def f(**options): ...\nf(size=1)\n"),
    Example("dict(a=1)\n"),
)


def judge(site: Site, names: NameSet) -> NameVerdict | None:
    """Reported where the parameters are known whole and lack the name."""
    if not absent(site, names, _EXPECTED):
        return None
    called = shortened(site.hole.receiver_text)
    return NameVerdict(f"`{called}` takes no argument `{site.name}`{version_of(names)}")
