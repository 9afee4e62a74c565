"""Between quotes: what a TypedDict or a dictionary that is written out has, and a Literal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.names import NameSet, Tier
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at

TYPED = "from typing import TypedDict\nclass P(TypedDict):\n    x: int\n"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


def _keys(provider: ReferenceProvider, folder: Path, source: str) -> NameSet:
    text = source.replace("$0", "", 1)
    snapshot = Snapshot(
        str(folder / "case.py"), text, Workspace(str(folder), python=sys.executable)
    )
    return provider.names(snapshot, hole_at(text, source.index("$0")), Deadline.after(60))


@pytest.mark.parametrize(
    ("source", "tier", "keys"),
    [
        (TYPED + "def f(p: P): p['$0']", Tier.CLOSED, "x"),
        (TYPED + "def f(p: P): p['$0", Tier.CLOSED, "x"),
        (TYPED + "class Q(P, total=False):\n    y: str\ndef f(p: Q): p['$0']", Tier.CLOSED, "x y"),
        (TYPED + "def f(p: P): p['$0'] = 1", Tier.CLOSED, "x"),
        ("d = {'a': 1, 'b': 2}\nprint(d['$0'])", Tier.CLOSED, "a b"),
        (
            "d = {'a': 1}\nfor k in d: ...\nif 'a' in d: ...\nd.get('a')\nx = d['$0']",
            Tier.CLOSED,
            "a",
        ),
        ("d = {'a': 1}\nd['b'] = 2\nx = d['$0']", Tier.OPEN, "a b"),
        ("d = {'a': 1}\nd.update(c)\nx = d['$0']", Tier.OPEN, "a"),
        ("d = {'a': 1}\nf(d)\nx = d['$0']", Tier.OPEN, "a"),
        ("d = {'a': 1, **c}\nx = d['$0']", Tier.OPEN, "a"),
        ("d = {'a': 1}\nd = {'b': 1}\nx = d['$0']", Tier.ABSTAIN, ""),
        ("def f(d):\n    d.get('a')\n    return d['$0']", Tier.OPEN, "a"),
        ("def f(d):\n    return d['$0']", Tier.ABSTAIN, ""),
        ("d = {'a': 1}\nd['$0'] = 3", Tier.OPEN, "a"),
        ("d = {'a': 1}\ndef f(d):\n    return d['$0']", Tier.ABSTAIN, ""),
        ("d = {}\nx = d['$0']", Tier.ABSTAIN, ""),
        ("d = dict(a=1, b=2)\nx = d['$0']", Tier.CLOSED, "a b"),
        ("d = dict(c, b=2)\nx = d['$0']", Tier.OPEN, "b"),
        ("d = dict(a=1, **c)\nx = d['$0']", Tier.OPEN, "a"),
        (
            "def g():\n    d = {'b': 1}\n    h(d)\ndef f():\n    d = {'a': 1}\n    return d['$0']",
            Tier.CLOSED,
            "a",
        ),
        ("d = {'b': 1}\ndef f():\n    d = {'a': 1}\n    return d['$0']", Tier.CLOSED, "a"),
        (
            "def f():\n    d = {'a': 1}\n    def g():\n        nonlocal d\n        d = x\n"
            "    return d['$0']",
            Tier.ABSTAIN,
            "",
        ),
        (
            "d = {'a': 1}\ndef f():\n    global d\n    d = {}\n    return d['$0']",
            Tier.ABSTAIN,
            "",
        ),
    ],
)
def test_case(
    provider: ReferenceProvider, tmp_path: Path, source: str, tier: Tier, keys: str
) -> None:
    answer = _keys(provider, tmp_path, source)
    assert answer.tier is tier, answer.reason
    assert answer.spellings() == set(keys.split())


LITERAL = """
from typing import Annotated, Literal, Optional, Union
Side = Literal["left", "right"]
Other = Union[Side, 'Literal["top", 3]', None]
def f(x, side: Side, other: Other = None, text: Union[Side, str] = "", *, key: "Side | None" = 0):
    ...
class A:
    def m(self, way: Optional[Side] = None, *rest: Side): ...
    @classmethod
    def c(cls, way: Annotated[Side, 1]): ...
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("f(1, '$0')", "left right"),
        ("f(1, side='$0')", "left right"),
        ("f(1, 'left', '$0')", "left right top"),
        ("f(1, key='$0')", "left right"),
        ("f('$0')", ""),
        ("f(1, text='$0')", ""),
        ("f(*a, '$0')", ""),
        ("f(1, nothing='$0')", ""),
        ("A().m('$0')", "left right"),
        ("A().m(None, '$0')", ""),
        ("A.c('$0')", "left right"),
        ("unknown('$0')", ""),
        ("(f if x else unknown)(1, '$0')", ""),
        ("(f if x else A().m)(1, '$0')", ""),
    ],
)
def test_what_a_parameter_takes(
    provider: ReferenceProvider, tmp_path: Path, call: str, expected: str
) -> None:
    answer = _keys(provider, tmp_path, f"{LITERAL}\n{call}\n")
    assert answer.monitor == "literal"
    assert (answer.tier is Tier.CLOSED) == bool(expected)
    if expected:
        assert sorted(answer.spellings()) == expected.split()
