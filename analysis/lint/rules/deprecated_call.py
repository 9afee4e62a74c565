"""A call of something that the installed version deprecates.

**What it does.** Reports a call of a function, a method or a class that says of itself that it is
deprecated: by `@deprecated` (`warnings`, `typing_extensions`), by `.. deprecated::` in its
docstring, or by a `DeprecationWarning` that its body gives before it decides anything.

**Why it matters.** It works today and is gone in a later version. Models learned the old name from
years of code.

A deprecation of the standard library is reported from the version of Python on that brought it.

**When it is silent.** Where the call may also be of something else, in the file that defines it,
under tests of the version, and where the warning is expected (`pytest.warns`, `catch_warnings`,
`pytest.deprecated_call`).

**Quick fix.** None: the message says what to use instead, where its author did.
"""

from __future__ import annotations

from analysis.findings import Severity
from analysis.lint.rules.rule import ELSEWHERE, Example, NameVerdict, Site, shortened, version_of
from analysis.names import NameSet
from analysis.syntax.hole import HoleKind

CODE = "PF108"
NAME = "deprecated-call"
KINDS = frozenset({HoleKind.ARGUMENT})
_EXPECTED = frozenset({"with_warning"})
EXAMPLES = (
    Example("import abc\nabc.abstractproperty(print)\n", ("abstractproperty",)),
    Example("from datetime import datetime, UTC\ndatetime.now(UTC)\n"),
    Example(
        "import abc, warnings\nwith warnings.catch_warnings():\n    abc.abstractproperty(print)\n"
    ),
)


def judge(site: Site, names: NameSet) -> NameVerdict | None:
    """Reported where everything that may be called is deprecated."""
    if names.deprecated is None or (ELSEWHERE | _EXPECTED).intersection(site.hole.guards):
        return None
    called = shortened(site.hole.receiver_text)
    said = f": {names.deprecated}" if names.deprecated else ""
    message = f"`{called}` is deprecated{version_of(names)}{said}"
    return NameVerdict(message, Severity.WARNING, replace=False)
