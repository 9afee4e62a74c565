"""A package that is not installed.

**What it does.** Reports an import of a top-level module that neither the environment nor your
project has.

**Why it matters.** The import fails with `ModuleNotFoundError`. Installing it may be all that is
missing, so this is a warning; but a name that a model invented may be registered by a stranger, so
it should not be installed unseen.

**When it is silent.** Inside `try`, `if TYPE_CHECKING`, functions and tests of `sys.version_info`
or `sys.platform`; and for packages that an optional extra (or dependency group) of your project or
of an installed package names.

**Quick fix.** The nearest modules that are there. Safe where the spelling is unmistakable and the
statement binds the same names afterwards (`from … import …` and `import … as …`).
"""

from __future__ import annotations

from analysis.findings import Severity
from analysis.lint.rules.rule import Example, NameVerdict, Site, absent
from analysis.names import NameSet
from analysis.syntax.hole import HoleKind

CODE = "PF109"
NAME = "missing-module"
KINDS = frozenset({HoleKind.IMPORT_MODULE})
EXAMPLES = (
    Example("import no_such_package_at_all\n", ("no_such_package_at_all",)),
    Example("from no_such_package_at_all import x\n", ("no_such_package_at_all",)),
    Example("try:\n    import no_such_package_at_all\nexcept ImportError:\n    pass\n"),
)
_EXPECTED = frozenset({"try_import_error", "try_any", "with_error"})


def judge(site: Site, names: NameSet) -> NameVerdict | None:
    """Reported where every module on the import path is known and this is none of them."""
    if names.module or not absent(site, names, _EXPECTED):
        return None
    message = f"module `{site.name}` is not installed in this environment"
    return NameVerdict(message, Severity.WARNING, replace=site.renamed)
