"""Quantities with units: weights, lengths and volumes as suppliers write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Dict, Tuple

#: unit -> (dimension, how many of the base unit)
UNITS: Dict[str, Tuple[str, Fraction]] = {
    "g": ("mass", Fraction(1)),
    "kg": ("mass", Fraction(1000)),
    "t": ("mass", Fraction(1000000)),
    "lb": ("mass", Fraction(45359237, 100000)),
    "mm": ("length", Fraction(1)),
    "cm": ("length", Fraction(10)),
    "m": ("length", Fraction(1000)),
    "in": ("length", Fraction(254, 10)),
    "ml": ("volume", Fraction(1)),
    "cl": ("volume", Fraction(10)),
    "l": ("volume", Fraction(1000)),
}

ALIASES = {"kilo": "kg", "kilos": "kg", "gram": "g", "grams": "g", "litre": "l", "litres": "l"}

_QUANTITY = re.compile(r"^\s*([-+]?\d+(?:[.,]\d+)?)\s*([A-Za-z]+)\s*$")


class UnitError(ValueError):
    """An unknown unit, or units that do not go together."""


def canonical(unit: str) -> str:
    """The unit's short name: case and plural words do not matter."""
    name = unit.strip().lower()
    name = ALIASES.get(name, name)
    if name not in UNITS:
        raise UnitError(f"unknown unit {unit!r}")
    return name


@dataclass(frozen=True)
class Quantity:
    """A number of units."""

    value: Fraction
    unit: str

    @classmethod
    def parse(cls, text: str) -> "Quantity":
        """Read ``2.5 kg`` or ``2,5kg``."""
        match = _QUANTITY.match(text)
        if match is None:
            raise UnitError(f"not a quantity: {text!r}")
        number, unit = match.groups()
        return cls(Fraction(number.replace(",", ".")), canonical(unit))

    def to(self, unit: str) -> "Quantity":
        """The same quantity in another unit of the same dimension."""
        target = canonical(unit)
        source_dimension, source_factor = UNITS[self.unit]
        target_dimension, target_factor = UNITS[target]
        if source_dimension != target_dimension:
            raise UnitError(f"cannot turn {self.unit} into {target}")
        return Quantity(self.value * source_factor / target_factor, target)

    def __add__(self, other: "Quantity") -> "Quantity":
        return Quantity(self.value + other.to(self.unit).value, self.unit)

    def __str__(self) -> str:
        text = f"{float(self.value):.3f}".rstrip("0").rstrip(".")
        return f"{text} {self.unit}"


def best_unit(quantity: Quantity) -> Quantity:
    """The same quantity in the largest metric unit that keeps it at one or more."""
    dimension, _ = UNITS[quantity.unit]
    choices = [
        name
        for name, (other, factor) in UNITS.items()
        if other == dimension and name not in ("lb", "in")
    ]
    choices.sort(key=lambda name: UNITS[name][1], reverse=True)
    for name in choices:
        converted = quantity.to(name)
        if abs(converted.value) >= 1:
            return converted
    return quantity.to(choices[-1])


def parcels(weight: Quantity, limit: Quantity) -> int:
    """How many parcels of at most ``limit`` carry ``weight``."""
    grams, most = weight.to("g").value, limit.to("g").value
    if most <= 0:
        raise UnitError("the limit must be positive")
    full, rest = divmod(grams, most)
    return int(full) + (1 if rest else 0)
