from fractions import Fraction

import pytest

from depot.units import Quantity, UnitError, best_unit, canonical, parcels


@pytest.mark.parametrize(
    "text, value, unit",
    [
        ("2.5 kg", Fraction(5, 2), "kg"),
        ("2,5kg", Fraction(5, 2), "kg"),
        (" 3 Litres ", Fraction(3), "l"),
        ("-4 MM", Fraction(-4), "mm"),
        ("7 kilos", Fraction(7), "kg"),
    ],
)
def test_parse(text, value, unit):
    assert Quantity.parse(text) == Quantity(value, unit)


@pytest.mark.parametrize("text", ["kg", "3", "3 parsecs", "1.2.3 kg", "3 kg and more"])
def test_parse_refuses(text):
    with pytest.raises(UnitError):
        Quantity.parse(text)


def test_canonical():
    assert canonical(" Grams") == "g"
    assert canonical("KG") == "kg"


def test_conversion_is_exact():
    assert Quantity.parse("3 in").to("mm").value == Fraction(762, 10)
    assert Quantity.parse("1 lb").to("g").value == Fraction(45359237, 100000)
    assert Quantity.parse("2500 g").to("kg").value == Fraction(5, 2)


def test_there_and_back():
    assert Quantity.parse("7 lb").to("kg").to("lb") == Quantity.parse("7 lb")


def test_dimensions_do_not_mix():
    with pytest.raises(UnitError, match="cannot turn kg into m"):
        Quantity.parse("1 kg").to("m")


def test_sum_has_the_unit_of_the_left():
    assert Quantity.parse("1 kg") + Quantity.parse("250 g") == Quantity(Fraction(5, 4), "kg")
    assert (Quantity.parse("5 cm") + Quantity.parse("1 m")).unit == "cm"


@pytest.mark.parametrize(
    "text, shown",
    [("1.500 kg", "1.5 kg"), ("100 g", "100 g"), ("0.3333 m", "0.333 m"), ("20 cl", "20 cl")],
)
def test_text(text, shown):
    assert str(Quantity.parse(text)) == shown


@pytest.mark.parametrize(
    "text, best",
    [
        ("1500 g", "1.5 kg"),
        ("999 g", "999 g"),
        ("0.004 t", "4 kg"),
        ("12 in", "30.48 cm"),
        ("0.5 mm", "0.5 mm"),
        ("-2000 ml", "-2 l"),
    ],
)
def test_best_unit(text, best):
    assert str(best_unit(Quantity.parse(text))) == best


@pytest.mark.parametrize(
    "weight, limit, count",
    [("30 kg", "10 kg", 3), ("31 kg", "10 kg", 4), ("0 g", "1 kg", 0), ("2 lb", "500 g", 2)],
)
def test_parcels(weight, limit, count):
    assert parcels(Quantity.parse(weight), Quantity.parse(limit)) == count


def test_parcels_need_a_limit():
    with pytest.raises(UnitError):
        parcels(Quantity.parse("1 kg"), Quantity.parse("0 kg"))
