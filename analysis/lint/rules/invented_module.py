"""A module that does not exist.

**What it does.** Reports the part of a module path that cannot be imported: the package is not
there, or it has no such submodule in the version that is installed.

**Why it matters.** The import fails with `ModuleNotFoundError`. A name that a model invented may
even be registered by a stranger, so it should not be installed unseen. A whole package that is not
installed is a warning, since installing it may be all that is missing; a submodule that its package
does not have is an error.

**When it is silent.** Under `except ImportError`, `if TYPE_CHECKING`, tests of `sys.version_info`
or `sys.platform`, and where the package makes modules at run time.

**Quick fix.** The nearest real modules. Safe where the spelling is unmistakable and the statement
binds the same names afterwards (`from … import …` and `import … as …`).
"""

from __future__ import annotations

from analysis.findings import Severity
from analysis.lint.rules.rule import Example, Site, Verdict, absent, version_of
from analysis.names import NameSet
from analysis.syntax.hole import HoleKind

CODE = "PF102"
NAME = "invented-module"
KINDS = frozenset({HoleKind.IMPORT_MODULE})
EXAMPLES = (
    Example("import json.parser\n", ("parser",)),
    Example("import no_such_package_at_all\n", ("no_such_package_at_all",)),
    Example("from concurrent.future import Future\n", ("future",)),
    Example("import json.decoder\n"),
    Example("try:\n    import no_such_package_at_all\nexcept ImportError:\n    pass\n"),
)
_EXPECTED = frozenset({"try_import_error", "try_any", "with_error"})


def judge(site: Site, names: NameSet) -> Verdict | None:
    """Reported where the folder is known whole and does not hold the module."""
    if not absent(site, names, _EXPECTED):
        return None
    package = names.module
    if not package:
        return Verdict(
            f"there is no module `{site.name}` in this environment",
            Severity.WARNING,
            replace=site.renamed,
        )
    return Verdict(
        f"package `{package}` has no module `{site.name}`{version_of(names)}",
        replace=site.renamed,
    )
