"""A submodule that does not exist.

**What it does.** Reports the part of a module path that cannot be imported: the package has no such
submodule in the version that is installed. A package that is not installed is PF109.

**Why it matters.** The import fails with `ModuleNotFoundError`, and with it everything that imports
the file.

**When it is silent.** Under `except ImportError`, `if TYPE_CHECKING`, tests of `sys.version_info`
or `sys.platform`, and where the package makes modules at run time.

**Quick fix.** The nearest real modules. Safe where the spelling is unmistakable and the statement
binds the same names afterwards (`from … import …` and `import … as …`).
"""

from __future__ import annotations

from analysis.lint.rules.rule import Example, NameVerdict, Site, absent, version_of
from analysis.names import NameSet
from analysis.syntax.hole import HoleKind

CODE = "PF102"
NAME = "invented-module"
KINDS = frozenset({HoleKind.IMPORT_MODULE})
EXAMPLES = (
    Example("import json.parser\n", ("parser",)),
    Example("from concurrent.future import Future\n", ("future",)),
    Example("import json.decoder\n"),
    Example("try:\n    import json.parser\nexcept ImportError:\n    pass\n"),
)
_EXPECTED = frozenset({"try_import_error", "try_any", "with_error"})


def judge(site: Site, names: NameSet) -> NameVerdict | None:
    """Reported where the folder is known whole and does not hold the module."""
    if not names.module or not absent(site, names, _EXPECTED):
        return None
    return NameVerdict(
        f"package `{names.module}` has no module `{site.name}`{version_of(names)}",
        replace=site.renamed,
    )
