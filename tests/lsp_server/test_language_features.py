"""Members, signatures, outlines, references, hierarchies and lenses, through the real server.

Positions are marked in the text: ``$1`` is where the question is asked.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from analysis.names import Name, NameSet, Tier
from lsp_server.features.completion import ranked
from tests.lsp_server.raw_client import PATIENCE, RawClient
from tests.lsp_server.shop import Shop

pytestmark = pytest.mark.process

CONTENT_MODIFIED = -32801

SHAPES = """\
class Shape:
    sides = 0

    def area(self) -> float:
        return 0.0


class Square(Shape):
    def __init__(self, side: float) -> None:
        self.side = side

    def area(self) -> float:
        return self.side**2


def total(shapes: list[Shape], *, scale: float = 1.0) -> float:
    return scale * sum(shape.area() for shape in shapes)
"""
USER = """\
from shapes import Square, total


def show() -> None:
    print(total([Square(2.0)], scale=2.0))
"""
TESTS = """\
from shapes import Square, total


def test_total():
    assert total([Square(2.0)]) == 4.0
"""


@pytest.fixture
def shop(client: RawClient, tmp_path: Path) -> Shop:
    shop = Shop(client, tmp_path / "shop")
    for name, text in (("shapes.py", SHAPES), ("user.py", USER), ("test_shapes.py", TESTS)):
        (shop.folder / name).write_text(text)
    return shop


def _open(shop: Shop, name: str, text: str = "") -> None:
    text = text or (shop.folder / name).read_text()
    item = {"uri": shop.uri(name), "languageId": "python", "version": 1, "text": text}
    shop.client.notify("textDocument/didOpen", {"textDocument": item})


def _ask(shop: Shop, method: str, name: str, text: str, marked: str, **more: Any) -> Any:
    """Ask about the place of ``$`` in ``marked``, which stands in ``text`` without it."""
    before = text[: text.index(marked.replace("$", ""))] + marked[: marked.index("$")]
    position = {"line": before.count("\n"), "character": len(before.split("\n")[-1])}
    params = {"textDocument": {"uri": shop.uri(name)}, "position": position, **more}
    return shop.ask(method, params)["result"]


def _await(shop: Shop, method: str, name: str, text: str, marked: str) -> Any:
    """The same until there is an answer: a cold worker is later than a list is of use."""
    until = time.monotonic() + PATIENCE
    while not (found := _ask(shop, method, name, text, marked)) or found.get("isIncomplete"):
        assert time.monotonic() < until, f"{method} has no answer"
    return found


def test_members_are_completed_and_private_ones_come_last(shop: Shop) -> None:
    shop.start()
    text = USER + "\n\nSquare(1.0).\n"
    _open(shop, "user.py", text)
    found = _await(shop, "textDocument/completion", "user.py", text, "Square(1.0).$")
    labels = [item["label"] for item in sorted(found["items"], key=lambda item: item["sortText"])]
    assert labels[:3] == ["area", "side", "sides"]
    assert labels.index("__init__") > labels.index("sides")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGSTOP")
def test_a_late_list_is_the_one_known_there_or_to_be_asked_for_again(shop: Shop) -> None:
    shop.start()
    text = USER + "\n\nSquare(1.0).\n"
    _open(shop, "user.py", text)
    method, marked = "textDocument/completion", "Square(1.0).$"
    _await(shop, method, "user.py", text, marked)
    workers = shop.ask("pilotfish/status", {})["result"]["workerPids"]
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    place = {"line": text.count("\n") - 1, "character": len("Square(1.0).")}
    for version, key in enumerate("ar", 2):
        typed = {"range": {"start": place, "end": place}, "text": key}
        document = {"uri": shop.uri("user.py"), "version": version}
        changes = {"textDocument": document, "contentChanges": [typed]}
        shop.client.notify("textDocument/didChange", changes)
        place["character"] += 1
        params = {"textDocument": {"uri": shop.uri("user.py")}, "position": place}
        found = shop.ask(method, params)["result"]
        assert found["isIncomplete"]
        assert "area" in [item["label"] for item in found["items"]]
    # Nothing is known of another text: not even that there is nothing.
    other = text.replace("Square(1.0).", "total([]).")
    document = {"uri": shop.uri("user.py"), "version": 9}
    whole = {"textDocument": document, "contentChanges": [{"text": other}]}
    shop.client.notify("textDocument/didChange", whole)
    found = _ask(shop, method, "user.py", other, "total([]).$")
    assert found == {"isIncomplete": True, "items": []}
    # A hover and help that wait for analysis come when it is there.
    place = {"line": other.count("\n") - 1, "character": 3}
    params = {"textDocument": {"uri": shop.uri("user.py")}, "position": place}
    shop.client.send(id=1001, method="textDocument/hover", params=params)
    params = {**params, "position": place | {"character": len("total(")}}
    shop.client.send(id=1002, method="textDocument/signatureHelp", params=params)
    time.sleep(1.5)
    for pid in workers:
        os.kill(pid, signal.SIGCONT)
    assert "total" in shop.client.wait_for(id=1001)["result"]["contents"]["value"]
    assert shop.client.wait_for(id=1002)["result"]["signatures"]
    found = _await(shop, method, "user.py", other, "total([]).$")
    assert "as_integer_ratio" in [item["label"] for item in found["items"]]


def test_a_keyword_is_completed_with_its_equals_sign(shop: Shop) -> None:
    shop.start()
    text = USER.replace("scale=2.0", "sca")
    _open(shop, "user.py", text)
    until = time.monotonic() + PATIENCE
    labels: list[str] = []
    # While the call is not resolved, names of the scope alone are an answer too.
    while "scale=" not in labels:
        assert time.monotonic() < until, labels
        found = _await(shop, "textDocument/completion", "user.py", text, "sca$")
        labels = [item["label"] for item in found["items"]]


@pytest.mark.parametrize(
    ("call", "parameter"), [("total($", 0), ("total([], $", None), ("total([], scale=(1, $", 1)]
)
def test_signatures_mark_the_parameter(shop: Shop, call: str, parameter: int | None) -> None:
    shop.start()
    text = f"from shapes import total\n\n{call.replace('$', '')}\n"
    _open(shop, "user.py", text)
    found = _await(shop, "textDocument/signatureHelp", "user.py", text, f"\n{call}")
    (signature,) = found["signatures"]
    assert signature["label"] == "total(shapes, *, scale=…)"
    marks = [signature["label"][slice(*p["label"])] for p in signature["parameters"]]
    assert marks == ["shapes", "scale=…"]
    assert found.get("activeParameter") == parameter


def test_no_signature_outside_of_a_call(shop: Shop) -> None:
    shop.start()
    _open(shop, "user.py")
    assert _await(shop, "textDocument/signatureHelp", "user.py", USER, "print(total$") is not None
    assert _ask(shop, "textDocument/signatureHelp", "user.py", USER, "def show$") is None


def test_an_outline_is_nested(shop: Shop) -> None:
    shop.start()
    _open(shop, "shapes.py")
    params = {"textDocument": {"uri": shop.uri("shapes.py")}}
    found = shop.ask("textDocument/documentSymbol", params)["result"]
    shown = {top["name"]: [child["name"] for child in top.get("children", ())] for top in found}
    assert shown == {"Shape": ["sides", "area"], "Square": ["__init__", "area"], "total": []}


def test_references_are_found_in_every_file(shop: Shop) -> None:
    shop.start()
    _open(shop, "shapes.py")
    context = {"context": {"includeDeclaration": True}}
    found = _ask(shop, "textDocument/references", "shapes.py", SHAPES, "def total$(", **context)
    places = {(Path(p["uri"]).name, p["range"]["start"]["line"]) for p in found}
    assert places >= {("shapes.py", 15), ("user.py", 4), ("test_shapes.py", 4)}
    for place in found:
        text = (shop.folder / Path(place["uri"]).name).read_text().split("\n")
        start, end = place["range"]["start"], place["range"]["end"]
        assert text[start["line"]][start["character"] : end["character"]] == "total"


def test_uses_in_the_file_are_marked_by_read_and_write(shop: Shop) -> None:
    text = "LIMIT = 1\n\n\ndef raise_it():\n    global LIMIT\n    LIMIT = LIMIT + 1\n"
    (shop.folder / "limits.py").write_text(text)
    shop.start()
    _open(shop, "limits.py")
    found = _ask(shop, "textDocument/documentHighlight", "limits.py", text, "LIM$IT = 1")
    read, write = 2, 3
    shown = {(m["range"]["start"]["line"], m["range"]["start"]["character"]): m for m in found}
    assert shown[0, 0]["kind"] == write
    assert shown[5, 12]["kind"] == read
    assert shown[5, 4]["kind"] == write


def test_what_an_unsaved_edit_has_moved_is_found_where_it_is(shop: Shop) -> None:
    shop.start()
    _open(shop, "shapes.py")
    _open(shop, "user.py", "\n\n" + USER)
    context = {"context": {"includeDeclaration": False}}
    found = _ask(shop, "textDocument/references", "shapes.py", SHAPES, "def total$(", **context)
    places = {(Path(place["uri"]).name, place["range"]["start"]["line"]) for place in found}
    assert places >= {("test_shapes.py", 4), ("user.py", 6)}
    assert ("user.py", 4) not in places


def test_symbols_of_the_workspace_are_found_by_a_part_of_their_name(shop: Shop) -> None:
    shop.start()
    found = shop.ask("workspace/symbol", {"query": "squ"})["result"]
    assert [(one["name"], Path(one["location"]["uri"]).name) for one in found] == [
        ("Square", "shapes.py")
    ]


def test_calls_are_followed_both_ways(shop: Shop) -> None:
    shop.start()
    _open(shop, "shapes.py")
    (item,) = _ask(shop, "textDocument/prepareCallHierarchy", "shapes.py", SHAPES, "def tot$al(")
    assert (item["name"], item["detail"]) == ("total", "shapes")
    calls = shop.ask("callHierarchy/incomingCalls", {"item": item})["result"]
    assert {call["from"]["name"] for call in calls} == {"show", "test_total"}
    assert all(call["fromRanges"] for call in calls)
    show = next(call["from"] for call in calls if call["from"]["name"] == "show")
    called = shop.ask("callHierarchy/outgoingCalls", {"item": show})["result"]
    assert {"total", "Square"} <= {call["to"]["name"] for call in called}


def test_types_are_followed_both_ways(shop: Shop) -> None:
    shop.start()
    _open(shop, "shapes.py")
    (square,) = _ask(
        shop, "textDocument/prepareTypeHierarchy", "shapes.py", SHAPES, "class Squ$are("
    )
    (shape,) = shop.ask("typeHierarchy/supertypes", {"item": square})["result"]
    assert shape["name"] == "Shape"
    below = shop.ask("typeHierarchy/subtypes", {"item": shape})["result"]
    assert [one["name"] for one in below] == ["Square"]


def test_lenses_run_tests_and_tell_what_a_change_reaches(shop: Shop) -> None:
    shop.start()
    _open(shop, "shapes.py")
    _open(shop, "test_shapes.py")

    def commands(name: str) -> dict[tuple[int, str], Any]:
        params = {"textDocument": {"uri": shop.uri(name)}}
        lenses = shop.ask("textDocument/codeLens", params)["result"]
        resolved = [shop.ask("codeLens/resolve", lens)["result"] for lens in lenses]
        return {
            (r["range"]["start"]["line"], r["command"]["title"]): r["command"] for r in resolved
        }

    test = commands("test_shapes.py")
    assert list(test) == [(3, "Run and repair"), (3, "Debug")]
    order = {"uri": shop.uri("shapes.py"), "test": "python -m pytest -q test_shapes.py::test_total"}
    assert test[3, "Run and repair"]["arguments"] == [order]
    # In which file it went wrong is found by running it.
    assert test[3, "Debug"]["arguments"] == [order | {"uri": shop.uri("test_shapes.py")}]
    assert test[3, "Debug"]["command"] == "pilotfish.debug"
    assert (15, "2 calls · 1 test") in commands("shapes.py")
    # A test that takes the function from a fixture counts, of texts that are not saved.
    _open(
        shop,
        "conftest.py",
        "import pytest, shapes\n@pytest.fixture\ndef t():\n    shapes.total([])\n",
    )
    text = TESTS + "\n\ndef test_more(t):\n    pass\n"
    document = {"uri": shop.uri("test_shapes.py"), "version": 2}
    changed = {"textDocument": document, "contentChanges": [{"text": text}]}
    shop.client.notify("textDocument/didChange", changed)
    assert (15, "3 calls · 2 tests") in commands("shapes.py")
    # A lens of another version may stand at another function by now.
    params = {"textDocument": {"uri": shop.uri("shapes.py")}}
    old = shop.ask("textDocument/codeLens", params)["result"][-1]
    document = {"uri": shop.uri("shapes.py"), "version": 2}
    changed = {"textDocument": document, "contentChanges": [{"text": "\n\n" + SHAPES}]}
    shop.client.notify("textDocument/didChange", changed)
    assert shop.ask("codeLens/resolve", old)["error"]["code"] == CONTENT_MODIFIED
    assert (17, "3 calls · 2 tests") in commands("shapes.py")


def test_a_function_with_examples_can_be_run_too(shop: Shop) -> None:
    text = (
        'def half(x):\n    """Half of it.\n\n    >>> half(4)\n    2\n    """\n    return x // 3\n'
    )
    (shop.folder / "halves.py").write_text(text)
    shop.start()
    _open(shop, "halves.py")
    params = {"textDocument": {"uri": shop.uri("halves.py")}}
    lenses = shop.ask("textDocument/codeLens", params)["result"]
    resolved = [shop.ask("codeLens/resolve", lens)["result"]["command"] for lens in lenses]
    assert [one["title"] for one in resolved] == ["Run and repair", "Debug", "0 calls · 0 tests"]
    order = {"uri": shop.uri("halves.py"), "test": "python -m doctest halves.py"}
    assert resolved[0]["arguments"] == [order]


def test_lenses_are_asked_for_anew_when_the_settings_change(shop: Shop) -> None:
    shop.start()
    settings = {"settings": {"pilotfish": {"codeLens": {"enabled": False}}}}
    shop.client.notify("workspace/didChangeConfiguration", settings)
    shop.client.wait_for(method="workspace/codeLens/refresh")
    params = {"textDocument": {"uri": shop.uri("test_cart.py")}}
    assert shop.ask("textDocument/codeLens", params)["result"] == []


def test_a_forged_item_is_refused(shop: Shop) -> None:
    shop.start()
    item = {"name": "x", "kind": 12, "uri": "file:///x", "data": None}
    zero = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    item |= {"range": zero, "selectionRange": zero}
    error = shop.ask("callHierarchy/incomingCalls", {"item": item})["error"]
    assert error["code"] == -32602


@pytest.mark.parametrize(
    ("options", "served"),
    [
        ({"otherServers": ["pylance"]}, False),
        ({"otherServers": ["pylance"], "languageFeatures": "all"}, True),
        ({"languageFeatures": "assist"}, False),
        ({"otherServers": []}, True),
    ],
)
def test_what_another_server_gives_is_left_to_it(
    shop: Shop, options: dict[str, Any], served: bool
) -> None:
    shop.start(languageFeatures="all")
    _open(shop, "user.py")
    # Analysis is warm from here on, so that nothing but the settings can be why.
    assert _await(shop, "textDocument/completion", "user.py", USER, "prin$t(total")
    quiet = {"inlineCompletion": {"enabled": False}, "languageFeatures": "auto"}
    settings = {"settings": {"pilotfish": quiet | options}}
    shop.client.notify("workspace/didChangeConfiguration", settings)
    # The engine has taken the settings over once it answers something asked after them.
    shop.ask("pilotfish/status", None)
    found = _ask(shop, "textDocument/completion", "user.py", USER, "prin$t(total")
    assert (found is not None) == served


def test_a_local_variable_is_highlighted_as_the_document_has_it(shop: Shop) -> None:
    shop.start()
    text = "def f(\u00e9x, size):\n    size += 1  # unsaved\n    return size\n\nbroken(\n"
    _open(shop, "user.py", text)
    found = _ask(shop, "textDocument/documentHighlight", "user.py", text, "return si$ze")
    assert [(each["range"]["start"]["line"], each["kind"]) for each in found] == [
        (0, 3),
        (1, 3),
        (2, 2),
    ]
    other = _ask(shop, "textDocument/documentHighlight", "user.py", text, "un$saved")
    assert other is None


def test_names_that_differ_in_case_alone_have_an_order() -> None:
    names = (Name("LIMIT", "instance"), Name("limit", "function"), Name("Limit", "class"))
    for given in (names, names[::-1]):
        found = ranked(NameSet("attribute", Tier.CLOSED, "", given), "li")
        assert [name.name for name in found] == ["LIMIT", "Limit", "limit"]
