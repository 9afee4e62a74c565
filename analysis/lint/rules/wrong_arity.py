"""A call with too many arguments, or without one that is required.

**What it does.** Reports a call that fits no signature of anything that can be called there: more
arguments by position than it takes, or a required parameter that is given no value.

**Why it matters.** The call fails with `TypeError`. Models remember a function's name longer than
the order and the number of its parameters, which change between versions.

**When it is silent.** Where not every signature is known, where a decorator that is not known may
have changed it, about what `*args` and `**kwargs` of the call may hold, under `except TypeError`,
`if TYPE_CHECKING` and tests of the version or the platform.

**Quick fix.** None: what is missing cannot be guessed.
"""

from __future__ import annotations

from analysis.lint.rules.rule import ELSEWHERE, Example, NameVerdict, Site, shortened, version_of
from analysis.names import NameSet, misfit
from analysis.syntax.hole import HoleKind

CODE = "PF105"
NAME = "wrong-arity"
_EXPECTED = frozenset({"try_type_error", "with_error"})
KINDS = frozenset({HoleKind.ARGUMENT})
EXAMPLES = (
    Example("import json\njson.loads('1', '2')\n", ("'2'",)),
    Example("import shutil\nshutil.copyfile('a')\n", ("copyfile",)),
    Example("def f(size, *, name): ...\nf(1)\n", ("f",)),
    Example("class A:\n    def f(self, x): ...\nA().f()\n", ("f",)),
    Example("def f(size, name=''): ...\nf(*[1, 2])\nf(1)\nf(1, 'a')\n"),
    Example("from dataclasses import dataclass, field\n@dataclass\nclass A:\n    x: int\n"
            "    y: list = field(default_factory=list)\nA(1)\nA(1, [])\n"),
)  # fmt: skip


def judge(site: Site, names: NameSet) -> NameVerdict | None:
    """Reported where every signature is known and none takes what is given."""
    arity = names.arity
    if arity is None or not arity.closed or not arity.signatures or site.arguments is None:
        return None
    if (ELSEWHERE | _EXPECTED).intersection(site.hole.guards):
        return None
    names_given = set(site.arguments.keywords)
    known = [s for s in arity.signatures if s.any_keyword or names_given.issubset(s.keywords)]
    if not known:
        return None  # an invented keyword explains what is missing
    wrong = [misfit(signature, site.arguments) for signature in known]
    found = [misfit_ for misfit_ in wrong if misfit_ is not None]
    if len(found) < len(wrong):
        return None
    called = f"`{shortened(site.hole.receiver_text)}`"
    # Of several signatures, the one that is missed by least is the one that was meant.
    best = min(found, key=lambda m: (len(m.missing) + m.surplus, -m.most))
    if best.missing:
        listed = ", ".join(f"`{name}`" for name in best.missing)
        return NameVerdict(f"{called} is called without {listed}{version_of(names)}", replace=False)
    given = site.arguments.positional
    most = max(m.most for m in found)
    message = f"{called} takes {_counted(most)} by position, {given} given{version_of(names)}"
    return NameVerdict(message, replace=False, begin=site.places[most], end=site.close)


def _counted(most: int) -> str:
    if most == 0:
        return "no argument"
    return "1 argument" if most == 1 else f"at most {most} arguments"
