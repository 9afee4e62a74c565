"""What an argument may be, through the whole provider (``tests/fixtures/accepted``)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Deadline
from analysis.names import NameSet, Tier, displays_of, expression
from analysis.semantics.jedi_provider import misfits
from analysis.semantics.reference import ReferenceProvider
from analysis.snapshot import Snapshot, Workspace
from analysis.syntax.holes import hole_at, value_at

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "accepted"
WORLD = (FIXTURES / "world.py").read_text("utf-8")
#: In front of a class.
DATA = "import dataclasses as dc\n@dc.dataclass\n"


def _annotations() -> list[tuple[str, str]]:
    lines = (FIXTURES / "annotations.txt").read_text("utf-8").splitlines()
    split = (line.rsplit(":", 1) for line in lines if not line.startswith("#"))
    return [(annotation.strip(), displays.strip()) for annotation, displays in split]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReferenceProvider:
    return ReferenceProvider(str(tmp_path_factory.mktemp("cache")))


def ask(provider: ReferenceProvider, code: str) -> NameSet:
    text = f"{WORLD}\n\n{code}"
    hole = value_at(text, len(text))
    assert hole is not None, code
    return provider.names(Snapshot("", text, Workspace("/nowhere")), hole, Deadline.after(60))


def said(names: NameSet) -> str:
    if names.tier is not Tier.CLOSED:
        assert names.tier is Tier.ABSTAIN
        assert names.reason
        return "open"
    assert names.accepted is not None
    return " ".join(names.accepted.displays)


def test_what_each_annotation_takes(provider: ReferenceProvider) -> None:
    cases = _annotations()
    assert len(cases) > 50
    definitions = [f"def f{i}(x: {case}): ..." for i, (case, _) in enumerate(cases)]
    told = {
        annotation: said(ask(provider, "\n".join(definitions) + f"\nf{i}(x="))
        for i, (annotation, _) in enumerate(cases)
    }
    assert told == dict(cases)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(a: int, b: str): ...\nf(1, ", "str"),
        ("def f(a: int, /, *b: bytes, c: str): ...\nf(1, 2, 3, ", "bytes"),
        ("def f(a: int, **c: str): ...\nf(1, z=", "str"),
        ("def f(a: int, b: str): ...\nf(*a, ", "open"),
        ("def f(a: int, b: str): ...\nf(*a, b=", "str"),
        ("def f(a): ...\nf(", "open"),
        ("class A:\n    def m(self, a: str): ...\nA().m(", "str"),
        ("class A:\n    def __init__(self, a: str): ...\nA(", "str"),
        # What a constructor that is made of fields takes.
        ("class A(NamedTuple):\n    a: int\nA(", "int bool"),
        ("class A(NamedTuple):\n    a: int\n    b: str\nA(1, ", "str"),
        ("class A(NamedTuple):\n    a: int\n    b: Missing\nA(1, ", "open"),
        ("class A(NamedTuple):\n    a: int\nA(1, ", "open"),
        (f"{DATA}class A:\n    a: int\n    b: str = None\nA(b=", "str None"),
        (f"{DATA}class A:\n    a: int = dc.field(default=3)\nA(", "int bool"),
        (f"{DATA}class A:\n    a: dc.InitVar[int]\nA(", "open"),
        (f"{DATA}class A:\n    a: str\n{DATA}class B(A):\n    b: int\nB(", "str"),
        (f"{DATA}class A:\n    a: int\n    def f(self):\n        self.a = 1\nA(", "open"),
        ("import attrs\n@attrs.define\nclass A:\n    a: int\nA(", "int bool"),
        (
            "import attrs\n@attrs.define\nclass A:\n    a: int = attrs.field(converter=int)\nA(",
            "open",
        ),
        ("import attrs\n@attrs.define\nclass A:\n    _a: int\nA(", "open"),
        # Another signature takes it.
        ("@overload\ndef f(a: int): ...\n@overload\ndef f(a: str): ...\nf(", "str int bool"),
        ("@overload\ndef f(a: int): ...\n@overload\ndef f(a: T): ...\nf(", "open"),
        # Another function may be called.
        ("def f(a: int): ...\ndef g(a: str): ...\n(f if T else g)(", "str int bool"),
        ("def f(a: int): ...\n(f if T else Missing)(", "open"),
        # A type variable has the value of what the list happens to hold.
        ("[1, 2].count(", "open"),
        ("try:\n    f(1)\n    len(", "str bytes list dict set tuple"),
        ("try:\n    len(1)\nexcept TypeError: pass\ntry:\n    len($", "open"),
    ],
)
def test_which_parameter_it_goes_to(provider: ReferenceProvider, code: str, expected: str) -> None:
    if not code.endswith("$"):
        assert said(ask(provider, code)) == expected
        return
    # What stands behind: the call may fail and is meant to.
    text = f"{WORLD}\n\n{code[:-1]}"
    whole = f"{text})\nexcept TypeError:\n    pass\n"
    hole = value_at(whole, len(text))
    assert hole is not None
    names = provider.names(Snapshot("", whole, Workspace("/nowhere")), hole, Deadline.after(60))
    assert said(names) == expected


def test_names_of_the_file_may_be_written_instead(provider: ReferenceProvider) -> None:
    names = ask(provider, "def f(a: int): ...\ndef g(size):\n    f(")
    assert {"size", "Plain", "f"} <= names.spellings()
    assert not names.spellings() & {"print", "__name__"}


def _misfits() -> list[tuple[str, str]]:
    text = (FIXTURES / "misfits.py").read_text("utf-8")
    return re.findall(r"^#\? (\w+): (.*)$", text, re.M)


@pytest.mark.parametrize(("keyword", "expected"), _misfits())
def test_names_that_a_parameter_does_not_take(
    provider: ReferenceProvider, monkeypatch: pytest.MonkeyPatch, keyword: str, expected: str
) -> None:
    monkeypatch.setattr(misfits, "_TIME", 60.0)  # how fast this machine is, is another matter
    before, after = (FIXTURES / "misfits.py").read_text("utf-8").split("$0")
    text = f"{before}f({keyword}={after}"
    hole = value_at(text, len(before) + len(f"f({keyword}="))
    assert hole is not None
    names = provider.names(Snapshot("", text, Workspace("/nowhere")), hole, Deadline.after(60))
    assert names.accepted is not None
    assert names.accepted.misfits == tuple(sorted(expected.split()))


def _declared() -> list[tuple[str, str, bool]]:
    text = (FIXTURES / "declared.py").read_text("utf-8")
    found = re.findall(r"^#([?+]) (\w+): (.*)$", text, re.M)
    return [
        (keyword, argument, sign == "?")
        for sign, keyword, listed in found
        for argument in listed.split()
    ]


@pytest.mark.parametrize(("keyword", "argument", "refused"), _declared())
def test_what_an_argument_is_declared_to_be(
    provider: ReferenceProvider,
    monkeypatch: pytest.MonkeyPatch,
    keyword: str,
    argument: str,
    refused: bool,
) -> None:
    monkeypatch.setattr(misfits, "_TIME", 60.0)
    before, after = (FIXTURES / "declared.py").read_text("utf-8").split("$0")
    names = ask_written(provider, before, f"f({keyword}=", argument, after)
    assert names.accepted is not None, names.reason
    assert (argument in names.accepted.misfits) is refused


def ask_written(
    provider: ReferenceProvider, before: str, call: str, argument: str, after: str
) -> NameSet:
    text = f"{before}{call}{argument}){after}"
    hole = value_at(f"{before}{call}{after}", len(before + call))
    assert hole is not None
    end = hole.start + len(argument)
    hole = replace(hole, cursor=end, end=end, prefix=argument)
    return provider.names(Snapshot("", text, Workspace("/nowhere")), hole, Deadline.after(60))


@pytest.mark.parametrize(
    ("call", "refused", "taken"),
    [
        # What an object is declared to hold.
        ("self.names.append(", "3 number self", "word"),
        ("self.by.get(", "number optional", "word"),
        ("self.by.pop(", "number", "word"),
        ("names.index(", "number", "word"),
        ("local.append(", "word", "number"),
        ("made().append(", "number", "word"),
        ("names.extend(", "number", "names"),
        # What it holds by chance, and what its base calls otherwise.
        ("free.append(", "", "word"),
        ("sorted(names).append(", "", "number"),
        ("derived.put(", "", "word"),
        ("loose.append(", "", "word"),
    ],
)
def test_what_a_declared_container_takes(
    provider: ReferenceProvider, call: str, refused: str, taken: str
) -> None:
    before = (
        "class Held(Generic[T]):\n    def put(self, one: T): ...\n"
        "class Derived(Held[int]): ...\n"
        "def made() -> list[str]: ...\n"
        "class A:\n    names: list[str]\n    by: dict[str, int]\n"
        "    def f(self, names: list[str], word: str, number: int, optional: str | None,\n"
        "          derived: Derived, loose: list) -> None:\n"
        "        local: list[int] = []\n        free = [1]\n        "
    )
    for argument in (*refused.split(), *taken.split()):
        names = ask_written(provider, f"{WORLD}\n\n{before}", call, argument, "\n")
        accepted = names.accepted
        shown = expression(argument)
        assert shown is not None
        found = displays_of(shown)
        said = accepted is not None and (
            argument in accepted.misfits or (bool(found) and found.isdisjoint(accepted.displays))
        )
        assert said is (argument in refused.split()), argument


@pytest.mark.parametrize(
    ("called", "refused"),
    [
        *[(text, True) for text in ("self.size", "self.name", "self.maybe", "self.own", "word")],
        *[(text, True) for text in ("len(word)", "self.name.upper()", "self.own.name")],
        *[(text, False) for text in ("self.call", "self.plain", "self.late", "self.f", "anything")],
        *[(text, False) for text in ("tested", "self.either", "self.odd", "A", "runs", "free")],
    ],
)
def test_what_is_declared_cannot_be_called(
    provider: ReferenceProvider, called: str, refused: bool
) -> None:
    text = (
        f"{WORLD}\n\nclass A:\n    size: int\n    maybe: str | None\n    odd: Odd\n"
        "    call: Callable[[], int]\n    either: int | Callable[[], int]\n    plain = 3\n"
        "    @property\n    def name(self) -> str: ...\n"
        "    @property\n    def own(self) -> 'A': ...\n"
        "    def f(self, word: str, anything: Any, tested: int, runs: Runs):\n"
        f"        callable(tested)\n        free = 3\n        {called}("
    )
    names = provider.names(
        Snapshot("", f"{text})\n", Workspace("/nowhere")), hole_at(text, len(text)),
        Deadline.after(60),
    )  # fmt: skip
    assert (names.arity is not None and names.arity.uncallable) is refused


@pytest.mark.parametrize("argument", ["json", "g", "None.real", "word"])
def test_the_only_argument_of_a_call_is_compared_like_others(
    provider: ReferenceProvider, argument: str
) -> None:
    before = "import json\ndef f(a: int): ...\ndef g(word: str, b: int):\n    "
    names = ask_written(provider, before, "f(", argument, "\n")
    assert names.accepted is not None
    assert (argument in names.accepted.misfits) is (argument != "None.real")


@pytest.mark.parametrize(
    ("around", "refused"),
    [
        ("def g(x: int | None) -> int:\n    ", True),
        ("def g(x: int | None) -> int:\n    def h() -> int:\n        ", True),
        (
            "def g(x: int | None) -> int:\n    assert x\n    def h() -> int:\n        ",
            False,
        ),
        ("def e() -> int | None: ...\ndef g(x=e()):\n    ", False),
        ("x: int | None = None\n", False),
    ],
)
def test_one_of_several_types_is_enough_where_nothing_tells_which(
    provider: ReferenceProvider, around: str, refused: bool
) -> None:
    names = ask_written(provider, f"def f(a: int): ...\n{around}", "f(", "x", "\n")
    assert names.accepted is not None
    assert ("x" in names.accepted.misfits) is refused


def test_what_is_written_is_compared_however_long_other_names_take(
    provider: ReferenceProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(misfits, "_TIME", 0.0)
    before = "def f(a: int): ...\ndef g(word: str, other: str):\n    print(other)\n    "
    names = ask_written(provider, before, "f(", "word", "\n")
    assert names.accepted is not None
    assert names.accepted.misfits == ("word",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "int"),
        ("-1.5", "float"),
        ("not x", "bool"),
        ("f'{x}' 'y'", "str"),
        ("'%s' % x", "str"),
        ("', '.join(x)", "str"),
        ("', '.split(x)", ""),
        ("x in y", "bool"),
        ("x < y", ""),
        ("1 if x else 'a'", "int str"),
        ("1 if x else y", ""),
        ("x or 1", ""),
        ("(1, 2)", "tuple"),
        ("{**x}", "dict"),
        ("[y for y in x]", "list"),
        ("y for y in x", "generator"),
        ("lambda x: 1", "function"),
        ("...", ""),
        ("x[0]", ""),
        ("[1][0]", ""),
    ],
)
def test_what_is_written_out(text: str, expected: str) -> None:
    node = expression(text)
    assert node is not None
    assert " ".join(sorted(displays_of(node))) == expected


@pytest.mark.parametrize("text", ["", "1, 2", "x=1", "*x", "1 +", "(", "lambda x"])
def test_what_is_no_expression(text: str) -> None:
    assert expression(text) is None
