"""Signatures through the whole provider, held against what Python's own ``inspect`` says."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from analysis.deadline import Deadline
from analysis.names import Arguments, NameSet, Parameter, ParameterKind, Signature
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.hole import HoleKind
from analysis.syntax.holes import calls_at, hole_at


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


def ask(provider: ReferenceProvider, source: str) -> NameSet:
    text = source.replace("$0", "")
    hole = hole_at(text, source.index("$0"))
    return provider.names(Snapshot("", text, Workspace("/nowhere")), hole, Deadline.after(60))


#: Definitions of ``f``; what Python says about ``f`` is what analysis must say.
SAME = {
    "kinds": "def f(a, /, b, *c, d, e=1, **g): ...",
    "method": "class A:\n    def m(self, x, y=1): ...\nf = A().m",
    "unbound": "class A:\n    def m(self, x, y=1): ...\nf = A.m",
    "class method": "class A:\n    @classmethod\n    def m(cls, x): ...\nf = A.m",
    "static method": "class A:\n    @staticmethod\n    def m(x): ...\nf = A().m",
    "only a star": "class A:\n    def m(*args, x=1): ...\nf = A().m",
    "mangled": "def f(__x, y): ...",
    "init": "class f:\n    def __init__(self, x, *, y): ...",
    "new": "class f:\n    def __new__(cls, x, y=2): ...",
    "new and init": "class f:\n    def __new__(cls, x): ...\n    def __init__(self, x, y): ...",
    "inherited new and init": (
        "class B:\n    def __new__(cls, *x, y): ...\nclass f(B):\n    def __new__(cls, x): ...\n"
        "    def __init__(self, *a): ..."
    ),
    "inherited init": "class B:\n    def __init__(self, x): ...\nclass f(B): ...",
    "call": "class A:\n    def __call__(self, x, y=1): ...\nf = A()",
    "context manager": "import contextlib\n@contextlib.contextmanager\ndef f(x, y=1):\n    yield",
    "identity": "def d(g):\n    g.marked = True\n    return g\n@d\ndef f(x, y=1): ...",
    "partial": "import functools\ndef g(a, b, c=1, *, d): ...\nf = functools.partial(g, 1, d=2)",
    "partial in the middle": (
        "import functools\ndef g(a, b, c=1, *r): ...\nf = functools.partial(g, b=2)"
    ),
    "dataclass": (
        "from dataclasses import dataclass, field, KW_ONLY, InitVar\nfrom typing import ClassVar\n"
        "@dataclass\nclass B:\n    x: int\n    y: int = 1\n    k: ClassVar[int] = 3\n"
        "@dataclass(frozen=True)\nclass F:\n    x: int = 5\n"
        "@dataclass\nclass f(B):\n    z: list = field(default_factory=list)\n"
        "    hidden: int = field(init=False)\n    x: str = ''\n    v: InitVar[int] = 1\n"
        "    _: KW_ONLY\n    last: int"
    ),
    "dataclass by keyword": (
        "from dataclasses import dataclass, field\n@dataclass\nclass B:\n    x: int = 1\n"
        "@dataclass(kw_only=True)\nclass f(B):\n    y: int\n"
        "    z: int = field(default=1, kw_only=False)"
    ),
    "dataclass with init": (
        "from dataclasses import dataclass\n@dataclass\nclass f:\n    x: int\n"
        "    def __init__(self, other): ..."
    ),
    "below a dataclass": (
        "from dataclasses import dataclass\n@dataclass\nclass B:\n    x: int\nclass f(B):\n"
        "    y: int = 1"
    ),
    "attrs": (
        "import attrs\n@attrs.define\nclass B:\n    x: int\n    _y: int = 1\n"
        "@attrs.define\nclass f(B):\n    z: int = attrs.field(default=2, alias='zed')\n"
        "    w: int = attrs.field(init=False)\n    k: int = attrs.field(kw_only=True)"
    ),
    "attr.s": (
        "import attr\n@attr.s\nclass f:\n    x = attr.ib()\n    y = attr.ib(default=1)\n"
        "    z = attr.ib()\n    other = 3\n    @z.default\n    def _(self): return 1"
    ),
    "named tuple": (
        "from typing import NamedTuple\nclass f(NamedTuple):\n    x: int\n    y: int = 1"
    ),
}  # fmt: skip


def _expected(definition: str) -> Signature:
    space: dict[str, object] = {"__name__": __name__}
    exec(compile(definition, "definition", "exec", dont_inherit=True), space)
    kinds = {kind.name.lower(): kind for kind in inspect._ParameterKind}
    found = inspect.signature(space["f"]).parameters.values()  # type: ignore[arg-type]
    return Signature(
        tuple(
            Parameter(
                p.name,
                next(k for k in ParameterKind if kinds[k.value] is p.kind),
                p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD),
            )
            for p in found
        )
    )


@pytest.mark.parametrize("name", SAME)
def test_signatures_are_those_of_python(provider: ReferenceProvider, name: str) -> None:
    answer = ask(provider, f"{SAME[name]}\nf($0)")
    assert answer.arity is not None
    assert answer.arity.closed, answer.arity.reason
    assert answer.arity.signatures == (_expected(SAME[name]),)


@pytest.mark.parametrize(
    "definition",
    [
        "from nowhere import d\n@d\ndef f(x): ...",
        "from nowhere import d\n@d\nclass f:\n    def __init__(self, x): ...",
        "from nowhere import B\nclass f(B): ...",
        "class A: ...\nf = A.__new__",
        "class M(type):\n    def __call__(cls, *args): ...\nclass f(metaclass=M):\n"
        "    def __init__(self, x): ...",
        "from enum import Enum\nclass f(Enum):\n    A = 1",
        "import functools\nfrom nowhere import g\nf = functools.partial(g, 1)",
        "import functools\ndef g(x): ...\nargs = (1,)\nf = functools.partial(g, *args)",
        "import attr\nfields = {}\n@attr.s(these=fields)\nclass f: ...",
        "from nowhere import flag\nfrom dataclasses import dataclass\n@dataclass(init=flag)\n"
        "class f:\n    x: int",
    ],
)
def test_what_may_change_a_signature_leaves_it_open(
    provider: ReferenceProvider, definition: str
) -> None:
    arity = ask(provider, f"{definition}\nf($0)").arity
    assert arity is None or not arity.closed


@pytest.mark.parametrize(
    ("call", "more", "missing"),
    [
        ("f($0", 2, ("a", "b")),
        ("f(1, $0", 1, ("b",)),
        ("f([1, 2], g(3, 4), $0", 0, ()),
        ("f(1, b=2, $0", 0, ()),
        ("f(x for x in y)($0", None, ()),
    ],
)
def test_how_a_call_may_go_on(
    provider: ReferenceProvider, call: str, more: int | None, missing: tuple[str, ...]
) -> None:
    arity = ask(provider, f"def f(a, b, *, c=1): ...\n{call}").arity
    if more is None:
        assert arity is None or not arity.closed
    else:
        assert arity is not None
        assert (arity.more, arity.missing, arity.closed) == (more, missing, True)


@pytest.mark.parametrize(("does", "more"), [("", 1), ("args = args[1:]", -1)])
def test_a_wrapper_takes_what_it_hands_on(
    provider: ReferenceProvider, does: str, more: int
) -> None:
    source = (
        "import functools\ndef d(g):\n    @functools.wraps(g)\n    def w(*args, **kwargs):\n"
        f"        {does}\n        return g(*args, **kwargs)\n    return w\n@d\ndef f(x): ...\nf($0"
    )
    arity = ask(provider, source).arity
    assert arity is not None
    assert arity.more == more


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def __init_subclass__(cls):\n        def m(self, x): ...\n"
        "        cls.m = m\n    def f(self):\n        self.m(1$0)\n",
        "import enum\nclass A(enum.Enum):\n    B = 1\n    def m(self, x): ...\n"
        "    @classmethod\n    def some(cls):\n        return next(a for a in cls)\n"
        "A.some().m($0)\n",
        "def m(self, x): ...\nclass A: ...\nA.m = m\nA().m($0)\n",
    ],
)
def test_a_function_that_may_be_bound_is_not_said_to_lack_its_object(
    provider: ReferenceProvider, source: str
) -> None:
    text = source.replace("$0", "")
    (call,) = calls_at(text, source.index("$0"))
    asked = replace(call, kind=HoleKind.KEYWORD, given=Arguments(1))
    names = provider.names(Snapshot("", text, Workspace("/nowhere")), asked, Deadline.after(60))
    assert names.arity is None or not (names.arity.closed and names.arity.missing), names.arity
