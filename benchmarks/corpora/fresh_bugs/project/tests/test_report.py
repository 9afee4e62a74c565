import pytest

from depot.money import Money
from depot.report import Column, Table, bar_chart, clip, group_rows, summarize, width, wrap


@pytest.mark.parametrize("text, columns", [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)])
def test_width(text, columns):
    assert width(text) == columns


@pytest.mark.parametrize(
    "text, columns, clipped",
    [
        ("short", 5, "short"),
        ("too long", 7, "too lo…"),
        ("too long", 5, "too…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
    ],
)
def test_clip(text, columns, clipped):
    assert clip(text, columns) == clipped
    assert width(clip(text, columns)) <= columns


def test_wrap():
    assert wrap("the quick brown fox jumps", 10) == ["the quick", "brown fox", "jumps"]


def test_wrap_fills_lines_to_the_last_column():
    assert wrap("aaaa bbbbb cc", 10) == ["aaaa bbbbb", "cc"]


def test_wrap_keeps_paragraphs():
    assert wrap("one\n\ntwo three", 20) == ["one", "", "two three"]


def test_wrap_breaks_long_words():
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("x abcdefghij y", 4) == ["x", "abcd", "efgh", "ij y"]


def test_wrap_indents_all_but_the_first_line():
    assert wrap("one two three\nfour five", 8, "  ") == ["one two", "  three", "four", "  five"]
    assert wrap("abcdefghij", 6, "  ") == ["abcdef", "  ghij"]


def test_wrap_needs_room():
    with pytest.raises(ValueError):
        wrap("text", 2, "  ")


@pytest.fixture
def table():
    table = Table(
        [
            Column("Article", "name", most=10),
            Column("Qty", "qty", "right"),
            Column("Price", "price", "right", lambda money: str(money.amount)),
        ],
        totals=["qty", "price"],
    )
    table.add(name="Tea", qty=2, price=Money(900))
    table.add(name="A very long name", qty=10, price=Money(79))
    table.add(name="Gift", price=Money(0))
    return table


def test_table(table):
    assert table.render().split("\n") == [
        "Article     Qty  Price",
        "----------  ---  -----",
        "Tea           2      9",
        "A very lo…   10   0.79",
        "Gift                 0",
        "----------  ---  -----",
        "             12   9.79",
    ]


def test_table_without_totals(table):
    table.totals = ()
    assert table.render().count("----------") == 1
    assert len(table.render().split("\n")) == 5


def test_table_shows_zero():
    table = Table([Column("N", "n")])
    table.add(n=0)
    assert table.render().split("\n")[-1] == "0"


def test_table_is_as_wide_as_its_totals():
    table = Table([Column("N", "n", "right"), Column("X", "x")], totals=["n"])
    table.add(n=60, x="a")
    table.add(n=60, x="b")
    assert table.render().split("\n")[2] == " 60  a"
    assert table.render().split("\n")[-1] == "120"


def test_tables_share_no_rows():
    first, second = Table([Column("N", "n")]), Table([Column("N", "n")])
    first.add(n=1)
    assert second.rows == []


def test_centered_column():
    table = Table([Column("Code", "code", "center"), Column("N", "n")])
    table.add(code="x", n=1)
    assert table.render().split("\n")[-1] == " x    1"


def test_empty_table():
    assert Table([Column("N", "n")], totals=["n"]).render() == "N\n-\n-\n"


def test_group_rows():
    rows = [{"k": "b", "v": 1}, {"k": "a", "v": 2}, {"k": "b", "v": 3}]
    groups = group_rows(rows, "k")
    assert list(groups) == ["b", "a"]
    assert [row["v"] for row in groups["b"]] == [1, 3]


def test_bar_chart():
    assert bar_chart({"tea": 10, "cups": 5, "one": 0.01, "none": 0}, 20).split("\n") == [
        " tea |####################",
        "cups |##########",
        " one |#",
        "none |",
    ]


def test_bar_chart_of_nothing():
    assert bar_chart({}) == ""
    assert bar_chart({"a": 0, "b": 0}) == "a |\nb |"


def test_summarize():
    assert summarize([]) == {"count": 0}
    assert summarize([3, 1, 2])["median"] == 2
    assert summarize([4, 1, 3, 2])["median"] == 2.5
    assert summarize([5]) == {"count": 1, "least": 5, "most": 5, "mean": 5, "median": 5}


def test_summarize_leaves_its_input_alone():
    numbers = [3, 1, 2]
    result = summarize(numbers)
    assert numbers == [3, 1, 2]
    assert (result["least"], result["most"], result["mean"]) == (1, 3, 2)
