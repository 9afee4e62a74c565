from __future__ import annotations

from pathlib import Path

import pytest

from analysis.syntax.tree import parse
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


def _targets(project: Path, text: str) -> list[str]:
    path = project / "tests" / "test_shop.py"
    tree = parse(text)
    case = case_at(tree, text.index("def test_") + 5)
    assert case is not None
    return [str(Path(t).relative_to(project)) for t in targets(tree, case, str(path), str(project))]


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


def test_the_command_is_one_word_for_the_shell() -> None:
    case = TestCase("TestX::test_a", 0)
    command = command_for("/w/a b/test_$x.py", "/w", case)
    assert command == "python -m pytest -q 'a b/test_$x.py::TestX::test_a'"
