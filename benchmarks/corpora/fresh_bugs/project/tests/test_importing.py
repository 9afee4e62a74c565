from decimal import Decimal

import pytest

from depot.catalog import Article
from depot.importing import (
    decode,
    guess_delimiter,
    load,
    map_header,
    parse_decimal,
    rows,
    split_row,
)
from depot.money import Money


def test_decode():
    assert decode("\ufeffžluť".encode()) == "žluť"
    assert decode("žluť".encode()) == "žluť"
    assert decode("Café €".encode("cp1252")) == "Café €"


@pytest.mark.parametrize(
    "header, mark", [("a;b;c", ";"), ("a,b", ","), ("a\tb;c\td", "\t"), ("sku", ","), ("a|b", "|")]
)
def test_guess_delimiter(header, mark):
    assert guess_delimiter(header) == mark


@pytest.mark.parametrize(
    "line, fields",
    [
        ("a,b,c", ["a", "b", "c"]),
        (" a , b ", ["a", "b"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"say ""hi""",x', ['say "hi"', "x"]),
        ("a,,", ["a", "", ""]),
        ('5" pipe,x', ['5" pipe', "x"]),
        ('a, "b" ,c', ["a", "b", "c"]),
        ('""', [""]),
        ("", [""]),
    ],
)
def test_split_row(line, fields):
    assert split_row(line, ",") == fields


def test_split_row_by_semicolon():
    assert split_row("1,5;x", ";") == ["1,5", "x"]


def test_map_header():
    assert map_header(["Part_Number", "foo", " Unit  Price", "QTY"]) == {
        "sku": 0,
        "price": 2,
        "stock": 3,
    }


def test_the_first_of_two_columns_counts():
    assert map_header(["Item", "SKU", "EUR", "Price"]) == {"sku": 0, "price": 2}


def test_missing_columns():
    with pytest.raises(ValueError, match="no column for sku, price"):
        map_header(["name"])


@pytest.mark.parametrize(
    "text, number",
    [
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        ("1.234.567", "1234567"),
        ("1,234,567", "1234567"),
        ("€ 7", "7"),
        ("1 234,5", "1234.5"),
        ("1\u00a0000", "1000"),
        ("-3,5", "-3.5"),
    ],
)
def test_parse_decimal(text, number):
    assert parse_decimal(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "abc", "1,2,x"])
def test_parse_decimal_refuses(text):
    with pytest.raises(ValueError, match="not a number"):
        parse_decimal(text)


LIST = """\

SKU;Description;Net price;Stock
tea-1;Green tea;4,50;12
# next week: cups
cup-7;"Cup; blue";7,99;

bad;No price;;3
neg;Negative;-1;3
odd;Odd;abc;1
late;Late;1;many
"""


def test_rows_have_the_numbers_of_their_lines():
    assert [number for number, _ in rows(LIST)] == [3, 5, 7, 8, 9, 10]


def test_rows_of_nothing():
    assert list(rows("\n \n")) == []


def test_load():
    result = load(LIST.encode())
    assert [(a.sku, a.name, a.price) for a in result.articles] == [
        ("TEA-1", "Green tea", Money(450)),
        ("CUP-7", "Cup; blue", Money(799)),
    ]
    assert result.stock == {"TEA-1": 12}


def test_errors_by_line():
    errors = load(LIST.encode()).errors
    assert sorted(errors) == [7, 8, 9, 10]
    assert errors[7] == "no price"
    assert errors[8] == "the price must be positive"
    assert "not a number" in errors[9]


def test_names_of_known_articles():
    known = {"TEA-1": Article("TEA-1", "Sencha", Money(1))}
    result = load(b"sku,price\ntea-1,5\ncup-7,8\n", known)
    assert [article.name for article in result.articles] == ["Sencha", "CUP-7"]


def test_short_lines():
    result = load(b"sku,name,price,stock\nA,Name,5\nB\n")
    assert [article.sku for article in result.articles] == ["A"]
    assert result.errors == {3: "no price"}


def test_stock_of_one_article_adds_up():
    result = load(b"sku,price,stock\na,1,2\nA,1,3\n")
    assert result.stock == {"A": 5}


def test_two_loads_share_nothing():
    first = load(b"sku,price\na,1\n")
    second = load(b"sku,price\nb,1\n")
    assert len(first.articles) == len(second.articles) == 1
