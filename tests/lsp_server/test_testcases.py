from __future__ import annotations

from pathlib import Path

import pytest

from analysis.syntax.tree import parse
from analysis.text.overlay import Buffer, Content, Overlay
from lsp_server.testcases import (
    TestCase,
    case_at,
    command_for,
    examples_at,
    examples_command,
    targets,
)

CASES = [
    ("def test_a():\n    x = $0 1\n", "test_a"),
    ("def test_a($0):\n    pass\n", "test_a"),
    ("async def test_a():\n    await f($0)\n", "test_a"),
    ("@pytest.fixture\ndef test_é():\n    '🎈'; $0\n", "test_é"),
    ("@pytest.mark.x$0\ndef test_a():\n    pass\n", "test_a"),
    ("def test_a():\n    x = 1 $0", "test_a"),
    ("class TestCart:\n    class TestMore:\n        def test_b(self):\n            $0x\n",
     "TestCart::TestMore::test_b"),
    ("def test_a():\n    def inner():\n        $0pass\n", "test_a"),
    ("def test_a(:\n    x = f($0\n", None),
    ("def helper():\n    $0pass\n", None),
    ("class TestCart:\n    x = $0 1\n    def test_b(self): pass\n", None),
    ("x = $0 1\n", None),
    ("$0", None),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "name"), CASES)
def test_the_test_around_the_cursor(marked: str, name: str | None) -> None:
    offset = marked.index("$0")
    case = case_at(parse(marked.replace("$0", "")), offset)
    assert (case.name if case else None) == name


DOCUMENTED = [
    ('def f():\n    $0""">>> f()"""\n', "f"),
    ('def f():\n    """x\n\n    >>> f()\n    1\n    """\n    return $01\n', "f"),
    ('class A:\n    async def f(self):\n        "x"\n        \'>>> f()\'$0\n', None),
    ('class A:\n    async def f(self):\n        \'>>> f()\'$0\n', "A.f"),
    ('def f():\n    """x >> y"""$0\n', None),
    ('def f():\n    x = ">>> f()"$0\n', None),
    ('">>> f()"\n$0', None),
    ('def f($0', None),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "name"), DOCUMENTED)
def test_the_function_with_examples_around_the_cursor(marked: str, name: str | None) -> None:
    offset = marked.index("$0")
    case = examples_at(parse(marked.replace("$0", "")), offset)
    assert (case.name if case else None) == name


def test_examples_of_a_packages_module_run_where_it_can_import_its_siblings(project: Path) -> None:
    run = "python -m pytest -q --doctest-modules shop/cart.py"
    assert examples_command(str(project / "shop" / "cart.py"), str(project)) == run
    alone = "python -m doctest 'a b.py'"
    assert examples_command(str(project / "a b.py"), str(project)) == alone


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("shop/__init__.py", "shop/cart.py", "shop/tax.py", "src/lib.py", "tests/aid.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    return tmp_path


def _targets(project: Path, text: str, conftest: str = "") -> list[str]:
    path = project / "tests" / "test_shop.py"
    buffers = [Buffer(str(project / "tests" / "conftest.py"), Content(conftest))]
    files = Overlay(buffers if conftest else [])
    tree = parse(text)
    case = case_at(tree, text.index("def test_") + 5)
    assert case is not None
    return [
        str(Path(t).relative_to(project))
        for t in targets(tree, case, str(path), str(project), files)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from shop.cart import total\ndef test_a():\n    total()\n", ["shop/cart.py"]),
        ("import shop.cart\ndef test_a():\n    shop.cart.total()\n", ["shop/cart.py"]),
        ("import shop.cart as c\ndef test_a():\n    c.total()\n", ["shop/cart.py"]),
        ("from shop import cart, tax\ndef test_a():\n    tax.of(1)\n",
         ["shop/__init__.py", "shop/tax.py"]),
        ("import lib, os, json\ndef test_a():\n    lib.x(os)\n", ["src/lib.py"]),
        ("from .aid import x\ndef test_a():\n    x()\n", ["tests/aid.py"]),
        ("import aid\ndef test_a():\n    aid.x()\n", ["tests/aid.py"]),
        # What the test itself uses goes before what the file imports.
        ("from shop.cart import a\nfrom shop.tax import b\ndef test_a():\n    b()\n",
         ["shop/tax.py"]),
        # Nothing is used by name: everything of the workspace that is imported may be it.
        ("from shop.cart import a\nimport lib\ndef test_a():\n    pass\n",
         ["shop/cart.py", "src/lib.py"]),
        ("import os\ndef double(x):\n    return x\ndef test_a():\n    double(1)\n",
         ["tests/test_shop.py"]),
        ("from ....far import x\ndef test_a():\n    x()\n", ["tests/test_shop.py"]),
    ],
)  # fmt: skip
def test_the_files_that_a_test_is_about(project: Path, text: str, expected: list[str]) -> None:
    assert _targets(project, text) == expected


#: Fixtures of a ``conftest.py`` that is open and not saved.
CONFTEST = """\
import pytest
from pytest import fixture
import shop.tax as tax
from shop.cart import Cart


@pytest.fixture
def cart(rate):
    return Cart(rate)


@fixture(name="till")
def made_till():
    from lib import Till
    return Till()


@pytest.fixture
def rate():
    return tax.rate()


def plain():
    return Cart()
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def test_a(cart):\n    cart.total()\n", ["shop/tax.py", "shop/cart.py"]),
        ("class TestA:\n    def test_a(self, till):\n        till.open()\n", ["src/lib.py"]),
        ("import pytest\n@pytest.mark.usefixtures('rate')\nclass TestA:\n"
         "    def test_a(self):\n        pass\n", ["shop/tax.py"]),
        # A fixture of the file itself, and a helper.
        ("import pytest\n@pytest.fixture\ndef more(till):\n    return till\n"
         "def test_a(more):\n    pass\n", ["src/lib.py"]),
        ("import shop.cart, lib\ndef made():\n    return lib.x()\n"
         "def test_a():\n    made()\n", ["src/lib.py"]),
        # What other tests take, and what is no fixture, does not count.
        ("def test_a(plain):\n    pass\n", ["tests/test_shop.py"]),
        ("def test_a(tmp_path):\n    pass\n", ["tests/test_shop.py"]),
    ],
)  # fmt: skip
def test_a_test_is_about_what_its_fixtures_use(
    project: Path, text: str, expected: list[str]
) -> None:
    assert _targets(project, text, CONFTEST) == expected


def test_every_test_takes_a_fixture_of_automatic_use(project: Path) -> None:
    text = CONFTEST.replace("@pytest.fixture\ndef rate", "@pytest.fixture(autouse=True)\ndef rate")
    assert _targets(project, "def test_a():\n    pass\n", text) == ["shop/tax.py"]


def test_the_command_is_one_word_for_the_shell() -> None:
    case = TestCase("TestX::test_a", 0)
    command = command_for("/w/a b/test_$x.py", "/w", case)
    assert command == "python -m pytest -q 'a b/test_$x.py::TestX::test_a'"
