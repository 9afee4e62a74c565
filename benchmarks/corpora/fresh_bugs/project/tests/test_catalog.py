from datetime import date
from decimal import Decimal

import pytest

from depot.catalog import Article, Bundle, Catalog, Perishable, UnknownArticle, normalize_sku
from depot.money import Money


@pytest.mark.parametrize(
    "text, sku",
    [(" tea-1 ", "TEA-1"), ("tea – 1", "TEA-1"), ("ＴＥＡ-1", "TEA-1"), ("a\tb", "AB")],
)
def test_normalize_sku(text, sku):
    assert normalize_sku(text) == sku


@pytest.mark.parametrize("quantity, cents", [(1, 450), (9, 450), (10, 400), (49, 400), (50, 350)])
def test_price_breaks(catalog, quantity, cents):
    assert catalog["TEA-1"].unit_price(quantity) == Money(cents)


def test_breaks_in_any_order():
    article = Article("x", "X", Money(100), breaks=[(50, Money(70)), (10, Money(90))])
    assert article.unit_price(60) == Money(70)
    assert article.unit_price(20) == Money(90)


def test_line_price(catalog):
    assert catalog["TEA-1"].line_price(10) == Money(4000)
    with pytest.raises(ValueError):
        catalog["TEA-1"].line_price(0)


def test_articles_do_not_share_tags():
    first, second = Article("a", "A", Money(1)), Article("b", "B", Money(1))
    first.tags.append("new")
    assert second.tags == []


def test_numbers_are_normalized():
    assert Article(" ab-1", "A", Money(1)).sku == "AB-1"
    bundle = Bundle("kit 2", "Kit", Money(0), parts=[(Article("a", "A", Money(1)), 1)])
    assert bundle.sku == "KIT2"


def test_perishable_is_sold_until_its_date(catalog):
    milk = catalog["MILK-2"]
    assert milk.sellable_on(date(2024, 5, 20))
    assert not milk.sellable_on(date(2024, 5, 21))


@pytest.mark.parametrize(
    "day, cents", [(date(2024, 5, 17), 250), (date(2024, 5, 18), 175), (date(2024, 5, 20), 175)]
)
def test_clearance(catalog, day, cents):
    assert catalog["MILK-2"].price_on(day) == Money(cents)


def test_clearance_comes_on_top_of_breaks():
    milk = Perishable("m", "M", Money(200), breaks=[(5, Money(100))], best_before=date(2024, 1, 2))
    assert milk.price_on(date(2024, 1, 1), 5) == Money(70)
    assert milk.price_on(date(2023, 12, 1), 5) == Money(100)


def test_describe(catalog):
    assert catalog["CUP-7"].describe() == "Cup (CUP-7)"
    assert catalog["MILK-2"].describe() == "Oat milk (MILK-2), best before 20.05.2024"


def test_bundle_price(catalog):
    assert catalog["KIT-1"].unit_price(1) == Money(2 * 450 + 799)
    rebated = Bundle("k", "K", Money(0), parts=[(catalog["CUP-7"], 2)], rebate=Decimal("0.25"))
    assert rebated.unit_price(1) == Money(1199)
    assert rebated.line_price(2) == Money(2398)


def test_bundle_needs_parts():
    with pytest.raises(ValueError):
        Bundle("k", "K", Money(0))


def test_bundle_is_sold_when_all_parts_are(catalog):
    bundle = Bundle("k", "K", Money(0), parts=[(catalog["CUP-7"], 1), (catalog["MILK-2"], 1)])
    assert bundle.sellable_on(date(2024, 5, 1))
    assert not bundle.sellable_on(date(2024, 6, 1))


def test_bundles_of_bundles(catalog):
    outer = Bundle("outer", "Outer", Money(0), parts=[(catalog["KIT-1"], 3), (catalog["CUP-7"], 1)])
    assert outer.flat_parts() == {"TEA-1": 6, "CUP-7": 4}


def test_catalog_looks_up_any_spelling(catalog):
    assert catalog[" tea – 1"].name == "Green tea"
    assert "cup-7" in catalog
    assert "cup-8" not in catalog
    assert len(catalog) == 4


def test_catalog_misses(catalog):
    with pytest.raises(UnknownArticle):
        catalog["nope"]


def test_numbers_are_given_once(catalog):
    with pytest.raises(ValueError, match="taken"):
        catalog.add(Article("tea-1", "Other", Money(1)))


def test_search(catalog):
    assert [article.sku for article in catalog.search("tea")] == ["TEA-1", "KIT-1"]
    assert [article.sku for article in catalog.search("KIT tea")] == ["KIT-1"]
    assert [article.sku for article in catalog.search("", tag="drinks")] == ["TEA-1", "MILK-2"]
    assert catalog.search("tea milk") == []


def test_search_orders_by_name_whatever_the_case():
    catalog = Catalog(
        [
            Article("1", "banana", Money(1)),
            Article("2", "Cherry", Money(1)),
            Article("3", "Apple", Money(1)),
        ]
    )
    assert [article.name for article in catalog.search("")] == ["Apple", "banana", "Cherry"]


def test_by_tag(catalog):
    assert catalog.by_tag() == {
        "dishes": ["CUP-7"],
        "drinks": ["MILK-2", "TEA-1"],
        "gifts": ["KIT-1"],
    }
