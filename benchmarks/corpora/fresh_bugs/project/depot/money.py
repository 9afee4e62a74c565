"""Amounts of money: exact, in one currency, rounded once and on purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Iterable, List, Sequence

#: Digits after the point, where a currency has not two.
MINOR_DIGITS = {"JPY": 0, "KWD": 3}

_AMOUNT = re.compile(r"^(?P<sign>[-+]?)(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d+))?$")


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were mixed."""


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units (cents) of a currency."""

    minor: int
    currency: str = "EUR"

    @classmethod
    def parse(cls, text: str, currency: str = "EUR") -> "Money":
        """Read ``1,234.50``; a trailing currency code wins over ``currency``."""
        words = text.strip().split()
        if len(words) == 2:
            text, currency = words[0], words[1].upper()
        elif len(words) == 1:
            text = words[0]
        else:
            raise ValueError(f"not an amount: {text!r}")
        match = _AMOUNT.match(text)
        if match is None:
            raise ValueError(f"not an amount: {text!r}")
        number = Decimal(match["whole"].replace(",", "") + "." + (match["part"] or "0"))
        if match["sign"] == "-":
            number = -number
        return cls.of(number, currency)

    @classmethod
    def of(cls, amount: "Decimal | int | str", currency: str = "EUR") -> "Money":
        """``amount`` in major units, rounded half up to the currency's minor unit."""
        scale = 10 ** MINOR_DIGITS.get(currency, 2)
        minor = (Decimal(amount) * scale).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return cls(int(minor), currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units."""
        return Decimal(self.minor) / 10 ** MINOR_DIGITS.get(self.currency, 2)

    def _check(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")

    def __add__(self, other: "Money") -> "Money":
        self._check(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._check(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._check(other)
        return self.minor < other.minor

    def times(self, factor: "Decimal | int | str") -> "Money":
        """This amount ``factor`` times, rounded half up."""
        return Money.of(self.amount * Decimal(factor), self.currency)

    def split(self, weights: Sequence[int]) -> List["Money"]:
        """Divide by ``weights`` so that nothing is lost: the first parts get the odd cents."""
        total = sum(weights)
        if not weights or total <= 0 or min(weights) < 0:
            raise ValueError("weights must be positive")
        shares = [self.minor * weight // total for weight in weights]
        rest = self.minor - sum(shares)
        position = 0
        while rest > 0:
            if weights[position % len(weights)] > 0:
                shares[position % len(weights)] += 1
                rest -= 1
            position += 1
        return [Money(share, self.currency) for share in shares]

    def __str__(self) -> str:
        digits = MINOR_DIGITS.get(self.currency, 2)
        sign = "-" if self.minor < 0 else ""
        whole, part = divmod(abs(self.minor), 10**digits)
        tail = f".{part:0{digits}d}" if digits else ""
        return f"{sign}{whole:,}{tail} {self.currency}"


def total(amounts: Iterable[Money], currency: str = "EUR") -> Money:
    """The sum; ``currency`` is that of an empty sum."""
    result = None
    for amount in amounts:
        result = amount if result is None else result + amount
    return Money(0, currency) if result is None else result
