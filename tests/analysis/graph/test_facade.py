"""What the language server, prompts and repair ask of a graph."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.graph import Graph, ReadOnlyGraph
from analysis.snapshot import Workspace

FILES = {
    "shop/__init__.py": "",
    "shop/money.py": """\
class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents

    def plus(self, other: "Money") -> "Money":
        return Money(self.cents + other.cents)
""",
    "shop/basket.py": """\
from shop.money import Money

RATE = 2


class Line:
    def __init__(self, price: Money) -> None:
        self.price = price


class Basket:
    def __init__(self) -> None:
        self.lines: list[Line] = []

    def add(self, price: Money) -> None:
        self.lines.append(Line(price))

    def total(self) -> Money:
        \N{SNOWMAN} = Money(0)
        for line in self.lines:
            \N{SNOWMAN} = \N{SNOWMAN}.plus(line.price)
        return \N{SNOWMAN}
""".replace("\N{SNOWMAN}", "\u00fc"),
    "shop/unrelated.py": "def weather():\n    return 'rain'\n",
    "tests/test_basket.py": """\
from shop.basket import Basket


def make() -> Basket:
    return Basket()


def test_total():
    assert make().total().cents == 0


class TestAdding:
    def test_add(self):
        make().add(None)
""",
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def graph(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    with Graph(Workspace(str(root)), tmp_path_factory.mktemp("cache")) as graph:
        graph.refresh()
        yield graph


def at(root: Path, name: str, text: str, offset: int = 0) -> tuple[str, int, int]:
    """The place of ``text`` in a file."""
    for line, content in enumerate(FILES[name].split("\n")):
        if text in content:
            return str(root / name), line, content.index(text) + offset
    raise AssertionError(text)


def test_references_from_a_definition_and_from_a_use(graph: Graph, root: Path) -> None:
    defined = graph.references(*at(root, "shop/money.py", "cents = cents"))
    used = graph.references(*at(root, "tests/test_basket.py", "cents ==", 2))
    assert defined == used
    found = [(use.kind, Path(use.path).name, use.span[0]) for use in defined]
    assert found == [
        ("write", "money.py", 2),
        ("read", "money.py", 5),
        ("read", "money.py", 5),
        ("read", "test_basket.py", 8),
    ]


def test_places_are_code_points(graph: Graph, root: Path) -> None:
    [node] = graph.at(*at(root, "shop/basket.py", "plus(line"))
    assert node.qualified_name == "shop.money.Money.plus"
    [use] = graph.uses(node)
    assert FILES["shop/basket.py"].split("\n")[use.span[0]][use.span[1] : use.span[3]] == "plus"


def test_a_local_variable_is_no_node(graph: Graph, root: Path) -> None:
    assert graph.at(*at(root, "shop/basket.py", "line in self")) == []


def test_symbols_best_first(graph: Graph) -> None:
    assert [node.name for node in graph.symbols("line")][:2] == ["Line", "lines"]
    assert graph.symbols("bskt")[0].qualified_name == "shop.basket"
    assert graph.symbols("Basket.t")[0].qualified_name == "shop.basket.Basket.total"
    assert graph.symbols("%") == []
    assert graph.symbols("\ud800") == []  # half of a surrogate pair: JSON can say it
    assert len(graph.symbols("e", most=3)) == 3


def test_related_is_what_the_code_at_the_cursor_rests_on(graph: Graph, root: Path) -> None:
    path, line, _ = at(root, "shop/basket.py", "return")
    names = [ranked.node.qualified_name for ranked in graph.related(path, line)]
    assert set(names[:5]) > {"shop.money.Money", "shop.money.Money.plus"}
    assert "shop.unrelated.weather" not in names
    scores = [ranked.score for ranked in graph.related(path, line)]
    assert scores == sorted(scores, reverse=True)
    assert graph.related("/nowhere.py", 0) == []


def test_tests_reaching(graph: Graph) -> None:
    reached = graph.tests_reaching("Money.plus")
    assert [(r.node.qualified_name, r.distance) for r in reached] == [
        ("tests.test_basket.test_total", 2)
    ]
    added = graph.tests_reaching("Basket.add")
    assert [r.node.qualified_name for r in added] == ["tests.test_basket.TestAdding.test_add"]


def test_around_and_hierarchies(graph: Graph, root: Path) -> None:
    here = graph.around(*at(root, "shop/basket.py", "self.lines.append")[:2])
    assert here is not None
    assert here.qualified_name == "shop.basket.Basket.add"
    callees = {use.node.qualified_name for use in graph.callees(here)}
    assert {"shop.basket.Line", "shop.basket.Line.__init__"} <= callees
    assert graph.supertypes("Basket") == []


def test_a_glance_takes_what_is_there_and_makes_nothing(root: Path, tmp_path: Path) -> None:
    workspace = Workspace(str(root))
    path = str(root / "shop" / "money.py")
    glance = ReadOnlyGraph(workspace, tmp_path / "cache")
    assert glance.reaching(path, ["Money.plus"]) == ()
    assert not (tmp_path / "cache").exists()
    with Graph(workspace, tmp_path / "cache") as built:
        built.refresh()
    found = [(near.qualname, near.distance) for near in glance.reaching(path, ["Money.plus"])]
    assert found[0] == ("Money.plus", 0)
    assert found[-1][0] == "test_total"
    assert glance.reaching(path, ["Money.minus"]) == ()


def by_name(graph: Graph, name: str) -> set[str]:
    return {use.node.qualified_name for use in graph.callers(name) if use.how == "by name"}


def test_by_name(tmp_path: Path) -> None:
    """What a class of the project lacks is another base's; a property of something unknown runs."""
    (tmp_path / "shop.py").write_text(
        "class Named:\n"
        "    @property\n"
        "    def label(self):\n"
        "        return self.text_of()\n"
        "\n"
        "class Plain:\n"
        "    def text_of(self):\n"
        "        return 'x'\n"
        "\n"
        "def show(thing):\n"
        "    return thing.label\n"
        "\n"
        "def given(thing=Plain()):\n"
        "    return thing.text_of()\n"
        "\n"
        "class Other:\n"
        "    def text_of(self):\n"
        "        return 'y'\n",
        encoding="utf-8",
    )
    with Graph(Workspace(str(tmp_path)), tmp_path / "cache") as graph:
        graph.refresh()
        assert by_name(graph, "Named.label") == {"shop.show"}
        assert by_name(graph, "Plain.text_of") == {"shop.Named.label"}
        assert by_name(graph, "Other.text_of") == {"shop.Named.label", "shop.given"}
        callees = {(use.node.qualified_name, use.kind) for use in graph.callees("shop.show")}
        assert callees == {("shop.Named.label", "call")}
        reached = {(r.node.qualified_name, r.how) for r in graph.impact("Other.text_of")}
        assert reached == {(f"shop.{name}", "by name") for name in ("Named.label", "given", "show")}
        assert [use.node.name for use in graph.path("shop.show", "Other.text_of")] == [
            "label",
            "text_of",
        ]


def test_a_graph_that_gave_its_memory_back_follows_an_edit(root: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(root, project)
    with Graph(Workspace(str(project)), tmp_path / "cache") as graph:
        graph.refresh()
        graph.forget()
        for name, old, new in (("money.py", "plus", "add"), ("basket.py", ".plus", ".add")):
            path = project / "shop" / name
            path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
            graph.refresh([str(path)])
        [use] = graph.callers("Money.add")
        assert use.node.qualified_name == "shop.basket.Basket.total"
