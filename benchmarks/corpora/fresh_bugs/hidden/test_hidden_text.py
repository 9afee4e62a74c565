"""Settings files, formulas, reports, merging, price lists, routes: other inputs."""

import copy
import itertools
import random
from decimal import Decimal

import pytest

from depot import importing
from depot.catalog import Article
from depot.configfile import Config, ConfigError, parse, render
from depot.expr import Node, calculate, simplify, variables
from depot.expr import parse as formula
from depot.merging import Change, Conflict, apply, deep_update, diff, flatten, merge3
from depot.money import Money
from depot.report import Column, Table, bar_chart, clip, summarize, width, wrap
from depot.routes import Cycle, NoRoute, RoadMap, earliest_finish, work_order


@pytest.mark.parametrize(
    "line, value",
    [
        ("k = a;b ; c", "a;b"),
        ("k = x#1 # note", "x#1"),
        ("k = 'a # b' # c", "a # b"),
        ("k = a=b=c", "a=b=c"),
        ("k == x", "= x"),
        ("k=v\t; tab", "v"),
        ("K = v", "v"),
    ],
)
def test_lines(line, value):
    assert parse(line).get("default", "k") == value
    assert parse(line).get("default", "K") == value


@pytest.mark.parametrize("word", ["maybe", "", "2", "y", "noo"])
def test_neither_yes_nor_no(word):
    with pytest.raises(ConfigError):
        Config({"default": {"k": word}}).get_bool("default", "k")


@pytest.mark.parametrize("word", ["off", "NO", " false "])
def test_no(word):
    assert Config({"default": {"k": word}}).get_bool("default", "k", True) is False


@pytest.mark.parametrize(
    "text, size", [("0.5k", 512), ("2.25 KB", 2304), ("1.75m", 1835008), ("3", 3)]
)
def test_sizes(text, size):
    assert Config({"default": {"k": text}}).get_bytes("default", "K") == size


def test_references_may_meet_again():
    config = parse("a = 1\nb = ${a}-${a}\nc = ${b}/${b}/${a}\n[s]\nd = ${c}${default:c}")
    assert config.get("s", "d") == "1-1/1-1/11-1/1-1/1"
    with pytest.raises(ConfigError, match="circular"):
        parse("a = ${b}\nb = ${c}\nc = ${a}").get("default", "a")


@pytest.mark.parametrize("value", ["one\ntwo", "a\nb\nc", "x", "", "  y", "k = v\nl = w"])
def test_rendered_settings_read_back(value):
    config = Config({"s": {"first": value, "second": "z"}})
    assert parse(render(config)).sections == config.sections


def nested(chance, depth=3):
    if depth == 0:
        return str(chance.randint(1, 9))
    kind = chance.choice(["+", "-", "*", "/", "<", "and", "or", "not", "neg", "plus", "num"])
    if kind == "num":
        return chance.choice(["2", "1.5", ".25", "0", "7"])
    if kind == "not":
        return f"(not {nested(chance, depth - 1)})"
    if kind in ("neg", "plus"):
        return f"({'-' if kind == 'neg' else '+'}{nested(chance, depth - 1)})"
    return f"({nested(chance, depth - 1)} {kind} {nested(chance, depth - 1)})"


def test_formulas_mean_what_python_means():
    chance = random.Random(11)
    tried = 0
    for _ in range(300):
        text = nested(chance)
        try:
            expected = eval(text)
        except ZeroDivisionError:
            continue
        assert calculate(text) == expected, text
        tried += 1
    assert tried > 200


@pytest.mark.parametrize(
    "text",
    [
        "20 - 5 - 3 - 1",
        "64 / 4 / 2 * 3",
        "2 ** 2 ** 3",
        "-3 ** 2",
        "not 2 == 3",
        "not 1 < 0 and 1",
        "1 + 2 < 4",
        "7 % 4 % 2",
        "10 - 2 * 3 - 1",
        "not 0 + 0",
        "+3 - +2",
        "1.5 * 2",
        "0 and 1 / 0",
        "3 or 1 / 0",
    ],
)
def test_without_brackets(text):
    assert calculate(text) == eval(text)


def test_simplifying_changes_no_value():
    for text in (
        "0 - a",
        "a - 0",
        "0 + a - 0",
        "a * 1 - 0 * b",
        "0 - (a - b)",
        "1 * a + 0 * 3",
        "a / 1",
    ):
        tree = formula(text)
        for a, b in itertools.product((-2, 3), repeat=2):
            from depot.expr import evaluate

            assert evaluate(simplify(tree), {"a": a, "b": b}) == evaluate(tree, {"a": a, "b": b})
    assert simplify(formula("a - 0")) == Node("name", ("a",))
    assert simplify(formula("0 + a")) == Node("name", ("a",))


