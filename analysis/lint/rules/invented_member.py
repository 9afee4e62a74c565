"""A name that a module does not have, in `from module import name`.

**What it does.** Reports an imported member that neither the module binds nor is a submodule of it,
in the version that is installed.

**Why it matters.** The import fails with `ImportError`, and with it everything that imports the
file.

**When it is silent.** Under `except ImportError`, `if TYPE_CHECKING`, tests of `sys.version_info`
or `sys.platform`, and where the module has a `__getattr__`, is compiled without a stub, or binds
names in a way that its text does not show.

**Quick fix.** The nearest real names. Safe where the spelling is unmistakable and the name is bound
by `as`, so that nothing else in the file has to change.
"""

from __future__ import annotations

from analysis.lint.rules.rule import Example, NameVerdict, Site, absent, described, version_of
from analysis.names import NameSet
from analysis.syntax.hole import HoleKind

CODE = "PF103"
NAME = "invented-member"
KINDS = frozenset({HoleKind.IMPORT_MEMBER})
EXAMPLES = (
    Example("from json import dumpz\n", ("dumpz",)),
    Example("from collections import OrderedDict, OrderedSet\n", ("OrderedSet",)),
    Example("from json import dumps, decoder\n"),
    Example("try:\n    from json import dumpz\nexcept ImportError:\n    dumpz = None\n"),
)
_EXPECTED = frozenset({"try_import_error", "try_any", "with_error"})


def judge(site: Site, names: NameSet) -> NameVerdict | None:
    """Reported where the module's names are known whole and lack the name."""
    if not absent(site, names, _EXPECTED):
        return None
    owner = described(names, site.hole.receiver_text)
    return NameVerdict(
        f"{owner} has no member `{site.name}`{version_of(names)}", replace=site.renamed
    )
