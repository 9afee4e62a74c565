"""An import that fails is given from where the name is."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from analysis.deadline import Deadline
from analysis.semantics.homes import Home, homes
from analysis.snapshot import Workspace
from repair.candidates.imports import Imports
from repair.sandbox.run import FailedTest
from repair.source.file import Source
from tests.pilotfish.command import answered

#: A project of a package with a submodule, of which each entry of ``WRONG`` breaks one import.
FILES = {
    "shop/__init__.py": "",
    "shop/money.py": "class Money:\n    pass\n\n\ndef cents(n):\n    return n\n",
    "shop/deep/__init__.py": "from ..money import Money\n",
    "shop/deep/text.py": "def shout(s):\n    return s.upper()\n",
    "other.py": "from shop.money import cents as pence\nimport xml.dom.minidom as dom\n",
}
#: Which name is looked for, and the first home of it.
WANTED = {
    "cents": ("shop.money", "cents"),
    "pence": ("shop.money", "cents"),
    "shout": ("shop.deep.text", "shout"),
    "OrderedDict": ("collections", "OrderedDict"),
    "json": ("json", ""),
    "dom": ("xml.dom.minidom", ""),
    "Markup": ("markupsafe", "Markup"),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize("name", WANTED)
def test_where_a_name_is_read_from_the_project_and_what_is_installed(shop: Path, name: str) -> None:
    workspace = Workspace(str(shop), python=sys.executable)
    near = ("jinja2",) if name == "Markup" else ()
    path = str(shop / "shop/cart.py")
    found = homes(name, path, workspace, Deadline.after(60), near)
    assert (found[0].module, found[0].member) == WANTED[name]


NAMES = some.lists(some.sampled_from(["Money", "cents", "shout", "dom"]), min_size=1, unique=True)
HOMES = {
    "Money": Home("shop.money", "Money"),
    "cents": Home("shop.money", "pence"),
    "shout": Home("shop.deep.text", "shout"),
    "dom": Home("xml.dom.minidom", ""),
}


@given(
    names=NAMES,
    wrong=some.sampled_from(["shop.wrong", ".wrong", "..wrong", "nowhere"]),
    beside=some.sampled_from(["", "kept", "kept as mine"]),
    indent=some.sampled_from(["", "    "]),
)
def test_a_moved_import_binds_the_same_names_and_takes_each_from_its_home(
    names: list[str], wrong: str, beside: str, indent: str
) -> None:
    """Bound are the same names as before; of those that failed each comes from its home."""
    listed = ", ".join([*names, beside] if beside else names)
    head = "def f():\n" if indent else "import os\n"
    source = Source("/w/shop/deep/m.py", f"{head}{indent}from {wrong} import {listed}\n")
    imports = Imports(("shop", "deep"), lambda name, near: [HOMES[name]])
    module = {".wrong": "shop.deep.wrong", "..wrong": "shop.wrong"}.get(wrong, wrong)
    text = source.text
    # What fails is told name by name, as by one run after the other.
    for name in names:
        there = Source(source.path, text)
        failure = FailedTest(
            "ImportError", f"cannot import name '{name}' from '{module}'", lines=(2,)
        )
        text = there.apply(next(imports.candidates(there, [failure])).edits)
    before, after = _bound(source.text), _bound(text)
    assert set(before) == set(after)
    for name in names:
        assert after[name] == HOMES[name]
    kept = set(before) - set(names)
    assert all(after[name] == before[name] for name in kept)


def _bound(text: str) -> dict[str, Home]:
    """What the imports in ``text``, a module of ``shop.deep``, bind."""
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name] = Home(alias.name, "")
        elif isinstance(node, ast.ImportFrom):
            base = ["shop", "deep"][: 3 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                home = Home(whole, "") if whole == "xml.dom.minidom" else Home(module, alias.name)
                found[alias.asname or alias.name] = home
    return found


@pytest.mark.sandbox
@pytest.mark.parametrize("conftest", ["", "import shop.cart\n"], ids=["", "in a conftest"])
def test_two_wrong_imports_are_fixed_at_once(tmp_path: Path, conftest: str) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "conftest.py").write_text(conftest)
    cart = tmp_path / "shop/cart.py"
    cart.write_text(
        "from shop.money import OrderedDict, cents\nfrom shop.deep import shout\n\n\n"
        "def label(n):\n    return OrderedDict([(shout('a'), cents(n))])\n"
    )
    (tmp_path / "test_cart.py").write_text(
        "from shop.cart import label\n\n\ndef test_label():\n    assert label(1) == {'A': 1}\n"
    )
    options = ["--python", sys.executable, "--model", "none", "--json", "--time-limit", "60"]
    options += ["--write", "--test", "python -m pytest test_cart.py"]
    code, answer, _ = answered(tmp_path, "fix", "shop/cart.py", *options)
    assert (code, answer["status"], answer["strategy"]) == (0, "verified", "import"), answer
    assert answer["candidates_run"] <= 4, json.dumps(answer)
    assert (
        _bound(cart.read_text()).items()
        >= {
            "OrderedDict": Home("collections", "OrderedDict"),
            "shout": Home("shop.deep.text", "shout"),
            "cents": Home("shop.money", "cents"),
        }.items()
    )