def test_all_variables_are_found():
    assert variables(formula("a + b * c - 1")) == {"a", "b", "c"}
    assert variables(formula("min(x, y) if z else w")) == {"w", "x", "y", "z"}
    assert variables(formula("a + 1")) == {"a"}


@pytest.mark.parametrize("columns", range(2, 14))
def test_wrapped_lines_fit_and_lose_nothing(columns):
    text = "the quick brownish fox jumpsoverthelazydog and a cat"
    lines = wrap(text, columns)
    assert all(0 < len(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    if columns > 3:
        for line in wrap(text, columns, "  ")[1:]:
            assert line.startswith("  ")
            assert len(line) <= columns


@pytest.mark.parametrize("text", ["abcdefgh", "日本語日本語", "ab 日本 cd"])
def test_clipped_text_fits(text):
    for columns in range(1, width(text) + 2):
        short = clip(text, columns)
        assert width(short) <= columns
        assert (short == text) == (width(text) <= columns)


def test_tables_of_money_and_zeros():
    table = Table(
        [Column("A", "a"), Column("N", "n", "right"), Column("M", "m", "right")], totals=["n", "m"]
    )
    table.add(a="x", n=0, m=Money(5))
    table.add(a=False, n=3, m=Money(7))
    table.add(n=4)
    lines = [line.split() for line in table.render().split("\n")]
    assert lines[2] == ["x", "0", "0.05", "EUR"]
    assert lines[3] == ["False", "3", "0.07", "EUR"]
    assert lines[-1] == ["7", "0.12", "EUR"]


def test_charts():
    assert bar_chart({"a": 0}) == "a |"
    assert bar_chart({"a": 3, "bb": 1}, 3) == " a |###\nbb |#"
    assert bar_chart({"a": 0, "b": 0, "c": 0}, 5).count("#") == 0


def test_statistics_of_a_list_that_is_kept():
    numbers = [9.0, 1.0, 4.0, 2.0]
    assert summarize(numbers)["median"] == 3
    assert numbers == [9.0, 1.0, 4.0, 2.0]
    assert summarize([1, 3])["median"] == 2
    assert summarize([7, 1, 5, 3, 9])["median"] == 5


DOCUMENTS = [
    {"a": None, "b": {"c": 0, "d": ""}},
    {"a": 1, "b": {"c": None}},
    {"b": {"c": 0, "e": {"f": [1]}}},
    {"a": {"x": None}, "b": 3, "g": None},
    {},
]


@pytest.mark.parametrize("before, after", list(itertools.product(DOCUMENTS, repeat=2)))
def test_applying_a_difference(before, after):
    kept = copy.deepcopy(before)
    assert apply(before, diff(before, after)) == after
    assert before == kept
    assert (diff(before, after) == []) == (before == after)


def test_applying_shares_nothing():
    document = {"a": {"b": {"c": [1]}}, "l": [1]}
    result = apply(document, [Change("added", ("a", "b", "d"), after=1)])
    result["a"]["b"]["c"].append(2)
    result["l"].append(2)
    assert document == {"a": {"b": {"c": [1]}}, "l": [1]}


def test_updating_shares_nothing():
    base, override = {"x": [1], "y": {"z": [2]}}, {"y": {"w": [3]}, "v": [4]}
    result = deep_update(base, override)
    for values in (result["x"], result["y"]["z"], result["y"]["w"], result["v"]):
        values.append(0)
    assert base == {"x": [1], "y": {"z": [2]}}
    assert override == {"y": {"w": [3]}, "v": [4]}


def test_merging_at_depth():
    base = {"a": {"b": {"c": 1, "d": 1}}}
    ours = {"a": {"b": {"c": 2, "d": 3}}}
    theirs = {"a": {"b": {"c": 2, "d": 4}}}
    assert merge3(base, ours, theirs) == (
        {"a": {"b": {"c": 2, "d": 3}}},
        [Conflict(("a", "b", "d"), 3, 4)],
    )
    assert merge3({}, {"n": 1}, {"n": 1}) == ({"n": 1}, [])
    assert merge3({"n": 1}, {}, {}) == ({}, [])


def test_flattening_with_any_separator():
    document = {"a": {"b": {"c": {"d": 1}}, "e": 2}}
    assert flatten(document, "::") == {"a::b::c::d": 1, "a::e": 2}
    assert flatten(document) == {"a.b.c.d": 1, "a.e": 2}


@pytest.mark.parametrize(
    "line, fields",
    [
        ('"a""b"', ['a"b']),
        ('"""a"""', ['"a"']),
        ('x,"","y"', ["x", "", "y"]),
        ('"a,""b"",c",d', ['a,"b",c', "d"]),
    ],
)
def test_quotes(line, fields):
    assert importing.split_row(line, ",") == fields


@pytest.mark.parametrize(
    "text, number",
    [
        ("12,345,678", "12345678"),
        ("9.999.999,5", "9999999.5"),
        ("0,75 €", "0.75"),
        ("1.000.000", "1000000"),
        ("5,", "5"),
        (".5", "0.5"),
    ],
)
def test_numbers_as_they_come(text, number):
    assert importing.parse_decimal(text) == Decimal(number)


def test_a_list_from_a_spreadsheet():
    data = "\ufeff\n\nItem;SKU;EUR;Price;Qty\n a 1 ;zz;3,5;9;2\n;;;\nA1;zz;x;9;1\nb;;;7;\na1;y;1.000,25;9;4\n".encode()
    result = importing.load(data, {"A1": Article("A1", "Known", Money(1))})
    assert [(a.sku, a.name, a.price.minor) for a in result.articles] == [
        ("A1", "Known", 350),
        ("A1", "Known", 100025),
    ]
    assert result.stock == {"A1": 6}
    assert sorted(result.errors) == [5, 6, 7]
    assert result.errors[5] == "no sku"
    assert result.errors[7] == "no price"


def test_the_mark_of_utf8_is_no_text():
    assert importing.decode(b"\xef\xbb\xbfsku") == "sku"
    assert [a.sku for a in importing.load(b"\xef\xbb\xbfsku,price\nq,1\n").articles] == ["Q"]
    assert importing.decode(b"\x80 \xe4") == "€ ä"


def grid(size):
    roads = RoadMap()
    for x, y in itertools.product(range(size), repeat=2):
        if x + 1 < size:
            roads.road(f"{x}{y}", f"{x + 1}{y}", 1 + (x * 7 + y * 3) % 5)
        if y + 1 < size:
            roads.road(f"{x}{y}", f"{x}{y + 1}", 1 + (x * 2 + y * 5) % 4)
    return roads


def test_shortest_ways_on_a_grid():
    roads = grid(4)
    best = {place: {other: float("inf") for other in roads.places} for place in roads.places}
    for place in roads.places:
        best[place][place] = 0
        for other, length in roads._roads[place].items():
            best[place][other] = length
    for k, i, j in itertools.product(roads.places, repeat=3):
        best[i][j] = min(best[i][j], best[i][k] + best[k][j])
    for start, goal in itertools.product(roads.places, repeat=2):
        length, path = roads.shortest(start, goal)
        assert length == best[start][goal]
        assert (path[0], path[-1]) == (start, goal)
        assert sum(roads._roads[a][b] for a, b in zip(path, path[1:])) == length


def test_questions_change_no_map():
    roads = grid(2)
    before = roads.places
    with pytest.raises(NoRoute):
        roads.shortest("nowhere", "00")
    assert roads.within("nowhere", 2) == set()
    assert roads.places == before


def test_round_trips():
    roads = RoadMap()
    for a, b, length in [
        ("h", "a", 2),
        ("a", "b", 2),
        ("h", "b", 3),
        ("h", "c", 5),
        ("b", "c", 9),
        ("a", "d", 1),
    ]:
        roads.road(a, b, length)
    length, order = roads.tour("h", {"a", "b", "c", "d", "h"})
    assert order == ["h", "a", "d", "b", "c", "h"]
    assert length == 2 + 1 + 3 + 8 + 5


def test_circles_of_work():
    needs = {"a": ["x"], "x": ["y"], "y": ["z"], "z": ["x"], "free": []}
    with pytest.raises(Cycle) as caught:
        work_order(needs)
    assert caught.value.path == ["x", "y", "z", "x"]


def test_work_at_once():
    needs = {"c": ["a", "b"], "d": ["c", "b"], "e": ["a"]}
    hours = {"a": 3, "b": 4, "c": 2, "d": 1, "e": 9}
    assert earliest_finish(needs, hours) == 12
    assert earliest_finish({"c": ["a", "b"]}, {"a": 3, "b": 4, "c": 1}) == 5
