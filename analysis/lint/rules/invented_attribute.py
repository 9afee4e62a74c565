"""An attribute that the receiver does not have.

**What it does.** Reports `receiver.name` where every value that the receiver can have is known and
none of them has the name, in the version that is installed.

**Why it matters.** Language models write API that reads well and does not exist, or that another
version has. Such a line fails with `AttributeError` when it runs, which may be much later.

**When it is silent.** Where the receiver could not be inferred wholly, where a class makes
attributes at run time, where the name is assigned, under `hasattr` or `except AttributeError`, and
under `if TYPE_CHECKING` or a test of the version or the platform.

**Quick fix.** The nearest real names, by spelling and by the words that they share; where the name
is called, of these only what can be called. Safe, so that `--fix` applies it, where exactly one
name differs only in case and underscores or by one typing error in at least five letters.
"""

from __future__ import annotations

from analysis.lint.rules.rule import Example, NameVerdict, Site, absent, described, version_of
from analysis.names import NameSet
from analysis.syntax.hole import HoleKind

CODE = "PF101"
NAME = "invented-attribute"
_EXPECTED = frozenset({"try_attribute_error", "hasattr", "getattr", "with_error"})
KINDS = frozenset({HoleKind.ATTRIBUTE})
EXAMPLES = (
    Example("import json\njson.dumpz({})\n", ("dumpz",)),
    Example("from pathlib import Path\nPath('a').readtext()\n", ("readtext",)),
    Example("text = 'a'\ntext.to_upper()\n", ("to_upper",)),
    Example("import json\njson.dumps({})\n"),
    Example("def f(x):\n    return x.anything\n"),
    Example("import json\nif hasattr(json, 'dumpz'):\n    json.dumpz({})\n"),
)


def judge(site: Site, names: NameSet) -> NameVerdict | None:
    """Reported where the set is closed and lacks the name."""
    if not absent(site, names, _EXPECTED):
        return None
    owner = described(names, site.hole.receiver_text)
    return NameVerdict(f"{owner} has no attribute `{site.name}`{version_of(names)}")
